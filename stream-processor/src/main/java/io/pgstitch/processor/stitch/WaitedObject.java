package io.pgstitch.processor.stitch;

import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockTarget;
import java.util.Set;

/** The relation that a wait was for. */
final class WaitedObject {
  private static final long NONE = -1;

  /** Tags whose second field is the relation's OID: storage/lock.h. */
  private static final Set<String> RELATION_LOCKS = Set.of("relation", "extend", "page", "tuple");

  private WaitedObject() {}

  /** Its OID, -1 when it was for none or that is not known. */
  static long oid(Object target) {
    if (target instanceof IoTarget io && io.getRelationOid() > 0) {
      return io.getRelationOid();
    }
    if (target instanceof LockTarget lock && RELATION_LOCKS.contains(lock.getLockType())) {
      return lock.getField2();
    }
    return NONE;
  }
}
