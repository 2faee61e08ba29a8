package io.pgstitch.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, a process that is told to end interrupts this thread first and waits until it
 * has cleaned up, and has written what it had measured.
 */
public final class CleanEnd implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch clean = new CountDownLatch(1);
  private final Thread hook;

  /** Opens it for the calling thread. */
  public CleanEnd() {
    Thread working = Thread.currentThread();
    hook = new Thread(() -> end(working), "bench-end");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end(Thread working) {
    working.interrupt();
    try {
      clean.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    clean.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      return;
    }
  }
}
