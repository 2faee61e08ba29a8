package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.OpenWait;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is known of a statement while it runs. */
class SignsOfLifeTest {
  private final BackendScript script = new BackendScript();
  private final Stitched out = new Stitched();
  private final SessionStitcher stitcher =
      new SessionStitcher(script.backend(), StitchLimits.DEFAULT, out.counters, out);

  private RawEventBatch sign(long afterNs, OpenWait wait) {
    RawEventBatch sign = script.batch(script.size(), script.size(), 0);
    sign.setBaseNs(script.now() + afterNs);
    sign.setOpenWait(wait);
    return sign;
  }

  private OpenWait lockWait() {
    return new OpenWait("Lock", "transactionid", script.now() + 300, List.of(99));
  }

  private void begin() {
    script.running("update t set a = 1").call("pg_parse_query").portal(0x10, "UPDATE");
    script.ownStart(0x10, 0x11, 2).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    stitcher.accept(script.batch());
  }

  @Test
  void openStatementSaysWhereItIs() {
    begin();
    OpenQuery query = stitcher.openQuery();
    assertThat(query.getText()).isEqualTo("update t set a = 1");
    assertThat(query.getCall()).isEqualTo("EXEC");
    assertThat(query.getFunction()).isEqualTo("standard_ExecutorRun");
    assertThat(query.getWaitEvent()).isNull();
    assertThat(query.getNestedText()).isNull();
    assertThat(query.getLastEventUtcNs()).isEqualTo(script.now() + BackendScript.UTC_OFFSET);
  }

  @Test
  void nestedStatementIsShownAsTheInnermost() {
    begin();
    int before = script.size();
    script.statement(9, "select nested", 1, -1, 0).exit().enter("standard_ExecutorRun", 9);
    stitcher.accept(script.batch(before, script.size(), 0));
    assertThat(stitcher.openQuery().getNestedText()).isEqualTo("select nested");
    assertThat(stitcher.openQuery().getDepth()).isEqualTo(1);
  }

  @Test
  void waitIsShownUntilTheNextEvent() {
    begin();
    stitcher.accept(sign(2_000, lockWait()));
    OpenQuery query = stitcher.openQuery();
    assertThat(query.getWaitClass()).isEqualTo("Lock");
    assertThat(query.getWaitEvent()).isEqualTo("transactionid");
    assertThat(query.getWaitStartUtcNs()).isEqualTo(script.now() + 300 + BackendScript.UTC_OFFSET);
    assertThat(query.getHolders()).containsExactly(99);
    assertThat(query.getHeardUtcNs()).isEqualTo(script.now() + 2_000 + BackendScript.UTC_OFFSET);
    int before = script.size();
    script.waits("Lock", "transactionid", 9_000);
    stitcher.accept(script.batch(before, script.size(), 0));
    assertThat(stitcher.openQuery().getWaitEvent()).isNull();
    assertThat(out.counters.get(Counter.SIGNS_OF_LIFE)).isEqualTo(1);
  }

  @Test
  void signThatIsNotOfNowIsDroppedAndCounted() {
    begin();
    RawEventBatch late = sign(100, lockWait());
    int before = script.size();
    script.waits("IO", "DataFileRead", 9_000);
    stitcher.accept(script.batch(before, script.size(), 0));
    stitcher.accept(late);
    stitcher.accept(sign(2_000, null));
    RawEventBatch otherEpoch = sign(3_000, lockWait());
    otherEpoch.setEpochNs(77);
    stitcher.accept(otherEpoch);
    assertThat(stitcher.openQuery().getWaitEvent()).isNull();
    assertThat(out.counters.get(Counter.STALE_SIGNS_OF_LIFE)).isEqualTo(2);
  }

  @Test
  void signsChangeNoTrace() {
    begin();
    int before = script.size();
    script.waits("Lock", "transactionid", 9_000);
    script.exit(1).exit().endOfPortal(0x10, 0x11).transactionEnd(true);
    script.commandEnd("UPDATE", 1).idle();
    RawEventBatch sign = script.batch(before, before, 0);
    sign.setOpenWait(lockWait());
    stitcher.accept(sign);
    stitcher.accept(script.batch(before, script.size(), 0));
    assertThat(out.all).isEqualTo(script.stitch().all);
    assertThat(stitcher.openQuery()).isNull();
  }

  @Test
  void longTextIsCut() {
    script.running("select '" + "x".repeat(10_000) + "'");
    stitcher.accept(script.batch());
    assertThat(stitcher.openQuery().getText()).hasSize(4_096);
    assertThat(stitcher.openQuery().getTextTruncated()).isTrue();
  }
}
