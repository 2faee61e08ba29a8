package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How long the phases of statements took, and how often they were planned: as pg_stat_statements,
 * pg_prepared_statements, the server's log and the scheduler say it.
 */
@Tag("alone")
class StatementTimesIT {
  private static final String PLANNED =
      "select count(*) from parts a join parts b using (k) join parts c using (k)";
  private static final String COMPUTED =
      "select count(*) from (select generate_series(1, 700000) g) s where g % 7 = 3";
  private static final String CONTENDED =
      "select count(*) from (select generate_series(1, 4000000) g) s where g % 7 = 3";
  private static final String REPEATED = "select count(*) from parts where k = ?";
  private static final int CUSTOM = 4;
  private static final int GENERIC = 3;
  private static final int BUSY_LOOPS = 6;
  private static final long ENOUGH_DELAY_NANOS = 150_000_000;
  private static final Duration CONTENTION_LIMIT = Duration.ofSeconds(60);
  private static final double MILLION = 1e6;
  private static final double MILLIS_PER_TICK = 10;

  /** A backend that a message wakes waits for its turn before its statement begins. */
  private static final double LONGEST_WAKE_UP_MS = 6;

  @TempDir private Path dir;

  /**
   * What others had of the processors.
   *
   * @param delayNanos how long the backend was ready and had none
   * @param stolenMillis how long a hypervisor had them at most, from all processes of the host: the
   *     scheduler books that neither as their time nor as their waiting
   */
  private record Contention(long delayNanos, double stolenMillis) {}

