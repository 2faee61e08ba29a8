package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  @TempDir private Path dir;

  private static RunFile self() {
    return RunFile.ofThisProcess(
        "up", "db1", "127.0.0.1:9092", Optional.empty(), Optional.of(Path.of("/tmp/ä b/traces")));
  }

  @Test
  void aRunningPipelineIsFoundUntilItEnds() {
    RunDirectory runs = new RunDirectory(Optional.of(dir.resolve("run")));
    try (RunDirectory.Registration registered = runs.register(self())) {
      assertThat(runs.look().running()).containsExactly(self());
      registered.close();
      assertThat(runs.look().running()).isEmpty();
    }
    assertThat(dir.resolve("run")).isEmptyDirectory();
  }

  @Test
  void aProcessThatIsGoneOrAnotherOneIsNotRunning() throws IOException {
    RunDirectory runs = new RunDirectory(Optional.of(dir));
    RunFile other =
        new RunFile(
            "up",
            self().pid(),
            self().startTicks() - 1,
            "db1",
            "b:1",
            Optional.empty(),
            Optional.empty());
    try (var writer = Files.newBufferedWriter(dir.resolve("1.properties"))) {
      other.toProperties().store(writer, null);
    }
    Files.writeString(dir.resolve("2.properties"), "pid=\\u00zz");
    Files.writeString(dir.resolve("3.properties"), "pid=many");

    assertThat(runs.look().running()).isEmpty();
    assertThat(runs.look().ended()).containsExactly(other);
  }

  @Test
  void itsPlaceDependsOnTheUser() {
    assertThat(RunDirectory.place(Map.of(), "root")).contains(Path.of("/run/pgstitch"));
    assertThat(RunDirectory.place(Map.of(), "app")).isEmpty();
    assertThat(RunDirectory.place(Map.of("XDG_RUNTIME_DIR", "/run/user/7"), "app"))
        .contains(Path.of("/run/user/7/pgstitch"));
    assertThat(RunDirectory.place(Map.of("PGSTITCH_RUN_DIR", "/x"), "root"))
        .contains(Path.of("/x"));
  }
}
