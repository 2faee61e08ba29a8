package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PipelineSettingsTest {
  @Test
  void groupsOfOneHostAndDirectoryAreTheSameInEachRun() {
    assertThat(PipelineSettings.groupPrefix("db1", Path.of("/out")))
        .isEqualTo(PipelineSettings.groupPrefix("db1", Path.of("/out")))
        .startsWith("pgstitch-up-db1-");
  }

  @Test
  void groupsOfAnotherHostOrDirectoryAreOthers() {
    assertThat(PipelineSettings.groupPrefix("db1", Path.of("/out")))
        .isNotEqualTo(PipelineSettings.groupPrefix("db2", Path.of("/out")))
        .isNotEqualTo(PipelineSettings.groupPrefix("db1", Path.of("/other")));
  }
}
