package io.pgstitch.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, a process that is told to end does one thing first and then lives on until
 * {@link StopSignal#exit} ends it with the command's status, where Java would have ended it with
 * 128 + signal number.
 */
final class HeldShutdown implements AutoCloseable {
  /** Until the command ends, however long it takes. */
  static final long FOREVER = Long.MAX_VALUE;

  private final Thread hook;

  /**
   * Opens it.
   *
   * @param first done by a thread of its own
   * @param patienceSeconds after which Java ends the process all the same
   */
  HeldShutdown(String name, Runnable first, long patienceSeconds) {
    hook = new Thread(() -> hold(first, patienceSeconds), name);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private static void hold(Runnable first, long patienceSeconds) {
    first.run();
    try {
      // Also when the work is over: were this to return, Java's status would race the command's.
      new CountDownLatch(1).await(patienceSeconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shutdownHasBegun) {
      // The hook runs already; StopSignal.exit() ends the process over it.
      return;
    }
  }
}
