package io.pgstitch.processor.stitch;

import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Sampling;
import io.pgstitch.schema.SamplingReason;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;

/**
 * Decides, when a trace has ended, whether its span tree is kept. The decision follows from the
 * trace, the rule that came with its last events, and the history of its query, and from nothing
 * else. docs/decisions/0021 says why so.
 */
public final class TraceSampler {
  /** What is shorter is never unusual: below it the machine's own noise is as large. */
  private static final long LEAST_UNUSUAL_NS = 1_000_000;

  private static final String LOCK_WAITS = "Lock";

  private final StitchCounters counters;
  private final UsualTimes usualTimes;

  /** Decides by the histories of one stream of events. */
  public TraceSampler(StitchCounters counters, UsualTimes usualTimes) {
    this.counters = counters;
    this.usualTimes = usualTimes;
  }

  /** What becomes of a trace. */
  public enum Decision {
    /** It is passed on. */
    KEPT,
    /** It is not. */
    LEFT_OUT,
    /** That depends on whether somebody will have waited for a lock of its session. */
    OPEN
  }

  /**
   * Decides on a trace, counts that unless it is open, and writes the reason into it. A part before
   * the last is kept and not counted: its last part will be.
   *
   * @param rule in force at its end, null for none
   * @param requested whether its session is traced by request
   * @param waitedFor whether others waited for a lock of its session, null when some still may
   */
  public Decision decide(
      QueryTrace trace, SamplingRule rule, boolean requested, WaitedFor waitedFor) {
    if (!trace.getLast()) {
      return Decision.KEPT;
    }
    if (rule == null) {
      counters.add(Counter.KEPT_NO_RULE, 1);
      return Decision.KEPT;
    }
    SamplingReason reason = reason(trace, rule, requested, waitedFor == WaitedFor.YES);
    boolean byShare = reason == SamplingReason.SHARE || reason == SamplingReason.LEFT_OUT;
    trace.setSampling(new Sampling(reason, byShare ? rule.getShare() : 1.0));
    if (byShare && rule.getShare() < 1) {
      return waitedFor == null ? Decision.OPEN : settle(trace, waitedFor);
    }
    counters.sampled(reason);
    return Decision.KEPT;
  }

  /** Decides on a trace that was open, and counts it. */
  public Decision settle(QueryTrace trace, WaitedFor waitedFor) {
    switch (waitedFor) {
      case NO -> {}
      case YES -> trace.setSampling(new Sampling(SamplingReason.LOCK, 1.0));
      case UNKNOWN -> trace.setSampling(new Sampling(SamplingReason.INCOMPLETE, 1.0));
    }
    SamplingReason reason = trace.getSampling().getReason();
    counters.sampled(reason);
    return reason == SamplingReason.LEFT_OUT ? Decision.LEFT_OUT : Decision.KEPT;
  }

  private SamplingReason reason(
      QueryTrace trace, SamplingRule rule, boolean requested, boolean waitedFor) {
    // Asked first, whatever else is true, so that each run is in its query's history.
    boolean unusual = isUnusual(trace, rule);
    if (requested || isRecorded(trace, rule)) {
      return SamplingReason.REQUESTED;
    }
    if (trace.getSqlstate() != null
        || isEndedBy(trace, CloseReason.FAILED, CloseReason.BACKEND_ENDED)) {
      return SamplingReason.FAILED;
    }
    if (rule.getSlowerThanNs() > 0 && lengthNs(trace) > rule.getSlowerThanNs()) {
      return SamplingReason.SLOW;
    }
    if (unusual) {
      return SamplingReason.UNUSUAL;
    }
    if (waitedFor || trace.getSpans().stream().anyMatch(TraceSampler::isLockWait)) {
      return SamplingReason.LOCK;
    }
    if (!isKnownWhole(trace)) {
      return SamplingReason.INCOMPLETE;
    }
    if (trace.getPart() > 0) {
      return SamplingReason.PARTS;
    }
    if (trace.getWorkersLaunched() > 0
        || trace.getBackend().getKind() == BackendKind.PARALLEL_WORKER) {
      return SamplingReason.PARALLEL;
    }
    String application = trace.getParentTraceId();
    return TraceShare.chooses(
            application.isEmpty() ? trace.getTraceId() : application, rule.getShare())
        ? SamplingReason.SHARE
        : SamplingReason.LEFT_OUT;
  }

  private boolean isUnusual(QueryTrace trace, SamplingRule rule) {
    if (rule.getUsualFactor() <= 0
        || trace.getQueryId() == 0
        || !trace.getExecuted()
        || !isKnownWhole(trace)) {
      return false;
    }
    long usualNs = usualTimes.usualBefore(trace);
    long lengthNs = lengthNs(trace);
    return usualNs >= 0
        && lengthNs >= LEAST_UNUSUAL_NS
        && lengthNs > rule.getUsualFactor() * usualNs;
  }

  /** A leader's application is its own: a worker's trace is not asked for by itself. */
  private static boolean isRecorded(QueryTrace trace, SamplingRule rule) {
    return !rule.getShareContexts()
        && trace.getSampled()
        && !trace.getParentTraceId().isEmpty()
        && trace.getBackend().getKind() != BackendKind.PARALLEL_WORKER;
  }

  /** Whether its length is known, and all that happened in it. */
  private static boolean isKnownWhole(QueryTrace trace) {
    return trace.getComplete()
        && !trace.getBegunBefore()
        && isEndedBy(trace, CloseReason.COMPLETED, CloseReason.PARSE_ONLY);
  }

  private static boolean isEndedBy(QueryTrace trace, CloseReason one, CloseReason other) {
    return trace.getCloseReason() == one || trace.getCloseReason() == other;
  }

  private static boolean isLockWait(Span span) {
    return span.getKind() == SpanKind.WAIT && LOCK_WAITS.equals(span.getEventClass());
  }

  private static long lengthNs(QueryTrace trace) {
    return trace.getEndUtcNs() - trace.getStartUtcNs();
  }
}
