package io.pgstitch.exporter.durable;

import io.pgstitch.exporter.Sessions;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.sink.file.FileSinkFactory;
import io.pgstitch.schema.TraceRecords;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** A process that delivers statements to a file sink until it is done or killed. */
public final class KilledWriter {

  static final int RECORDS = 30_000;
  private static final int BATCH = 25;
  private static final int SESSIONS = 12;
  private static final int PARTITIONS = 3;

  private KilledWriter() {}

  /**
   * Arguments: directory, first record. Prints {@code acked N} after each batch, N the first record
   * that is not delivered.
   */
  public static void main(String[] args) {
    write(Path.of(args[0]), Integer.parseInt(args[1]), n -> System.out.println("acked " + n));
  }

  static void write(Path directory, int first, IntConsumer acked) {
    SinkSettings settings =
        new SinkSettings(
            "file",
            Map.of(
                "directory", directory.toString(), "open.files", "4", "checkpoint.bytes", "100000"),
            Map.of());
    try (Sink<TraceRecords> sink = new FileSinkFactory().create(settings)) {
      for (int at = first; at < RECORDS; at += BATCH) {
        if (!sink.deliver(batch(at)).retry().isEmpty()) {
          throw new IllegalStateException("refused at " + at);
        }
        acked.accept(Math.min(RECORDS, at + BATCH));
      }
    }
  }

  private static List<SinkRecord<TraceRecords>> batch(int from) {
    List<SinkRecord<TraceRecords>> batch = new ArrayList<>();
    for (int n = from; n < Math.min(RECORDS, from + BATCH); n++) {
      int session = n % SESSIONS;
      Partition partition = new Partition("t", "id", session % PARTITIONS);
      batch.add(new SinkRecord<>(partition, n, Sessions.statement(1000 + session, n)));
    }
    return batch;
  }
}
