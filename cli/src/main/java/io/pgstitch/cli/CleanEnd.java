package io.pgstitch.cli;

/**
 * While it is open, a process that is told to end interrupts this thread first, and lives on until
 * the command has written what it had. One that does not come to that in time is ended by Java.
 */
final class CleanEnd implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final Thread working = Thread.currentThread();
  private final HeldShutdown shutdown =
      new HeldShutdown("clean-end", this::interruptUnlessSettled, PATIENCE_SECONDS);
  private boolean settled;

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
    shutdown.close();
  }
}
