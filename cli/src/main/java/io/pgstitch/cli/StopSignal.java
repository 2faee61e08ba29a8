package io.pgstitch.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * SIGINT and SIGTERM as an event that a command can wait for. Once it came, the process lives on
 * until the command has flushed and reported and {@link #exit} ends it with the command's status.
 */
final class StopSignal implements AutoCloseable {
  private static final long LOOK_MILLIS = 1_000;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final HeldShutdown shutdown =
      new HeldShutdown("stop-signal", asked::countDown, HeldShutdown.FOREVER);

  /**
   * Returns once the process was asked to stop.
   *
   * @param failure what ended the work, empty while it goes on
   * @throws CommandFailure when the work ended before
   */
  void awaitWhileWorking(Supplier<Optional<String>> failure) throws InterruptedException {
    while (!asked.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      Optional<String> ended = failure.get();
      if (ended.isPresent()) {
        throw CommandFailure.failed(
            ended.get(),
            "The log above says more. What stands in Kafka is not lost: start it again with the same settings.");
      }
    }
  }

  /** Waits for so long at most; true once the process was asked to stop. */
  boolean askedWithin(Duration patience) throws InterruptedException {
    return asked.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether the process was asked to stop. */
  boolean isAsked() {
    return asked.getCount() == 0;
  }

  @Override
  public void close() {
    shutdown.close();
  }

  /** Ends the process, also while a signal's shutdown is held up. */
  static void exit(int status) {
    System.out.flush();
    System.err.flush();
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
    } catch (IllegalStateException shutdownInProgress) {
      Runtime.getRuntime().halt(status);
    }
    System.exit(status);
  }
}
