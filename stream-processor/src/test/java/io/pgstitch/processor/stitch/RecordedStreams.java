package io.pgstitch.processor.stitch;

import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.specific.SpecificDatumReader;

/**
 * What a real collector sent of a real server of each major, kept as files; docs/decisions/0019
 * says how they were recorded.
 */
final class RecordedStreams {
  /** Recordings and, beside each, a summary of its traces. */
  static final Path DIRECTORY = Path.of("src/test/resources/recorded");

  private RecordedStreams() {}

  /** All of them, e.g. pg15-level12. */
  static List<String> names() {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".avro"))
          .map(name -> name.substring(0, name.length() - ".avro".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The batches of one in the order of the topic. */
  static List<RawEventBatch> read(String name) {
    TrustedRecords.trust();
    List<RawEventBatch> batches = new ArrayList<>();
    try (InputStream in = RecordedStreams.class.getResourceAsStream("/recorded/" + name + ".avro");
        DataFileStream<RawEventBatch> file =
            new DataFileStream<>(in, new SpecificDatumReader<>(RawEventBatch.class))) {
      file.forEach(batches::add);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
    return batches;
  }

  /** The batches of each backend. */
  static Map<String, List<RawEventBatch>> sessions(List<RawEventBatch> batches) {
    Map<String, List<RawEventBatch>> sessions = new LinkedHashMap<>();
    for (RawEventBatch batch : batches) {
      sessions.computeIfAbsent(session(batch), id -> new ArrayList<>()).add(batch);
    }
    return sessions;
  }

  /** Names a backend as the topology does: a pid that is used again is another. */
  static String session(RawEventBatch batch) {
    return BackendKey.of(batch.getBackend())
        + '/'
        + batch.getBackend().getPid()
        + '/'
        + batch.getBackend().getStartNs();
  }
}
