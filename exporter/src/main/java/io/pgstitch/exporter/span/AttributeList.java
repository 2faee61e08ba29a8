package io.pgstitch.exporter.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A span's attributes in the order in which they were put, each name once. OpenTelemetry's own list
 * sorts them by name for each span, and a key encodes its name when it is first sent: with keys
 * that are made for each span that is for each span, too.
 */
final class AttributeList implements Attributes {
  /** Ours are some hundreds, with those of binds; a record of others may bring any. */
  private static final int MOST_KEYS = 2_000;

  private static final Map<String, AttributeKey<String>> TEXTS = new ConcurrentHashMap<>();
  private static final Map<String, AttributeKey<Long>> NUMBERS = new ConcurrentHashMap<>();
  private static final Map<String, AttributeKey<Boolean>> FLAGS = new ConcurrentHashMap<>();
  private static final Map<String, AttributeKey<Double>> FRACTIONS = new ConcurrentHashMap<>();

  private final List<AttributeKey<?>> keys = new ArrayList<>(20);
  private final List<Object> values = new ArrayList<>(20);

  void put(String name, String value) {
    add(key(TEXTS, name, AttributeKey::stringKey), value);
  }

  void put(String name, long value) {
    add(key(NUMBERS, name, AttributeKey::longKey), value);
  }

  void put(String name, boolean value) {
    add(key(FLAGS, name, AttributeKey::booleanKey), value);
  }

  void put(String name, double value) {
    add(key(FRACTIONS, name, AttributeKey::doubleKey), value);
  }

  /** Leaves out what is not known. */
  void putUnlessEmpty(String name, String value) {
    if (value != null && !value.isEmpty()) {
      put(name, value);
    }
  }

  void putUnlessZero(String name, long value) {
    if (value != 0) {
      put(name, value);
    }
  }

  /** Leaves out what is not known. */
  void putUnlessNegative(String name, long value) {
    if (value >= 0) {
      put(name, value);
    }
  }

  void putUnlessThere(String name, String value) {
    AttributeKey<String> key = key(TEXTS, name, AttributeKey::stringKey);
    if (!keys.contains(key)) {
      add(key, value);
    }
  }

  private void add(AttributeKey<?> key, Object value) {
    if (value != null) {
      keys.add(key);
      values.add(value);
    }
  }

  private static <T> AttributeKey<T> key(
      Map<String, AttributeKey<T>> known, String name, Function<String, AttributeKey<T>> make) {
    AttributeKey<T> key = known.get(name);
    if (key == null) {
      key = make.apply(name);
      if (known.size() < MOST_KEYS) {
        known.put(name, key);
      }
    }
    return key;
  }

  @Override
  @SuppressWarnings("unchecked") // each put has a key of its value's type
  public <T> T get(AttributeKey<T> key) {
    int at = keys.indexOf(key);
    return at < 0 ? null : (T) values.get(at);
  }

  @Override
  public void forEach(BiConsumer<? super AttributeKey<?>, ? super Object> consumer) {
    for (int i = 0; i < keys.size(); i++) {
      consumer.accept(keys.get(i), values.get(i));
    }
  }

  @Override
  public int size() {
    return keys.size();
  }

  @Override
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  @Override
  public Map<AttributeKey<?>, Object> asMap() {
    Map<AttributeKey<?>, Object> map = new LinkedHashMap<>();
    forEach(map::put);
    return Collections.unmodifiableMap(map);
  }

  @Override
  public AttributesBuilder toBuilder() {
    return Attributes.builder().putAll(this);
  }
}
