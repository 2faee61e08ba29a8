package io.pgstitch.collector;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How waits are measured. */
public enum WaitMode {
  /** At the system calls that are made while PostgreSQL says that it waits. */
  SYSCALLS,
  /** At each write of wait_event_info, by a hardware watchpoint: exact, and slower. */
  WATCHPOINT;

  /** As it is written in settings. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The mode that a text names. */
  public static Optional<WaitMode> of(String text) {
    return Arrays.stream(values()).filter(mode -> mode.text().equals(text)).findFirst();
  }
}
