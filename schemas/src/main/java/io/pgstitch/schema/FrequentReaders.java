package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.io.Decoder;

/**
 * Readers by hand of the records of which a batch has most, calls of functions and block counts:
 * for their few numbers a call of a function for each field is most of the work. The fields are in
 * the schema's order; the tests compare them with what Avro reads.
 */
final class FrequentReaders {
  private FrequentReaders() {}

  /** The reader of records of this full name, null when there is none by hand. */
  static ValueReader of(String record) {
    return switch (record) {
      case "io.pgstitch.schema.FunctionEntry" -> FrequentReaders::functionEntry;
      case "io.pgstitch.schema.FunctionExit" -> FrequentReaders::functionExit;
      case "io.pgstitch.schema.BufferDelta" -> FrequentReaders::bufferDelta;
      case "io.pgstitch.schema.BufferUsage" -> FrequentReaders::bufferUsage;
      default -> null;
    };
  }

  private static FunctionEntry functionEntry(Decoder from) throws IOException {
    FunctionEntry entry = new FunctionEntry();
    entry.setDeltaNs(from.readLong());
    entry.setCpuDeltaNs(from.readLong());
    entry.setStack(from.readInt());
    entry.setFunction(from.readInt());
    entry.setObject(from.readLong());
    return entry;
  }

  private static FunctionExit functionExit(Decoder from) throws IOException {
    FunctionExit exit = new FunctionExit();
    exit.setDeltaNs(from.readLong());
    exit.setCpuDeltaNs(from.readLong());
    exit.setStack(from.readInt());
    exit.setFunction(from.readInt());
    exit.setRows(from.readLong());
    exit.setLate(from.readBoolean());
    return exit;
  }

  private static BufferDelta bufferDelta(Decoder from) throws IOException {
    BufferDelta delta = new BufferDelta();
    delta.setUsage(bufferUsage(from));
    if (isThere(from)) {
      WalUsage wal = new WalUsage();
      wal.setRecords(from.readLong());
      wal.setFullPageImages(from.readLong());
      wal.setBytes(from.readLong());
      delta.setWal(wal);
    }
    return delta;
  }

  /** Of a union of null and something else. */
  private static boolean isThere(Decoder from) throws IOException {
    int branch = from.readIndex();
    if (branch < 0 || branch > 1) {
      throw new IndexOutOfBoundsException("a union of two has no branch " + branch);
    }
    return branch == 1;
  }

  private static BufferUsage bufferUsage(Decoder from) throws IOException {
    BufferUsage usage = new BufferUsage();
    usage.setSharedHit(from.readLong());
    usage.setSharedRead(from.readLong());
    usage.setSharedDirtied(from.readLong());
    usage.setSharedWritten(from.readLong());
    usage.setLocalHit(from.readLong());
    usage.setLocalRead(from.readLong());
    usage.setLocalDirtied(from.readLong());
    usage.setLocalWritten(from.readLong());
    usage.setTempRead(from.readLong());
    usage.setTempWritten(from.readLong());
    return usage;
  }
}
