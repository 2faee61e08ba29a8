package io.pgstitch.cli.log;

import java.util.logging.LogManager;

/**
 * Keeps what {@link Log} sets up to the end of the process: a command logs while it flushes after a
 * signal, and the JDK takes its handlers away then.
 */
public final class KeptLogManager extends LogManager {
  /** Called by the JDK, which is told its name. */
  public KeptLogManager() {}

  /** The JDK's file of settings has nothing that is wanted. */
  @Override
  public void readConfiguration() {}

  @Override
  public void reset() {}
}
