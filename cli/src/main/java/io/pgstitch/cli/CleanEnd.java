package io.pgstitch.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, a process that is told to end interrupts this thread first and lives on until
 * it has written what it had, and {@link StopSignal#exit} ends it with the command's status. One
 * that does not come to that in time is ended by Java.
 */
final class CleanEnd implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final Thread working = Thread.currentThread();
  private final Thread hook = new Thread(this::end, "clean-end");
  private boolean settled;

  /** Opens it for the calling thread. */
  CleanEnd() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end() {
    interruptUnlessSettled();
    try {
      // Also when the work is over: were this to return, Java's status would race the command's.
      new CountDownLatch(1).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void interruptUnlessSettled() {
    if (!settled) {
      working.interrupt();
    }
  }

  /**
   * No interrupt comes after it, so that the thread can write files.
   *
   * @return whether one came before; it is cleared
   */
  synchronized boolean settle() {
    settled = true;
    return Thread.interrupted();
  }

  @Override
  public void close() {
    settle();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // The hook runs already; StopSignal.exit() ends the process over it.
      return;
    }
  }
}
