package io.pgstitch.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That what differs between spans and records is found. */
class TwoViewsTest {
  private static final String NONE = "";
  private static final BlockCounts BLOCKS = BlockCounts.ofShared(0, 3, 0);

  private boolean begunBefore;
  private boolean textCut;
  private String bindType = "0=23:int4";
  private String file = "path=x";
  private BlockCounts blocks = BLOCKS;
  private WalCounts wal = WalCounts.NONE;

  private final SpanStatements spans = new SpanStatements();
  private final RecordStatements records = new RecordStatements();
  private String held = NONE;
  private List<String> holders = List.of();

  /** A statement with an EXEC, a wait in it, a FETCH and a CLOSE, as spans. */
  private void addSpans() {
    add("root", NONE, "STATEMENT", "SELECT", 1_000_000, 1_900_000, "select é", 0, -1);
    add("exec", "root", "EXEC", "EXEC", 1_000_000, 1_400_000, NONE, 100, -1);
    add("wait", "exec", "WAIT", "DataFileRead", 1_100_400, 1_300_600, NONE, 0, -1);
    add("fetch", "root", "FETCH", "FETCH", 1_400_000, 1_800_000, NONE, 200, 7);
    add("close", "root", "CLOSE", "CLOSE", 1_800_000, 1_900_000, NONE, 50, -1);
  }

  private void add(
      String id,
      String parent,
      String kind,
      String name,
      long startNs,
      long endNs,
      String text,
      long cpuUs,
      long rows) {
    spans.add(
        new ViewedSpan(
            "t",
            id,
            parent,
            kind,
            name,
            0,
            startNs,
            endNs,
            text,
            NONE,
            cpuUs,
            rows,
            kind.equals("CLOSE") ? BlockCounts.NONE : BLOCKS,
            WalCounts.NONE,
            false,
            false,
            kind.equals("WAIT") && !name.equals("ClientRead") ? "path=x" : NONE,
            id.equals("root") ? List.of("0=23:int4") : List.of(),
            kind.equals("WAIT") && !name.equals("ClientRead") ? held : NONE));
  }

  private void addRecords(long waitUs, long cpuUs, long rows, long closeUs) {
    records.introduced(101, 0, "select \u00c3\u00a9", 1_000, begunBefore, textCut);
    records.bound(101, List.of(bindType));
    records.fileNamed("fd=7", file);
    records.waited(101, "DataFileRead", 1_300, waitUs, "fd=7", false);
    holders.forEach(records::held);
    records.called(101, "EXEC", 1_400, 400, cpuUs, blocks, wal, 0);
    records.called(101, "FETCH", 1_800, 400, 200, BLOCKS, WalCounts.NONE, rows);
    records.closed(101, 1_900, closeUs, 50, BlockCounts.NONE, WalCounts.NONE);
  }

  private List<String> differences() {
    return TwoViews.differences(spans, List.of(records));
  }

  @Test
  void sameStatementsAgree() {
    addSpans();
    addRecords(200, 101, 7, 100);
    assertThat(differences()).isEmpty();
  }

  @Test
  void otherRowsDiffer() {
    addSpans();
    addRecords(200, 100, 8, 100);
    assertThat(differences()).singleElement().asString().startsWith("spans: ");
  }

  @Test
  void otherWaitDiffers() {
    addSpans();
    addRecords(201, 100, 7, 100);
    assertThat(differences()).hasSize(1);
  }

  /** Each change alone makes a difference. */
  @ParameterizedTest
  @ValueSource(strings = {"begun", "cut", "bind", "file", "blocks", "wal"})
  void whatStarLinesSayDiffers(String what) {
    switch (what) {
      case "begun" -> begunBefore = true;
      case "cut" -> textCut = true;
      case "bind" -> bindType = "0=23:int4,null";
      case "file" -> file = "path=y";
      case "blocks" -> blocks = BLOCKS.plus(new BlockCounts(Map.of("temp_written", 1L)));
      default -> wal = new WalCounts(1, 0, 60);
    }
    addSpans();
    addRecords(200, 100, 7, 100);
    assertThat(differences()).hasSize(1);
  }

