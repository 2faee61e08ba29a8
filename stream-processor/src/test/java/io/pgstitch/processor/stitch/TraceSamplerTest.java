package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.TraceSampler.Decision;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SamplingReason;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TrustedRecords;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TraceSamplerTest {
  private static final long MS = 1_000_000;
  private static final SamplingRule NOTHING_ELSE = new SamplingRule(0.0, 0L, 0.0, false);

  /** Its last 56 bits are all set: the last that a share leaves out. */
  private static final String LUCKY = "00000000000000ff00ffffffffffffff";

  private static final String UNLUCKY = "ffffffffffffffffff00000000000000";

  private final StitchCounters counters = new StitchCounters();
  private long usualNs = -1;
  private int asked;
  private final TraceSampler sampler =
      new TraceSampler(
          counters,
          trace -> {
            asked++;
            return usualNs;
          });

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  private static QueryTrace trace(Consumer<BackendScript> events) {
    BackendScript script = new BackendScript();
    events.accept(script);
    QueryTrace trace = script.stitch().only();
    trace.setTraceId(UNLUCKY);
    return trace;
  }

  /** A statement of nothing that anyone would look for. */
  private static QueryTrace plain() {
    return trace(script -> script.simpleSelect("select 1", 1));
  }

  private static QueryTrace plain(long ns) {
    QueryTrace trace = plain();
    trace.setEndUtcNs(trace.getStartUtcNs() + ns);
    trace.setQueryId(7);
    return trace;
  }

  private SamplingReason reason(QueryTrace trace, SamplingRule rule) {
    Decision decision = sampler.decide(trace, rule, false, WaitedFor.NO);
    SamplingReason reason = trace.getSampling().getReason();
    boolean kept = reason != SamplingReason.LEFT_OUT;
    assertThat(decision).isEqualTo(kept ? Decision.KEPT : Decision.LEFT_OUT);
    return reason;
  }

  @Test
  void withoutARuleEverythingIsKeptAndUntouched() {
    QueryTrace trace = plain();
    assertThat(sampler.decide(trace, null, false, null)).isEqualTo(Decision.KEPT);
    assertThat(trace).isEqualTo(plain());
    assertThat(counters.get(Counter.KEPT_NO_RULE)).isEqualTo(1);
  }

  @Test
  void whatNothingSpeaksForIsLeftOut() {
    QueryTrace trace = plain();
    assertThat(reason(trace, NOTHING_ELSE)).isEqualTo(SamplingReason.LEFT_OUT);
    assertThat(trace.getSampling().getShare()).isZero();
    assertThat(counters.get(Counter.LEFT_OUT)).isEqualTo(1);
  }

  @Test
  void failuresAreKept() {
    QueryTrace failed =
        trace(
            script ->
                script.running("select 1/0").enter("exec_simple_query").error("22012").idle());
    assertThat(reason(failed, NOTHING_ELSE)).isEqualTo(SamplingReason.FAILED);
  }

  @Test
  void longerThanTheRuleSaysIsSlowAndNotWhatIsAsLong() {
    SamplingRule rule = new SamplingRule(0.0, 500 * MS, 0.0, false);
    assertThat(reason(plain(500 * MS), rule)).isEqualTo(SamplingReason.LEFT_OUT);
    assertThat(reason(plain(500 * MS + 1), rule)).isEqualTo(SamplingReason.SLOW);
  }

  @Test
  void longerThanUsualIsUnusualOnceSomethingIsUsual() {
    SamplingRule rule = new SamplingRule(0.0, 0L, 3.0, false);
    assertThat(reason(plain(900 * MS), rule)).isEqualTo(SamplingReason.LEFT_OUT);
    usualNs = 100 * MS;
    assertThat(reason(plain(300 * MS), rule)).isEqualTo(SamplingReason.LEFT_OUT);
    assertThat(reason(plain(301 * MS), rule)).isEqualTo(SamplingReason.UNUSUAL);
    usualNs = 10_000;
    assertThat(reason(plain(999_000), rule)).isEqualTo(SamplingReason.LEFT_OUT);
  }

  @Test
  void everyWholeRunIsInItsQuerysHistoryAndNoOther() {
    SamplingRule rule = new SamplingRule(0.0, 1L, 3.0, false);
    assertThat(reason(plain(MS), rule)).isEqualTo(SamplingReason.SLOW);
    assertThat(asked).isEqualTo(1);
    QueryTrace incomplete = plain(MS);
    incomplete.setComplete(false);
    QueryTrace withoutId = plain(MS);
    withoutId.setQueryId(0);
    QueryTrace notRun = plain(MS);
    notRun.setExecuted(false);
    reason(incomplete, rule);
    reason(withoutId, rule);
    reason(notRun, rule);
    reason(plain(MS), new SamplingRule(0.0, 0L, 0.0, false));
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void lockWaitsAreKeptAndOthersAreNot() {
    assertThat(reason(waiting("Lock", "transactionid"), NOTHING_ELSE))
        .isEqualTo(SamplingReason.LOCK);
    assertThat(reason(waiting("LWLock", "WALWrite"), NOTHING_ELSE))
        .isEqualTo(SamplingReason.LEFT_OUT);
  }

  @Test
  void whatOthersWaitedForIsKeptAndWhatTheyMayStillWaitForIsOpen() {
    SamplingRule half = new SamplingRule(0.5, 0L, 0.0, false);
    QueryTrace lucky = plain();
    lucky.setTraceId(LUCKY);
    assertThat(sampler.decide(plain(), half, false, null)).isEqualTo(Decision.OPEN);
    assertThat(sampler.decide(lucky, half, false, null)).isEqualTo(Decision.OPEN);
    assertThat(sampler.decide(waiting("Lock", "tuple"), half, false, null))
        .isEqualTo(Decision.KEPT);
    QueryTrace all = plain();
    SamplingRule one = new SamplingRule(1.0, 0L, 0.0, false);
    assertThat(sampler.decide(all, one, false, null)).isEqualTo(Decision.KEPT);
    assertThat(counters.get(Counter.KEPT_SHARE)).isEqualTo(1);

    assertThat(settled(half, WaitedFor.NO)).isEqualTo("LEFT_OUT LEFT_OUT 0.5");
    assertThat(settled(half, WaitedFor.YES)).isEqualTo("KEPT LOCK 1.0");
    assertThat(settled(half, WaitedFor.UNKNOWN)).isEqualTo("KEPT INCOMPLETE 1.0");
    // One of the share that is kept in any case stands for itself alone.
    sampler.decide(lucky, half, false, WaitedFor.YES);
    assertThat(lucky.getSampling().getReason()).isEqualTo(SamplingReason.LOCK);
    assertThat(counters.get(Counter.LEFT_OUT)).isEqualTo(1);
    assertThat(counters.get(Counter.KEPT_LOCK)).isEqualTo(3);
  }

  private String settled(SamplingRule rule, WaitedFor waitedFor) {
    QueryTrace trace = plain();
    sampler.decide(trace, rule, false, null);
    Decision decision = sampler.settle(trace, waitedFor);
    return decision + " " + trace.getSampling().getReason() + " " + trace.getSampling().getShare();
  }

  private static QueryTrace waiting(String eventClass, String event) {
    return trace(
        script ->
            script
                .running("lock table t")
                .enter("exec_simple_query")
                .waits(eventClass, event, 5_000)
                .commandEnd("LOCK TABLE", -1)
                .exit()
                .idle());
  }

  @Test
  void whatIsNotKnownWholeIsKept() {
    QueryTrace lost = plain();
    lost.setComplete(false);
    QueryTrace before = plain();
    before.setBegunBefore(true);
    QueryTrace closed = plain();
    closed.setCloseReason(CloseReason.LIMIT);
    assertThat(reason(lost, NOTHING_ELSE)).isEqualTo(SamplingReason.INCOMPLETE);
    assertThat(reason(before, NOTHING_ELSE)).isEqualTo(SamplingReason.INCOMPLETE);
    assertThat(reason(closed, NOTHING_ELSE)).isEqualTo(SamplingReason.INCOMPLETE);
    assertThat(counters.get(Counter.KEPT_INCOMPLETE)).isEqualTo(3);
  }

  @Test
  void partsAreKeptAndTheirTraceIsCountedOnce() {
    QueryTrace part = plain();
    part.setLast(false);
    QueryTrace last = plain();
    last.setPart(1);
    assertThat(sampler.decide(part, NOTHING_ELSE, false, null)).isEqualTo(Decision.KEPT);
    assertThat(part.getSampling()).isNull();
    assertThat(reason(last, NOTHING_ELSE)).isEqualTo(SamplingReason.PARTS);
    assertThat(counters.snapshot().values().stream().mapToLong(n -> n).sum()).isEqualTo(1);
  }

  @Test
  void aStatementWithParallelWorkersIsKeptAndSoAreThey() {
    QueryTrace leader = plain();
    leader.setWorkersLaunched(2);
    QueryTrace worker = plain();
    worker.getBackend().setKind(BackendKind.PARALLEL_WORKER);
    worker.setParentTraceId(leader.getTraceId());
    assertThat(reason(leader, NOTHING_ELSE)).isEqualTo(SamplingReason.PARALLEL);
    assertThat(reason(worker, NOTHING_ELSE)).isEqualTo(SamplingReason.PARALLEL);
  }

  @Test
  void whatTheApplicationRecordsIsKeptUnlessTheRuleSharesItByTheApplicationsTrace() {
    SamplingRule shares = new SamplingRule(0.5, 0L, 0.0, true);
    assertThat(reason(within(UNLUCKY, true), NOTHING_ELSE)).isEqualTo(SamplingReason.REQUESTED);
    assertThat(reason(within(UNLUCKY, false), NOTHING_ELSE)).isEqualTo(SamplingReason.LEFT_OUT);
    QueryTrace lucky = within(LUCKY, true);
    lucky.setTraceId(UNLUCKY);
    QueryTrace unlucky = within(UNLUCKY, true);
    unlucky.setTraceId(LUCKY);
    assertThat(reason(lucky, shares)).isEqualTo(SamplingReason.SHARE);
    assertThat(reason(unlucky, shares)).isEqualTo(SamplingReason.LEFT_OUT);
  }

  private static QueryTrace within(String application, boolean recorded) {
    QueryTrace trace = plain();
    trace.setParentTraceId(application);
    trace.setSampled(recorded);
    return trace;
  }

  @Test
  void aSessionThatIsTracedByRequestIsKept() {
    QueryTrace trace = plain();
    assertThat(sampler.decide(trace, NOTHING_ELSE, true, null)).isEqualTo(Decision.KEPT);
    assertThat(trace.getSampling().getReason()).isEqualTo(SamplingReason.REQUESTED);
  }

  @Test
  void theShareIsOfTheIdsAndALargerOneHasWhatASmallerOneHas() {
    Random random = new Random(5);
    int tenth = 0;
    for (int i = 0; i < 20_000; i++) {
      String id = "%016x%016x".formatted(random.nextLong(), random.nextLong());
      boolean inTenth = TraceShare.chooses(id, 0.1);
      tenth += inTenth ? 1 : 0;
      assertThat(!inTenth || TraceShare.chooses(id, 0.2)).isTrue();
      assertThat(TraceShare.chooses(id, 1)).isTrue();
      assertThat(TraceShare.chooses(id, 0)).isFalse();
    }
    // Six standard deviations of a binomial distribution.
    assertThat(tenth).isBetween(2_000 - 255, 2_000 + 255);
    assertThat(TraceShare.chooses(LUCKY, 1e-12)).isTrue();
    assertThat(TraceShare.chooses(UNLUCKY, 1 - 1e-12)).isFalse();
  }

  @Test
  void aLevelThatWasAskedForIsARequestUntilItIsTakenBack() {
    BackendScript script = new BackendScript();
    SessionStitcher stitcher =
        new SessionStitcher(
            script.backend(), StitchLimits.DEFAULT, new StitchCounters(), new Stitched());
    script.level(8).simpleSelect("select 1", 1);
    int from = take(stitcher, script, 0);
    assertThat(stitcher.isTracedByRequest()).isFalse();
    script.set("pgstitch.level", "12", false, 13, 12, false);
    from = take(stitcher, script, from);
    script.level(12).simpleSelect("select 2", 1);
    from = take(stitcher, script, from);
    assertThat(stitcher.isTracedByRequest()).isTrue();
    script.set("pgstitch.level", "", false, 13, 8, false);
    from = take(stitcher, script, from);
    script.level(8).simpleSelect("select 3", 1);
    from = take(stitcher, script, from);
    assertThat(stitcher.isTracedByRequest()).isFalse();
    script.set("pgstitch.level", "12", false, 13, 8, true).simpleSelect("select 4", 1);
    from = take(stitcher, script, from);
    assertThat(from).isEqualTo(script.size());
    assertThat(stitcher.isTracedByRequest()).isFalse();
  }

  private static int take(SessionStitcher stitcher, BackendScript script, int from) {
    stitcher.accept(script.batch(from, script.size(), 0));
    return script.size();
  }
}
