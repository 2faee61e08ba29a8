package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pgstitch bench} as a user runs it. What its numbers are is no matter of a test. */
class BenchIT {
  private static final List<String> MEASURES =
      List.of("server", "collector", "stitcher", "processor", "exporters", "end-to-end", "start");

  @TempDir private Path dir;

  @Test
  void listsWhatCanBeMeasured() throws Exception {
    Outcome outcome = new Launcher(dir).run("bench", "--list");

    assertThat(outcome.status()).isZero();
    assertThat(outcome.out().lines().map(line -> line.split(" ", 2)[0]))
        .containsExactlyElementsOf(MEASURES);
  }

  @Test
  void refusesAMeasureThatDoesNotExist() throws Exception {
    Outcome outcome = new Launcher(dir).run("bench", "--only", "server,flux");

    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(outcome.err()).contains("flux").contains("end-to-end");
    assertThat(outcome.out()).isEmpty();
  }

  /** Who has waited for an hour gets what was measured in it. */
  @Test
  void oneThatIsInterruptedWritesWhatItHasMeasured() throws Exception {
    List<String> before = left();
    Path out = dir.resolve("bench.out");
    Path err = dir.resolve("bench.err");
    Path table = dir.resolve("table.md");
    Process bench =
        new Launcher(dir)
            .start(
                out,
                err,
                "bench",
                "--quick",
                "--only",
                "stitcher,start",
                "--markdown",
                table.toString());
    try {
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
      while (!Files.readString(err).contains("start: round 1")) {
        assertThat(bench.isAlive() && System.nanoTime() < deadline)
            .as(Files.readString(err))
            .isTrue();
        TimeUnit.MILLISECONDS.sleep(50);
      }
    } finally {
      bench.destroy();
      assertThat(bench.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    assertThat(bench.exitValue()).as("its own, not Java's 143").isEqualTo(ExitStatus.FAILED);
    assertThat(Files.readString(err)).contains("interrupted").contains("start failed");
    assertThat(Files.readString(out))
        .contains("stitcher.level-1.rate", "stitcher.level-12.allocation")
        .doesNotContain("start.help");
    assertThat(Files.readString(table)).contains("| `stitcher.level-1.rate` | ");
    assertThat(left()).isEqualTo(before);
  }

  /** Every state must prove that it was in force, every count must be pgbench's. */
  @Test
  @Tag("soak")
  @Tag("alone")
  void measuresEverythingToItsEndAndLeavesNothingBehind() throws Exception {
    List<String> before = left();
    Path out = dir.resolve("bench.json");
    Path err = dir.resolve("bench.err");
    Path table = dir.resolve("table.md");
    Process bench =
        new Launcher(dir)
            .start(out, err, "bench", "--quick", "--json", "--markdown", table.toString());
    assertThat(bench.waitFor(40, TimeUnit.MINUTES)).isTrue();

    assertThat(bench.exitValue()).as(Files.readString(err)).isZero();
    JsonNode figures = new ObjectMapper().readTree(out.toFile());
    List<String> names =
        StreamSupport.stream(figures.spliterator(), false)
            .map(figure -> figure.get("name").asText())
            .toList();
    assertThat(MEASURES)
        .allMatch(measure -> names.stream().anyMatch(name -> name.startsWith(measure + ".")));
    assertThat(names).doesNotHaveDuplicates();
    assertThat(Files.readAllLines(table)).hasSizeGreaterThan(names.size());
    assertThat(left()).isEqualTo(before);
  }

  private static List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      List<String> names = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        if (file.getFileName().toString().startsWith("pgstitch-bench")) {
          names.add(file.toString());
        }
      }
      return names;
    }
  }
}
