package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
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

  /** A run of all tests is read from its end. */
  @Test
  void theLastLinesOfARunSayWhatFailed() throws Exception {
    Path old =
        reports("failsafe-reports/Old.txt", "OldIT.before -- Time elapsed: 1 s <<< ERROR!\n");
    Files.setLastModifiedTime(old, FileTime.from(Instant.EPOCH));
    Path started = Files.createFile(dir.resolve("started"));
    Files.setLastModifiedTime(started, FileTime.from(Instant.EPOCH.plusSeconds(1)));
    reports(
        "surefire-reports/io.pgstitch.SumTest.txt",
        """
        -------------------------------------------------------------------------------
        Test set: io.pgstitch.SumTest
        -------------------------------------------------------------------------------
        Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE! -- in io.pgstitch.SumTest
        io.pgstitch.SumTest.adds -- Time elapsed: 0.021 s <<< FAILURE!
        org.opentest4j.AssertionFailedError:\s

        expected: 3
         but was: 4
        \tat java.base/java.lang.Thread.run(Thread.java:840)
        \tat io.pgstitch.SumTest.adds(SumTest.java:12)
        """);

    Process shell =
        new ProcessBuilder(
                "bash",
                "-c",
                "source ops/launcher/failures.sh && print_failures \"$@\"",
                "bash",
                dir.toString(),
                started.toString())
            .directory(SourceTree.root().toFile())
            .redirectErrorStream(true)
            .start();

    assertThat(shell.inputReader().lines())
        .containsExactly(
            "io.pgstitch.SumTest.adds -- Time elapsed: 0.021 s <<< FAILURE!",
            "  org.opentest4j.AssertionFailedError: ",
            "  expected: 3",
            "   but was: 4",
            "  at io.pgstitch.SumTest.adds(SumTest.java:12)");
    assertThat(shell.waitFor()).isZero();
  }

  private Path reports(String name, String text) throws Exception {
    Path file = dir.resolve("module/target").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
