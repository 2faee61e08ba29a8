package io.pgstitch.bpf;

/** The host's clocks, read as the kernel programs read them. */
public final class HostClock {
  private static final int REALTIME = 0;
  private static final int MONOTONIC = 1;
  private static final int BOOTTIME = 7;

  private HostClock() {}

  /** CLOCK_MONOTONIC in nanoseconds: the clock of all events. */
  public static long monotonicNanos() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.clock(MONOTONIC);
  }

  /** CLOCK_BOOTTIME in nanoseconds: the clock of the starts of processes. */
  public static long bootNanos() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.clock(BOOTTIME);
  }

  /** CLOCK_REALTIME in nanoseconds since 1970-01-01T00:00:00Z. */
  public static long utcNanos() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.clock(REALTIME);
  }
}
