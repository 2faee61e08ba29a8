package io.pgstitch.processor.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TrustedRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements that others wait for are kept, whenever they began to wait. */
class HeldBackTest {
  private static final SamplingRule NOTHING = new SamplingRule(0.0, 0L, 0.0, false);

  private final BackendScript script = new BackendScript();
  private final StitchCounters counters = new StitchCounters();
  private final List<String> decided = new ArrayList<>();
  private final OfflineStitching stitching =
      new OfflineStitching(
          StitchLimits.DEFAULT,
          counters,
          SessionTimes.DEFAULT,
          new OfflineStitching.Output() {
            @Override
            public void trace(String key, QueryTrace trace) {
              if (trace.getLast()) {
                decided.add(trace.getText() + ": " + trace.getSampling().getReason());
              }
            }

            @Override
            public void records(String key, TraceRecords more, long endUtcMs) {}
          });
  private int from;

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  private void accept(RawEventBatch batch) {
    batch.setSampling(NOTHING);
    stitching.accept(BackendKey.of(script.backend()), batch, 1_000);
  }

  /** Sends what was added to the script; others begin to wait after these of its events. */
  private void send(long... waitedFor) {
    sendTo(script.size(), LongStream.of(waitedFor).boxed().toList());
  }

  private void sendTo(int to, List<Long> waitedFor) {
    RawEventBatch batch = script.batch(from, to, 0);
    batch.setWaitedFor(waitedFor);
    from = to;
    accept(batch);
  }

  /** Others begin to wait after its last event. */
  private void waits() {
    send(from);
  }

  @Test
  void whatEndedInItsTransactionIsHeldBackUntilTheNextBegins() {
    script.simpleSelectInTransaction("one", 1);
    send();
    assertThat(decided).isEmpty();
    assertThat(counters.get(Counter.HELD_BACK)).isEqualTo(1);
    assertThat(counters.get(Counter.LEFT_OUT)).isZero();
    script.running("two");
    send();
    assertThat(decided).containsExactly("one: LEFT_OUT");
    assertThat(counters.get(Counter.HELD_BACK)).isZero();
    script.commandEnd("COMMIT", -1).idle();
    send();
    assertThat(decided).containsExactly("one: LEFT_OUT", "two: LEFT_OUT");
    assertThat(counters.get(Counter.LEFT_OUT)).isEqualTo(2);
  }

  @Test
  void statementWhosePortalAnotherOneClosesHasGoneOutInPartAndIsKept() {
    script.running("select many").portal(1, "SELECT").ownStart(1, 2, 1);
    script.running("select many").ownRun(1, 2, 10).idleInTransaction();
    script.running("close many").call("pg_parse_query").portal(3, "CLOSE CURSOR");
    script.enter("PortalRun", 3).statement(0, "", 6, -1, 0).exit().endOfPortal(1, 2).exit();
    script.commandEnd("CLOSE CURSOR", 0).idleInTransaction();
    send();
    assertThat(counters.get(Counter.HELD_BACK)).isEqualTo(1);
    waits();
    script.simpleSelect("after", 1);
    send(from);
    assertThat(decided).containsExactly("select many: PARTS", "close many: LOCK", "after: LOCK");
    assertThat(counters.get(Counter.HELD_BACK)).isZero();
  }

  @Test
  void oneWhoseSessionIsIdleInItsTransactionIsKeptAtOnceAndSoIsWhatFollowsToItsEnd() {
    script.simpleSelectInTransaction("before", 1).simpleSelectInTransaction("held", 1);
    send();
    waits();
    assertThat(decided).containsExactly("before: LEFT_OUT", "held: LOCK");
    script.simpleSelectInTransaction("meanwhile", 1).simpleSelect("commit", 1);
    script.simpleSelect("after", 1);
    send(from);
    assertThat(decided.subList(2, 5))
        .containsExactly("meanwhile: LOCK", "commit: LOCK", "after: LEFT_OUT");
    assertThat(counters.get(Counter.KEPT_LOCK)).isEqualTo(3);
  }

  @Test
  void oneThatRunsIsKeptWhenItEnds() {
    script.simpleSelect("before", 1).running("runs").enter("exec_simple_query");
    send(script.size());
    script.commandEnd("UPDATE", 1).exit().idle().simpleSelect("after", 1);
    send();
    assertThat(decided).containsExactly("before: LEFT_OUT", "runs: LOCK", "after: LEFT_OUT");
  }

