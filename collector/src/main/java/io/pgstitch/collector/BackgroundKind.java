package io.pgstitch.collector;

import io.pgstitch.bpf.SessionRecord;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Processes of a server that run statements without a client and are traced when asked for. */
public enum BackgroundKind {
  /** Autovacuum workers. */
  AUTOVACUUM("autovacuum", SessionRecord.KIND_AUTOVACUUM),

  /** Background workers of logical replication: launcher, apply and table synchronisation. */
  LOGICAL_REPLICATION("logical-replication", SessionRecord.KIND_REPLICATION),

  /** All other background workers, mostly of extensions. */
  OTHER("other", SessionRecord.KIND_BACKGROUND_WORKER);

  /** Setting for none of them. */
  public static final String NONE = "none";

  /** Setting for all of them. */
  public static final String ALL = "all";

  private final String text;
  private final int inKernel;

  BackgroundKind(String text, int inKernel) {
    this.text = text;
    this.inKernel = inKernel;
  }

  /** As it stands in a setting. */
  public String text() {
    return text;
  }

  /**
   * Reads a list separated by commas, {@code none} or {@code all}.
   *
   * @throws IllegalArgumentException naming what is no kind
   */
  public static Set<BackgroundKind> listed(String list) {
    String trimmed = list.trim();
    if (trimmed.equals(NONE) || trimmed.isEmpty()) {
      return Set.of();
    }
    if (trimmed.equals(ALL)) {
      return Collections.unmodifiableSet(EnumSet.allOf(BackgroundKind.class));
    }
    EnumSet<BackgroundKind> kinds = EnumSet.noneOf(BackgroundKind.class);
    for (String each : trimmed.split(",", -1)) {
      kinds.add(named(each.trim()));
    }
    return Collections.unmodifiableSet(kinds);
  }

  private static BackgroundKind named(String text) {
    return Arrays.stream(values())
        .filter(kind -> kind.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is no kind of process; there are none, all, " + known()));
  }

  private static String known() {
    return Arrays.stream(values()).map(BackgroundKind::text).collect(Collectors.joining(", "));
  }

  /** The list as a setting. */
  public static String text(Set<BackgroundKind> kinds) {
    return kinds.isEmpty()
        ? NONE
        : kinds.stream().sorted().map(BackgroundKind::text).collect(Collectors.joining(","));
  }

  /** As the kernel programs are told: a bit {@code 1 << kind} for each. */
  static int bits(Set<BackgroundKind> kinds) {
    return kinds.stream().mapToInt(kind -> 1 << kind.inKernel).reduce(0, (a, b) -> a | b);
  }
}
