package io.pgstitch.collector;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Work that goes on beside a start, on a thread of its own. */
final class Aside<T> {
  private final CompletableFuture<T> result;

  private Aside(CompletableFuture<T> result) {
    this.result = result;
  }

  /**
   * Begins.
   *
   * @param name of the thread, which does not keep the process alive
   */
  static <T> Aside<T> begin(String name, Supplier<T> work) {
    return new Aside<>(
        CompletableFuture.supplyAsync(
            work,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              thread.start();
            }));
  }

  /** Waits for the end; what the work threw is thrown here. */
  T await() {
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }

  /** Waits for the end, whichever it is. */
  void awaitEnd() {
    result.handle((done, thrown) -> done).join();
  }

  /** Nobody waits for it: its result, when there is one, is disposed of. */
  void abandon(Consumer<? super T> dispose) {
    CompletableFuture<Void> unused = result.thenAccept(dispose);
  }
}
