// SPDX-License-Identifier: Apache-2.0
/*
 * Prints what has to be known of plan trees in the PostgreSQL major whose server headers this is compiled with.
 * usage: generate-plan-layout layout|nodes|values, see generate-plans.sh. verify-plans.py checks the result on a live server.
 */
#include "postgres.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "executor/execdesc.h"
#include "executor/instrument.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "utils/rel.h"

/* The server's own printf family is not linked here. */
#undef printf
#undef fprintf

static void
value(const char *key, long value, const char *what, const char *header)
{
	printf("# %s, %s\n%s=%ld\n", what, header, key, value);
}

#define OFFSET(key, type, field, header) value(key, offsetof(type, field), #type "." #field, header)
#define SIZE(key, type, header) value(key, sizeof(type), "sizeof(" #type ")", header)

static void
layout(void)
{
	printf("# What is common to all nodes of a plan in PostgreSQL %d on x86-64 Linux: byte offsets of struct fields, sizes.\n", PG_VERSION_NUM / 10000);
	printf("# Compiled against the server headers of %s (generate-plan-layout.c), checked on a live server by verify-plans.py.\n", PG_VERSION);
	OFFSET("query_desc.planstate", QueryDesc, planstate, "executor/execdesc.h");
	OFFSET("list.length", List, length, "nodes/pg_list.h");
	OFFSET("list.elements", List, elements, "nodes/pg_list.h");
	OFFSET("planned_stmt.has_modifying_cte", PlannedStmt, hasModifyingCTE, "nodes/plannodes.h");
	OFFSET("plan_state.plan", PlanState, plan, "nodes/execnodes.h");
	OFFSET("plan_state.instrument", PlanState, instrument, "nodes/execnodes.h");
	OFFSET("plan_state.lefttree", PlanState, lefttree, "nodes/execnodes.h");
	OFFSET("plan_state.righttree", PlanState, righttree, "nodes/execnodes.h");
	OFFSET("plan_state.init_plan", PlanState, initPlan, "nodes/execnodes.h");
	OFFSET("plan_state.sub_plan", PlanState, subPlan, "nodes/execnodes.h");
	OFFSET("plan.startup_cost", Plan, startup_cost, "nodes/plannodes.h");
	OFFSET("plan.total_cost", Plan, total_cost, "nodes/plannodes.h");
	OFFSET("plan.plan_rows", Plan, plan_rows, "nodes/plannodes.h");
	OFFSET("plan.plan_width", Plan, plan_width, "nodes/plannodes.h");
	OFFSET("plan.parallel_aware", Plan, parallel_aware, "nodes/plannodes.h");
	OFFSET("plan.plan_node_id", Plan, plan_node_id, "nodes/plannodes.h");
	OFFSET("sub_plan_state.subplan", SubPlanState, subplan, "nodes/execnodes.h");
	OFFSET("sub_plan_state.planstate", SubPlanState, planstate, "nodes/execnodes.h");
	OFFSET("sub_plan.plan_id", SubPlan, plan_id, "nodes/primnodes.h");
	OFFSET("sub_plan.plan_name", SubPlan, plan_name, "nodes/primnodes.h");
	OFFSET("result_rel_info.relation", ResultRelInfo, ri_RelationDesc, "nodes/execnodes.h");
	OFFSET("relation.oid", RelationData, rd_id, "utils/rel.h");
	OFFSET("relation.form", RelationData, rd_rel, "utils/rel.h");
#if PG_VERSION_NUM >= 160000
	OFFSET("relation.file_number", RelationData, rd_locator.relNumber, "utils/rel.h");
#else
	OFFSET("relation.file_number", RelationData, rd_node.relNode, "utils/rel.h");
#endif
	printf("# A char array, not a pointer.\n");
	OFFSET("form_pg_class.name", FormData_pg_class, relname, "catalog/pg_class.h");
	SIZE("instrumentation.size", Instrumentation, "executor/instrument.h");
	OFFSET("instrumentation.need_timer", Instrumentation, need_timer, "executor/instrument.h");
	OFFSET("instrumentation.need_buffers", Instrumentation, need_bufusage, "executor/instrument.h");
	OFFSET("instrumentation.need_wal", Instrumentation, need_walusage, "executor/instrument.h");
	OFFSET("instrumentation.running", Instrumentation, running, "executor/instrument.h");
	OFFSET("instrumentation.counter", Instrumentation, counter, "executor/instrument.h");
	OFFSET("instrumentation.first_tuple", Instrumentation, firsttuple, "executor/instrument.h");
	OFFSET("instrumentation.tuple_count", Instrumentation, tuplecount, "executor/instrument.h");
	OFFSET("instrumentation.startup", Instrumentation, startup, "executor/instrument.h");
	OFFSET("instrumentation.total", Instrumentation, total, "executor/instrument.h");
	OFFSET("instrumentation.tuples", Instrumentation, ntuples, "executor/instrument.h");
	OFFSET("instrumentation.loops", Instrumentation, nloops, "executor/instrument.h");
	OFFSET("instrumentation.filtered1", Instrumentation, nfiltered1, "executor/instrument.h");
	OFFSET("instrumentation.filtered2", Instrumentation, nfiltered2, "executor/instrument.h");
	printf("# Ten 64-bit block counters, shared hit first.\n");
	OFFSET("instrumentation.buffers", Instrumentation, bufusage, "executor/instrument.h");
	OFFSET("instrumentation.wal", Instrumentation, walusage, "executor/instrument.h");
	printf("# 16: seconds and nanoseconds (struct timespec); 8: nanoseconds.\n");
	SIZE("instr_time.size", instr_time, "portability/instr_time.h");
	OFFSET("wal_usage.records", WalUsage, wal_records, "executor/instrument.h");
	OFFSET("wal_usage.full_page_images", WalUsage, wal_fpi, "executor/instrument.h");
	OFFSET("wal_usage.bytes", WalUsage, wal_bytes, "executor/instrument.h");
}

