package io.pgstitch.schema;

import java.io.IOException;
import org.apache.avro.io.Decoder;

/**
 * Readers by hand of the records of which a batch has most, calls of functions, block counts and
 * what each statement has: for their few numbers a call of a function for each field is most of the
 * work. The fields are in the schema's order; the tests compare them with what Avro reads.
 */
final class FrequentReaders {
  private FrequentReaders() {}

  /** The reader of records of this full name, null when there is none by hand. */
  static ValueReader of(String record) {
    return switch (record) {
      case "io.pgstitch.schema.FunctionEntry" -> FrequentReaders::functionEntry;
      case "io.pgstitch.schema.FunctionExit" -> FrequentReaders::functionExit;
      case "io.pgstitch.schema.StatementEntry" -> FrequentReaders::statementEntry;
      case "io.pgstitch.schema.PortalDefined" -> FrequentReaders::portalDefined;
      case "io.pgstitch.schema.CommandEnd" -> FrequentReaders::commandEnd;
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

  private static StatementEntry statementEntry(Decoder from) throws IOException {
    StatementEntry entry = new StatementEntry();
    entry.setDeltaNs(from.readLong());
    entry.setCpuDeltaNs(from.readLong());
    entry.setStack(from.readInt());
    entry.setFunction(from.readInt());
    entry.setObject(from.readLong());
    entry.setText(from.readInt());
    entry.setTextTruncated(from.readBoolean());
    entry.setQueryId(from.readLong());
    entry.setCommand(from.readInt());
    entry.setLocation(from.readInt());
    entry.setLength(from.readInt());
    entry.setTextIdentity(from.readLong());
    return entry;
  }

  private static PortalDefined portalDefined(Decoder from) throws IOException {
    PortalDefined defined = new PortalDefined();
    defined.setDeltaNs(from.readLong());
    defined.setCpuDeltaNs(from.readLong());
    defined.setStack(from.readInt());
    defined.setPortal(from.readLong());
    defined.setName(from.readInt());
    defined.setStatementName(from.readInt());
    defined.setCommandTag(from.readInt());
    defined.setQueryId(from.readLong());
    defined.setLocation(from.readInt());
    defined.setLength(from.readInt());
    defined.setText(from.readInt());
    return defined;
  }

  private static CommandEnd commandEnd(Decoder from) throws IOException {
    CommandEnd end = new CommandEnd();
    end.setDeltaNs(from.readLong());
    end.setCpuDeltaNs(from.readLong());
    end.setStack(from.readInt());
    end.setCommandTag(from.readInt());
    end.setRows(from.readLong());
    return end;
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
