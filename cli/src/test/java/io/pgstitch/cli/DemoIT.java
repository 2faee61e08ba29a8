package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgstitch.cli.Launcher.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pgstitch demo}, once, as a user sees it. */
class DemoIT {
  @TempDir private static Path dir;

  private static Outcome outcome;
  private static Duration elapsed;

  @BeforeAll
  static void runDemo() throws Exception {
    long start = System.nanoTime();
    outcome = new Launcher(dir).run("demo", "--out", "shop");
    elapsed = Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void endsWellWithinAMinute() {
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(elapsed).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void printsTheTreeOfAStatementThatRunsOthers() {
    assertThat(outcome.out())
        .contains("  " + SampleWorkload.INTERESTING_STATEMENT)
        .contains("─ insert into orders (customer, amount) values")
        .contains("wait PgSleep (Timeout)");
  }

  @Test
  void tracesHoldEveryKindOfRecord() throws IOException {
    assertThat(traceText())
        .contains(
            "PARSING IN CURSOR #",
            "PARSE #",
            "EXEC #",
            "FETCH #",
            "WAIT #",
            "XCTEND ",
            "ERROR #",
            "CLOSE #");
  }

  @Test
  void tracesKeepEveryRuleAndCloseEveryCursor() throws IOException {
    TraceFiles.validate(dir.resolve("shop/traces"));
  }

  @Test
  void spansShowTheLockWaitOfASecond() throws IOException {
    List<ExportedSpan> locks =
        spans().stream()
            .filter(span -> "Lock".equals(span.attributes().get("pgstitch.wait.class")))
            .toList();

    assertThat(locks).hasSize(1);
    assertThat(locks.get(0).durationNanos()).isGreaterThan(900_000_000L);
  }

  @Test
  void whatACallNeitherRanNorWaitedIsShown() throws IOException {
    List<ExportedSpan> calls =
        spans().stream()
            .filter(s -> Set.of("PARSE", "EXEC", "FETCH", "CLOSE").contains(kind(s)))
            .toList();

    assertThat(calls).isNotEmpty();
    assertThat(calls)
        .allSatisfy(
            s ->
                assertThat(micros(s, "cpu") + micros(s, "wait") + micros(s, "unaccounted"))
                    .isCloseTo(s.durationNanos() / 1000, within(3L)));
  }

  private static String kind(ExportedSpan span) {
    return span.attributes().getOrDefault("pgstitch.kind", "");
  }

  private static long micros(ExportedSpan span, String figure) {
    return Long.parseLong(span.attributes().get("pgstitch." + figure + "_us"));
  }

  @Test
  void spansCarryTheErrorsSqlstate() throws IOException {
    assertThat(spans())
        .anyMatch(span -> "22012".equals(span.attributes().get("db.response.status_code")));
  }

  private static List<ExportedSpan> spans() throws IOException {
    List<ExportedSpan> spans = new ArrayList<>();
    new SpanFile(dir.resolve("shop/spans.jsonl")).forEach(spans::add);
    return spans;
  }

  private static String traceText() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.list(dir.resolve("shop/traces"))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".trc")).toList()) {
        text.append(Files.readString(file));
      }
    }
    return text.toString();
  }
}
