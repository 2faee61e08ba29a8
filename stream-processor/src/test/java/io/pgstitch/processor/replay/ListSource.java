package io.pgstitch.processor.replay;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Raw events in memory. */
final class ListSource implements RawSource {
  private final Map<Integer, List<RawRecord>> streams = new HashMap<>();

  /** Adds a batch behind the others of its stream. */
  ListSource add(int stream, RawEventBatch batch) {
    List<RawRecord> records = streams.computeIfAbsent(stream, s -> new ArrayList<>());
    long utcMs = (batch.getBaseNs() + BackendScript.UTC_OFFSET) / 1_000_000;
    records.add(new RawRecord(records.size(), BackendKey.of(batch.getBackend()), utcMs, batch));
    return this;
  }

  /** The same without the first records of a stream, whose positions stay. */
  ListSource without(int stream, int first) {
    ListSource later = new ListSource();
    later.streams.putAll(streams);
    later.streams.put(stream, streams.get(stream).subList(first, streams.get(stream).size()));
    return later;
  }

  @Override
  public List<Integer> streams() {
    return streams.keySet().stream().sorted().toList();
  }

  @Override
  public long size(int stream) {
    return streams.get(stream).size();
  }

  @Override
  public void read(int stream, Reader reader) {
    double size = size(stream);
    double done = 0;
    for (RawRecord record : streams.get(stream)) {
      reader.record(record);
      reader.reached(++done / size);
    }
  }

  @Override
  public String id() {
    return "list";
  }

  @Override
  public long undecodable() {
    return 0;
  }

  @Override
  public Optional<String> missing() {
    return Optional.empty();
  }

  @Override
  public Optional<String> damage() {
    return Optional.empty();
  }

  @Override
  public void close() {}
}
