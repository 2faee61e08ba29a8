package io.pgstitch.cli.log;

import java.io.IOException;
import java.util.logging.LogManager;

/**
 * Begins with {@link LogSettings} and keeps what was set up to the end of the process: a command
 * logs while it flushes after a signal, and the JDK takes its handlers away then.
 */
public final class KeptLogManager extends LogManager {
  /** Called by the JDK, which is told its name. */
  public KeptLogManager() {}

  /** The JDK's file of settings has nothing that is wanted. */
  @Override
  public void readConfiguration() throws IOException {
    readConfiguration(LogSettings.file());
  }

  @Override
  public void reset() {}
}
