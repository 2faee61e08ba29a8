package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which arguments need no parser. */
final class PlainCollectorTest {
  @Test
  void readsTheFileAndWhetherToBeVerbose() {
    PlainCollector quiet = PlainCollector.of("collector", "--config", "a b.properties").get();
    PlainCollector verbose = PlainCollector.of("collector", "--config", "f", "-v").get();

    assertThat(quiet.file()).isEqualTo(Path.of("a b.properties"));
    assertThat(quiet.verbose()).isFalse();
    assertThat(verbose.file()).isEqualTo(Path.of("f"));
    assertThat(verbose.verbose()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "collector",
        "collector --config",
        "collector --help",
        "collector --config -v",
        "collector --config @arguments",
        "collector --config=f",
        "collector --config f more",
        "collector --config f --help",
        "collector --config f -v -v",
        "processor --config f"
      })
  void leavesEverythingElseToTheParser(String line) {
    assertThat(PlainCollector.of(line.split(" "))).isEmpty();
  }
}
