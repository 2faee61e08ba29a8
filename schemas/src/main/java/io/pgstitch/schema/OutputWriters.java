package io.pgstitch.schema;

import java.io.IOException;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writers by hand of the two records that the processor makes of each statement, whose many fields
 * and lines would be a call of a function each. The tests compare them with Avro's own writer.
 */
final class OutputWriters {
  private OutputWriters() {}

  static void trace(Object record, ByteSink to) throws IOException {
    QueryTrace trace = (QueryTrace) record;
    to.writeString(trace.getTraceId());
    to.writeInt(trace.getPart());
    to.writeBoolean(trace.getLast());
    to.backends().write(trace.getBackend(), to);
    to.writeInt(trace.getLevel());
    to.writeString(trace.getText());
    to.writeBoolean(trace.getTextTruncated());
    to.writeString(trace.getStatementName());
    to.writeLong(trace.getQueryId());
    to.writeString(trace.getCommandTag());
    to.writeBoolean(trace.getExecuted());
    to.writeLong(trace.getRows());
    FrequentWriters.optional(trace.getSqlstate(), to);
    to.writeString(trace.getErrorMessage());
    to.writeLong(trace.getStartUtcNs());
    to.writeLong(trace.getEndUtcNs());
    to.writeEnum(trace.getCloseReason().ordinal());
    to.writeBoolean(trace.getComplete());
    to.writeLong(trace.getLostEvents());
    to.writeBoolean(trace.getBegunBefore());
    to.writeString(trace.getParentTraceId());
    to.writeString(trace.getParentSpanId());
    to.writeBoolean(trace.getSampled());
    to.writeString(trace.getTracestate());
    to.writeInt(trace.getWorkersLaunched());
    FrequentWriters.optional(trace.getLeader(), to);
    spans(trace.getSpans(), to);
    to.writeString(trace.getCloseLimit());
    to.writeString(trace.getContinuesTraceId());
    FrequentWriters.optional(trace.getLosses(), to);
    to.writeInt(trace.getUnseenReturns());
    to.writeString(trace.getErrorDetail());
    to.writeString(trace.getErrorHint());
    FrequentWriters.optional(trace.getSampling(), to);
  }

  static void records(Object record, ByteSink to) throws IOException {
    TraceRecords records = (TraceRecords) record;
    to.backends().write(records.getBackend(), to);
    to.writeString(records.getTraceId());
    to.writeInt(records.getPart());
    to.writeLong(records.getSessionStartUtcNs());
    lines(records.getRecords(), to);
    to.writeArrayStart();
    to.setItemCount(records.getTraces().size());
    for (RecordsOfTrace trace : records.getTraces()) {
      to.writeString(trace.getTraceId());
      to.writeInt(trace.getPart());
      to.writeInt(trace.getRecords());
    }
    to.writeArrayEnd();
  }

  private static void spans(List<Span> spans, ByteSink to) throws IOException {
    to.writeArrayStart();
    to.setItemCount(spans.size());
    for (Span span : spans) {
      FrequentWriters.span(span, to);
    }
    to.writeArrayEnd();
  }

  private static void lines(List<Object> lines, ByteSink to) throws IOException {
    to.writeArrayStart();
    to.setItemCount(lines.size());
    for (Object line : lines) {
      if (line instanceof WaitLine wait) {
        to.writeIndex(3);
        FrequentWriters.waitLine(wait, to);
      } else if (line instanceof FunctionCall call) {
        to.writeIndex(9);
        FrequentWriters.functionCall(call, to);
      } else {
        to.writeIndex(branch(line));
        ((SpecificRecordBase) line).customEncode(to);
      }
    }
    to.writeArrayEnd();
  }

  /** Place in the union of lines, the most frequent first. */
  private static int branch(Object line) {
    if (line instanceof Call) {
      return 1;
    } else if (line instanceof ParsingInCursor) {
      return 0;
    } else if (line instanceof Close) {
      return 2;
    } else if (line instanceof TransactionEndLine) {
      return 4;
    } else if (line instanceof Note) {
      return 6;
    } else if (line instanceof Stat) {
      return 8;
    } else if (line instanceof Binds) {
      return 7;
    } else if (line instanceof ErrorLine) {
      return 5;
    }
    throw new ClassCastException("a " + line.getClass().getName());
  }
}
