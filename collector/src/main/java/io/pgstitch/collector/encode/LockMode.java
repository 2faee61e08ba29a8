package io.pgstitch.collector.encode;

import java.util.List;
import java.util.Set;

/** Heavyweight locks by name, as pg_locks shows them. */
final class LockMode {
  /** lock_mode_names of storage/lmgr/lock.c; the numbers are those of storage/lockdefs.h. */
  private static final List<String> NAMES =
      List.of(
          "INVALID",
          "AccessShareLock",
          "RowShareLock",
          "RowExclusiveLock",
          "ShareUpdateExclusiveLock",
          "ShareLock",
          "ShareRowExclusiveLock",
          "ExclusiveLock",
          "AccessExclusiveLock");

  /** Their tags begin with the OIDs of database and relation (storage/lock.h). */
  private static final Set<String> OF_RELATIONS = Set.of("relation", "extend", "page", "tuple");

  private LockMode() {}

  /** E.g. 8: AccessExclusiveLock; empty for a number that is no mode. */
  static String name(int mode) {
    return mode > 0 && mode < NAMES.size() ? NAMES.get(mode) : "";
  }

  /** Whether a tag of this type names a relation. */
  static boolean isOfRelation(String type) {
    return OF_RELATIONS.contains(type);
  }
}
