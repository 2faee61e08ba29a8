package io.pgstitch.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That what differs between spans and records is found. */
class TwoViewsTest {
  private static final String NONE = "";

  private final SpanStatements spans = new SpanStatements();
  private final RecordStatements records = new RecordStatements();
  private String held = NONE;

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
            "t", id, parent, kind, name, 0, startNs, endNs, text, NONE, cpuUs, rows, 0, 3, 0,
            held));
  }

  private void addRecords(long waitUs, long cpuUs, long rows, long closeUs) {
    records.introduced(101, 0, "select \u00c3\u00a9", 1_000);
    records.waited(101, "DataFileRead", 1_300, waitUs);
    records.called(101, "EXEC", 1_400, 400, cpuUs, 0, 3, 0, 0);
    records.called(101, "FETCH", 1_800, 400, 200, 0, 3, 0, rows);
    records.closed(101, 1_900, closeUs, 50);
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

  @Test
  void cpuMayDifferByItsRoundingAlone() {
    addSpans();
    addRecords(200, 102, 7, 100);
    assertThat(differences()).hasSize(1);
  }

  @Test
  void otherHolderOfALockDiffers() {
    held = "pid=1 trace=a; pid=2 trace=none";
    add("root", NONE, "STATEMENT", "SELECT", 1_000_000, 1_900_000, "select 1", 0, -1);
    add("exec", "root", "EXEC", "EXEC", 1_000_000, 1_900_000, NONE, 100, -1);
    add("wait", "exec", "WAIT", "tuple", 1_100_000, 1_300_000, NONE, 0, -1);
    records.introduced(101, 0, "select 1", 1_000);
    records.waited(101, "tuple", 1_300, 200);
    records.held("pid=1 trace=a");
    records.called(101, "EXEC", 1_900, 900, 100, 0, 3, 0, 0);
    records.closed(101, 1_900, 0, 0);
    assertThat(differences()).singleElement().asString().contains("pid=2 trace=none");
    RecordStatements both = new RecordStatements();
    both.introduced(101, 0, "select 1", 1_000);
    both.waited(101, "tuple", 1_300, 200);
    both.held("pid=1 trace=a");
    both.held("pid=2 trace=none");
    both.called(101, "EXEC", 1_900, 900, 100, 0, 3, 0, 0);
    both.closed(101, 1_900, 0, 0);
    assertThat(TwoViews.differences(spans, List.of(both))).isEmpty();
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
    records.waited(0, "ClientRead", 1_600, 100);
    assertThat(differences()).isEmpty();
  }
}
