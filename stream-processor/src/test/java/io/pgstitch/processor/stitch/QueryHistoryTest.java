package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryHistoryTest {
  private static final long US = 1_000;

  @Test
  void nothingIsUsualBeforeEnoughRuns() {
    QueryHistory history = new QueryHistory();
    for (int i = 1; i < QueryHistory.ENOUGH; i++) {
      history.add(100 * US);
      assertThat(history.usualNs()).isEqualTo(-1);
    }
    history.add(100 * US);
    assertThat(history.usualNs()).isBetween(100 * US, 125 * US);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void usualIsTheNinetyFifthPercentileToAQuarterAbove(long seed) {
    Random random = new Random(seed);
    long[] lengths = new long[900];
    QueryHistory history = new QueryHistory();
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = (long) Math.exp(random.nextGaussian() * 2 + 14);
      history.add(lengths[i]);
    }
    Arrays.sort(lengths);
    long exact = lengths[lengths.length * 95 / 100 - 1];
    assertThat(history.usualNs()).isBetween(exact, exact + exact / 4 + US);
  }

  @Test
  void whatWasLongAgoIsForgotten() {
    QueryHistory history = new QueryHistory();
    for (int i = 0; i < 2_000; i++) {
      history.add(100_000 * US);
    }
    for (int i = 0; i < 6_000; i++) {
      history.add(50 * US);
    }
    assertThat(history.usualNs()).isBetween(50 * US, 63 * US);
  }

  @Test
  void lengthsAtTheEndsOfTheScaleHaveABucket() {
    QueryHistory history = new QueryHistory();
    for (int i = 0; i < QueryHistory.ENOUGH; i++) {
      history.add(-5);
    }
    assertThat(history.usualNs()).isEqualTo(US);
    for (int i = 0; i < 900; i++) {
      history.add(Long.MAX_VALUE);
    }
    assertThat(history.usualNs()).isPositive();
  }

  @Test
  void savedAndRestoredItGoesOnAsIfItHadNotBeen() {
    Random random = new Random(4);
    QueryHistory whole = new QueryHistory();
    QueryHistory restored = new QueryHistory();
    for (int i = 0; i < 5_000; i++) {
      long ns = Math.abs(random.nextLong() >>> random.nextInt(60));
      whole.add(ns);
      restored.add(ns);
      restored = new QueryHistory(ByteBuffer.wrap(restored.bytes()));
      assertThat(restored.usualNs()).isEqualTo(whole.usualNs());
    }
    assertThat(restored.bytes()).isEqualTo(whole.bytes()).hasSizeLessThanOrEqualTo(3 * 256);
  }
}
