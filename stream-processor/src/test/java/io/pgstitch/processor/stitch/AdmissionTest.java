package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which batches are taken, and what losses and restarts do. */
class AdmissionTest {
  private final BackendScript script = new BackendScript();
  private final Stitched out = new Stitched();
  private final SessionStitcher stitcher =
      new SessionStitcher(script.backend(), StitchLimits.DEFAULT, out.counters, out);

  @Test
  void duplicateIsDroppedAndCounted() {
    RawEventBatch batch = script.simpleSelect("select 1", 1).batch();
    stitcher.accept(batch);
    stitcher.accept(batch);
    assertThat(out.statements()).hasSize(1);
    assertThat(out.counters.get(Counter.DUPLICATE_BATCHES)).isEqualTo(1);
  }

  @Test
  void ofAnOverlapWhatIsNewIsTaken() {
    script.simpleSelect("select 1", 1);
    stitcher.accept(script.batch(0, 5, 0));
    stitcher.accept(script.batch(3, script.size(), 0));
    assertThat(out.counters.get(Counter.OVERLAPPING_BATCHES)).isEqualTo(1);
    assertThat(out.all).isEqualTo(script.stitch(StitchLimits.DEFAULT).all);
  }

  @Test
  void batchThatHasNotTheEventsThatItSaysIsRefused() {
    RawEventBatch torn = script.simpleSelect("select 1", 1).batch();
    torn.setEvents(torn.getEvents().subList(0, 4));
    assertThatThrownBy(() -> stitcher.accept(torn))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds 4");
  }

  @Test
  void batchThatHasLostAllItsEventsIsNoSignOfLife() {
    RawEventBatch torn = script.simpleSelect("select 1", 1).batch();
    torn.setEvents(List.of());
    assertThatThrownBy(() -> stitcher.accept(torn))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds 0");
  }

  @Test
  void firstBatchOfManySaysWhatWasNotSeen() {
    script.simpleSelect("select 1", 1);
    int first = script.size();
    script.simpleSelect("select 2", 1);
    stitcher.accept(script.batch(first, script.size(), 0));
    assertThat(out.records)
        .filteredOn(Note.class::isInstance)
        .extracting(note -> ((Note) note).getText())
        .containsExactly(first + " events before this point were not seen");
  }

  @Test
  void sessionThatIsForgottenSaysThatItsEndWasNotSeen() {
    script.running("select 1").call("pg_parse_query");
    stitcher.accept(script.batch());
    stitcher.expire();
    assertThat(out.only().getComplete()).isFalse();
    assertThat(out.shortRecords()).contains("NOTE INCOMPLETE");
  }

  @Test
  void earlierEpochIsDroppedAndCounted() {
    stitcher.accept(script.epoch(50).simpleSelect("select 1", 1).batch());
    stitcher.accept(script.epoch(40).simpleSelect("select 2", 1).batch());
    assertThat(out.statements()).hasSize(1);
    assertThat(out.counters.get(Counter.STALE_BATCHES)).isEqualTo(1);
  }

  @Test
  void lossEndsTheOpenStatementAndWhatFollowsIsMarkedAsARest() {
    script.simpleSelect("select 1", 1);
    stitcher.accept(script.batch(0, 5, 0));
    stitcher.accept(script.batch(5, script.size(), 17));
    assertThat(out.statements())
        .extracting(QueryTrace::getCloseReason)
        .containsExactly(CloseReason.SUPERSEDED, CloseReason.COMPLETED);
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsOnly(false);
    assertThat(out.statements()).extracting(QueryTrace::getLostEvents).containsExactly(17L, 0L);
    assertThat(out.statements())
        .extracting(QueryTrace::getBegunBefore)
        .containsExactly(false, true);
    assertThat(out.shortRecords()).contains("NOTE INCOMPLETE");
    TraceIdentities.check(out);
  }

  @Test
  void whatTheSpoolDroppedIsSaidInTheRecords() {
    script.simpleSelect("select 1", 1);
    stitcher.accept(script.batch(0, 5, 0));
    RawEventBatch next = script.batch(5, script.size(), 17);
    next.setDroppedBefore(12);
    stitcher.accept(next);
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsOnly(false);
    assertThat(out.statements().get(0).getLostEvents()).isEqualTo(17);
    assertThat(out.counters.get(Counter.LOST_EVENTS)).isEqualTo(17);
    assertThat(out.counters.get(Counter.DROPPED_EVENTS)).isEqualTo(12);
    assertThat(out.records)
        .filteredOn(Note.class::isInstance)
        .extracting(record -> ((Note) record).getText())
        .containsExactly(
            "17 events were lost before this point: numbers 6 to 22: the collector dropped 12 because its spool had"
                + " no room for them");
  }

