package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Work beside a start ends in one of three ways. */
final class AsideTest {
  private static final long PATIENCE_SECONDS = 30;

  @Test
  void itsResultIsWaitedFor() {
    CountDownLatch asked = new CountDownLatch(1);
    Aside<String> work =
        Aside.begin(
            "aside-test",
            () -> {
              awaitQuietly(asked);
              return Thread.currentThread().getName();
            });
    asked.countDown();
    assertThat(work.await()).isEqualTo("aside-test");
  }

  @Test
  void whatItThrowsIsThrownWhereItIsWaitedFor() {
    CollectorException refused = new CollectorException("refused", null);
    Aside<String> work =
        Aside.begin(
            "aside-test",
            () -> {
              throw refused;
            });
    work.awaitEnd();
    assertThatThrownBy(work::await).isSameAs(refused);
  }

  @Test
  void whenNobodyWaitsItsResultIsDisposedOf() {
    CountDownLatch abandoned = new CountDownLatch(1);
    CountDownLatch disposed = new CountDownLatch(1);
    Aside<CountDownLatch> work =
        Aside.begin(
            "aside-test",
            () -> {
              awaitQuietly(abandoned);
              return disposed;
            });
    work.abandon(CountDownLatch::countDown);
    abandoned.countDown();
    assertThat(awaitQuietly(disposed)).isTrue();
  }

  private static boolean awaitQuietly(CountDownLatch latch) {
    try {
      return latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
