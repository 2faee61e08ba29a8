package io.pgstitch.bpf;

/** The host's clocks, read as the kernel programs read them. */
public final class HostClock {
  private static final int REALTIME = 0;
  private static final int MONOTONIC = 1;

  private HostClock() {}

  /** CLOCK_MONOTONIC in nanoseconds: the clock of all events. */
  public static long monotonicNanos() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.clock(MONOTONIC);
  }

  /** CLOCK_REALTIME in nanoseconds since 1970-01-01T00:00:00Z. */
  public static long utcNanos() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.clock(REALTIME);
  }
}
