package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CleanEndTest {
  @Test
  void aThreadThatHasSettledCanWriteFiles() {
    try (CleanEnd end = new CleanEnd()) {
      Thread.currentThread().interrupt();

      assertThat(end.settle()).as("it was cut short").isTrue();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertThat(end.settle()).isFalse();
    }
  }
}
