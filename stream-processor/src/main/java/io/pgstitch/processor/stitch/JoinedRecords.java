package io.pgstitch.processor.stitch;

import io.pgstitch.schema.RecordsOfTrace;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of one session that follow each other, as one: what a record costs on its way, which is
 * as much as what is in it, is paid once.
 */
public final class JoinedRecords {
  /** Lines of trace files, some eighty bytes each. */
  private static final int MOST_LINES = 2_000;

  /** Characters of their texts and values. */
  private static final long MOST_CHARS = 256 << 10;

  private final TraceRecords joined;
  private long chars;

  /** Of these alone. */
  public JoinedRecords(TraceRecords first) {
    joined = first;
    chars = OutputWeight.ofSent(first.getRecords());
  }

  /** Adds those that follow; false when they are of another session, or it would be too much. */
  public boolean add(TraceRecords next) {
    long more = OutputWeight.ofSent(next.getRecords());
    int lines = joined.getRecords().size() + next.getRecords().size();
    if (lines > MOST_LINES
        || chars + more > MOST_CHARS
        || joined.getSessionStartUtcNs() != next.getSessionStartUtcNs()
        || !joined.getBackend().equals(next.getBackend())) {
      return false;
    }
    if (joined.getTraces().isEmpty()) {
      List<RecordsOfTrace> traces = new ArrayList<>();
      traces.add(traceOf(joined));
      joined.setTraces(traces);
      joined.setTraceId("");
      joined.setPart(0);
    }
    joined.getTraces().add(traceOf(next));
    joined.getRecords().addAll(next.getRecords());
    chars += more;
    return true;
  }

  private static RecordsOfTrace traceOf(TraceRecords records) {
    return new RecordsOfTrace(records.getTraceId(), records.getPart(), records.getRecords().size());
  }
}
