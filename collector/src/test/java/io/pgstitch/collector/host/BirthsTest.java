package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a process may have begun. */
final class BirthsTest {
  @TempDir Path proc;

  private final Births births() {
    return new Births(new Procfs(proc));
  }

  private void lastPid(int pid) throws IOException {
    Files.writeString(proc.resolve("loadavg"), "0.20 0.18 0.12 1/80 " + pid + "\n");
  }

  @Test
  void oneMayHaveBegunWhenAnotherPidWasGivenLast() throws IOException {
    Births births = births();
    lastPid(11206);
    assertThat(births.any()).isTrue();
    assertThat(births.any()).isFalse();
    lastPid(11207);
    assertThat(births.any()).isTrue();
    assertThat(births.any()).isFalse();
    // Pids begin anew when the highest was given.
    lastPid(301);
    assertThat(births.any()).isTrue();
  }

  @Test
  void oneMayHaveBegunWhereTheKernelDoesNotSay() {
    Births births = births();
    assertThat(births.any()).isTrue();
    assertThat(births.any()).isTrue();
  }

  @Test
  void seesProcessesOfThisHost() throws IOException, InterruptedException {
    Births births = new Births(Procfs.system());
    for (int i = 0; i < 10; i++) {
      boolean unused = births.any();
      assertThat(new ProcessBuilder("true").start().waitFor()).isZero();
      assertThat(births.any()).isTrue();
    }
  }
}
