package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayDirectoryTest {
  @TempDir private Path dir;

  @Test
  void theSameReplayMayUseItAgainAndAnotherMayNot() {
    ReplayDirectory directory = new ReplayDirectory(dir.resolve("new/one"));
    directory.claim("first\n");
    directory.claim("first\n");
    assertThatThrownBy(() -> directory.claim("second\n"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("first");
  }

  @Test
  void anEmptyDirectoryIsTaken() {
    new ReplayDirectory(dir).claim("first\n");
    assertThat(dir).isNotEmptyDirectory();
  }

  @Test
  void resultsOfALivePipelineAreNotMixedWithAReplays() throws Exception {
    Files.writeString(dir.resolve("spans.jsonl"), "{}\n");
    assertThatThrownBy(() -> new ReplayDirectory(dir).claim("first\n"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("not of a replay");
  }
}
