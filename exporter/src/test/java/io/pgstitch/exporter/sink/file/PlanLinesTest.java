package io.pgstitch.exporter.sink.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WalUsage;
import org.junit.jupiter.api.Test;

/** Lines of plans and of WAL. */
class PlanLinesTest {
  private static Stat measured() {
    return new Stat(
        101, 2, 1, 1, 16384L, "SEQ SCAN it's", 10L, 2L, 9L, 4L, 3L, 123L, 35L, 400L, 100L, 5L);
  }

  @Test
  void aMeasuredNodeIsAStat() {
    assertThat(PlanLines.stat(measured()))
        .isEqualTo(
            "STAT #101 id=2 cnt=10 pid=1 pos=1 obj=16384 op='SEQ SCAN it s (cr=9 pr=4 pw=3 str=2"
                + " time=123 us cost=35 size=400 card=100)'");
  }

  @Test
  void aNodeThatWasNotMeasuredIsAStarLineWithoutZeros() {
    Stat stat = measured();
    stat.setElapsedUs(null);
    assertThat(PlanLines.stat(stat))
        .isEqualTo(
            "*** PLAN: #101 id=2 cnt=10 pid=1 pos=1 obj=16384 op='SEQ SCAN it s (cr=9 pr=4 pw=3"
                + " str=2 cost=35 size=400 card=100)'");
    Stat bare = new Stat();
    bare.setCursor(101);
    bare.setId(1);
    bare.setPosition(1);
    bare.setOperation("RESULT");
    assertThat(PlanLines.stat(bare)).isEqualTo("*** PLAN: #101 id=1 pid=0 pos=1 obj=0 op='RESULT'");
  }

  @Test
  void walFollowsTheCallThatMadeIt() {
    assertThat(PlanLines.wal(101, "EXEC", new WalUsage(3L, 1L, 8412L)))
        .isEqualTo("\n*** WAL: #101 EXEC records=3 fpi=1 bytes=8412");
    assertThat(PlanLines.wal(101, "EXEC", null)).isEmpty();
  }
}
