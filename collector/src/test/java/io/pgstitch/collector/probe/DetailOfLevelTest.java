package io.pgstitch.collector.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.Detail;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DetailOfLevelTest {
  @ParameterizedTest
  @CsvSource({
    "STATEMENTS, 12, STATEMENTS",
    "STATEMENTS,  8, STATEMENTS",
    "CALLS,      12, CALLS",
    "PHASES,      4, PHASES",
    // Neither the setting nor a level of its own makes more of level 1, or of none.
    "PHASES,      1, STATEMENTS",
    "PHASES,      0, STATEMENTS",
    "STATEMENTS, 65, STATEMENTS",
    "STATEMENTS, 33, STATEMENTS",
    // Its own, with plan statistics, with functions.
    "STATEMENTS, 76, PHASES",
    "CALLS,      72, PHASES",
    "STATEMENTS, 28, PHASES",
    "STATEMENTS, 40, PHASES",
  })
  void aLevelBeyondOneOfItsOwnBringsPhases(Detail ofCollector, int level, Detail seen) {
    assertThat(ofCollector.at(level)).isEqualTo(seen);
  }
}
