package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.Decoder;

/**
 * Reads records of generated classes that were written with the very schema of the class: the
 * counterpart of {@link DirectDatumWriter}, for the same reason. Lists are {@code ArrayList}s.
 *
 * <p>Errors: what Avro's decoder throws for bytes that end too early or hold a length that cannot
 * be, and {@link IndexOutOfBoundsException} for a number of a union's branch or of an enum's symbol
 * that there is not. One instance may be used by several threads.
 *
 * @param <T> what is read: a generated record, or a list of them
 */
public final class DirectDatumReader<T> implements DatumReader<T> {
  private volatile Schema schema;
  private volatile ValueReader reader;

  /** A reader of data of a schema whose records have generated classes. */
  public DirectDatumReader(Schema schema) {
    setSchema(schema);
  }

  @Override
  public void setSchema(Schema newSchema) {
    TrustedRecords.trust();
    schema = newSchema;
    reader = null;
  }

  @Override
  @SuppressWarnings("unchecked") // the schema says so
  public T read(T reuse, Decoder from) throws IOException {
    return (T) reader().read(from);
  }

  /** Made when it is needed first: not all of them are, and each makes some hundred functions. */
  private ValueReader reader() {
    ValueReader made = reader;
    if (made == null) {
      made = new ValueReaders().of(schema);
      reader = made;
    }
    return made;
  }
}
