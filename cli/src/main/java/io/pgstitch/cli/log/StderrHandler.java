package io.pgstitch.cli.log;

import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;

/** Writes {@link LogLines} to standard error, without {@link Noise}. */
public final class StderrHandler extends ConsoleHandler {
  /** Called by the JDK, which is told its name. */
  public StderrHandler() throws UnsupportedEncodingException {
    setEncoding(StandardCharsets.UTF_8.name());
    setLevel(Level.ALL);
    setFormatter(new LogLines(LocalTime::now));
    setFilter(new Noise(System::nanoTime));
  }
}
