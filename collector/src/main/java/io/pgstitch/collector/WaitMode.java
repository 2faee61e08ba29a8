package io.pgstitch.collector;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How waits are measured. */
public enum WaitMode {
  /** At the system calls that are made while PostgreSQL says that it waits. */
  SYSCALLS,
  /**
   * At each write of wait_event_info, by a hardware watchpoint: exact, and slower. Refused on a
   * virtual machine, where it may end a server.
   */
  WATCHPOINT,
  /** The same, on a virtual machine too: for servers that may crash. */
  WATCHPOINT_IN_VM;

  /** Whether the wait words of backends are watched. */
  boolean watches() {
    return this != SYSCALLS;
  }

  /** As it is written in settings. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** All modes as they are written, in one sentence's list. */
  public static String all() {
    return Arrays.stream(values()).map(WaitMode::text).collect(Collectors.joining(", "));
  }

  /** The mode that a text names. */
  public static Optional<WaitMode> of(String text) {
    return Arrays.stream(values()).filter(mode -> mode.text().equals(text)).findFirst();
  }
}
