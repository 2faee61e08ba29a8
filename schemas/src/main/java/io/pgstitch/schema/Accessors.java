package io.pgstitch.schema;

import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;

/**
 * Constructor, getters and setters of a generated class as functions that call them as compiled
 * code does: reflection would box each number.
 */
final class Accessors {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  /** Each function is a class of its own that the JVM keeps for ever: made once. */
  private static final ClassValue<Accessors> OF_TYPES =
      new ClassValue<>() {
        @Override
        protected Accessors computeValue(Class<?> type) {
          return new Accessors(type);
        }
      };

  private final Class<?> type;
  private final Map<String, Object> functions = new ConcurrentHashMap<>();

  /** A setter of a boolean. */
  @FunctionalInterface
  interface BooleanSetter {
    void set(Object record, boolean value);
  }

  /** A setter of a double. */
  @FunctionalInterface
  interface DoubleSetter {
    void set(Object record, double value);
  }

  private Accessors(Class<?> type) {
    this.type = type;
  }

  static Accessors of(Class<?> type) {
    return OF_TYPES.get(type);
  }

  @SuppressWarnings("unchecked")
  Supplier<Object> constructor() {
    try {
      MethodHandle constructor = LOOKUP.unreflectConstructor(type.getConstructor());
      return (Supplier<Object>)
          functions.computeIfAbsent(
              "new",
              n ->
                  function(
                      Supplier.class, "get", constructor, MethodType.methodType(Object.class)));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("no constructor without parameters in " + type, e);
    }
  }

  @SuppressWarnings("unchecked")
  ToLongFunction<Object> longGetter(String field) {
    return (ToLongFunction<Object>) getter(field, ToLongFunction.class, "applyAsLong", long.class);
  }

  @SuppressWarnings("unchecked")
  ToIntFunction<Object> intGetter(String field) {
    return (ToIntFunction<Object>) getter(field, ToIntFunction.class, "applyAsInt", int.class);
  }

  @SuppressWarnings("unchecked")
  Predicate<Object> booleanGetter(String field) {
    return (Predicate<Object>) getter(field, Predicate.class, "test", boolean.class);
  }

  @SuppressWarnings("unchecked")
  Function<Object, Object> getter(String field) {
    return (Function<Object, Object>) getter(field, Function.class, "apply", Object.class);
  }

  @SuppressWarnings("unchecked")
  ObjLongConsumer<Object> longSetter(String field) {
    return (ObjLongConsumer<Object>) setter(field, ObjLongConsumer.class, "accept", long.class);
  }

  @SuppressWarnings("unchecked")
  ObjIntConsumer<Object> intSetter(String field) {
    return (ObjIntConsumer<Object>) setter(field, ObjIntConsumer.class, "accept", int.class);
  }

  BooleanSetter booleanSetter(String field) {
    return (BooleanSetter) setter(field, BooleanSetter.class, "set", boolean.class);
  }

  DoubleSetter doubleSetter(String field) {
    return (DoubleSetter) setter(field, DoubleSetter.class, "set", double.class);
  }

  @SuppressWarnings("unchecked")
  BiConsumer<Object, Object> setter(String field) {
    return (BiConsumer<Object, Object>) setter(field, BiConsumer.class, "accept", Object.class);
  }

  private Object getter(String field, Class<?> function, String name, Class<?> result) {
    String accessor = "get" + capitalized(field);
    return functions.computeIfAbsent(
        accessor,
        n -> function(function, name, method(n), MethodType.methodType(result, Object.class)));
  }

  private Object setter(String field, Class<?> function, String name, Class<?> value) {
    String accessor = "set" + capitalized(field);
    return functions.computeIfAbsent(
        accessor,
        n ->
            function(
                function, name, method(n), MethodType.methodType(void.class, Object.class, value)));
  }

  /** Avro's compiler makes one method of each name. */
  private MethodHandle method(String name) {
    for (var method : type.getMethods()) {
      if (method.getName().equals(name)) {
        try {
          return LOOKUP.unreflect(method);
        } catch (IllegalAccessException e) {
          throw new IllegalArgumentException(name + " of " + type + " is not public", e);
        }
      }
    }
    throw new IllegalArgumentException("no " + name + " in " + type);
  }

  private static Object function(
      Class<?> function, String name, MethodHandle method, MethodType signature) {
    try {
      return LambdaMetafactory.metafactory(
              LOOKUP, name, MethodType.methodType(function), signature, method, method.type())
          .getTarget()
          .invoke();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalArgumentException(method + " does not fit " + function, e);
    }
  }

  /** As Avro's compiler names it: words are joined, each with a capital. */
  private static String capitalized(String field) {
    StringBuilder name = new StringBuilder();
    for (String word : field.split("_")) {
      name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word, 1, word.length());
    }
    return name.toString();
  }
}
