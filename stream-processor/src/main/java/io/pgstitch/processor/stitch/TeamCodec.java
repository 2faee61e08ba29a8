package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenTeam;
import io.pgstitch.schema.ByteSink;
import io.pgstitch.schema.ByteSource;
import io.pgstitch.schema.DirectDatumReader;
import io.pgstitch.schema.DirectDatumWriter;
import io.pgstitch.schema.QueryTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;

/**
 * Bytes of a team and of the traces that wait in it, each after a fingerprint of the schemas. One
 * instance per thread.
 */
final class TeamCodec {
  static {
    SnapshotCodec.trustState();
  }

  private static final long FINGERPRINT =
      SchemaNormalization.parsingFingerprint64(OpenTeam.getClassSchema())
          ^ Long.rotateLeft(
              SchemaNormalization.parsingFingerprint64(QueryTrace.getClassSchema()), 16);

  private final DatumWriter<OpenTeam> teamWriter =
      new DirectDatumWriter<>(OpenTeam.getClassSchema());
  private final DatumReader<OpenTeam> teamReader =
      new DirectDatumReader<>(OpenTeam.getClassSchema());
  private final DatumWriter<QueryTrace> traceWriter =
      new DirectDatumWriter<>(QueryTrace.getClassSchema());
  private final DatumReader<QueryTrace> traceReader =
      new DirectDatumReader<>(QueryTrace.getClassSchema());

  byte[] encode(OpenTeam team) {
    return write(teamWriter, team);
  }

  byte[] encode(QueryTrace trace) {
    return write(traceWriter, trace);
  }

  /** Reads a team; null when another version of the processor wrote it. */
  OpenTeam decodeTeam(byte[] bytes) {
    return read(teamReader, bytes);
  }

  QueryTrace decodeTrace(byte[] bytes) {
    QueryTrace trace = read(traceReader, bytes);
    if (trace == null) {
      throw new IllegalStateException(
          "a stored trace is of another version of the processor than its team");
    }
    return trace;
  }

  private static <T> byte[] write(DatumWriter<T> writer, T value) {
    ByteSink to = new ByteSink();
    try {
      to.writeLong(FINGERPRINT);
      writer.write(value, to);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return to.toByteArray();
  }

  private static <T> T read(DatumReader<T> reader, byte[] bytes) {
    ByteSource from = new ByteSource().over(bytes);
    try {
      return from.readLong() == FINGERPRINT ? reader.read(null, from) : null;
    } catch (IOException e) {
      throw new UncheckedIOException("a stored team is damaged", e);
    }
  }
}
