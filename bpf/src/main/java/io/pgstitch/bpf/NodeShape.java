package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where in the state of one type of plan node lies what, in bytes, 0 for what it does not have:
 * {@code struct node_shape} of plans.h.
 *
 * @param members array of PlanState pointers
 * @param memberCount their number, an int
 * @param child PlanState of a subquery
 * @param childList List of PlanState
 * @param relation Relation that is scanned
 * @param index Relation of the index
 * @param target ResultRelInfo of what is modified
 * @param rootTarget ResultRelInfo of its partitioned table, which may be null
 * @param detail1 an int in the plan
 * @param detail2 another one
 */
public record NodeShape(
    int members,
    int memberCount,
    int child,
    int childList,
    int relation,
    int index,
    int target,
    int rootTarget,
    int detail1,
    int detail2) {

  byte[] toBytes() {
    ByteBuffer out = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder());
    out.putInt(members).putInt(memberCount).putInt(child).putInt(childList);
    out.putInt(relation).putInt(index).putInt(target).putInt(rootTarget);
    out.putInt(detail1).putInt(detail2);
    return out.array();
  }
}
