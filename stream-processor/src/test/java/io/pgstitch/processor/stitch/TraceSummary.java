package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.apache.avro.specific.SpecificRecord;

/** What a session's traces are, in lines that a reader can compare. */
final class TraceSummary {
  private static final int TEXT = 60;

  private TraceSummary() {}

  /** A line for each statement, with what is in it, then the session's notes and a checksum. */
  static List<String> of(Stitched stitched) throws IOException {
    List<String> lines = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      lines.add("  " + statement(stitched, trace));
    }
    for (Object record : stitched.records) {
      if (record instanceof Note note) {
        lines.add("  *** " + note.getName() + ": " + note.getText());
      }
    }
    lines.add("  checksum " + checksum(stitched.all));
    return lines;
  }

  private static String statement(Stitched stitched, QueryTrace trace) {
    StringBuilder line = new StringBuilder(text(trace.getText()));
    line.append(" | ").append(trace.getCommandTag());
    line.append(' ').append(trace.getCloseReason());
    if (trace.getExecuted()) {
      line.append(" executed");
    }
    if (trace.getRows() >= 0) {
      line.append(" rows=").append(trace.getRows());
    }
    if (trace.getSqlstate() != null) {
      line.append(" error=").append(trace.getSqlstate());
    }
    if (!trace.getComplete()) {
      line.append(" INCOMPLETE");
    }
    if (trace.getLostEvents() > 0) {
      line.append(" lost=").append(trace.getLostEvents());
    }
    if (trace.getBegunBefore()) {
      line.append(" begun before");
    }
    if (!trace.getParentTraceId().isEmpty()) {
      line.append(" parent=").append(trace.getParentTraceId(), 0, 8);
    }
    List<Span> spans = stitched.spans(trace);
    line.append(" | ").append(String.join(" ", stitched.calls(trace)));
    count(line, " waits=", spans, SpanKind.WAIT);
    count(line, " functions=", spans, SpanKind.FUNCTION);
    count(line, " plan=", spans, SpanKind.PLAN_NODE);
    String nested =
        spans.stream()
            .filter(span -> span.getKind() == SpanKind.STATEMENT && span.getDepth() > 0)
            .map(span -> span.getDepth() + ":" + text(span.getText()) + " r=" + span.getRows())
            .collect(Collectors.joining("; "));
    if (!nested.isEmpty()) {
      line.append(" | nested ").append(nested);
    }
    return line.toString();
  }

  private static void count(StringBuilder line, String title, List<Span> spans, SpanKind kind) {
    Map<String, Integer> counts = new TreeMap<>();
    spans.stream()
        .filter(span -> span.getKind() == kind)
        .forEach(span -> counts.merge(span.getName(), 1, Integer::sum));
    if (!counts.isEmpty()) {
      line.append(title).append(counts.toString().replace(", ", ","));
    }
  }

  private static String text(String text) {
    String oneLine = text.replaceAll("\\s+", " ");
    return oneLine.length() > TEXT ? oneLine.substring(0, TEXT) + "..." : oneLine;
  }

  private static String checksum(List<SpecificRecord> records) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(RandomScriptsTest.bytes(records));
    return Long.toHexString(crc.getValue());
  }
}
