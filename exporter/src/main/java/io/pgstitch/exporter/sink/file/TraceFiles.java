package io.pgstitch.exporter.sink.file;

import io.pgstitch.exporter.durable.Append;
import io.pgstitch.exporter.durable.DurableSink;
import io.pgstitch.schema.TraceRecords;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One 10046 file for each session. */
final class TraceFiles implements DurableSink.Rendering<TraceRecords> {

  private final Path directory;

  TraceFiles(Path directory) {
    this.directory = directory;
  }

  @Override
  public List<Append> render(List<TraceRecords> records) {
    // By name, not by session: what is known of a backend may grow from one record to the next.
    Map<String, Session> sessions = new LinkedHashMap<>();
    Map<String, ByteArrayOutputStream> bytes = new LinkedHashMap<>();
    for (TraceRecords each : records) {
      Session session = new Session(each.getBackend(), each.getSessionStartUtcNs());
      String file = session.fileName();
      sessions.putIfAbsent(file, session);
      bytes
          .computeIfAbsent(file, f -> new ByteArrayOutputStream())
          .writeBytes(TraceFormat.bytes(each));
    }
    List<Append> appends = new ArrayList<>(bytes.size());
    bytes.forEach(
        (file, content) -> {
          byte[] banner = sessions.get(file).banner(directory.resolve(file));
          appends.add(new Append(file, banner, content.toByteArray()));
        });
    return appends;
  }
}
