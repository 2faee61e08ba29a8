package io.pgstitch.benchmarks;

import java.io.PrintStream;
import java.util.Locale;

/** Says what is being done, with the time since the start. */
final class Progress {
  private final PrintStream to;
  private final long started = System.nanoTime();

  Progress(PrintStream to) {
    this.to = to;
  }

  void say(String what) {
    long seconds = (System.nanoTime() - started) / 1_000_000_000L;
    to.println(String.format(Locale.ROOT, "%3d:%02d %s", seconds / 60, seconds % 60, what));
  }
}