  @Test
  void aWaitOnAFileThatWasNotNamedIsAnError() {
    records.introduced(101, 0, "select", 1_000, false, false);
    assertThatThrownBy(() -> records.waited(101, "DataFileRead", 1_300, 1, "file#=5", false))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("file#=5");
  }

  @Test
  void cpuMayDifferByItsRoundingAlone() {
    addSpans();
    addRecords(200, 102, 7, 100);
    assertThat(differences()).hasSize(1);
  }

  @Test
  void otherHolderOfALockDiffers() {
    held = "pid=1 trace=a; pid=2 trace=none";
    addSpans();
    addRecords(200, 100, 7, 100);
    assertThat(differences()).singleElement().asString().contains("pid=2 trace=none");
  }

  @Test
  void sameHoldersOfALockAgree() {
    held = "pid=1 trace=a; pid=2 trace=none";
    addSpans();
    holders = List.of("pid=1 trace=a", "pid=2 trace=none");
    addRecords(200, 100, 7, 100);
    assertThat(differences()).isEmpty();
  }

  @Test
  void otherCloseDiffers() {
    addSpans();
    addRecords(200, 100, 7, 101);
    assertThat(differences()).hasSize(1);
  }

  @Test
  void statementOfOneViewAloneDiffers() {
    addRecords(200, 100, 7, 100);
    assertThat(differences()).singleElement().asString().startsWith("only in the records");
    assertThat(TwoViews.differences(spans, List.of(records), text -> text.startsWith("select")))
        .isEmpty();
    addSpans();
    assertThat(TwoViews.differences(spans, List.of()))
        .singleElement()
        .asString()
        .startsWith("only in the spans");
  }

  @Test
  void waitBetweenCallsHasARecordOfNoCursor() {
    addSpans();
    addRecords(200, 100, 7, 100);
    add("client", "root", "WAIT", "ClientRead", 1_500_000, 1_600_000, NONE, 0, -1);
    assertThat(differences()).singleElement().asString().contains("between the calls");
    records.waited(0, "ClientRead", 1_600, 100, "", false);
    assertThat(differences()).isEmpty();
  }

  @Test
  void aFunctionHasALineOfTheSameFiguresUnlessItIsPartOfTheCalls() {
    addSpans();
    add("planner", "root", "FUNCTION", "standard_planner", 1_100_000, 1_200_000, NONE, 90, -1);
    add("lock", "planner", "FUNCTION", "GetCachedPlan", 1_110_000, 1_150_000, NONE, 30, -1);
    addRecords(200, 100, 7, 100);
    assertThat(differences()).singleElement().asString().contains("GetCachedPlan");
  }

  @Test
  void functionsOfTheSameFiguresAgreeInAnyOrder() {
    addSpans();
    add("one", "root", "FUNCTION", "f", 1_110_000, 1_150_000, NONE, 30, -1);
    add("two", "root", "FUNCTION", "g", 1_120_000, 1_150_000, NONE, 20, -1);
    records.introduced(101, 0, "select \u00c3\u00a9", 1_000, begunBefore, textCut);
    records.ranFunction(101, "f", 1_150, 40, 31);
    records.ranFunction(101, "g", 1_150, 30, 20);
    records.bound(101, List.of(bindType));
    records.fileNamed("fd=7", file);
    records.waited(101, "DataFileRead", 1_300, 200, "fd=7", false);
    records.called(101, "EXEC", 1_400, 400, 100, blocks, wal, 0);
    records.called(101, "FETCH", 1_800, 400, 200, BLOCKS, WalCounts.NONE, 7);
    records.closed(101, 1_900, 100, 50, BlockCounts.NONE, WalCounts.NONE);
    assertThat(differences()).isEmpty();
  }
}
