package io.pgstitch.bpf;

/** Bits of a level as the kernel programs know them: {@code enum level} of orders.h. */
public final class Levels {
  /** Any of these traces statements. */
  public static final int TRACE = 29;

  /** Any of these asks for the detailed probes. */
  public static final int DETAIL = 28;

  /** Of a detailed level, any of these asks for all {@link Detail}. */
  public static final int ALL_DETAIL = 16 | 32 | 64;

  public static final int WAITS = 8;

  /** Calls of the function catalogue; not one of Oracle's. */
  public static final int FUNCTIONS = 32;

  /** The level was given to this session alone; not one of Oracle's. */
  public static final int OWN = 64;

  private Levels() {}
}
