package io.pgstitch.cli.log;

/**
 * Where the loggers of the JDK's own classes come from: the log of {@link Log}, as they would
 * without it. The JDK looks for one that says so when its log is set up, in each jar of the class
 * path until it finds one; this one is in the first.
 */
public final class JdkLoggers extends System.LoggerFinder {
  /** Called by the JDK, which finds its name in a file of the jar. */
  public JdkLoggers() {}

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new JdkLogger(java.util.logging.Logger.getLogger(name));
  }
}
