package io.pgstitch.bpf;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How much is seen of each statement at levels 4, 8 and 12, where they are not a session's own. A
 * session's own level, level 16, and functions beside one of them bring all of it.
 */
public enum Detail {
  /** Calls, and the phases of a statement. */
  PHASES(Detail.CALL_EVENTS | Detail.PHASE_EVENTS),
  /** Calls as portals and transactions delimit them. */
  CALLS(Detail.CALL_EVENTS),
  /** Statements and calls as level 1 sees them. */
  STATEMENTS(0);

  /** {@code enum cookie_tier} of orders.h, as bits. */
  private static final int CALL_EVENTS = 1 << 1;

  private static final int PHASE_EVENTS = 1 << 3;

  private final int events;

  Detail(int events) {
    this.events = events;
  }

  /** Tiers of probes that levels 4, 8 and 12 ask for beside the basic one, bits. */
  int events() {
    return events;
  }

  /**
   * What is seen of the statements of one session, where this is what levels 4, 8 and 12 see.
   *
   * @param level the session's, bits of {@link Levels}
   * @return {@link #STATEMENTS} where nothing is traced, too
   */
  public Detail at(int level) {
    if ((level & Levels.DETAIL) == 0) {
      return STATEMENTS;
    }
    return (level & Levels.ALL_DETAIL) != 0 ? PHASES : this;
  }

  /** As it is written in settings. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All as they are written, in one sentence's list. */
  public static String all() {
    return Arrays.stream(values()).map(Detail::text).collect(Collectors.joining(", "));
  }

  /** What a text names. */
  public static Optional<Detail> of(String text) {
    return Arrays.stream(values()).filter(detail -> detail.text().equals(text)).findFirst();
  }
}
