package io.pgstitch.collector.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long a collector that stops goes on sending. */
final class StopPatienceTest {
  private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(5);

  private void tick(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void endsAfterThreeSecondsWithoutAnAnswer() {
    StopPatience patience = new StopPatience(() -> now, 7);
    tick(2);
    assertThat(patience.isOver(7)).isFalse();
    assertThat(patience.isOver(8)).isFalse();
    tick(2);
    assertThat(patience.isOver(8)).isFalse();
    tick(1);
    assertThat(patience.isOver(8)).isTrue();
  }

  @Test
  void endsAfterHalfAMinuteHoweverManyAnswersCome() {
    StopPatience patience = new StopPatience(() -> now, 0);
    for (int answers = 1; answers < 30; answers++) {
      tick(1);
      assertThat(patience.isOver(answers)).isFalse();
    }
    tick(1);
    assertThat(patience.isOver(30)).isTrue();
  }
}
