package io.pgstitch.benchmarks;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.specific.SpecificDatumReader;

/**
 * What a real collector sent of a real server; docs/decisions/0019 says how it was recorded.
 *
 * @param sessions the batches of each process that is complete without another's, in their order
 */
record RecordedEvents(List<List<RawEventBatch>> sessions) {
  /** The level of a recording and its name. */
  record Name(String level, String recording) {}

  /** What there is. */
  static final List<Name> NAMES =
      List.of(
          new Name("level-1", "pg13-level1"),
          new Name("level-12", "pg15-level12"),
          new Name("level-28-functions", "pg15-level28f"));

  /** Reads one. */
  static RecordedEvents read(String name) {
    TrustedRecords.trust();
    Map<String, List<RawEventBatch>> sessions = new LinkedHashMap<>();
    try (InputStream in = RecordedEvents.class.getResourceAsStream("/recorded/" + name + ".avro");
        DataFileStream<RawEventBatch> file =
            new DataFileStream<>(in, new SpecificDatumReader<>(RawEventBatch.class))) {
      for (RawEventBatch batch : file) {
        String process = batch.getBackend().getPid() + "/" + batch.getBackend().getStartNs();
        sessions.computeIfAbsent(process, p -> new ArrayList<>()).add(batch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
    return new RecordedEvents(
        sessions.values().stream()
            .filter(s -> s.get(0).getBackend().getLeaderPid() == 0)
            .map(List::copyOf)
            .toList());
  }

  /** How many events it has. */
  long events() {
    return sessions.stream()
        .flatMap(List::stream)
        .mapToLong(batch -> batch.getEvents().size())
        .sum();
  }
}
