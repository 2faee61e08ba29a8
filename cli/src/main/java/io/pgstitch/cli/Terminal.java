package io.pgstitch.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A screen that is written anew again and again, by the codes that every terminal of today knows.
 */
final class Terminal implements AutoCloseable {
  private static final String ESCAPE = "\u001b[";
  private static final String OWN_SCREEN = ESCAPE + "?1049h" + ESCAPE + "?25l";
  private static final String FORMER_SCREEN = ESCAPE + "?25h" + ESCAPE + "?1049l";
  private static final String HOME = ESCAPE + "H";
  private static final String REST_OF_LINE = ESCAPE + "K";
  private static final String REST_OF_SCREEN = ESCAPE + "J";

  private final PrintStream out;

  /** Takes a screen of its own; closing gives the former one back. */
  Terminal(PrintStream out) {
    this.out = out;
    out.print(OWN_SCREEN);
    out.flush();
  }

  /** How large a terminal is. */
  record Size(int columns, int rows) {
    static final Size USUAL = new Size(120, 40);

    /** The size of this process's terminal; a usual one where there is none. */
    static Size now() {
      try {
        Process stty =
            new ProcessBuilder("stty", "size")
                .redirectInput(new File("/dev/tty"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String answer =
            new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        String[] numbers = answer.split(" ");
        if (stty.waitFor(1, TimeUnit.SECONDS) && numbers.length == 2) {
          Size size = new Size(Integer.parseInt(numbers[1]), Integer.parseInt(numbers[0]));
          return size.columns > 0 && size.rows > 0 ? size : USUAL;
        }
      } catch (IOException | NumberFormatException none) {
        return USUAL;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return USUAL;
    }
  }

  /** Shows these lines, as many as fit, and nothing else. */
  void show(List<String> lines, Size size) {
    StringBuilder screen = new StringBuilder(HOME);
    int shown = Math.min(lines.size(), size.rows());
    for (int i = 0; i < shown; i++) {
      screen.append(i == 0 ? "" : "\r\n").append(lines.get(i)).append(REST_OF_LINE);
    }
    out.print(screen.append(REST_OF_SCREEN));
    out.flush();
  }

  @Override
  public void close() {
    out.print(FORMER_SCREEN);
    out.flush();
  }
}
