package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.ByteSink;
import io.pgstitch.schema.ByteSource;
import io.pgstitch.schema.DirectDatumReader;
import io.pgstitch.schema.DirectDatumWriter;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.TraceRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.Encoder;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Bytes of a session's state and of its pending output. They begin with a fingerprint of the
 * schemas: bytes of another version of the processor are recognised and not misread. One instance
 * per thread.
 */
final class SnapshotCodec {
  private static final Schema SPANS = Schema.createArray(Span.getClassSchema());
  private static final Schema RECORDS = TraceRecords.getClassSchema().getField("records").schema();
  private static final long FINGERPRINT =
      SchemaNormalization.parsingFingerprint64(OpenSession.getClassSchema())
          ^ Long.rotateLeft(SchemaNormalization.parsingFingerprint64(SPANS), 16)
          ^ Long.rotateLeft(SchemaNormalization.parsingFingerprint64(RECORDS), 32)
          ^ Long.rotateLeft(SchemaNormalization.parsingFingerprint64(Backend.getClassSchema()), 48);

  static {
    trust();
  }

  private static void trust() {
    ClassSecurityValidator.ClassSecurityPredicate ours =
        type ->
            type.getPackage() == OpenSession.class.getPackage()
                || type.getPackage() == Backend.class.getPackage();
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(ClassSecurityValidator.getGlobal(), ours));
  }

  /** Lets Avro make the classes of the saved state. */
  static void trustState() {
    // Done when this class is initialized.
  }

  private final DatumWriter<OpenSession> stateWriter =
      new DirectDatumWriter<>(OpenSession.getClassSchema());
  private final DatumReader<OpenSession> stateReader =
      new DirectDatumReader<>(OpenSession.getClassSchema());
  private final DatumWriter<Backend> backendWriter =
      new DirectDatumWriter<>(Backend.getClassSchema());
  private final DatumReader<Backend> backendReader =
      new DirectDatumReader<>(Backend.getClassSchema());
  private final DatumWriter<List<Span>> spansWriter = new DirectDatumWriter<>(SPANS);
  private final DatumReader<List<Span>> spansReader = new DirectDatumReader<>(SPANS);
  private final DatumWriter<List<Object>> recordsWriter = new DirectDatumWriter<>(RECORDS);
  private final DatumReader<List<Object>> recordsReader = new DirectDatumReader<>(RECORDS);

  private final ByteSink sink = new ByteSink();
  private final ByteSource source = new ByteSource();

  /** State of a session as read back. */
  record Saved(Backend backend, OpenSession state) {}

  byte[] encode(Backend backend, OpenSession state) {
    return write(
        to -> {
          backendWriter.write(backend, to);
          stateWriter.write(state, to);
        });
  }

  /** Reads a state; null when another version of the processor wrote it. */
  Saved decode(byte[] bytes) {
    source.over(bytes);
    try {
      if (source.readLong() != FINGERPRINT) {
        return null;
      }
      Backend backend = backendReader.read(null, source);
      return new Saved(backend, stateReader.read(null, source));
    } catch (IOException e) {
      throw new UncheckedIOException("a stored session state is damaged", e);
    }
  }

  byte[] encodeChunk(List<Span> spans, List<Object> records) {
    return write(
        to -> {
          spansWriter.write(spans, to);
          recordsWriter.write(records, to);
        });
  }

  void decodeChunk(byte[] bytes, PendingOutput into) {
    source.over(bytes);
    try {
      if (source.readLong() != FINGERPRINT) {
        throw new IllegalStateException(
            "a stored chunk is of another version of the processor than its session");
      }
      into.restoreSaved(spansReader.read(null, source), recordsReader.read(null, source));
    } catch (IOException e) {
      throw new UncheckedIOException("a stored chunk of pending output is damaged", e);
    }
  }

  private byte[] write(Body body) {
    sink.clear();
    try {
      sink.writeLong(FINGERPRINT);
      body.write(sink);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return sink.toByteArray();
  }

  /** What follows the fingerprint. */
  private interface Body {
    void write(Encoder to) throws IOException;
  }
}
