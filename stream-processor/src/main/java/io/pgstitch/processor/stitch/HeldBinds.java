package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.ByteSink;
import io.pgstitch.schema.DirectDatumWriter;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;

/** Bind values as bytes, in which an open statement holds them until its span is written. */
final class HeldBinds {
  private static final Schema SCHEMA = Schema.createArray(Bind.getClassSchema());
  private static final DatumWriter<List<Bind>> WRITER = new DirectDatumWriter<>(SCHEMA);

  static {
    TrustedRecords.trust();
  }

  private HeldBinds() {}

  static ByteBuffer of(List<Bind> binds) {
    ByteSink bytes = new ByteSink();
    try {
      WRITER.write(binds, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  /** The values, null for null. */
  static List<Bind> read(ByteBuffer held) {
    if (held == null) {
      return null;
    }
    byte[] bytes = new byte[held.remaining()];
    held.duplicate().get(bytes);
    try {
      return new SpecificDatumReader<List<Bind>>(SCHEMA)
          .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    } catch (IOException e) {
      throw new UncheckedIOException("bind values held by a statement are damaged", e);
    }
  }
}
