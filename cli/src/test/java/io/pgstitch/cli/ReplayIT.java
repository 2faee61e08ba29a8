package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.trace.v1.Span;
import io.pgstitch.cli.Launcher.Outcome;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.OtlpReceiver;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * A live run that is recorded meanwhile, replayed from the recording and from Kafka: the same, byte
 * for byte. And the dead letters that it left.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplayIT {
  private static final String SLOW = "select pg_sleep(0.3)";

  @TempDir private static Path dir;

  private static EmbeddedKafka kafka;

  @BeforeAll
  static void recordALiveRun() throws Exception {
    kafka = EmbeddedKafka.start(dir.resolve("kafka"));
    try (ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.debian().get(0)).start();
        RunningUp up =
            command(
                "live",
                "up",
                "--out",
                "live",
                "--pid",
                String.valueOf(server.postmasterPid()),
                "--functions");
        RunningUp record = command("record", "record", "--out", "case.avro")) {
      workload(server);
      kcat("printf 'not ours' | kcat -P -k poison -t " + Topics.RAW_EVENTS);
      Outcome live = up.stop();
      assertThat(live.status()).as(live.err()).isZero();
      Outcome recorded = record.stop();
      assertThat(recorded.status()).as(recorded.err()).isZero();
      assertThat(recorded.out())
          .containsPattern("recorded: batches \\d+, events [1-9]\\d+, left out .* 1");
    }
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("case.avro"))))
        .isEqualTo("rw-------");
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  private static RunningUp command(String name, String... arguments) throws Exception {
    return RunningUp.command(dir, name, withKafka(arguments)).awaitReady();
  }

  private static List<String> withKafka(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--kafka", kafka.bootstrapServers()));
    return all;
  }

  private static Outcome run(String... arguments) throws Exception {
    return new Launcher(dir).run(arguments);
  }

  private static Outcome runWithKafka(String... arguments) throws Exception {
    return run(withKafka(arguments).toArray(String[]::new));
  }

  /** Sessions that end, among them one with a portal that is fetched in steps. */
  private static void workload(ThrowawayPostgres server) throws Exception {
    server.client().sql("create table t as select g as a from generate_series(1, 500) g");
    server.client().sql(SLOW);
    server.client().pgbench("-i", "-q", "-s", "1", "postgres");
    server.client().pgbench("-n", "-c", "4", "-t", "50", "-M", "prepared", "postgres");
    try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement s = c.createStatement()) {
      c.setAutoCommit(false);
      s.setFetchSize(100);
      try (ResultSet rows = s.executeQuery("select a from t");
          Statement other = c.createStatement()) {
        while (rows.next()) {
          if (rows.getInt(1) % 150 == 0) {
            other.execute("select 'between fetches'");
          }
        }
      }
      c.commit();
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

  private static Map<String, Long> sizesAndHashes(Path root) throws Exception {
    Map<String, Long> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.put(
            root.relativize(file).toString(),
            Files.size(file) * 31 + java.util.Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return all;
  }

  @Test
  @Order(1)
  void aRecordingGivesTheLiveRunsBytesAndAgainNothing() throws Exception {
    Outcome outcome =
        run("replay", "--file", "case.avro", "--sink", "file", "--sink", "jsonl", "--out", "desk");

    assertThat(outcome.status()).as(outcome.err() + outcome.out()).isZero();
    assertThat(results("desk")).isEqualTo(results("live"));
    TraceFiles.validate(dir.resolve("desk/traces"));
    assertThat(results("desk").get("spans")).hasSizeGreaterThan(1_000);

    Map<String, Long> before = sizesAndHashes(dir.resolve("desk"));
    Outcome again =
        run("replay", "--file", "case.avro", "--sink", "file", "--sink", "jsonl", "--out", "desk");
    assertThat(again.status()).as(again.err()).isZero();
    assertThat(again.out()).contains("duplicates_skipped").doesNotContain("delivered");
    assertThat(sizesAndHashes(dir.resolve("desk"))).isEqualTo(before);
  }

  @Test
  @Order(2)
  void whatKafkaRetainsGivesTheLiveRunsBytesAndMovesNoGroup() throws Exception {
    Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = groups();
    Outcome outcome =
        runWithKafka(
            "replay", "--from", "-1h", "--sink", "file", "--sink", "jsonl", "--out", "again");

    assertThat(outcome.status()).as(outcome.err() + outcome.out()).isZero();
    assertThat(results("again")).isEqualTo(results("live"));
    assertThat(outcome.out()).contains("not_readable 1");
    assertThat(groups()).isEqualTo(groups).isNotEmpty();

    Outcome other = runWithKafka("replay", "--from", "-2h", "--sink", "file", "--out", "again");
    assertThat(other.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(other.err()).contains("holds the results of another replay");
  }

  @Test
  @Order(2)
  void anOtlpBackendGetsTheLiveRunsSpansAndAgainTheSame() throws Exception {
    List<String> live = new ArrayList<>();
    new SpanFile(dir.resolve("live/spans.jsonl"))
        .forEach(
            s ->
                live.add(
                    spanLine(
                        s.traceId(), s.spanId(), s.parentSpanId(), s.startNanos(), s.endNanos())));
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      for (int times = 1; times <= 2; times++) {
        Outcome outcome =
            run(
                "replay",
                "--file",
                "case.avro",
                "--sink",
                "otlp",
                "--otlp-endpoint",
                receiver.grpcEndpoint());
        assertThat(outcome.status()).as(outcome.err() + outcome.out()).isZero();
        assertThat(receiver.spans()).hasSize(times * live.size());
        assertThat(receiver.spans().stream().map(s -> spanLine(s.span())).distinct())
            .containsExactlyInAnyOrderElementsOf(live);
      }
    }
  }

  private static String spanLine(Span span) {
    return spanLine(
        hex(span.getTraceId()),
        hex(span.getSpanId()),
        hex(span.getParentSpanId()),
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano());
  }

  private static String spanLine(String trace, String span, String parent, long start, long end) {
    return trace + "/" + span + " in " + parent + " from " + start + " to " + end;
  }

  private static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private static Map<String, Map<TopicPartition, OffsetAndMetadata>> groups() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = new TreeMap<>();
      for (var group : admin.listGroups().all().get()) {
        groups.put(
            group.groupId(),
            admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata().get());
      }
      return groups;
    }
  }

  @Test
  @Order(3)
  void theSlowAreFoundAndWrittenAlone() throws Exception {
    Outcome look = runWithKafka("replay", "--from", "-1h", "--slower-than", "290", "--dry-run");
    assertThat(look.status()).as(look.err()).isZero();
    long slow = number(look.out(), "would replay ");
    assertThat(slow).isPositive();

    Outcome outcome =
        run(
            "replay",
            "--file",
            "case.avro",
            "--slower-than",
            "290",
            "--sink",
            "jsonl",
            "--out",
            "slow");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(number(outcome.out(), "replayed ")).isEqualTo(slow);
    ExportedTraces traces = ExportedTraces.read(dir.resolve("slow/spans.jsonl"));
    assertThat(traces.trace(SLOW)).isNotEmpty();
    assertThat(results("live").get("spans"))
        .containsAll(Files.readAllLines(dir.resolve("slow/spans.jsonl")));
  }

  @Test
  @Order(4)
  void topicsOfItsOwnGetTheSame() throws Exception {
    Outcome outcome = runWithKafka("replay", "--file", "case.avro", "--topic-prefix", "case.");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    String count = " kcat -C -q -e -o beginning -f '%k\\n' -t case.query-traces | sort -u | wc -l";
    assertThat(Long.parseLong(kcat(count).strip())).isEqualTo(results("live").get("spans").size());
  }

  private static long number(String out, String before) {
    String rest = out.substring(out.indexOf(before) + before.length());
    return Long.parseLong(rest.substring(0, rest.indexOf(' ')));
  }

  @Test
  @Order(5)
  void deadLettersAreListedShownAndSentBackOnce() throws Exception {
    JsonNode letters = list();
    assertThat(letters).hasSize(1);
    assertThat(letters.get(0).get("topic").asText()).isEqualTo(Topics.RAW_EVENTS);
    assertThat(letters.get(0).get("by").asText()).isEqualTo("processor");
    assertThat(letters.get(0).get("reason").asText()).isNotEmpty();
    assertThat(letters.get(0).get("bytes").asInt()).isEqualTo("not ours".length() + 6);
    assertThat(letters.get(0).get("retries").asInt()).isZero();
    String position = letters.get(0).get("position").asText();

    Outcome show = runWithKafka("dlq", "show", position);
    assertThat(show.status()).as(show.err()).isZero();
    assertThat(show.out())
        .contains("from: " + Topics.RAW_EVENTS, "key: poison", "not ours", "6e 6f 74 20");

    Outcome retry = runWithKafka("dlq", "retry", position);
    assertThat(retry.status()).as(retry.err()).isZero();
    assertThat(list().get(0).get("retries").asInt()).isEqualTo(1);
    Outcome refused = runWithKafka("dlq", "retry", position);
    assertThat(refused.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(refused.err()).contains("retried before, once", "--again");
    assertThat(runWithKafka("dlq", "retry", position, "--again").status()).isZero();

    assertThat(list()).hasSize(1);
    assertThat(list().get(0).get("retries").asInt()).isEqualTo(2);
    assertThat(
            kcat("kcat -C -q -e -o beginning -X isolation.level=read_committed -f '%k|%s|%h\\n' -t "
                    + Topics.RAW_EVENTS
                    + " | grep -a '^poison|not ours|'")
                .lines())
        .hasSize(3)
        .anyMatch(line -> line.contains("pgstitch.retry.count=1"))
        .anyMatch(line -> line.contains("pgstitch.retry.count=2"))
        .allMatch(line -> !line.contains("__streams.errors"));
  }

  private static JsonNode list() throws Exception {
    Outcome outcome = runWithKafka("dlq", "list", "--json");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(outcome.out());
  }

  @Test
  @Order(6)
  void whatIsAskedWronglyIsNamedWithTheRemedy() {
    assertRefused("--from T", withKafka("--sink", "file", "--out", "x"));
    assertRefused("--from soon is no time", withKafka("--from", "soon", "--dry-run"));
    assertRefused("--out DIR", withKafka("--from", "-1h", "--sink", "file"));
    assertRefused("[file, jsonl, otlp]", withKafka("--from", "-1h", "--sink", "nowhere"));
    assertRefused("not of a replay", onFile("--sink", "jsonl", "--out", path("live")));
  }

  private static String path(String name) {
    return dir.resolve(name).toString();
  }

  private static List<String> onFile(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--file", path("case.avro")));
    all.addAll(List.of(arguments));
    return all;
  }

  /** In this process: nothing is started for what is refused. */
  private static void assertRefused(String because, List<String> arguments) {
    StringWriter err = new StringWriter();
    CommandLine command = Pgstitch.commandLine();
    command.setErr(new PrintWriter(err));
    List<String> all = new ArrayList<>(List.of("replay"));
    all.addAll(arguments);
    int status = command.execute(all.toArray(String[]::new));
    assertThat(status).as(err.toString()).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains(because);
  }

  /** Runs a client that is not ours. */
  private static String kcat(String command) throws Exception {
    String withBroker = command.replace("kcat -", "kcat -b " + kafka.bootstrapServers() + " -");
    Process process = new ProcessBuilder("sh", "-c", withBroker).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }
}
