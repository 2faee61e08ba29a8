package io.pgstitch.processor.replay;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;
import java.util.HashSet;
import java.util.Set;

/**
 * Which traces of one stream are chosen. A trace of one part decides by itself. What a trace of
 * more parts is, its last part alone says, what a parallel worker's is, its leader's, and one that
 * sampling held back comes behind its records; so the stream is surveyed before it is read to be
 * written.
 */
final class ChosenTraces {
  private static final long NS_PER_MS = 1_000_000;

  private final TraceSelection selection;
  private final ReplaySummary summary;
  private final Set<String> chosenBefore = new HashSet<>();
  private final Set<String> recordsBefore = new HashSet<>();

  ChosenTraces(TraceSelection selection, ReplaySummary summary) {
    this.selection = selection;
    this.summary = summary;
  }

  /** Counts what is chosen, and remembers what cannot decide by itself. */
  StreamStitcher.Finished survey() {
    WorkerShares shares = new WorkerShares(this::choose);
    return new StreamStitcher.Finished() {
      private String newest = "";

      @Override
      public void trace(String key, long number, QueryTrace trace) {
        newest = trace.getTraceId();
        if (!trace.getLast()) {
          return;
        }
        if (trace.getLeader() != null) {
          shares.ended(key, trace);
          return;
        }
        boolean wanted = selection.wants(trace);
        if (wanted) {
          choose(key, trace);
        }
        shares.decided(trace, wanted);
        recordsBefore.remove(newest);
      }

      @Override
      public void records(String key, long number, TraceRecords records, long endUtcMs) {
        // They go with their trace, which sampling may have held back.
        String id = records.getTraceId();
        if (!id.isEmpty() && !id.equals(newest) && !isWorker(records.getBackend())) {
          recordsBefore.add(id);
        }
      }
    };
  }

  private void choose(String key, QueryTrace last) {
    count(key, last);
    if (last.getPart() > 0
        || isWorker(last.getBackend())
        || recordsBefore.contains(last.getTraceId())) {
      chosenBefore.add(last.getTraceId());
    }
  }

  private static boolean isWorker(Backend backend) {
    return backend.getKind() == BackendKind.PARALLEL_WORKER;
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
        boolean whole = trace.getPart() == 0 && trace.getLast() && !isWorker(trace.getBackend());
        decided = trace.getTraceId();
        chosen = whole ? selection.wants(trace) : chosenBefore.contains(decided);
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
        if (id.isEmpty()) {
          return selection.wantsBetweenStatements(records.getBackend(), endUtcMs * NS_PER_MS);
        }
        return id.equals(decided) ? chosen : chosenBefore.contains(id);
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
