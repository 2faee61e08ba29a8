package io.pgstitch.collector.encode;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Names of the wait events that extensions have registered in one server. They are read when one is
 * seen that is not known yet; one that is not found then is looked for again a second later at the
 * earliest. Used by the thread that reads the kernel's events alone.
 */
public final class CustomWaitNames {
  private static final long PAUSE_NANOS = 1_000_000_000;

  /** Each server has room for 128 events; numbers that are none are not collected for ever. */
  private static final int MOST_MISSING = 1024;

  private final Supplier<Map<Integer, String>> server;
  private final LongSupplier clock;
  private final Map<Integer, byte[]> names = new HashMap<>();
  private final Map<Integer, Long> missing = new HashMap<>();

  /**
   * @param server reads all names by their wait_event_info
   * @param clock nanoseconds that only grow
   */
  public CustomWaitNames(Supplier<Map<Integer, String>> server, LongSupplier clock) {
    this.server = server;
    this.clock = clock;
  }

  /** The name of an event, or null when the server does not tell it. */
  byte[] name(int event) {
    byte[] known = names.get(event);
    if (known != null) {
      return known;
    }
    long now = clock.getAsLong();
    Long asked = missing.get(event);
    if (asked != null && now - asked < PAUSE_NANOS) {
      return null;
    }
    server.get().forEach((id, name) -> names.put(id, name.getBytes(StandardCharsets.UTF_8)));
    known = names.get(event);
    if (known == null && missing.size() < MOST_MISSING) {
      missing.put(event, now);
    }
    return known;
  }
}
