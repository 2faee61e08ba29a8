package io.pgstitch.collector.probe;

import io.pgstitch.bpf.LayoutRecord;

/**
 * A struct of a running server is not as its major has it.
 *
 * @param part what is given up
 * @param why which comparison failed, with both values
 */
public record LayoutContradiction(LayoutPart part, String why) {

  /** Reads a record of the kernel. */
  public static LayoutContradiction of(LayoutRecord record) {
    return new LayoutContradiction(
        LayoutPart.values()[record.part()],
        "%s (expected %s, found %s)"
            .formatted(check(record.check()), value(record.expected()), value(record.found())));
  }

  /** For a person. */
  @Override
  public String toString() {
    return why + ": " + part.loss();
  }

  private static String value(long value) {
    return Math.abs(value) < 1 << 16 ? String.valueOf(value) : "0x" + Long.toHexString(value);
  }

  /** {@code enum layout_check} of layouts.h. */
  private static String check(int number) {
    return switch (number) {
      case 1 -> "QueryDesc.plannedstmt points at no PlannedStmt";
      case 2 -> "PlannedStmt.commandType is not QueryDesc.operation";
      case 3 -> "QueryDesc.estate is no EState";
      case 4 -> "EState.es_plannedstmt is not QueryDesc.plannedstmt";
      case 5 -> "EState.es_sourceText is not QueryDesc.sourceText";
      case 6 -> "EState.es_processed is not 0 before the first run";
      case 7 -> "EState.es_processed is not what the command's end says";
      case 8 -> "PlannedStmt.stmt_location and stmt_len do not lie in the text";
      case 9 -> "QueryDesc.sourceText points at no text";
      case 10 -> "a utility's PlannedStmt has another tag";
      case 11 -> "a utility's PlannedStmt.commandType is not CMD_UTILITY";
      case 12 -> "PlannedStmt.queryId is not what PgBackendStatus has";
      case 13 -> "PlanState.state is not the query's EState";
      case 14 -> "PlanState.plan of the top is not PlannedStmt.planTree";
      case 15 -> "PlanState.plan of a child is not the child of its parent's Plan";
      case 16 -> "PlanState.initPlan is not as Plan.initPlan";
      case 17 -> "a list of subplans is no List of SubPlanState";
      case 18 -> "SubPlan.plan_id is not the place in EState.es_subplanstates";
      case 19 -> "Instrumentation is not as EState.es_instrument wants it";
      case 20 -> "QueryDesc.params is not EState.es_param_list_info";
      case 21 -> "ParamListInfoData.numParams is no number of parameters";
      case 22 -> "ParamExternData has no flags where this major has them";
      case 23 -> "PortalData.name points at no text";
      case 24 -> "a portal's statements are no List of PlannedStmt";
      case 25 -> "RelationData.rd_id is not the oid of its rd_rel";
      case 26 -> "RelationData.rd_locator is not the file of its rd_rel";
      case 27 -> "RelationData.rd_backend is not as its rd_rel has it";
      case 28 -> "FormData_pg_class.relname is no name";
      case 29 -> "EState.es_range_table_size is not the length of es_range_table";
      case 30 -> "LOCALLOCK.lock points at no LOCK of the same tag";
      case 31 -> "LOCALLOCK.tag.mode is no lock mode";
      case 32 -> "PROCLOCK.holdMask has bits that are no lock modes";
      case 33 -> "PGPROC.pid is not MyProcPid";
      case 34 -> "StringInfoData has no field of an error where this major has it";
      case 35 -> "StringInfoData.cursor is not the type of an error's message";
      case 36 -> "QueryDesc.already_executed is no bool";
      case 37 -> "LOCK.procLocks and PROCLOCK.lockLink are no list";
      case 38 -> "LOCALLOCK.proclock is no PROCLOCK of its lock";
      case 39 -> "PROCLOCK.groupLeader is not that of MyProc";
      case 40 -> "standard_planner gets no Query";
      case 41 -> "Query.stmt_location and stmt_len do not lie in the text";
      default -> "check " + number + " failed";
    };
  }
}
