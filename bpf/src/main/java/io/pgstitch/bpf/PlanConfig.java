package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel programs are told to find the plan trees and WAL counters of one binary: {@code
 * struct plan_config} of plans.h. Offsets in bytes.
 *
 * @param walUsage address of pgWalUsage in the file, 0 not known
 * @param queryPlanState 0: no plan is followed
 * @param instrumentSize of struct Instrumentation
 * @param plannedModifying a bool of PlannedStmt: a WITH of the query modifies
 * @param commandSelect the number of CMD_SELECT
 */
public record PlanConfig(
    long walUsage,
    int queryPlanState,
    int listLength,
    int listElements,
    int statePlan,
    int stateInstrument,
    int stateLeft,
    int stateRight,
    int stateInitPlans,
    int stateSubPlans,
    int subStatePlan,
    int subStateState,
    int subPlanId,
    int subPlanName,
    int resultRelation,
    int relationOid,
    int relationForm,
    int relationFile,
    int formName,
    int instrumentSize,
    int plannedModifying,
    int commandSelect) {

  /** Of a binary whose structs are not followed. */
  public static PlanConfig nothingKnown() {
    return new PlanConfig(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  byte[] toBytes() {
    ByteBuffer out = ByteBuffer.allocate(96).order(ByteOrder.nativeOrder());
    out.putLong(walUsage).putInt(queryPlanState).putInt(listLength).putInt(listElements);
    out.putInt(statePlan).putInt(stateInstrument).putInt(stateLeft).putInt(stateRight);
    out.putInt(stateInitPlans).putInt(stateSubPlans).putInt(subStatePlan).putInt(subStateState);
    out.putInt(subPlanId).putInt(subPlanName).putInt(resultRelation).putInt(relationOid);
    out.putInt(relationForm).putInt(relationFile).putInt(formName).putInt(instrumentSize);
    out.putInt(plannedModifying).putInt(commandSelect);
    return out.array();
  }
}