  @Test
  void gapInTheSequenceCountsAsLoss() {
    script.simpleSelect("select 1", 1);
    stitcher.accept(script.batch(0, 5, 0));
    RawEventBatch next = script.batch(5, script.size(), 3);
    next.setLostBefore(0);
    stitcher.accept(next);
    assertThat(out.statements()).extracting(QueryTrace::getLostEvents).containsExactly(3L, 0L);
  }

  @Test
  void lossBetweenStatementsMarksTheNext() {
    script.simpleSelect("select 1", 1);
    int first = script.size();
    script.simpleSelect("select 2", 1);
    stitcher.accept(script.batch(0, first, 0));
    stitcher.accept(script.batch(first, script.size(), 2));
    assertThat(out.statements()).extracting(QueryTrace::getLostEvents).containsExactly(0L, 2L);
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsExactly(true, false);
  }

  @Test
  void restartOfTheCollectorClosesWhatIsOpen() {
    script.running("select 1").call("pg_parse_query");
    stitcher.accept(script.epoch(50).batch());
    BackendScript second = new BackendScript().after(9_000_000).epoch(60);
    stitcher.accept(second.simpleSelect("select 2", 1).batch());
    assertThat(out.statements())
        .extracting(QueryTrace::getCloseReason)
        .containsExactly(CloseReason.COLLECTOR_RESTARTED, CloseReason.COMPLETED);
    assertThat(out.statements().get(0).getComplete()).isFalse();
  }

  @Test
  void restartInANestedStatementGivesTheRestATraceOfItsOwn() {
    script.running("select f()").call("pg_parse_query").portal(1, "SELECT").ownStart(1, 2, 1);
    script.enter("PortalRun", 1).enter("standard_ExecutorRun", 2);
    script.statement(9, "select nested", 1, -1, 0).exit().enter("standard_ExecutorRun", 9);
    stitcher.accept(script.epoch(50).batch());
    BackendScript rest = new BackendScript().begunBefore().later(9_000_000).epoch(60);
    rest.waits("IO", "DataFileRead", 4_000).exitOf("standard_ExecutorRun", 2);
    rest.exitOf("PortalRun", -1).commandEnd("SELECT", 1).transactionEnd(true).idle();
    stitcher.accept(rest.simpleSelect("select 2", 1).batch());
    assertThat(out.statements())
        .extracting(QueryTrace::getCloseReason)
        .containsExactly(
            CloseReason.COLLECTOR_RESTARTED, CloseReason.COMPLETED, CloseReason.COMPLETED);
    assertThat(out.statements())
        .extracting(QueryTrace::getComplete)
        .containsExactly(false, false, true);
    assertThat(out.statements())
        .extracting(QueryTrace::getBegunBefore)
        .containsExactly(false, true, false);
    assertThat(out.statements().get(1).getLostEvents()).isZero();
    TraceIdentities.check(out);
  }

  @Test
  void clockSetBackBetweenEpochsDoesNotTurnTimeBack() {
    stitcher.accept(script.epoch(50).simpleSelect("select 1", 1).batch());
    RawEventBatch later = new BackendScript().epoch(60).simpleSelect("select 2", 1).batch();
    later.getClock().setUtcNs(5);
    stitcher.accept(later);
    long last = 0;
    for (Object record : out.records) {
      assertThat(TraceIdentities.tim(record)).isGreaterThanOrEqualTo(last);
      last = TraceIdentities.tim(record);
    }
  }

  @Test
  void clockSetBackBetweenEpochsDoesNotTurnTimeBackInAMessage() {
    stitcher.accept(script.epoch(50).simpleSelect("select 1", 1).batch());
    BackendScript rest = new BackendScript().begunBefore().later(90_000_000).epoch(60);
    rest.waits("IO", "DataFileRead", 4_000).commandEnd("SELECT", 1).idle();
    RawEventBatch later = rest.batch();
    later.setBaseNs(BackendScript.START + 80_000_000);
    later.getClock().setUtcNs(5);
    stitcher.accept(later);
    TraceIdentities.check(out);
  }

  @Test
  void secondStatementOfAMessageWhoseBeginWasLostIsAnother() {
    script.running("select 1;select 2").call("pg_parse_query");
    int lost = script.size();
    script.portal(1, "SELECT").ownStart(1, 2, 1);
    int next = script.size();
    script.commandEnd("SELECT", 1).portal(3, "SELECT").ownStart(3, 4, 1);
    script.commandEnd("SELECT", 2).transactionEnd(true).idle();
    stitcher.accept(script.batch(0, lost, 0));
    stitcher.accept(script.batch(next, script.size(), 0));
    assertThat(out.statements()).extracting(QueryTrace::getRows).containsExactly(-1L, 1L, 2L);
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsOnly(false);
    TraceIdentities.check(out);
  }

