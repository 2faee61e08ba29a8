package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user meets who only types. */
class LauncherIT {
  @TempDir private Path dir;

  @Test
  void runsFromAnotherDirectoryThroughASymbolicLink() throws Exception {
    Path link = Files.createSymbolicLink(dir.resolve("pg"), SourceTree.root().resolve("pgstitch"));

    Outcome outcome = new Launcher(link, dir).run("--version");

    assertThat(outcome.out()).startsWith("pgstitch ");
    assertThat(outcome.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"demo", "up", "collector", "processor", "exporter", "doctor", "bench", "test"})
  void everyCommandExplainsItselfWithExamplesAndExitStatuses(String command) throws Exception {
    Outcome outcome = new Launcher(dir).run(command, "--help");

    assertThat(outcome.out())
        .contains("Usage: pgstitch " + command)
        .contains("Exit statuses:")
        .containsPattern("Examples?:");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.status()).isZero();
  }

  /** It is written by the build, and the JVM leaves it aside in silence when it does not fit. */
  @Test
  void classesComeFromTheArchive() throws Exception {
    Path log = dir.resolve("classes.log");

    Outcome outcome =
        new Launcher(dir)
            .with("PGSTITCH_JAVA_OPTS", "-Xlog:class+load:file=" + log)
            .run("--version");

    assertThat(outcome.err()).isEmpty();
    assertThat(Files.readAllLines(log))
        .anyMatch(line -> line.contains(Main.class.getName() + " source: shared objects file"));
  }

  @Test
  void listsTheCommandsWhenNoneIsGiven() throws Exception {
    Outcome outcome = new Launcher(dir).run();

    assertThat(outcome.err()).contains("demo").contains("doctor");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void suggestsTheCommandThatWasMistyped() throws Exception {
    Outcome outcome = new Launcher(dir).run("doktor");

    assertThat(outcome.err()).contains("doktor").contains("doctor");
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void refusesALevelThatDoesNotExist() throws Exception {
    Outcome outcome = new Launcher(dir).run("up", "--level", "7");

    assertThat(outcome.err()).contains("--level 7").doesNotContain("\tat ");
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }
}