/* One node type; offsets of fields in its state, 0 for what it does not have. Offset 0 is every node's tag. */
typedef struct Shape
{
	int			tag;
	const char *state;
	const char *name;
	size_t		members;		/* PlanState ** */
	size_t		member_count;	/* int */
	size_t		child;			/* PlanState * of a subquery */
	size_t		child_list;		/* List * of PlanState * */
	size_t		relation;		/* Relation that is scanned */
	size_t		index;			/* Relation of the index */
	size_t		target;			/* ResultRelInfo * */
	size_t		root_target;	/* ResultRelInfo *, null or the better one */
	const char *detail1;		/* what an int of the Plan says, see values */
	size_t		detail1_at;
	const char *detail2;
	size_t		detail2_at;
} Shape;

#define NODE(state, name, ...) {T_##state, #state, name, __VA_ARGS__}
#define SCAN .relation = offsetof(ScanState, ss_currentRelation)
#define JOIN .detail1 = "join", .detail1_at = offsetof(Join, jointype)

static const Shape shapes[] = {
	NODE(ResultState, "Result", 0),
	NODE(ProjectSetState, "ProjectSet", 0),
	NODE(ModifyTableState, "ModifyTable",
#if PG_VERSION_NUM < 140000
		 .members = offsetof(ModifyTableState, mt_plans), .member_count = offsetof(ModifyTableState, mt_nplans),
#endif
#if PG_VERSION_NUM < 140000
		 /* From 14 on the root is always there. */
		 .target = offsetof(ModifyTableState, resultRelInfo),
#endif
		 .root_target = offsetof(ModifyTableState, rootResultRelInfo),
		 .detail1 = "operation", .detail1_at = offsetof(ModifyTable, operation)),
	NODE(AppendState, "Append", .members = offsetof(AppendState, appendplans), .member_count = offsetof(AppendState, as_nplans)),
	NODE(MergeAppendState, "Merge Append", .members = offsetof(MergeAppendState, mergeplans), .member_count = offsetof(MergeAppendState, ms_nplans)),
	NODE(RecursiveUnionState, "Recursive Union", 0),
	NODE(BitmapAndState, "BitmapAnd", .members = offsetof(BitmapAndState, bitmapplans), .member_count = offsetof(BitmapAndState, nplans)),
	NODE(BitmapOrState, "BitmapOr", .members = offsetof(BitmapOrState, bitmapplans), .member_count = offsetof(BitmapOrState, nplans)),
	NODE(SeqScanState, "Seq Scan", SCAN),
	NODE(SampleScanState, "Sample Scan", SCAN),
	NODE(IndexScanState, "Index Scan", SCAN, .index = offsetof(IndexScanState, iss_RelationDesc),
		 .detail1 = "direction", .detail1_at = offsetof(IndexScan, indexorderdir)),
	NODE(IndexOnlyScanState, "Index Only Scan", SCAN, .index = offsetof(IndexOnlyScanState, ioss_RelationDesc),
		 .detail1 = "direction", .detail1_at = offsetof(IndexOnlyScan, indexorderdir)),
	NODE(BitmapIndexScanState, "Bitmap Index Scan", .index = offsetof(BitmapIndexScanState, biss_RelationDesc)),
	NODE(BitmapHeapScanState, "Bitmap Heap Scan", SCAN),
	NODE(TidScanState, "Tid Scan", SCAN),
#if PG_VERSION_NUM >= 140000
	NODE(TidRangeScanState, "Tid Range Scan", SCAN),
#endif
	NODE(SubqueryScanState, "Subquery Scan", .child = offsetof(SubqueryScanState, subplan)),
	NODE(FunctionScanState, "Function Scan", 0),
	NODE(TableFuncScanState, "Table Function Scan", 0),
	NODE(ValuesScanState, "Values Scan", 0),
	NODE(CteScanState, "CTE Scan", 0),
	NODE(NamedTuplestoreScanState, "Named Tuplestore Scan", 0),
	NODE(WorkTableScanState, "WorkTable Scan", 0),
	NODE(ForeignScanState, "Foreign Scan", SCAN, .detail1 = "operation", .detail1_at = offsetof(ForeignScan, operation)),
	NODE(CustomScanState, "Custom Scan", SCAN, .child_list = offsetof(CustomScanState, custom_ps)),
	NODE(NestLoopState, "Nested Loop", JOIN),
	NODE(MergeJoinState, "Merge Join", JOIN),
	NODE(HashJoinState, "Hash Join", JOIN),
	NODE(MaterialState, "Materialize", 0),
#if PG_VERSION_NUM >= 140000
	NODE(MemoizeState, "Memoize", 0),
#endif
	NODE(SortState, "Sort", 0),
	NODE(IncrementalSortState, "Incremental Sort", 0),
	NODE(GroupState, "Group", 0),
	NODE(AggState, "Aggregate", .detail1 = "strategy", .detail1_at = offsetof(Agg, aggstrategy),
		 .detail2 = "partial", .detail2_at = offsetof(Agg, aggsplit)),
	NODE(WindowAggState, "WindowAgg", 0),
	NODE(UniqueState, "Unique", 0),
	NODE(GatherState, "Gather", 0),
	NODE(GatherMergeState, "Gather Merge", 0),
	NODE(HashState, "Hash", 0),
	NODE(SetOpState, "SetOp", .detail1 = "set_command", .detail1_at = offsetof(SetOp, cmd),
		 .detail2 = "set_strategy", .detail2_at = offsetof(SetOp, strategy)),
	NODE(LockRowsState, "LockRows", 0),
	NODE(LimitState, "Limit", 0),
};

