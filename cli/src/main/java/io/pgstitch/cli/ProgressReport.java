package io.pgstitch.cli;

import io.pgstitch.processor.replay.ReplayProgress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Says how far a replay is and how long the rest will take, judged by the pace so far: in one line
 * that is written over on a terminal, in a line now and then elsewhere.
 */
final class ProgressReport implements ReplayProgress {
  private static final long SECOND = 1_000_000_000L;
  private static final long EVERY_ON_TERMINAL = SECOND / 5;
  private static final long EVERY_ELSEWHERE = 10 * SECOND;

  private final PrintStream to;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final long start;
  private long next;
  private int width;

  /**
   * @param nanoTime a clock as {@link System#nanoTime}
   */
  ProgressReport(PrintStream to, boolean terminal, LongSupplier nanoTime) {
    this.to = to;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
    this.next = start + every();
  }

  /** On standard error. */
  static ProgressReport onError() {
    return new ProgressReport(System.err, errorIsTerminal(), System::nanoTime);
  }

  private static boolean errorIsTerminal() {
    try {
      Path device = Files.readSymbolicLink(Path.of("/proc/self/fd/2"));
      return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
    } catch (IOException unknown) {
      return false;
    }
  }

  private long every() {
    return terminal ? EVERY_ON_TERMINAL : EVERY_ELSEWHERE;
  }

  @Override
  public void reached(double part) {
    long now = nanoTime.getAsLong();
    if (now - next < 0) {
      return;
    }
    next = now + every();
    String line = line(part, now - start);
    if (terminal) {
      to.print('\r' + line + " ".repeat(Math.max(0, width - line.length())));
      to.flush();
      width = line.length();
    } else {
      to.println(line);
    }
  }

  static String line(double part, long elapsedNanos) {
    double done = Math.max(0, Math.min(1, part));
    String percent = String.format(Locale.ROOT, "replay: %.0f %%", Math.floor(done * 100));
    if (done <= 0) {
      return percent;
    }
    long left = Math.round(elapsedNanos * (1 - done) / done / SECOND);
    return percent + ", about " + length(left) + " left";
  }

  private static String length(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    return seconds < 3600
        ? seconds / 60 + " min " + seconds % 60 + " s"
        : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
  }

  /** Leaves the terminal's line to what follows. */
  void done() {
    if (width > 0) {
      to.print('\r' + " ".repeat(width) + '\r');
      to.flush();
      width = 0;
    }
  }
}