  @Test
  void ofASessionThatIsIdleOutsideATransactionItIsTheNext() {
    script.simpleSelect("select pg_advisory_lock(1)", 1);
    send();
    waits();
    script.simpleSelect("select pg_advisory_unlock(1)", 1).simpleSelect("after", 1);
    send(from);
    assertThat(decided)
        .containsExactly(
            "select pg_advisory_lock(1): LEFT_OUT",
            "select pg_advisory_unlock(1): LOCK",
            "after: LEFT_OUT");
  }

  @Test
  void whatIsSaidOfWhatHasPassedChangesNothing() {
    script.simpleSelectInTransaction("one", 1);
    send();
    RawEventBatch late = script.batch(from, from, 0);
    late.setWaitedFor(List.of((long) from));
    script.simpleSelectInTransaction("two", 1);
    send();
    accept(late);
    RawEventBatch again = script.batch(0, script.size(), 0);
    again.setWaitedFor(List.of(3L));
    accept(again);
    script.simpleSelect("three", 1);
    send(3);
    assertThat(decided).containsExactly("one: LEFT_OUT", "two: LEFT_OUT", "three: LEFT_OUT");
    assertThat(counters.get(Counter.STALE_SIGNS_OF_LIFE)).isEqualTo(1);
  }

  @Test
  void whereEventsAreMissingItIsKept() {
    script.simpleSelectInTransaction("one", 1);
    send();
    script.simpleSelectInTransaction("two", 1);
    accept(script.batch(from, script.size(), 3));
    from = script.size();
    assertThat(decided.get(0)).isEqualTo("one: INCOMPLETE");
    script.simpleSelect("three", 1).simpleSelectInTransaction("four", 1);
    accept(script.batch(from, script.size(), 3));
    stitching.end("here");
    assertThat(decided.subList(2, 4)).containsExactly("three: LEFT_OUT", "four: INCOMPLETE");
    assertThat(counters.get(Counter.HELD_BACK)).isZero();
  }

  @Test
  void whereAnotherRunOfTheCollectorFollowsItIsKept() {
    script.simpleSelectInTransaction("one", 1);
    send();
    script.simpleSelectInTransaction("two", 1);
    RawEventBatch next = script.batch(from, script.size(), 0);
    next.setEpochNs(next.getEpochNs() + 1_000);
    next.setBegunBefore(true);
    accept(next);
    assertThat(decided.get(0)).isEqualTo("one: INCOMPLETE");
  }

  @Test
  void theEndOfTheProcessEndsTheWaitingForIt() {
    script.simpleSelectInTransaction("one", 1);
    send();
    script.backendEnd();
    send();
    assertThat(decided).containsExactly("one: LEFT_OUT");
    assertThat(counters.get(Counter.HELD_BACK)).isZero();
  }

  /** Where the events are cut into batches decides nothing. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 13, 21, 34})
  void theSameIsKeptHoweverTheEventsAreCut(int most) {
    List<Long> places = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      script.simpleSelectInTransaction("in " + i, 1);
      if (i % 7 == 3) {
        places.add((long) script.size());
      }
      if (i % 5 == 4) {
        script.simpleSelect("commit " + i, 1);
      }
      if (i % 11 == 6 && i % 7 != 3) {
        places.add((long) script.size());
      }
    }
    Random random = new Random(most);
    while (from < script.size()) {
      int to = Math.min(script.size(), from + 1 + random.nextInt(most));
      sendTo(to, places.stream().filter(place -> place >= from && place <= to).toList());
    }
    assertThat(decided.stream().filter(text -> text.endsWith(": LOCK")))
        .extracting(text -> text.substring(0, text.indexOf(':')))
        .containsExactly(
            "in 3",
            "in 4",
            "commit 4",
            "in 6",
            "in 7",
            "in 8",
            "in 9",
            "commit 9",
            "in 10",
            "in 11",
            "in 12",
            "in 13",
            "in 14",
            "commit 14",
            "in 17",
            "in 18",
            "in 19",
            "commit 19");
    assertThat(decided).hasSize(24);
  }
}