static void
nodes(void)
{
	printf("# Node types of PostgreSQL %d: the NodeTag of the state, its struct, the name that EXPLAIN prints, then where in the state lie, 0 for\n", PG_VERSION_NUM / 10000);
	printf("# what it does not have: array of members, their number, subquery, list of children, scanned relation, index, target, root target;\n");
	printf("# then up to two ints of the plan with what they say (plan-values.tsv) and where they lie. Made by generate-plan-layout.c.\n");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
	{
		const Shape *s = &shapes[i];

		printf("%d\t%s\t%s\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%s\t%zu\t%s\t%zu\n", s->tag, s->state, s->name, s->members, s->member_count,
			   s->child, s->child_list, s->relation, s->index, s->target, s->root_target,
			   s->detail1 ? s->detail1 : "-", s->detail1_at, s->detail2 ? s->detail2 : "-", s->detail2_at);
	}
}

#define VALUE(kind, constant, name) printf("%s\t%d\t%s\n", kind, (int) constant, name)

static void
values(void)
{
	printf("# What the ints named in plan-nodes.tsv mean in PostgreSQL %d: kind, number, word that EXPLAIN prints. Made by generate-plan-layout.c.\n", PG_VERSION_NUM / 10000);
	VALUE("join", JOIN_INNER, "Inner");
	VALUE("join", JOIN_LEFT, "Left");
	VALUE("join", JOIN_FULL, "Full");
	VALUE("join", JOIN_RIGHT, "Right");
	VALUE("join", JOIN_SEMI, "Semi");
	VALUE("join", JOIN_ANTI, "Anti");
#if PG_VERSION_NUM >= 180000
	VALUE("join", JOIN_RIGHT_SEMI, "Right Semi");
#endif
#if PG_VERSION_NUM >= 160000
	VALUE("join", JOIN_RIGHT_ANTI, "Right Anti");
#endif
	VALUE("strategy", AGG_PLAIN, "Plain");
	VALUE("strategy", AGG_SORTED, "Sorted");
	VALUE("strategy", AGG_HASHED, "Hashed");
	VALUE("strategy", AGG_MIXED, "Mixed");
	VALUE("partial", AGGSPLIT_SIMPLE, "Simple");
	VALUE("partial", AGGSPLIT_INITIAL_SERIAL, "Partial");
	VALUE("partial", AGGSPLIT_FINAL_DESERIAL, "Finalize");
	VALUE("set_command", SETOPCMD_INTERSECT, "Intersect");
	VALUE("set_command", SETOPCMD_INTERSECT_ALL, "Intersect All");
	VALUE("set_command", SETOPCMD_EXCEPT, "Except");
	VALUE("set_command", SETOPCMD_EXCEPT_ALL, "Except All");
	VALUE("set_strategy", SETOP_SORTED, "Sorted");
	VALUE("set_strategy", SETOP_HASHED, "Hashed");
	VALUE("operation", CMD_SELECT, "Select");
	VALUE("operation", CMD_UPDATE, "Update");
	VALUE("operation", CMD_INSERT, "Insert");
	VALUE("operation", CMD_DELETE, "Delete");
#if PG_VERSION_NUM >= 150000
	VALUE("operation", CMD_MERGE, "Merge");
#endif
	VALUE("direction", BackwardScanDirection, "Backward");
	VALUE("direction", NoMovementScanDirection, "NoMovement");
	VALUE("direction", ForwardScanDirection, "Forward");
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "layout") == 0)
		layout();
	else if (argc == 2 && strcmp(argv[1], "nodes") == 0)
		nodes();
	else if (argc == 2 && strcmp(argv[1], "values") == 0)
		values();
	else
	{
		fprintf(stderr, "usage: %s layout|nodes|values\n", argv[0]);
		return 2;
	}
	return 0;
}
