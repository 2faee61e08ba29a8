package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.testkit.Majors;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The detailed tier: which functions are in the trees, and what is said of those that are not. */
class FunctionsIT {
  private static final String SIMPLE = "select count(*), 'simple' from t where a > 1";
  private static final String EXTENDED = "select a, 'extended' from t where a > ? order by a";
  private static final String PIPELINED = "update t set b = null where a = ?";

  /** Planning folds it with the value. */
  private static final String FAILS_IN_BIND = "select 1 / $1::int";

  /** By the function that is it, in the order of the simple protocol. */
  private static final List<String> PHASES_OF_SIMPLE =
      List.of(
          "pg_parse_query",
          "parse_analyze",
          "QueryRewrite",
          "standard_planner",
          "CreatePortal",
          "PortalStart",
          "PortalRun");

  /** A Bind makes the portal, plans and starts it. */
  private static final List<String> PHASES_OF_BIND =
      List.of("CreatePortal", "standard_planner", "PortalStart", "PortalRun");

  /** What lies in the phase Bind, which no function is. */
  private static final List<String> INSIDE_BIND = PHASES_OF_BIND.subList(0, 3);

  @TempDir private Path dir;

  static List<PostgresInstallation> installations() {
    return PostgresInstallations.all().stream()
        .filter(i -> Majors.sampled().anyMatch(major -> major == i.major()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void eachCallIsASpanAndWhatIsNotThereIsReported(PostgresInstallation installation)
      throws Exception {
    boolean stripped = PostgresInstallations.debian().contains(installation);
    try (ThrowawayPostgres server = ThrowawayPostgres.builder(installation).start()) {
      server.client().sql("create table t (a int primary key, b int references t)");
      Outcome outcome;
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--pid",
              String.valueOf(server.postmasterPid()),
              "--functions",
              "--function",
              "heap_insert",
              "--function",
              "MyProc",
              "--function",
              "no_such_function",
              "--function",
              "exec_simple_query")) {
        Outcome doctor = new Launcher(dir).run("doctor");
        assertThat(doctor.out()).contains(" of the tier");
        if (stripped) {
          assertThat(doctor.out()).contains("postgresql-" + installation.major() + "-dbgsym");
        }
        workload(server);
        outcome = up.stop();
      }
      assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
      assertThat(outcome.out())
          .containsPattern("function no_such_function is not traced on port \\d+: ")
          .containsPattern("function MyProc is not traced on port \\d+: it is data")
          .containsPattern("ready .* functions=\\d\\d");
      assertThat(outcome.out().contains("function exec_simple_query is not traced"))
          .isEqualTo(stripped);
      ExportedTraces traces = ExportedTraces.read(dir.resolve("out/spans.jsonl"));
      check(traces, stripped);
      // That they are those of the spans is compared wherever both are exported.
      assertThat(TraceFiles.validate(dir.resolve("out/traces")).lines("*** FUNCTION: "))
          .filteredOn(line -> line.matches(".* heap_insert c=\\d+,e=\\d+,dep=0,tim=\\d+"))
          .hasSizeGreaterThanOrEqualTo(7);
    }
  }

  private static void workload(ThrowawayPostgres server) throws Exception {
    server.client().sql("insert into t select g, null from generate_series(1, 7) g");
    try (Connection simple =
            DriverManager.getConnection(server.jdbcUrl("postgres") + "&preferQueryMode=simple");
        Statement message = simple.createStatement()) {
      assertThatThrownBy(() -> message.execute("select 'one'; select 'two'; select 1/0"))
          .hasMessageContaining("division by zero");
      message.execute(SIMPLE);
    }
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement statement = connection.createStatement();
        PreparedStatement prepared =
            connection.prepareStatement("select a from t where a > ? order by a")) {
      prepared.setInt(1, 4);
      for (int i = 0; i < 8; i++) {
        prepared.executeQuery().close();
      }
      // Errors leave functions by longjmp, in the middle of a recursion and inside a handler.
      statement.execute(
          "do $$ begin for i in 1..20 loop begin perform 1/(i % 2) from (select 1 union select 2) x;"
              + " exception when division_by_zero then insert into t values (100 + i, 1); end;"
              + " end loop; end $$");
      statement.execute("delete from t where a > 100");
      bindsAndFetches(connection);
    }
  }

