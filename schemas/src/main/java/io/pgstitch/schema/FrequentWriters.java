package io.pgstitch.schema;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.io.Encoder;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writers of records that do without a call of a function for each field: those that Avro generated
 * into the class, where the record has no union of several records, and two by hand for those of
 * which there are most that have one. The tests compare them with Avro's own writer.
 */
final class FrequentWriters {
  private FrequentWriters() {}

  /** The writer of records of this class, null when there is none of these kinds. */
  static ValueWriter of(Class<?> type) {
    if (type == Span.class) {
      return FrequentWriters::span;
    }
    if (type == WaitLine.class) {
      return FrequentWriters::waitLine;
    }
    boolean generated =
        Arrays.stream(type.getDeclaredMethods())
            .anyMatch(method -> method.getName().equals("customEncode"));
    return generated ? (record, to) -> ((SpecificRecordBase) record).customEncode(to) : null;
  }

  private static void span(Object record, Encoder to) throws IOException {
    Span span = (Span) record;
    to.writeString(span.getSpanId());
    to.writeString(span.getParentSpanId());
    to.writeEnum(span.getKind().ordinal());
    to.writeString(span.getName());
    to.writeLong(span.getStartUtcNs());
    to.writeLong(span.getEndUtcNs());
    to.writeLong(span.getCpuNs());
    to.writeLong(span.getWaitNs());
    to.writeLong(span.getRows());
    to.writeInt(span.getDepth());
    optional(span.getBuffers(), to);
    optional(span.getText(), to);
    to.writeLong(span.getQueryId());
    optional(span.getEventClass(), to);
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

  private static void waitLine(Object record, Encoder to) throws IOException {
    WaitLine line = (WaitLine) record;
    to.writeInt(line.getCursor());
    to.writeString(line.getEventClass());
    to.writeString(line.getEvent());
    to.writeLong(line.getElapsedUs());
    target(line.getTarget(), to);
    to.writeLong(line.getObjectId());
    to.writeLong(line.getTimUs());
    to.writeBoolean(line.getNamesFile());
    to.writeBoolean(line.getBegunBefore());
  }

  private static void target(Object target, Encoder to) throws IOException {
    if (target == null) {
      to.writeIndex(0);
    } else if (target instanceof IoTarget file) {
      to.writeIndex(1);
      file.customEncode(to);
    } else {
      to.writeIndex(2);
      ((LockTarget) target).customEncode(to);
    }
  }

  private static void optional(String text, Encoder to) throws IOException {
    to.writeIndex(text == null ? 0 : 1);
    if (text != null) {
      to.writeString(text);
    }
  }

  private static void optional(SpecificRecordBase record, Encoder to) throws IOException {
    to.writeIndex(record == null ? 0 : 1);
    if (record != null) {
      record.customEncode(to);
    }
  }

  private static void optional(List<? extends SpecificRecordBase> records, Encoder to)
      throws IOException {
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
