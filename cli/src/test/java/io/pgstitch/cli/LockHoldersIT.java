package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who waits for whom, on servers of three majors that are traced together, with holder and waiter
 * in different partitions, and a sampling rule that leaves out whatever nothing speaks for: each
 * link leads to the trace of the statement that the holder ran, as it was exported.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LockHoldersIT {
  private static final List<Integer> MAJORS = List.of(13, 15, 18);
  private static final int PARTITIONS = 5;
  private static final String HOST = "db1";
  private static final String APPLICATION_TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String MAYBE = " MAYBE LEFT OUT: sampling may have left out its spans";
  private static final long WAITS_WITHIN_SECONDS = 60;

  @TempDir private static Path dir;

  private static EmbeddedKafka kafka;
  private static final List<Case> cases = new ArrayList<>();

  /**
   * What must be told of a wait.
   *
   * @param waiter text of the statement that waits
   * @param holder pid of the backend that holds the lock, as pg_blocking_pids told
   * @param statement text of the holder's statement; empty when it has no trace
   * @param words in what is told of it
   */
  private record Case(String waiter, String holder, String statement, String words) {}

  @BeforeAll
  static void traceThreeServers() throws Exception {
    kafka = EmbeddedKafka.start(dir.resolve("kafka"));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      TopicProvisioner.ensure(admin, new TopicPlan(PARTITIONS, (short) 1, Duration.ofDays(1)));
    }
    List<ThrowawayPostgres> servers = new ArrayList<>();
    List<Connection> early = new ArrayList<>();
    try {
      // With statements alone a holder whose portal waits for its next fetch would be in doubt.
      List<String> arguments =
          new ArrayList<>(List.of("up", "--out", "live", "--detail", "phases"));
      arguments.addAll(List.of("--kafka", kafka.bootstrapServers()));
      for (int major : MAJORS) {
        ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
                .setting("max_prepared_transactions", "2")
                .start();
        servers.add(server);
        server.client().sql("create table t as select 1 as a; create table u as select 1 as a");
        early.add(connect(server));
        early.get(early.size() - 1).setAutoCommit(false);
        Statements.execute(early.get(early.size() - 1), "update u set a = 2");
        arguments.addAll(List.of("--pid", String.valueOf(server.postmasterPid())));
      }
      try (RunningUp up =
          RunningUp.command(new Launcher(dir).onHost(HOST), dir, "live", arguments).awaitReady()) {
        Outcome rule =
            new Launcher(dir)
                .run("sampling", "set", "--share", "0%", "--kafka", kafka.bootstrapServers());
        assertThat(rule.status()).as(rule.err()).isZero();
        up.awaitError("database=*&role=* now");
        for (int i = 0; i < servers.size(); i++) {
          try (Scene scene = new Scene(servers.get(i), MAJORS.get(i))) {
            scene.play(early.get(i));
          }
        }
        Outcome outcome = up.stop();
        assertThat(outcome.status()).as(outcome.err()).isZero();
      }
    } finally {
      for (Connection connection : early) {
        connection.close();
      }
      servers.forEach(ThrowawayPostgres::close);
    }
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  private static Connection connect(ThrowawayPostgres server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl("postgres"));
  }

  /** The sessions of one server. Their texts differ by the major, so that each is known again. */
  private static final class Scene implements AutoCloseable {
    private final ThrowawayPostgres server;
    private final int major;
    private final Map<Integer, Connection> byPartition = new LinkedHashMap<>();
    private final List<Connection> spare = new ArrayList<>();
    private final Map<Connection, String> pids = new HashMap<>();
    private final Connection holder;
    private final Connection waiter;
    private final Connection third;
    private final Connection watcher;

    private Scene(ThrowawayPostgres server, int major) throws Exception {
      this.server = server;
      this.major = major;
      while (byPartition.size() < 4) {
        Connection connection = connect(server);
        int partition = partition(Statements.ask(connection, "select pg_backend_pid()"));
        if (byPartition.putIfAbsent(partition, connection) != null) {
          spare.add(connection);
        }
      }
      List<Connection> four = List.copyOf(byPartition.values());
      holder = four.get(0);
      waiter = four.get(1);
      third = four.get(2);
      watcher = four.get(3);
      holder.setAutoCommit(false);
    }

    /** Where the records of a backend lie. */
    private static int partition(String pid) throws Exception {
      String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      Backend backend = new Backend();
      backend.setCluster("default");
      backend.setHost(HOST);
      backend.setBootId(bootId);
      backend.setPid(Integer.parseInt(pid));
      byte[] key = BackendKey.of(backend).getBytes(StandardCharsets.UTF_8);
      return Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
    }

    private CompletableFuture<Void> waits(Connection who, String sql, String heldBy, String... told)
        throws Exception {
      String pid = pids.get(who);
      CompletableFuture<Void> done = CompletableFuture.runAsync(() -> Statements.execute(who, sql));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAITS_WITHIN_SECONDS);
      String blocking = "";
      while (blocking.isEmpty()) {
        assertThat(System.nanoTime()).as("%s waits", sql).isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(2);
        blocking =
            Statements.ask(
                watcher, "select array_to_string(pg_blocking_pids(%s), ',')".formatted(pid));
      }
      assertThat(blocking).as("who blocks %s", sql).isEqualTo(heldBy);
      cases.add(new Case(sql, heldBy, told[0], told[1]));
      return done;
    }

    private void play(Connection early) throws Exception {
      for (Connection each : List.of(holder, waiter, third)) {
        pids.put(each, Statements.ask(each, "select pg_backend_pid()"));
      }
      holder.commit();
      String held = pids.get(holder);
      rowLock(held);
      relationLock(held);
      chainOfThree(held);
      severalStatementsInOneMessage();
      portalThatWaitsForItsNextFetch(held);
      applicationsTrace(held);
      holdersWithoutTrace(early);
    }

    private void rowLock(String held) throws Exception {
      String first = "update t set a = %d01".formatted(major);
      Statements.execute(holder, first);
      CompletableFuture<Void> waits =
          waits(
              waiter,
              "update t set a = %d02".formatted(major),
              held,
              first,
              " state=idle in transaction");
      holder.commit();
      waits.get(60, TimeUnit.SECONDS);
    }

    private void relationLock(String held) throws Exception {
      Statements.execute(holder, "lock table t in access exclusive mode");
      String last = "select %d03".formatted(major);
      Statements.execute(holder, last);
      CompletableFuture<Void> waits =
          waits(
              waiter,
              "select count(*) + %d04 from t".formatted(major),
              held,
              last,
              " state=idle in transaction");
      holder.rollback();
      waits.get(60, TimeUnit.SECONDS);
    }

    /** The one in the middle runs a statement that waits itself. */
    private void chainOfThree(String held) throws Exception {
      String advisory = "select pg_advisory_lock(%d05)".formatted(major);
      Statements.execute(third, advisory);
      Statements.execute(holder, "update t set a = %d06".formatted(major));
      String middle = "select pg_advisory_xact_lock(%d05)".formatted(major);
      CompletableFuture<Void> second =
          waits(holder, middle, pids.get(third), advisory, " state=idle" + MAYBE);
      CompletableFuture<Void> last =
          waits(waiter, "update t set a = %d07".formatted(major), held, middle, " state=active");
      Statements.execute(third, "select pg_advisory_unlock(%d05)".formatted(major));
      second.get(60, TimeUnit.SECONDS);
      holder.commit();
      last.get(60, TimeUnit.SECONDS);
    }

    private void severalStatementsInOneMessage() throws Exception {
      try (Connection simple =
          DriverManager.getConnection(server.jdbcUrl("postgres") + "&preferQueryMode=simple")) {
        String pid = Statements.ask(simple, "select pg_backend_pid()");
        Statements.execute(
            simple, "begin; update t set a = %d08; select %d09".formatted(major, major));
        CompletableFuture<Void> waits =
            waits(
                waiter,
                "update t set a = %d10".formatted(major),
                pid,
                "select %d09".formatted(major),
                " state=idle in transaction");
        Statements.execute(simple, "commit");
        waits.get(60, TimeUnit.SECONDS);
      }
    }

    private void portalThatWaitsForItsNextFetch(String held) throws Exception {
      Statements.execute(holder, "update t set a = %d11".formatted(major));
      String fetched = "select %d12 from generate_series(1, 100)".formatted(major);
      CompletableFuture<Void> waits;
      try (Statement statement = holder.createStatement()) {
        statement.setFetchSize(10);
        try (ResultSet rows = statement.executeQuery(fetched)) {
          Statements.execute(holder, "select %d13".formatted(major));
          for (int i = 0; i < 11; i++) {
            rows.next();
          }
          waits =
              waits(
                  waiter,
                  "update t set a = %d14".formatted(major),
                  held,
                  fetched,
                  " state=idle in transaction");
        }
      }
      holder.commit();
      waits.get(60, TimeUnit.SECONDS);
    }

    private void applicationsTrace(String held) throws Exception {
      String commented =
          "update t set a = %d15 /*traceparent='00-%s-b7ad6b7169203331-01'*/"
              .formatted(major, APPLICATION_TRACE);
      Statements.execute(holder, commented);
      CompletableFuture<Void> waits =
          waits(
              waiter,
              "update t set a = %d16".formatted(major),
              held,
              commented,
              " state=idle in transaction");
      holder.commit();
      waits.get(60, TimeUnit.SECONDS);
    }

    private void holdersWithoutTrace(Connection early) throws Exception {
      CompletableFuture<Void> unseen =
          waits(
              waiter,
              "update u set a = %d17".formatted(major),
              Statements.ask(
                  watcher, "select pid from pg_stat_activity where query = 'update u set a = 2'"),
              "",
              "trace=none: no event of this process was seen");
      early.rollback();
      unseen.get(60, TimeUnit.SECONDS);

      try (Connection silent = connect(server)) {
        String pid = Statements.ask(silent, "select pg_backend_pid()");
        Statements.execute(silent, "set pgstitch.level = 0");
        silent.setAutoCommit(false);
        Statements.execute(silent, "update t set a = %d18".formatted(major));
        CompletableFuture<Void> untraced =
            waits(
                waiter,
                "update t set a = %d19".formatted(major),
                pid,
                "",
                "trace=none: it is not traced, its level is 0");
        silent.commit();
        untraced.get(60, TimeUnit.SECONDS);
      }

      Statements.execute(third, "begin");
      Statements.execute(third, "update t set a = %d20".formatted(major));
      Statements.execute(third, "prepare transaction 'p'");
      CompletableFuture<Void> prepared =
          waits(
              waiter,
              "update t set a = %d21".formatted(major),
              "0",
              "",
              "trace=none: a prepared transaction");
      Statements.execute(third, "commit prepared 'p'");
      prepared.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws SQLException {
      for (Connection connection : byPartition.values()) {
        connection.close();
      }
      for (Connection connection : spare) {
        connection.close();
      }
    }
  }

  /** A link as the exported span has it. */
  private record Link(String traceId, String spanId, Map<String, String> attributes) {}

  private static Map<String, List<Link>> links(Path spans) throws Exception {
    Map<String, List<Link>> links = new HashMap<>();
    for (String line : Files.readAllLines(spans)) {
      for (JsonNode span : new ObjectMapper().readTree(line).findValue("spans")) {
        for (JsonNode link : span.path("links")) {
          Map<String, String> attributes = new TreeMap<>();
          link.path("attributes")
              .forEach(
                  a ->
                      attributes.put(
                          a.path("key").asText(), a.path("value").elements().next().asText()));
          links
              .computeIfAbsent(
                  span.path("traceId").asText() + span.path("spanId").asText(),
                  id -> new ArrayList<>())
              .add(
                  new Link(
                      link.path("traceId").asText(), link.path("spanId").asText(), attributes));
        }
      }
    }
    return links;
  }

  @Test
  @Order(1)
  void eachWaitLeadsToWhatItsHolderRan() throws Exception {
    Path spans = dir.resolve("live/spans.jsonl");
    ExportedTraces traces = ExportedTraces.read(spans);
    Map<String, List<Link>> links = links(spans);
    Map<String, ExportedSpan> byId = new HashMap<>();
    new SpanFile(spans).forEach(span -> byId.put(span.traceId() + span.spanId(), span));
    assertThat(cases).hasSize(MAJORS.size() * 10);
    for (Case expected : cases) {
      List<ExportedSpan> waits =
          traces.trace(expected.waiter).stream()
              .filter(span -> "Lock".equals(span.attributes().get("pgstitch.wait.class")))
              .filter(
                  span -> expected.holder.equals(span.attributes().get("pgstitch.lock.holders")))
              .toList();
      assertThat(waits).as(expected.toString()).isNotEmpty();
      for (ExportedSpan wait : waits) {
        String told = wait.attributes().get("pgstitch.lock.holder_traces");
        assertThat(told)
            .as(expected.toString())
            .startsWith("pid=" + expected.holder + " ")
            .contains(expected.words)
            .doesNotContain("UNCONFIRMED");
        List<Link> found = links.getOrDefault(wait.traceId() + wait.spanId(), List.of());
        if (expected.statement.isEmpty()) {
          assertThat(found).as(expected.toString()).isEmpty();
          continue;
        }
        assertThat(found).as(expected.toString()).hasSize(1);
        Link link = found.get(0);
        ExportedSpan held = byId.get(link.traceId + link.spanId);
        boolean maybe = expected.words.endsWith(MAYBE);
        assertThat(told.contains(MAYBE)).as(expected.toString()).isEqualTo(maybe);
        assertThat(link.attributes)
            .containsEntry("pgstitch.link.maybe_left_out", String.valueOf(maybe));
        if (maybe) {
          // It had ended long before, outside a transaction: nothing spoke for it.
          assertThat(held).as(expected.toString()).isNull();
          continue;
        }
        assertThat(held).as("the span that %s leads to, %s", expected, link).isNotNull();
        assertThat(held.statement()).isEqualTo(expected.statement);
        assertThat(held.kind()).isEqualTo("STATEMENT");
        assertThat(held.attributes())
            .containsEntry("pgstitch.backend.pid", expected.holder)
            .containsEntry(
                "pgstitch.trace_id", link.attributes.get("pgstitch.lock.holder.trace_id"));
        assertThat(held.startNanos()).isLessThanOrEqualTo(wait.startNanos());
        assertThat(link.attributes).containsEntry("pgstitch.link.confirmed", "true");
        assertThat(told)
            .contains(" trace=" + link.attributes.get("pgstitch.lock.holder.trace_id") + " ");
        assertThat(link.traceId.equals(APPLICATION_TRACE))
            .isEqualTo(expected.statement.contains(APPLICATION_TRACE));
      }
    }
  }

  @Test
  @Order(2)
  void aReplayTellsTheSameAndHasWhatWasLeftOut() throws Exception {
    Outcome outcome =
        new Launcher(dir)
            .run(
                "replay",
                "--from",
                "-1h",
                "--kafka",
                kafka.bootstrapServers(),
                "--sink",
                "file",
                "--sink",
                "jsonl",
                "--out",
                "again",
                "--with-left-out");
    assertThat(outcome.status()).as(outcome.err() + outcome.out()).isZero();
    Map<String, List<String>> again = results("again");
    List<String> spans = again.get("spans");
    again.put("spans", spans.stream().filter(line -> !line.contains("\"LEFT_OUT\"")).toList());
    assertThat(spans).as("left out and kept").hasSizeGreaterThan(again.get("spans").size());
    assertThat(again).isEqualTo(results("live"));
  }

  @Test
  @Order(3)
  void traceFilesSayTheSameBehindTheWait() throws Exception {
    // Beside the live ones are not the spans of all statements.
    List<String> told = TraceFiles.validate(dir.resolve("again/traces")).lines("*** LOCK HOLDER: ");
    for (Case expected : cases) {
      assertThat(told)
          .anyMatch(
              line ->
                  line.startsWith("*** LOCK HOLDER: pid=" + expected.holder + " ")
                      && line.contains(expected.words));
    }
  }

  /** Trace files without their first line, which has their path, and the lines of spans. */
  private static Map<String, List<String>> results(String out) throws Exception {
    Map<String, List<String>> results = new TreeMap<>();
    try (Stream<Path> files = Files.list(dir.resolve(out).resolve("traces"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".trc")).toList()) {
        List<String> lines = Files.readAllLines(file);
        results.put(file.getFileName().toString(), lines.subList(1, lines.size()));
      }
    }
    results.put(
        "spans",
        Files.readAllLines(dir.resolve(out).resolve("spans.jsonl")).stream().sorted().toList());
    return results;
  }
}