  /** What pg_stat_statements counts for one text. */
  private record Counted(long queryId, long plans, double planMs, double execMs) {}

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void phasesAreAsLongAsTheServerAndTheSchedulerSay(int major) throws Exception {
    Counted planned;
    Counted computed;
    long clientNanos;
    Contention contention;
    String log;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .preload("pg_stat_statements")
            .setting("pg_stat_statements.track_planning", "on")
            .setting("log_min_duration_statement", "0")
            .setting("autovacuum", "off")
            .start()) {
      prepare(server);
      try (RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
        try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"));
            Statement s = c.createStatement()) {
          for (int i = 0; i < 5; i++) {
            ClientWorkloads.drain(s.executeQuery(PLANNED));
          }
          long began = System.nanoTime();
          ClientWorkloads.drain(s.executeQuery(COMPUTED));
          clientNanos = System.nanoTime() - began;
          repeat(c, major);
          planned = counted(s, PLANNED);
          computed = counted(s, COMPUTED);
        }
        contention = contend(server.jdbcUrl("postgres"));
        Outcome outcome = up.stop();
        assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      }
      log = Files.readString(server.logFile());
    }
    ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
    assertThat(traces.incomplete()).isEmpty();

    List<ExportedSpan> plannings = spans(traces, PLANNED, "standard_planner");
    assertThat(plannings).hasSize((int) planned.plans()).hasSize(5);
    assertThat(millis(plannings)).isCloseTo(planned.planMs(), about(planned.planMs()));
    List<ExportedSpan> runs = spans(traces, COMPUTED, "standard_ExecutorRun");
    runs.addAll(spans(traces, COMPUTED, "standard_ExecutorFinish"));
    assertThat(computed.execMs()).isGreaterThan(20);
    assertThat(millis(runs)).isCloseTo(computed.execMs(), about(computed.execMs()));

    ExportedSpan root = root(traces, COMPUTED);
    assertThat(root.attributes())
        .containsEntry("pgstitch.query_id", String.valueOf(computed.queryId()));
    assertThat(root.durationNanos()).isLessThanOrEqualTo(clientNanos);
    double logged = logged(log, COMPUTED);
    assertThat(root.durationNanos() / MILLION).isCloseTo(logged, about(logged));

    // Building the generic plan is one more.
    assertThat(roots(traces, REPEATED.replace("?", "$1"))).hasSize(CUSTOM + GENERIC);
    assertThat(spans(traces, REPEATED.replace("?", "$1"), "standard_planner")).hasSize(CUSTOM + 1);

    assertThat(contention.delayNanos()).isGreaterThan(ENOUGH_DELAY_NANOS);
    double unaccounted =
        roots(traces, CONTENDED).stream()
            .flatMap(each -> traces.traceOf(each).stream())
            .mapToLong(
                s -> Long.parseLong(s.attributes().getOrDefault("pgstitch.unaccounted_us", "0")))
            .sum();
    double delay = contention.delayNanos() / MILLION;
    double outside = roots(traces, CONTENDED).size() * LONGEST_WAKE_UP_MS;
    assertThat(unaccounted / 1000)
        .isBetween(delay * 0.95 - 2 - outside, delay * 1.05 + 2 + contention.stolenMillis());
  }

  /** Five in a hundred, and what the probes and the server's own logging take. */
  private static Offset<Double> about(double millis) {
    return within(millis * 0.05 + 2);
  }

  private static void prepare(ThrowawayPostgres server) throws SQLException {
    try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement s = c.createStatement()) {
      s.execute("create extension pg_stat_statements");
      s.execute("create table parts (k int) partition by list (k)");
      for (int i = 0; i < 40; i++) {
        s.execute("create table part%d partition of parts for values in (%d)".formatted(i, i));
      }
    }
  }

  /** Under both modes of the plan cache; from 14 on the server says how often it took which. */
  private static void repeat(Connection c, int major) throws SQLException {
    try (Statement s = c.createStatement();
        PreparedStatement p = c.prepareStatement(REPEATED)) {
      p.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(1);
      s.execute("set plan_cache_mode = force_custom_plan");
      execute(p, CUSTOM);
      s.execute("set plan_cache_mode = force_generic_plan");
      execute(p, GENERIC);
      if (major >= 14) {
        try (ResultSet plans =
            s.executeQuery(
                "select custom_plans, generic_plans from pg_prepared_statements"
                    + " where statement = 'select count(*) from parts where k = $1'")) {
          assertThat(plans.next()).isTrue();
          assertThat(plans.getInt(1)).isEqualTo(CUSTOM);
          assertThat(plans.getInt(2)).isEqualTo(GENERIC);
        }
      }
    }
  }

  private static void execute(PreparedStatement p, int times) throws SQLException {
    for (int i = 0; i < times; i++) {
      p.setInt(1, i);
      ClientWorkloads.drain(p.executeQuery());
    }
  }

  private static Counted counted(Statement s, String text) throws SQLException {
    try (ResultSet row =
        s.executeQuery(
            "select queryid, plans, total_plan_time, total_exec_time from pg_stat_statements"
                + " where query like '"
                + text.substring(0, 20)
                + "%"
                + (text.equals(COMPUTED) ? "generate_series%" : "using%")
                + "'")) {
      assertThat(row.next()).isTrue();
      Counted counted =
          new Counted(row.getLong(1), row.getLong(2), row.getDouble(3), row.getDouble(4));
      assertThat(row.next()).as("another query like %s", text).isFalse();
      return counted;
    }
  }

  /**
   * Runs a statement while others want the processors, often enough for its backend to have waited
   * for one for a while; how long that was, and what a hypervisor took meanwhile.
   */
  private static Contention contend(String jdbcUrl) throws Exception {
    List<Process> loops = new ArrayList<>();
    try (Connection c = DriverManager.getConnection(jdbcUrl + "&preferQueryMode=simple");
        Statement s = c.createStatement()) {
      Path account;
      try (ResultSet pid = s.executeQuery("select pg_backend_pid()")) {
        pid.next();
        account = Path.of("/proc/" + pid.getInt(1) + "/schedstat");
      }
      TimeUnit.MILLISECONDS.sleep(50);
      for (int i = 0; i < BUSY_LOOPS; i++) {
        loops.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
      }
      long stolen = stolenTicks();
      long before = delay(account);
      long limit = System.nanoTime() + CONTENTION_LIMIT.toNanos();
      // How much of the processors the scheduler gives to whom is its own affair.
      while (delay(account) - before <= ENOUGH_DELAY_NANOS && System.nanoTime() < limit) {
        ClientWorkloads.drain(s.executeQuery(CONTENDED));
      }
      long delay = delay(account) - before;
      // Each processor's part of a tick that is not counted yet is one more.
      long ticks = stolenTicks() - stolen + Runtime.getRuntime().availableProcessors();
      return new Contention(delay, ticks * MILLIS_PER_TICK);
    } finally {
      loops.forEach(Process::destroyForcibly);
    }
  }

  /** The eighth number behind the name, of all processors together. */
  private static long stolenTicks() throws IOException {
    String all = Files.readAllLines(Path.of("/proc/stat")).get(0);
    return Long.parseLong(all.split(" +", -1)[8]);
  }

  /** The second number: time on the run queue. */
  private static long delay(Path account) throws IOException {
    return Long.parseLong(Files.readString(account).strip().split(" ", -1)[1]);
  }

  /** The sum of what the log says of the messages with a text. */
  private static double logged(String log, String text) {
    Matcher lines =
        Pattern.compile("duration: ([0-9.]+) ms  [^:]*: " + Pattern.quote(text)).matcher(log);
    double sum = 0;
    int count = 0;
    while (lines.find()) {
      sum += Double.parseDouble(lines.group(1));
      count++;
    }
    assertThat(count).as("parse, bind and execute").isEqualTo(3);
    return sum;
  }

  private static List<ExportedSpan> roots(ExportedTraces traces, String text) {
    return traces.roots().stream().filter(r -> r.statement().equals(text)).toList();
  }

  private static ExportedSpan root(ExportedTraces traces, String text) {
    List<ExportedSpan> roots = roots(traces, text);
    assertThat(roots).as(text).hasSize(1);
    return roots.get(0);
  }

  private static List<ExportedSpan> spans(ExportedTraces traces, String text, String name) {
    List<ExportedSpan> found = new ArrayList<>();
    for (ExportedSpan root : roots(traces, text)) {
      traces.traceOf(root).stream().filter(s -> s.name().equals(name)).forEach(found::add);
    }
    return found;
  }

  private static double millis(List<ExportedSpan> spans) {
    return spans.stream().mapToLong(ExportedSpan::durationNanos).sum() / MILLION;
  }
}
