package io.pgstitch.collector;

/** Trace levels, numbered as those of Oracle's event 10046: what they ask for adds up. */
public final class TraceLevel {
  /** Nothing is traced. */
  public static final int NOTHING = 0;

  /** Statements and their calls. Every level but 0 has it. */
  public static final int STATEMENTS = 1;

  /** Bind values. */
  public static final int BINDS = 4;

  /** Waits. */
  public static final int WAITS = 8;

  /** Plan statistics at every execution. */
  public static final int PLAN_STATISTICS = 16;

  /** For messages about a level that does not exist. */
  public static final String EXPLANATION =
      "add up 1 (statements), 4 (binds), 8 (waits) and 16 (plan statistics), or use 0 for nothing";

  private static final int ALL = STATEMENTS | BINDS | WAITS | PLAN_STATISTICS;

  private TraceLevel() {}

  /** Whether a level is a sum of known bits. */
  public static boolean isValid(int level) {
    return (level & ~ALL) == 0;
  }
}
