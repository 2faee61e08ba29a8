package io.pgstitch.benchmarks;

import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.encode.BatchSink;
import io.pgstitch.collector.encode.ByNumber;
import io.pgstitch.collector.encode.CustomWaitNames;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.ClockAnchor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Plays recorded pieces of the ring through the code that a collector has behind its reader, as
 * fast as it goes: each backend's events into a stream of its own, all streams flushed after as
 * many pieces as a collector reads between two flushes.
 */
final class Playback {
  private static final int PIECES_OF_A_FLUSH = 12;

  private final RingRecording recording;
  private final StreamSettings settings;
  private final BatchSink sink;
  private final RelationNames relations = new RelationNames();
  private final CustomWaitNames waits = new CustomWaitNames(Map::of, System::nanoTime);
  private final KernelEvent event = new KernelEvent();
  private final ByNumber<BackendStream> streams = new ByNumber<>();

  /**
   * @param schemaId that the batches' heads name
   * @param sink takes the batches
   */
  Playback(RingRecording recording, int schemaId, BatchSink sink) {
    this.recording = recording;
    this.settings =
        new StreamSettings(schemaId, RingRecording.nowNanos(), Optional.empty(), backend -> null);
    this.sink = sink;
  }

  /**
   * All of it once. What was opened when it was played before goes on: its sessions last.
   *
   * @return records of the ring that it was
   */
  long play() {
    long records = 0;
    int pieces = 0;
    for (ByteBuffer piece : recording.pieces()) {
      ClockAnchor clock = new ClockAnchor(HostClock.monotonicNanos(), HostClock.utcNanos());
      for (int at = 0; at < piece.limit(); at = event.next()) {
        event.moveTo(piece, at);
        accept(clock);
        records++;
      }
      if (++pieces % PIECES_OF_A_FLUSH == 0) {
        streams.forEach(stream -> stream.flush(clock));
      }
    }
    ClockAnchor end = new ClockAnchor(HostClock.monotonicNanos(), HostClock.utcNanos());
    streams.forEach(stream -> stream.flush(end));
    return records;
  }

  private void accept(ClockAnchor clock) {
    switch (event.kind()) {
      case KernelEvent.RELATION -> relations.learn(event.relation());
      case KernelEvent.LAYOUT ->
          throw new IllegalStateException("a stock build is contradicted: it cannot be recorded");
      case KernelEvent.SESSION -> {
        if (streams.get(event.pid()) == null) {
          streams.put(event.pid(), open());
        }
      }
      default -> {
        BackendStream stream = streams.get(event.pid());
        if (stream != null) {
          stream.accept(event, clock);
        }
      }
    }
  }

  private BackendStream open() {
    Backend backend =
        Backend.newBuilder()
            .setCluster("bench")
            .setHost("bench")
            .setBootId("bench")
            .setPid(event.pid())
            .setStartNs(event.session().startNanos())
            .setKind(BackendKind.CLIENT)
            .setDatabase(text(event.session().database()))
            .setUser(text(event.session().user()))
            .setApplicationName(text(event.session().applicationName()))
            .setPostmasterPid(event.session().parentPid())
            .build();
    return new BackendStream(
        backend,
        event,
        recording.names(),
        ServerEncoding.UTF8,
        relations.of(event.session().parentPid(), 0),
        waits,
        settings,
        sink);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