  /** Three rows at a time, and three Binds of one message without an answer between them. */
  private static void bindsAndFetches(Connection connection) throws Exception {
    try (PreparedStatement failing = connection.prepareStatement("select 1 / ?::int")) {
      failing.setInt(1, 0);
      assertThatThrownBy(failing::executeQuery).hasMessageContaining("division by zero");
    }
    connection.setAutoCommit(false);
    try (PreparedStatement select = connection.prepareStatement(EXTENDED);
        PreparedStatement update = connection.prepareStatement(PIPELINED)) {
      select.setFetchSize(3);
      select.setInt(1, 0);
      ClientWorkloads.drain(select.executeQuery());
      for (int i = 1; i <= 3; i++) {
        update.setInt(1, i);
        update.addBatch();
      }
      update.executeBatch();
      connection.commit();
    }
  }

  private static void check(ExportedTraces traces, boolean stripped) {
    assertThat(traces.doubled()).isEmpty();
    assertThat(traces.incomplete()).isEmpty();
    assertThat(traces.notNested()).isEmpty();
    List<ExportedSpan> insert =
        traces.trace("insert into t select g, null from generate_series(1, 7) g");
    assertThat(named(insert, "heap_insert")).hasSize(7);
    assertThat(named(insert, "ExecInitNode")).hasSizeGreaterThan(1);
    assertThat(named(insert, "exec_simple_query")).hasSize(stripped ? 0 : 1);
    assertThat(named(insert, "PortalRunMulti")).hasSize(stripped ? 0 : 1);
    assertThat(named(insert, "ProcessQuery")).hasSize(stripped ? 0 : 1);
    checkPhases(traces);
    if (!stripped) {
      // One call of the server handles the whole message: each statement's trace has its share.
      for (String text : List.of("select 'one'", "select 'two'")) {
        List<ExportedSpan> trace = traces.trace(text);
        assertThat(named(trace, "exec_simple_query")).as(text).hasSize(1);
        assertThat(named(trace, "PortalRunSelect")).as(text).hasSize(1);
      }
      ExportedSpan one = named(traces.trace("select 'one'"), "exec_simple_query").get(0);
      ExportedSpan two = named(traces.trace("select 'two'"), "exec_simple_query").get(0);
      assertThat(one.endNanos()).isLessThanOrEqualTo(two.startNanos());
    }
  }

  /** Parse, analysis, rewriting, planning, binding and each fetch apart, each with its time. */
  private static void checkPhases(ExportedTraces traces) {
    apart(traces.trace(SIMPLE), PHASES_OF_SIMPLE);
    List<ExportedSpan> extended = traces.trace(EXTENDED.replace("?", "$1"));
    apart(extended, PHASES_OF_SIMPLE.subList(0, 3));
    apart(extended, PHASES_OF_BIND);
    assertThat(named(extended, "FETCH"))
        .extracting(fetch -> fetch.attributes().get("pgstitch.rows"))
        .containsExactly("3", "3", "1");
    assertThat(named(extended, "PortalRun")).hasSize(3);
    List<List<ExportedSpan>> pipelined =
        traces.roots().stream()
            .filter(root -> root.statement().equals(PIPELINED.replace("?", "$1")))
            .filter(root -> "true".equals(root.attributes().get("pgstitch.executed")))
            .map(traces::traceOf)
            .toList();
    assertThat(pipelined).hasSize(3);
    pipelined.forEach(trace -> apart(trace, PHASES_OF_BIND));
    assertThat(named(traces.trace(SIMPLE), "Bind")).isEmpty();
    bindIsAPhase(extended);
    pipelined.forEach(FunctionsIT::bindIsAPhase);
    List<ExportedSpan> failed = traces.trace(FAILS_IN_BIND);
    ExportedSpan bind = named(failed, "Bind").get(0);
    assertThat(bind.attributes()).containsEntry("db.response.status_code", "22012");
    assertThat(named(failed, "standard_planner"))
        .hasSize(1)
        .allMatch(
            span -> span.startNanos() >= bind.startNanos() && span.endNanos() <= bind.endNanos());
    assertThat(named(failed, "GetCachedPlan"))
        .extracting(ExportedSpan::parentSpanId)
        .containsExactly(bind.spanId());
  }

