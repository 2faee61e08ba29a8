package io.pgstitch.collector.spool;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.schema.AvroFraming;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Batches of backends that exist only here: the spool does not look into their events. */
public final class TestBatches {
  public static final int SCHEMA = 77;
  private static final int START_NANOS = 9;

  private final Random random;
  private final long[] sequences;

  public TestBatches(long seed, int backends) {
    this.random = new Random(seed);
    this.sequences = new long[backends];
  }

  /** The next batch of some backend, of up to so many bytes. */
  public EncodedBatch next(int mostBytes) {
    int backend = random.nextInt(sequences.length);
    long first = sequences[backend] + 1;
    sequences[backend] += 1 + random.nextInt(50);
    return of(backend, first, sequences[backend], 20 + random.nextInt(mostBytes), random);
  }

  public static EncodedBatch of(int backend, long first, long last, int bytes, Random random) {
    try {
      ByteArrayOutputStream value = new ByteArrayOutputStream();
      AvroFraming.writeHeader(value, SCHEMA);
      BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(value, null);
      out.writeLong(first);
      out.writeLong(last);
      int lossesAt = value.size();
      out.writeLong(0);
      out.writeLong(0);
      byte[] rest = new byte[bytes];
      random.nextBytes(rest);
      // Half of it can be compressed, as in real batches.
      java.util.Arrays.fill(rest, 0, rest.length / 2, (byte) 7);
      out.writeFixed(rest);
      return new EncodedBatch(
          "c/h/b/" + backend,
          backend,
          START_NANOS,
          value.toByteArray(),
          1_700_000_000_000L + first,
          (int) (last - first + 1),
          first,
          last,
          lossesAt,
          0,
          0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
