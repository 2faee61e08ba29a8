package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.HolderSight;
import io.pgstitch.schema.LockHolder;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.TrustedRecords;
import io.pgstitch.schema.Wait;
import io.pgstitch.schema.WaitLine;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Waits for locks and the traces of those who held them. */
class LockHolderLinksTest {
  private static final int HOLDER = 4999;
  private static final String CONTEXT = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "traceparent='00-" + CONTEXT + "-b7ad6b7169203331-01'";

  private final BackendScript holder = new BackendScript();
  private final BackendScript waiter = new BackendScript();

  LockHolderLinksTest() {
    holder.backend().setPid(HOLDER);
  }

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  /** The trace of a statement that the holder ran. */
  private QueryTrace held() {
    return holder.simpleSelectInTransaction("update t", 1).stitch().only();
  }

  private LockHolder seen(long startNs) {
    return LockHolder.newBuilder()
        .setPid(99)
        .setSight(HolderSight.SEEN)
        .setHostPid(HOLDER)
        .setStartNs(holder.backend().getStartNs())
        .setLevel(8)
        .setState(ActivityState.IDLE_IN_TRANSACTION)
        .setSequence(5)
        .setStatementStartNs(startNs)
        .setCertain(true)
        .setMayBeLeftOut(false)
        .build();
  }

  private LockHolderLink link(LockHolder of, String... strings) {
    Wait wait = new Wait();
    wait.setHolders(List.of(of));
    return new LockHolderLinks(waiter.backend()).of(wait, List.of(strings)).get(0);
  }

  private static long startNs(QueryTrace trace) {
    return trace.getStartUtcNs() - BackendScript.UTC_OFFSET;
  }

  @Test
  void idsAreThoseOfTheHoldersTrace() {
    QueryTrace trace = held();
    LockHolderLink link = link(seen(startNs(trace)));
    assertThat(link.getTraceId()).isEqualTo(trace.getTraceId());
    assertThat(link.getExportedTraceId()).isEqualTo(trace.getTraceId());
    assertThat(trace.getSpans())
        .filteredOn(span -> span.getParentSpanId().isEmpty())
        .singleElement()
        .extracting(Span::getSpanId)
        .isEqualTo(link.getSpanId());
    assertThat(link.getConfirmed()).isTrue();
    assertThat(link.getText())
        .isEqualTo("pid=99 trace=" + trace.getTraceId() + " state=idle in transaction");
  }

  @Test
  void spanAndRecordsTellTheSameOfEachHolder() {
    QueryTrace trace = held();
    LockHolder prepared = LockHolder.newBuilder().setPid(0).setSight(HolderSight.PREPARED).build();
    Stitched out =
        waiter
            .running("select 1")
            .waits("Lock", "transactionid", 9_000, seen(startNs(trace)), prepared)
            .commandEnd("SELECT", 1)
            .idle()
            .stitch();
    List<LockHolderLink> links = out.spans(out.only(), SpanKind.WAIT).get(0).getLockHolders();
    assertThat(links).hasSize(2);
    int wait = 0;
    while (!(out.records.get(wait) instanceof WaitLine)) {
      wait++;
    }
    for (int i = 0; i < links.size(); i++) {
      Note note = (Note) out.records.get(wait + 1 + i);
      assertThat(note.getName()).isEqualTo("LOCK HOLDER");
      assertThat(note.getText()).isEqualTo(links.get(i).getText());
    }
    StitchedViews.check(out);
  }

  @Test
  void otherWaitsHaveNone() {
    Stitched out = waiter.running("select 1").waits("IO", "DataFileRead", 9_000).idle().stitch();
    assertThat(out.spans(out.only(), SpanKind.WAIT).get(0).getLockHolders()).isNull();
  }

  @Test
  void whatMayHaveBeenLeftOutSaysSo() {
    LockHolder decided = seen(startNs(held()));
    assertThat(link(decided).getMayBeLeftOut()).isFalse();
    decided.setMayBeLeftOut(true);
    LockHolderLink link = link(decided);
    assertThat(link.getMayBeLeftOut()).isTrue();
    assertThat(link.getText()).endsWith(" MAYBE LEFT OUT: sampling may have left out its spans");
    assertThat(link.getConfirmed()).isTrue();
  }

  @Test
  void whatIsNotCertainSaysSo() {
    LockHolder doubtful = seen(7);
    doubtful.setCertain(false);
    LockHolderLink link = link(doubtful);
    assertThat(link.getConfirmed()).isFalse();
    assertThat(link.getText()).contains("UNCONFIRMED: it may be another statement");
  }

  @Test
  void aCommentsContextIsWhereTheSpansAre() {
    LockHolder commented = seen(7);
    commented.setText(1);
    LockHolderLink link = link(commented, "", "update t /*" + PARENT + "*/");
    assertThat(link.getExportedTraceId()).isEqualTo(CONTEXT);
    assertThat(link.getTraceId()).isNotEqualTo(CONTEXT);
    assertThat(link.getConfirmed()).isTrue();
    LockHolderLink silent =
        link(commented, "", "update t /*" + PARENT.replace("-01'", "-00'") + "*/");
    assertThat(silent.getExportedTraceId()).isEmpty();
    assertThat(silent.getText()).contains("without spans");
  }

  @Test
  void aContextThatMayBeAnotherIsUnconfirmed() {
    LockHolder bySetting = seen(7);
    bySetting.setContextUnknown(true);
    assertThat(link(bySetting).getConfirmed()).isFalse();
    assertThat(link(bySetting).getText()).contains("UNCONFIRMED: its spans may be in a trace");
    LockHolder two = seen(7);
    two.setText(1);
    String other = PARENT.replace("b7ad", "b7ae");
    assertThat(link(two, "", "a /*" + PARENT + "*/; b /*" + other + "*/").getConfirmed()).isFalse();
    assertThat(link(two, "", "a /*" + PARENT + "*/; b /*" + PARENT + "*/").getConfirmed()).isTrue();
  }

  @Test
  void aHolderWithoutATraceIsToldByName() {
    LockHolder quiet = seen(7);
    quiet.setLevel(0);
    assertNone(quiet, "its level is 0");
    assertNone(seen(0), "its statement was not seen to begin");
    assertNone(of(HolderSight.UNSEEN), "no event of this process was seen");
    assertNone(of(HolderSight.PREPARED), "a prepared transaction");
    assertNone(of(HolderSight.MISSED), "was not noted");
  }

  private static LockHolder of(HolderSight sight) {
    return LockHolder.newBuilder().setPid(99).setSight(sight).build();
  }

  private void assertNone(LockHolder of, String why) {
    LockHolderLink link = link(of);
    assertThat(link.getTraceId() + link.getSpanId() + link.getExportedTraceId()).isEmpty();
    assertThat(link.getConfirmed()).isFalse();
    assertThat(link.getText()).startsWith("pid=99 trace=none: ").contains(why);
  }
}
