package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a pump flushes and when it may sleep. */
final class PumpPaceTest {
  private static final long MILLI = 1_000_000;
  private static final long FLUSH = 50 * MILLI;

  private static final long BEGIN = -20 * MILLI;

  private final PumpPace pace = new PumpPace(FLUSH, BEGIN);

  @Test
  void sleepsWhenNothingHasComeForAWhile() {
    pace.news(BEGIN + MILLI);
    pace.flushed(BEGIN + FLUSH);
    assertThat(pace.maySleep(BEGIN + PumpPace.QUIET_NANOS)).isFalse();
    assertThat(pace.maySleep(BEGIN + MILLI + PumpPace.QUIET_NANOS)).isTrue();
  }

  @Test
  void doesNotSleepOnWhatIsNotFlushed() {
    PumpPace slow = new PumpPace(10 * PumpPace.QUIET_NANOS, BEGIN);
    slow.news(BEGIN);
    long later = BEGIN + 10 * PumpPace.QUIET_NANOS;
    assertThat(slow.maySleep(later)).isFalse();
    slow.flushed(later);
    assertThat(slow.maySleep(later)).isTrue();
  }

  @Test
  void flushesAtTheSameTimesWithAndWithoutASleep() {
    pace.slept();
    pace.news(BEGIN + 3 * FLUSH + 20 * MILLI);
    assertThat(pace.untilFlush(BEGIN + 3 * FLUSH + 20 * MILLI)).isEqualTo(30 * MILLI);
    // More of them put nothing off.
    pace.news(BEGIN + 4 * FLUSH);
    assertThat(pace.untilFlush(BEGIN + 4 * FLUSH)).isZero();
    pace.flushed(BEGIN + 4 * FLUSH + MILLI);
    assertThat(pace.untilFlush(BEGIN + 4 * FLUSH + MILLI)).isEqualTo(FLUSH);
  }

  @Test
  void aFlushThatIsDueWhileItIsAwakeIsNotPutOff() {
    pace.news(BEGIN + FLUSH + MILLI);
    assertThat(pace.untilFlush(BEGIN + FLUSH + MILLI)).isEqualTo(-MILLI);
  }
}
