package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the server itself says of a cold scan, in EXPLAIN with track_io_timing and (from 16 on) in
 * pg_stat_io, is what the statement's waits add up to: the blocks exactly, the time but for what
 * lies between the server's reading of the clock and the system call. A backend that loses its
 * processor there shows it as unaccounted.
 */
class ReadFiguresIT {
  private static final Pattern READ_TIME =
      Pattern.compile("I/O Timings: (?:shared )?read=([\\d.]+)");
  private static final Pattern READ_BLOCKS = Pattern.compile("Buffers: shared read=(\\d+)");
  private static final String COLD_READ =
      "explain (analyze, buffers, costs off, timing off, summary off) select count(*) from big";

  /** A scan of a table that is large for the buffers has a context of its own. */
  private static final String STAT_IO =
      "select sum(%s), sum(read_time) from pg_stat_io"
          + " where backend_type = 'client backend' and context = 'bulkread'";

  private static final String READS = "reads * op_bytes";
  private static final String READ_BYTES = "read_bytes";
  private static final long BLOCK = 8192;

  /** The server's clock runs from before the system call, and so sees our traps at its two ends. */
  private static final double MICROS_AROUND_A_READ = 6;

  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void readsAddUpToTheServersOwnFigures(int major) throws Exception {
    ThrowawayPostgres.Builder builder =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .setting("shared_buffers", "16MB")
            .setting("autovacuum", "off")
            .setting("track_io_timing", "on");
    try (ThrowawayPostgres server =
        (major >= 18 ? builder.setting("io_method", "sync") : builder).start()) {
      server
          .client()
          .sql(
              "create table big with (parallel_workers = 0) as"
                  + " select g, repeat('x', 800) as filler from generate_series(1, 60000) g");
      server.client().sql("vacuum freeze big");
      String file = server.client().sql("select pg_relation_filepath('big')");
      String directory = server.client().sql("show data_directory");
      server.restart();
      forgetPages(Path.of(directory, file));
      String plan;
      try (RunningUp up = RunningUp.start(dir, "--pid", String.valueOf(server.postmasterPid()))) {
        if (major >= 16) {
          server.client().sql("select pg_stat_reset_shared('io')");
        }
        plan = server.client().sql(COLD_READ);
        assertThat(up.stop().status()).isZero();
      }
      List<ExportedSpan> trace =
          ExportedTraces.read(dir.resolve("out/spans.jsonl")).trace(COLD_READ);
      List<ExportedSpan> reads =
          trace.stream()
              .filter(s -> s.isWait() && s.name().equals("DataFileRead"))
              .filter(s -> "big".equals(s.attributes().get("pgstitch.io.relation")))
              .toList();
      long bytes = sum(reads, "pgstitch.io.bytes");
      double waitedMs = reads.stream().mapToLong(ExportedSpan::durationNanos).sum() / 1e6;
      double besidesMs = sum(trace, "pgstitch.unaccounted_us") / 1e3;
      double mostMs = waitedMs + besidesMs + reads.size() * MICROS_AROUND_A_READ / 1e3;
      assertThat(bytes / BLOCK).as(plan).isEqualTo((long) number(READ_BLOCKS, plan));
      assertThat(number(READ_TIME, plan)).as(plan).isBetween(waitedMs, mostMs);
      if (major >= 16) {
        String[] io =
            server
                .client()
                .sql(STAT_IO.formatted(major >= 18 ? READ_BYTES : READS))
                .split("\\|", -1);
        assertThat(bytes).isEqualTo(Long.parseLong(io[0]));
        assertThat(Double.parseDouble(io[1])).isBetween(waitedMs, mostMs);
      }
    }
  }

  private static long sum(List<ExportedSpan> spans, String attribute) {
    return spans.stream()
        .map(s -> s.attributes().get(attribute))
        .filter(Objects::nonNull)
        .mapToLong(Long::parseLong)
        .sum();
  }

  private static double number(Pattern pattern, String plan) {
    Matcher matcher = pattern.matcher(plan);
    assertThat(matcher.find()).as(plan).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  /** Drops the file's clean pages from the kernel's cache, and no others. */
  private static void forgetPages(Path file) throws Exception {
    Process dd =
        new ProcessBuilder("dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0")
            .redirectErrorStream(true)
            .start();
    assertThat(dd.waitFor()).isZero();
  }
}
