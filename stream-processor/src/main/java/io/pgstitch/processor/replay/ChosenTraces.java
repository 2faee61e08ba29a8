package io.pgstitch.processor.replay;

import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.util.HashSet;
import java.util.Set;

/**
 * Which traces of one stream are chosen. A trace of one part decides by itself. What a trace of
 * more parts is, its last part alone says, so the stream is surveyed before it is read to be
 * written.
 */
final class ChosenTraces {
  private static final long NS_PER_MS = 1_000_000;

  private final TraceSelection selection;
  private final ReplaySummary summary;
  private final Set<String> chosenOfMoreParts = new HashSet<>();

  ChosenTraces(TraceSelection selection, ReplaySummary summary) {
    this.selection = selection;
    this.summary = summary;
  }

  /** Counts what is chosen, and remembers what cannot decide by itself. */
  StreamStitcher.Finished survey() {
    return new StreamStitcher.Finished() {
      @Override
      public void trace(String key, long number, QueryTrace trace) {
        if (trace.getLast() && selection.wants(trace)) {
          count(key, trace);
          if (trace.getPart() > 0) {
            chosenOfMoreParts.add(trace.getTraceId());
          }
        }
      }

      @Override
      public void records(String key, long number, TraceRecords records, long endUtcMs) {
        // They go with their trace.
      }
    };
  }

  private void count(String key, QueryTrace last) {
    if (selection.wantsSpans(last)) {
      summary.add(key, last);
    } else {
      summary.addLeftOut();
    }
  }

  /** Passes on what is chosen. */
  StreamStitcher.Finished writeTo(int stream, ReplayOutput output) {
    return new StreamStitcher.Finished() {
      private String decided = "";
      private boolean chosen;

      @Override
      public void trace(String key, long number, QueryTrace trace) {
        boolean whole = trace.getPart() == 0 && trace.getLast();
        decided = trace.getTraceId();
        chosen = whole ? selection.wants(trace) : chosenOfMoreParts.contains(decided);
        if (chosen && selection.wantsSpans(trace)) {
          output.trace(key, new ReplayOutput.Place(stream, number), trace);
        }
      }

      @Override
      public void records(String key, long number, TraceRecords records, long endUtcMs) {
        if (isChosen(records, endUtcMs)) {
          output.records(key, new ReplayOutput.Place(stream, number), records);
        }
      }

      private boolean isChosen(TraceRecords records, long endUtcMs) {
        String id = records.getTraceId();
        // A worker's share goes out with its leader's trace, which ends after the worker's session.
        boolean share = records.getBackend().getKind() == BackendKind.PARALLEL_WORKER;
        if (id.isEmpty() || (share && !id.equals(decided))) {
          return selection.wantsBetweenStatements(records.getBackend(), endUtcMs * NS_PER_MS);
        }
        return id.equals(decided) ? chosen : chosenOfMoreParts.contains(id);
      }
    };
  }

  /** Passes everything on, and counts it. */
  StreamStitcher.Finished writeAllTo(int stream, ReplayOutput output) {
    return new StreamStitcher.Finished() {
      @Override
      public void trace(String key, long number, QueryTrace trace) {
        if (trace.getLast()) {
          count(key, trace);
        }
        if (selection.wantsSpans(trace)) {
          output.trace(key, new ReplayOutput.Place(stream, number), trace);
        }
      }

      @Override
      public void records(String key, long number, TraceRecords records, long endUtcMs) {
        output.records(key, new ReplayOutput.Place(stream, number), records);
      }
    };
  }
}
