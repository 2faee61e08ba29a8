package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Medians, spreads and pairs. */
class SamplesTest {
  @Test
  void theMedianIsTheMiddleWhateverTheOrder() {
    assertThat(Samples.of(9, 1, 5).median()).isEqualTo(5);
    assertThat(Samples.of(4, 1, 3, 2).median()).isEqualTo(2.5);
  }

  @Test
  void theSpreadIsHalfTheDistanceBetweenTheQuartiles() {
    assertThat(Samples.of(1, 2, 3, 4, 5).spread()).isEqualTo(1);
    assertThat(Samples.of(7).spread()).isZero();
  }

  @Test
  void oneOutlierDoesNotMoveThem() {
    assertThat(Samples.of(1, 2, 3, 4, 1_000).median()).isEqualTo(3);
    assertThat(Samples.of(1, 2, 3, 4, 1_000).spread()).isEqualTo(1);
  }

  @Test
  void aDifferenceIsThatOfEachPair() {
    Samples difference = Samples.of(11, 22, 33).minus(Samples.of(10, 20, 30));

    assertThat(difference.values()).containsExactly(1.0, 2.0, 3.0);
  }

  @Test
  void whatIsNotPairedIsRefused() {
    assertThatThrownBy(() -> Samples.of(1, 2).dividedBy(Samples.of(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no pairs");
  }
}