  /** It holds what a Bind does, and is over before its portal runs. */
  private static void bindIsAPhase(List<ExportedSpan> trace) {
    ExportedSpan bind = named(trace, "Bind").get(0);
    assertThat(named(trace, "Bind")).hasSize(1);
    for (String phase : INSIDE_BIND) {
      assertThat(named(trace, phase))
          .as(phase)
          .isNotEmpty()
          .allMatch(
              span -> span.startNanos() >= bind.startNanos() && span.endNanos() <= bind.endNanos());
    }
    assertThat(named(trace, "PortalRun")).allMatch(run -> run.startNanos() >= bind.endNanos());
  }

  /** Each is there, took some time, and began when the one before it was over. */
  private static void apart(List<ExportedSpan> trace, List<String> phases) {
    long before = Long.MIN_VALUE;
    for (String phase : phases) {
      ExportedSpan span =
          trace.stream()
              .filter(s -> s.name().equals(phase) || s.name().startsWith(phase + "_"))
              .min(Comparator.comparingLong(ExportedSpan::startNanos))
              .orElseThrow(() -> new AssertionError("no " + phase));
      assertThat(span.durationNanos()).as(phase).isPositive();
      assertThat(span.startNanos()).as(phase).isGreaterThanOrEqualTo(before);
      before = span.endNanos();
    }
  }

  private static List<ExportedSpan> named(List<ExportedSpan> trace, String name) {
    return trace.stream().filter(s -> s.name().equals(name)).toList();
  }

  @Test
  void staticFunctionsOfAStrippedServerAreKnownByItsMiniDebugInfo() throws Exception {
    PostgresInstallation original = PostgresInstallations.maven().get(2);
    PostgresInstallation own = copyOf(original);
    Path binary = own.postgres();
    Path mini = dir.resolve("mini");
    run("objcopy", "--only-keep-debug", binary.toString(), mini.toString());
    run("xz", mini.toString());
    run("strip", binary.toString());
    run("objcopy", "--add-section", ".gnu_debugdata=" + mini + ".xz", binary.toString());
    try (ThrowawayPostgres server = ThrowawayPostgres.builder(own).start();
        RunningUp up =
            RunningUp.start(
                dir,
                "--pid",
                String.valueOf(server.postmasterPid()),
                "--function",
                "PortalRunSelect")) {
      server.client().sql("select 'mini'");
      Outcome outcome = up.stop();
      assertThat(outcome.status()).as(outcome.err()).isZero();
      assertThat(outcome.out()).contains(" functions=1");
      List<ExportedSpan> trace =
          ExportedTraces.read(dir.resolve("out/spans.jsonl")).trace("select 'mini'");
      assertThat(named(trace, "PortalRunSelect")).hasSize(1);
      assertThat(named(trace, "PortalRunMulti")).isEmpty();
    } finally {
      run("rm", "-rf", own.binDir().getParent().toString());
    }
  }

  /** An installation that a test may change, readable by the user that the server runs as. */
  static PostgresInstallation copyOf(PostgresInstallation original) throws Exception {
    Path root = Files.createTempDirectory("pgstitch-installation");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path from = original.binDir().getParent();
    run("cp", "-a", from + "/.", root.toString());
    return new PostgresInstallation(
        original.major(),
        root.resolve(from.relativize(original.binDir())),
        root.resolve(from.relativize(original.libDir())));
  }

  static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }
}
