package io.pgstitch.processor.topology;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** A key-value store without a changelog, for stitching outside Kafka Streams. */
final class MemoryStore implements KeyValueStore<String, byte[]> {
  private final String name;
  private final TreeMap<String, byte[]> values = new TreeMap<>();

  MemoryStore(String name) {
    this.name = name;
  }

  @Override
  public void put(String key, byte[] value) {
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
  }

  @Override
  public byte[] putIfAbsent(String key, byte[] value) {
    byte[] before = values.get(key);
    if (before == null) {
      put(key, value);
    }
    return before;
  }

  @Override
  public void putAll(List<KeyValue<String, byte[]>> entries) {
    entries.forEach(entry -> put(entry.key, entry.value));
  }

  @Override
  public byte[] delete(String key) {
    return values.remove(key);
  }

  @Override
  public byte[] get(String key) {
    return values.get(key);
  }

  @Override
  public KeyValueIterator<String, byte[]> range(String from, String to) {
    NavigableMap<String, byte[]> above = from == null ? values : values.tailMap(from, true);
    return new Entries(to == null ? above : above.headMap(to, true));
  }

  @Override
  public KeyValueIterator<String, byte[]> all() {
    return new Entries(values);
  }

  @Override
  public long approximateNumEntries() {
    return values.size();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {}

  @Override
  public void close() {
    values.clear();
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  /** Entries in the order of their keys. */
  private static final class Entries implements KeyValueIterator<String, byte[]> {
    private final Iterator<Map.Entry<String, byte[]>> all;
    private KeyValue<String, byte[]> next;

    Entries(Map<String, byte[]> entries) {
      this.all = entries.entrySet().iterator();
    }

    @Override
    public boolean hasNext() {
      return next != null || all.hasNext();
    }

    @Override
    public KeyValue<String, byte[]> next() {
      peekNextKey();
      KeyValue<String, byte[]> entry = next;
      next = null;
      return entry;
    }

    @Override
    public String peekNextKey() {
      if (next == null) {
        Map.Entry<String, byte[]> entry = all.next();
        next = KeyValue.pair(entry.getKey(), entry.getValue());
      }
      return next.key;
    }

    @Override
    public void close() {}
  }
}