  @Test
  void bindWhoseParseMayBeLostIsMarkedAndWhatFollowsIsNot() {
    script.simpleSelect("select 1", 1);
    int lost = script.size();
    script.running("select $1").portal(1, "SELECT").ownStart(1, 2, 1);
    script.commandEnd("SELECT", 1).transactionEnd(true).idle();
    script.simpleSelect("select 2", 1);
    stitcher.accept(script.batch(0, lost, 0));
    RawEventBatch later = script.batch(lost, script.size(), 3);
    stitcher.accept(later);
    assertThat(out.statements())
        .extracting(QueryTrace::getComplete)
        .containsExactly(true, false, true);
  }

  @Test
  void whatASecondCollectorRepeatsIsPassedOver() {
    script.epoch(50).simpleSelect("select 1", 1).simpleSelect("select 2", 1);
    RawEventBatch first = script.batch();
    stitcher.accept(first);
    RawEventBatch second = script.epoch(60).simpleSelect("select 3", 1).batch();
    second.setBegunBefore(true);
    stitcher.accept(second);
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1", "select 2", "select 3");
    stitcher.accept(first);
    assertThat(out.counters.get(Counter.STALE_BATCHES)).isEqualTo(1);
    assertThat(out.statements()).hasSize(3);
    TraceIdentities.check(out);
  }

  @Test
  void collectorThatGoesOnWhenALaterOneIsSilentIsTakenAgain() {
    stitcher.accept(script.epoch(50).simpleSelect("select 1", 1).batch());
    BackendScript second = new BackendScript().later(1_000_000_000L).epoch(60).begunBefore();
    stitcher.accept(second.simpleSelect("select 2", 1).batch());
    int told = script.size();
    script.later(2_000_000_000L).simpleSelect("select 3", 1);
    int dropped = script.size();
    script.later(30_000_000_000L).simpleSelect("select 4", 1);
    stitcher.accept(script.batch(told, dropped, 0));
    RawEventBatch alone = script.batch(dropped, script.size(), 0);
    alone.setBaseNs(BackendScript.START + 30_000_000_000L);
    stitcher.accept(alone);
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1", "select 2", "select 4");
    assertThat(out.statements().get(2).getLostEvents()).isEqualTo(dropped - told);
    TraceIdentities.check(out);
  }

  @Test
  void whatASecondCollectorRepeatsIsPassedOverInAnOverlap() {
    script.epoch(50).simpleSelect("select 1", 1).simpleSelect("select 2", 1);
    int told = script.size();
    stitcher.accept(script.batch());
    script.epoch(60).simpleSelect("select 3", 1);
    RawEventBatch begin = script.batch(0, 4, 0);
    begin.setBegunBefore(true);
    stitcher.accept(begin);
    stitcher.accept(script.batch(2, told - 3, 0));
    stitcher.accept(script.batch(told - 3, script.size(), 0));
    assertThat(out.counters.get(Counter.OVERLAPPING_BATCHES)).isEqualTo(1);
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1", "select 2", "select 3");
    TraceIdentities.check(out);
  }

  @Test
  void messageWhoseFunctionMayHaveBegunUnseenMarksEachOfItsStatements() {
    script.idle();
    int unseen = script.size();
    script.running("select 1;select 2").call("pg_parse_query");
    script.call("parse_analyze_fixedparams").portal(1, "SELECT", "", 0, 8).ownStart(1, 2, 1);
    script.ownRun(1, 2, 1).endOfPortal(1, 2).commandEnd("SELECT", 1);
    script.call("parse_analyze_fixedparams").portal(3, "SELECT", "", 9, 8).ownStart(3, 4, 1);
    script.ownRun(3, 4, 1).endOfPortal(3, 4).transactionEnd(true).commandEnd("SELECT", 1);
    script.idle();
    stitcher.accept(script.batch(unseen, script.size(), 0));
    assertThat(out.statements())
        .extracting(QueryTrace::getText)
        .containsExactly("select 1", "select 2");
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsOnly(false);
  }

  @Test
  void executorOfACursorThatWasDeclaredBeforeTheCollectorCameMarksItsStatement() {
    script.begunBefore().idleInTransaction();
    script.running("fetch c").call("pg_parse_query").call("parse_analyze_fixedparams");
    script.portal(1, "FETCH").enter("PortalRun", 1).statement(0, "", 6, -1, 0);
    script.enter("standard_ExecutorRun", 99).exit(1).exit().exit();
    script.commandEnd("FETCH", 1).idleInTransaction();
    script.simpleSelect("select 1", 1);
    stitcher.accept(script.batch());
    assertThat(out.statements()).extracting(QueryTrace::getComplete).containsExactly(false, true);
  }
}
