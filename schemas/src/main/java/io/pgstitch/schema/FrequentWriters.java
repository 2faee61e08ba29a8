package io.pgstitch.schema;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writers of records that do without a call of a function for each field: those that Avro generated
 * into the class, where the record has no union of several records, and by hand those of which
 * there are most. The tests compare them with Avro's own writer.
 */
final class FrequentWriters {
  /** Numbers of blocks behind the first two. */
  private static final int SELDOM_BLOCKS = 8;

  /** Fields of a span behind its buffers. */
  private static final int SELDOM_FIELDS = 14;

  private FrequentWriters() {}

  /** The writer of records of this class, null when there is none of these kinds. */
  static ValueWriter of(Class<?> type) {
    if (type == Span.class) {
      return FrequentWriters::span;
    }
    if (type == WaitLine.class) {
      return FrequentWriters::waitLine;
    }
    if (type == QueryTrace.class) {
      return OutputWriters::trace;
    }
    if (type == TraceRecords.class) {
      return OutputWriters::records;
    }
    if (type == Backend.class) {
      return (record, to) -> to.backends().write((Backend) record, to);
    }
    boolean generated =
        Arrays.stream(type.getDeclaredMethods())
            .anyMatch(method -> method.getName().equals("customEncode"));
    return generated ? (record, to) -> ((SpecificRecordBase) record).customEncode(to) : null;
  }

  static void span(Object record, ByteSink to) throws IOException {
    Span span = (Span) record;
    to.writeString(span.getSpanId());
    to.writeString(span.getParentSpanId());
    to.writeEnum(span.getKind().ordinal());
    to.writeName(span.getName());
    to.writeLong(span.getStartUtcNs());
    to.writeLong(span.getEndUtcNs());
    to.writeLong(span.getCpuNs());
    to.writeLong(span.getWaitNs());
    to.writeLong(span.getRows());
    to.writeInt(span.getDepth());
    buffers(span.getBuffers(), to);
    if (isPlainCall(span)) {
      to.writeZeros(SELDOM_FIELDS);
      return;
    }
    optional(span.getText(), to);
    to.writeLong(span.getQueryId());
    to.writeIndex(span.getEventClass() == null ? 0 : 1);
    if (span.getEventClass() != null) {
      to.writeName(span.getEventClass());
    }
    to.writeInt(span.getCalls());
    target(span.getTarget(), to);
    optional(span.getSqlstate(), to);
    to.writeString(span.getErrorMessage());
    to.writeBoolean(span.getBegunBefore());
    optional(span.getBinds(), to);
    to.writeInt(span.getBindsTotal());
    optional(span.getWal(), to);
    optional(span.getPlanNode(), to);
    optional(span.getLockHolders(), to);
    to.writeBoolean(span.getTextTruncated());
  }

  /** Whether nothing is said behind its buffers, as of most calls of functions. */
  private static boolean isPlainCall(Span span) {
    return span.getText() == null
        && span.getQueryId() == 0
        && span.getEventClass() == null
        && span.getCalls() == 0
        && span.getTarget() == null
        && span.getSqlstate() == null
        && span.getErrorMessage().isEmpty()
        && !span.getBegunBefore()
        && span.getBinds() == null
        && span.getBindsTotal() == 0
        && span.getWal() == null
        && span.getPlanNode() == null
        && span.getLockHolders() == null
        && !span.getTextTruncated();
  }

  private static void buffers(BufferUsage used, ByteSink to) throws IOException {
    if (used == null) {
      to.writeIndex(0);
      return;
    }
    to.writeIndex(1);
    boolean othersToo =
        (used.getSharedDirtied()
                | used.getSharedWritten()
                | used.getLocalHit()
                | used.getLocalRead()
                | used.getLocalDirtied()
                | used.getLocalWritten()
                | used.getTempRead()
                | used.getTempWritten())
            != 0;
    if (othersToo) {
      used.customEncode(to);
    } else {
      to.writeLong(used.getSharedHit());
      to.writeLong(used.getSharedRead());
      to.writeZeros(SELDOM_BLOCKS);
    }
  }

  static void waitLine(Object record, ByteSink to) throws IOException {
    WaitLine line = (WaitLine) record;
    to.writeInt(line.getCursor());
    to.writeName(line.getEventClass());
    to.writeName(line.getEvent());
    to.writeLong(line.getElapsedUs());
    target(line.getTarget(), to);
    to.writeLong(line.getObjectId());
    to.writeLong(line.getTimUs());
    to.writeBoolean(line.getNamesFile());
    to.writeBoolean(line.getBegunBefore());
  }

  private static void target(Object target, ByteSink to) throws IOException {
    if (target == null) {
      to.writeIndex(0);
    } else if (target instanceof IoTarget file) {
      to.writeIndex(1);
      file(file, to);
    } else {
      to.writeIndex(2);
      ((LockTarget) target).customEncode(to);
    }
  }

  private static void file(IoTarget file, ByteSink to) {
    to.writeInt(file.getFileDescriptor());
    to.writeLong(file.getOffset());
    to.writeLong(file.getBytes());
    to.writeLong(file.getTablespaceOid());
    to.writeLong(file.getDatabaseOid());
    to.writeLong(file.getRelfilenode());
    to.writeName(file.getFork());
    to.writeLong(file.getBlock());
    to.writeLong(file.getRelationOid());
    to.writeName(file.getRelation());
    to.writeName(file.getFile());
  }

  static void functionCall(FunctionCall line, ByteSink to) {
    to.writeInt(line.getCursor());
    to.writeName(line.getName());
    to.writeInt(line.getDep());
    to.writeLong(line.getCpuUs());
    to.writeLong(line.getElapsedUs());
    to.writeLong(line.getTimUs());
  }

  static void optional(String text, ByteSink to) throws IOException {
    to.writeIndex(text == null ? 0 : 1);
    if (text != null) {
      to.writeString(text);
    }
  }

  static void optional(SpecificRecordBase record, ByteSink to) throws IOException {
    to.writeIndex(record == null ? 0 : 1);
    if (record != null) {
      record.customEncode(to);
    }
  }

  static void optional(List<? extends SpecificRecordBase> records, ByteSink to) throws IOException {
    to.writeIndex(records == null ? 0 : 1);
    if (records != null) {
      to.writeArrayStart();
      to.setItemCount(records.size());
      for (SpecificRecordBase each : records) {
        to.startItem();
        each.customEncode(to);
      }
      to.writeArrayEnd();
    }
  }
}
