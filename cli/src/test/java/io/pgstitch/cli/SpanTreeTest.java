package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpanTreeTest {
  private static final ExportedSpan ROOT =
      span("1", "", "SELECT", 0, 10_000_000, Map.of("db.query.text", "select f(1)"));
  private static final ExportedSpan EXEC = span("2", "1", "EXEC", 1_000_000, 9_000_000, Map.of());

  @Test
  void drawsChildrenBelowTheirParentInOrderOfTime() {
    ExportedSpan parse = span("3", "1", "PARSE", 0, 1_000_000, Map.of());

    assertThat(new SpanTree(List.of(EXEC, parse, ROOT)).lines())
        .extracting(line -> line.replaceAll(" {2,}", " "))
        .containsExactly("select f(1) 10.000 ms", "├─ PARSE 1.000 ms", "└─ EXEC 8.000 ms");
  }

  @Test
  void addsUpEqualWaitsOfOneParent() {
    List<ExportedSpan> spans = List.of(ROOT, EXEC, read("4", 2), read("5", 4), read("6", 6));

    assertThat(new SpanTree(spans).lines().get(2))
        .startsWith("   └─ wait DataFileRead (IO) x3 ")
        .endsWith(" 3.000 ms");
  }

  @Test
  void showsASpanThatWasExportedTwiceOnce() {
    assertThat(new SpanTree(List.of(ROOT, EXEC, EXEC)).lines()).hasSize(2);
  }

  private static ExportedSpan read(String id, long startMillis) {
    long start = startMillis * 1_000_000;
    return span(
        id, "2", "DataFileRead", start, start + 1_000_000, Map.of("pgstitch.wait.class", "IO"));
  }

  private static ExportedSpan span(
      String id, String parent, String name, long start, long end, Map<String, String> attributes) {
    return new ExportedSpan("t", id, parent, name, start, end, attributes);
  }
}
