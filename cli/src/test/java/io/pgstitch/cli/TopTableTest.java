package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.TrustedRecords;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What `top` makes of open queries. */
class TopTableTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long NOW = 1_767_225_600 * SECOND;

  static {
    TrustedRecords.trust();
  }

  private static OpenQuery query(int pid, String database, long ageSeconds) {
    Backend backend =
        Backend.newBuilder()
            .setCluster("default")
            .setHost("db1")
            .setBootId("boot")
            .setPid(pid)
            .setStartNs(1)
            .setKind(BackendKind.CLIENT)
            .setDatabase(database)
            .setUser("app")
            .build();
    long start = NOW - ageSeconds * SECOND;
    return OpenQuery.newBuilder()
        .setTraceId("1")
        .setBackend(backend)
        .setLevel(8)
        .setText("select\n  1 /* \u001b[2J */")
        .setStartUtcNs(start)
        .setCall("EXEC")
        .setCallStartUtcNs(start)
        .setLastEventUtcNs(start)
        .setHeardUtcNs(NOW)
        .setComplete(true)
        .build();
  }

  private static OpenQuery waiting(OpenQuery query, long seconds) {
    query.setWaitClass("Lock");
    query.setWaitEvent("tuple");
    query.setWaitStartUtcNs(NOW - seconds * SECOND);
    query.setHolders(List.of(17, 0));
    return query;
  }

  private static TopSelection selection(TopSelection.Sort sort) {
    return new TopSelection(
        Optional.empty(), Optional.empty(), Optional.empty(), Duration.ZERO, sort, 10);
  }

  private static List<Integer> pids(TopSelection selection, OpenQuery... queries) {
    return selection.of(List.of(queries), NOW).stream().map(row -> row.backend().getPid()).toList();
  }

  private static List<String> lines(int width, OpenQuery query) {
    return new TopTable(List.of(new OpenQueryRow(query, NOW))).lines(width);
  }

  @Test
  void lineHasWaitItsLengthAndHoldersAndNothingThatTheTerminalObeys() {
    List<String> lines = lines(200, waiting(query(4711, "shop", 65), 7));
    assertThat(lines.get(0))
        .matches(
            "HOST +PID +USER +DATABASE +APPLICATION +LEVEL +AGE +CALL +WAIT +FOR +HELD BY +SQL");
    assertThat(lines.get(1))
        .matches(
            "db1 +4711 +app +shop +- +8 +1m05s +EXEC +Lock:tuple +7.0s +17,0 +select 1 /\\* \\\\u001b\\[2J \\*/");
  }

  @Test
  void noLineIsWiderThanTheTerminal() {
    OpenQuery query = query(4711, "shop", 65);
    query.setText("select '" + "x".repeat(5_000) + "'");
    assertThat(lines(90, query)).allMatch(line -> line.length() <= 90).hasSize(2);
    assertThat(lines(90, query).get(1)).contains("select 'x");
    assertThat(lines(30, query)).allMatch(line -> line.length() <= 30);
  }

  @Test
  void whatIsNotKnownIsSaidToBeNotKnown() {
    OpenQuery noWaits = query(1, "shop", 5);
    noWaits.setLevel(4);
    assertThat(lines(200, noWaits).get(1)).matches(".* EXEC +\\? +- +- +select.*");
    OpenQuery silent = waiting(query(1, "shop", 500), 400);
    silent.setHeardUtcNs(NOW - 300 * SECOND);
    assertThat(lines(200, silent).get(1)).contains("silent for 5m00s");
    OpenQuery older = query(1, "shop", 5);
    older.setBegunBefore(true);
    assertThat(lines(200, older).get(1)).contains(" >5.0s ");
  }

  @Test
  void sortsByAgeOrWait() {
    OpenQuery old = query(1, "shop", 100);
    OpenQuery middle = waiting(query(2, "shop", 50), 2);
    OpenQuery young = waiting(query(3, "shop", 10), 9);
    assertThat(pids(selection(TopSelection.Sort.AGE), young, old, middle)).containsExactly(1, 2, 3);
    assertThat(pids(selection(TopSelection.Sort.WAIT), old, middle, young))
        .containsExactly(3, 2, 1);
  }

  @Test
  void filtersAndLimits() {
    OpenQuery shop = query(1, "shop", 100);
    OpenQuery other = query(2, "other", 50);
    Optional<String> none = Optional.empty();
    TopSelection.Sort age = TopSelection.Sort.AGE;
    Duration zero = Duration.ZERO;
    assertThat(pids(new TopSelection(none, Optional.of("other"), none, zero, age, 9), shop, other))
        .containsExactly(2);
    assertThat(pids(new TopSelection(Optional.of("db2"), none, none, zero, age, 9), shop, other))
        .isEmpty();
    assertThat(pids(new TopSelection(none, none, Optional.of("app"), zero, age, 9), shop, other))
        .hasSize(2);
    assertThat(
            pids(new TopSelection(none, none, none, Duration.ofSeconds(60), age, 9), shop, other))
        .containsExactly(1);
    assertThat(pids(new TopSelection(none, none, none, zero, age, 1), shop, other))
        .containsExactly(1);
  }

  @Test
  void durationsHaveThreeFigures() {
    assertThat(
            List.of(0L, 59_990L, 60_000L, 3_599_000L, 7_500_000L, 273_600_000L).stream()
                .map(ms -> TopTable.duration(ms * 1_000_000)))
        .containsExactly("0.0s", "59.9s", "1m00s", "59m59s", "2h05m", "3d04h");
  }
}
