package io.pgstitch.schema;

import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;

/**
 * The getters of a generated class as functions that call them as compiled code does: reflection
 * would box each number.
 */
final class Getters {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  private final Class<?> type;

  Getters(Class<?> type) {
    this.type = type;
  }

  @SuppressWarnings("unchecked")
  ToLongFunction<Object> ofLong(String field) {
    return (ToLongFunction<Object>)
        function(field, ToLongFunction.class, "applyAsLong", long.class, long.class);
  }

  @SuppressWarnings("unchecked")
  ToIntFunction<Object> ofInt(String field) {
    return (ToIntFunction<Object>)
        function(field, ToIntFunction.class, "applyAsInt", int.class, int.class);
  }

  @SuppressWarnings("unchecked")
  Predicate<Object> ofBoolean(String field) {
    return (Predicate<Object>)
        function(field, Predicate.class, "test", boolean.class, boolean.class);
  }

  @SuppressWarnings("unchecked")
  Function<Object, Object> ofObject(String field) {
    return (Function<Object, Object>) function(field, Function.class, "apply", Object.class, null);
  }

  private Object function(
      String field, Class<?> function, String method, Class<?> result, Class<?> expected) {
    try {
      MethodHandle getter = LOOKUP.unreflect(type.getMethod(name(field)));
      Class<?> found = getter.type().returnType();
      if (expected != null && found != expected) {
        throw new IllegalArgumentException(field + " of " + type + " is a " + found);
      }
      return LambdaMetafactory.metafactory(
              LOOKUP,
              method,
              MethodType.methodType(function),
              MethodType.methodType(result, Object.class),
              getter,
              getter.type())
          .getTarget()
          .invoke();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalArgumentException("no getter of " + field + " in " + type, e);
    }
  }

  /** As Avro's compiler names it: words are joined, each with a capital. */
  private static String name(String field) {
    StringBuilder name = new StringBuilder("get");
    for (String word : field.split("_")) {
      name.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
    }
    return name.toString();
  }
}
