package io.pgstitch.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With --mask-literals no value of a statement is anywhere in Kafka, the traces or the spans. */
class MaskIT {
  private static final String SECRET = "s3cr3t";
  private static final String NUMBER = "4711471147";
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @TempDir private Path dir;

  @Test
  void noValueLeavesTheHost() throws Exception {
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15)).start()) {
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--pid",
              String.valueOf(server.postmasterPid()),
              "--level",
              "28",
              "--functions",
              "--mask-literals")) {
        use(server);
        assertThat(up.stop().status()).isZero();
      }
    }
    Path out = dir.resolve("out");
    TraceFiles files = TraceFiles.validate(out.resolve("traces"));
    try (Stream<Path> all = Files.walk(out)) {
      List<Path> regular = all.filter(Files::isRegularFile).toList();
      assertThat(regular).anyMatch(f -> f.toString().endsWith(".trc"));
      for (Path file : regular) {
        isClean(file.toString(), Files.readString(file, ISO_8859_1));
      }
    }
    assertThat(recordsOfAllTopics(out.resolve("kafka"))).isGreaterThan(20);
    assertThat(files.lines("  value=")).contains("  value=(not captured: masked)");
    ExportedTraces traces = ExportedTraces.read(out.resolve("spans.jsonl"));
    assertThat(traces.count(r -> r.statement().equals("insert into t values (?, ?)"))).isEqualTo(2);
    assertThat(traces.trace("update t set b = ? where a = ?")).isNotEmpty();
    assertThat(traces.roots())
        .filteredOn(r -> r.statement().equals("do ?"))
        .hasSize(2)
        .anyMatch(
            r ->
                traces.traceOf(r).stream()
                    .anyMatch(span -> span.statement().equals("insert into t values (?, ?)")));
    // The application's span is its parent, so that it is no root.
    List<ExportedSpan> spans = new ArrayList<>();
    new SpanFile(out.resolve("spans.jsonl")).forEach(spans::add);
    assertThat(spans)
        .filteredOn(span -> span.statement().equals("select ? /*traceparent='" + PARENT + "'*/"))
        .singleElement()
        .matches(span -> span.traceId().equals(PARENT.substring(3, 35)));
  }

  private static void use(ThrowawayPostgres server) throws SQLException {
    try (Connection c = DriverManager.getConnection(server.jdbcUrl("postgres"));
        Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute("create table t (a bigint primary key, b text)");
      s.execute("insert into t values (" + NUMBER + ", 's3cr3t')");
      s.execute("update t set b = E'it\\'s s3cr3t' where a = 1; select $q$s3cr3t$q$, 'é', 2");
      s.execute(
          "do $$ begin insert into t values (7, 's3cr3t'); perform 's3cr3t'; "
              + "perform count(*) from t where b = 's3cr3t'; end $$");
      s.execute(
          "create function f(v text) returns text language plpgsql as"
              + " $f$ declare x text := 's3cr3t'; begin execute 'select ''s3cr3t'''; "
              + "select b into x from t where b = v; return x || 's3cr3t'; end $f$");
      s.execute("select f('s3cr3t')");
      s.execute("select 1 /*x='s3cr3t',traceparent='" + PARENT + "'*/");
      s.execute("select 1 -- s3cr3t\n + 2");
      s.execute("set pgstitch.traceparent = 's3cr3t'");
      s.execute("set pgstitch.level = 's3cr3t'");
      s.execute("set standard_conforming_strings = off");
      s.execute("select 'it\\'s s3cr3t', 's3cr3t'");
      s.execute("set standard_conforming_strings = on");
      fails(s, "insert into t values (" + NUMBER + ", 's3cr3t')");
      fails(s, "select 's3cr3t'::int");
      fails(s, "select 's3cr3t");
      fails(
          s,
          "do $$ begin raise exception 's3cr3t of %', 's3cr3t'"
              + " using detail = 's3cr3t', hint = 's3cr3t'; end $$");
      try (PreparedStatement p = c.prepareStatement("select b from t where b = ? and a = ?")) {
        for (int i = 0; i < 7; i++) {
          p.setString(1, SECRET);
          p.setLong(2, Long.parseLong(NUMBER));
          p.execute();
        }
      }
    }
  }

  private static void fails(Statement statement, String sql) {
    assertThatThrownBy(() -> statement.execute(sql)).isInstanceOf(SQLException.class);
  }

  private static void isClean(String where, String text) {
    assertThat(text.contains(SECRET)).as("a text in " + where).isFalse();
    assertThat(text.contains(NUMBER)).as("a number in " + where).isFalse();
  }

  /** Reads what the broker has on its disk, its compression taken off. */
  private static int recordsOfAllTopics(Path kafka) throws IOException {
    int count = 0;
    try (Stream<Path> all = Files.walk(kafka)) {
      for (Path file : all.filter(f -> f.toString().endsWith(".log")).toList()) {
        try (FileRecords records = FileRecords.open(new File(file.toString()), false)) {
          for (Record record : records.records()) {
            isClean(file.toString(), text(record.key()));
            isClean(file.toString(), text(record.value()));
            count++;
          }
        }
      }
    }
    return count;
  }

  private static String text(ByteBuffer bytes) {
    return bytes == null ? "" : ISO_8859_1.decode(bytes.duplicate()).toString();
  }
}
