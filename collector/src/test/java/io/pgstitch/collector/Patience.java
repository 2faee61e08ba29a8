package io.pgstitch.collector;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what happens in another thread or process, as long as a busy machine may need. */
public final class Patience {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private Patience() {}

  /**
   * Waits until something is so.
   *
   * @param what is waited for, for the message when it does not come
   */
  public static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + LIMIT + " in vain for " + what);
      }
      pause(20);
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
