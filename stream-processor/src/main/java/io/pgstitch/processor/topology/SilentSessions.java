package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.SessionStitcher;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * Ends what was silent for too long by either clock: that of the events, as in a replay, and this
 * host's, when no more events come at all.
 */
final class SilentSessions {
  private final ProcessorContext<?, ?> context;
  private final LiveSessions sessions;
  private final Turn turn;
  private final long startedMs;

  /**
   * Of one task.
   *
   * @param startedMs when it began, by this host's clock
   */
  SilentSessions(ProcessorContext<?, ?> context, LiveSessions sessions, Turn turn, long startedMs) {
    this.context = context;
    this.sessions = sessions;
    this.turn = turn;
    this.startedMs = startedMs;
  }

  /** Looks for them from time to time. */
  void watch(SessionTimes times) {
    onBothClocks(times.traceIdle(), this::closeTraces);
    onBothClocks(times.sessionIdle(), ids -> end(ids, SessionStitcher::expire));
  }

  /**
   * Closes all that is open because the events that follow are not read; it is marked.
   *
   * @param where the events end, for the trace files
   */
  void cut(String where) {
    end(sessions.all(), stitcher -> stitcher.cut(where));
  }

  private void onBothClocks(Duration idle, Consumer<List<String>> end) {
    Duration interval = idle.dividedBy(24);
    context.schedule(
        interval,
        PunctuationType.STREAM_TIME,
        streamMs -> {
          // One host's fast clock must not make the others' sessions look old.
          long limit = Math.min(streamMs, context.currentSystemTimeMs()) - idle.toMillis();
          end.accept(sessions.lastEventBefore(limit));
        });
    context.schedule(
        interval,
        PunctuationType.WALL_CLOCK_TIME,
        wallMs -> {
          long limit = wallMs - idle.toMillis();
          // What came while no processor ran has yet to be read.
          if (startedMs < limit) {
            end.accept(sessions.lastChangedBefore(limit));
          }
        });
  }

  private void closeTraces(List<String> ids) {
    for (String id : ids) {
      SessionStitcher stitcher = sessions.find(id);
      if (stitcher != null && stitcher.hasOpen()) {
        turn.take(
            keyOf(id),
            id,
            () -> {
              stitcher.closeIdle();
              sessions.saveUnheard(id, stitcher);
            });
      }
    }
  }

  private void end(List<String> ids, Consumer<SessionStitcher> how) {
    for (String id : ids) {
      SessionStitcher stitcher = sessions.find(id);
      if (stitcher != null) {
        turn.take(
            keyOf(id),
            id,
            () -> {
              sessions.drop(id); // Should it fail, the store has it as it was.
              how.accept(stitcher);
              sessions.save(id, stitcher, 0, 0);
              sessions.ended(id);
            });
      }
    }
  }

  private static String keyOf(String id) {
    return id.substring(0, id.lastIndexOf('/', id.lastIndexOf('/') - 1));
  }
}
