/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the structs of a running server are held against what is known of them. The numbers are those of
 * io.pgstitch.collector.probe.LayoutPart and LayoutContradiction. */
#ifndef PGSTITCH_LAYOUTS_H
#define PGSTITCH_LAYOUTS_H

#include "events.h"

/* What is lost together when one of its structs is not as it should be. */
enum layout_part {
	LAYOUT_QUERY = 0,    /* QueryDesc, PlannedStmt, EState */
	LAYOUT_PLAN = 1,     /* PlanState, Plan, SubPlanState, Instrumentation */
	LAYOUT_BINDS = 2,    /* ParamListInfoData */
	LAYOUT_PORTAL = 3,   /* PortalData, List */
	LAYOUT_RELATION = 4, /* RelationData, FormData_pg_class */
	LAYOUT_LOCK = 5,     /* LOCALLOCK, LOCK, PROCLOCK, PGPROC */
	LAYOUT_MESSAGE = 6,  /* StringInfoData */
	LAYOUT_QUERY_ID = 7, /* PlannedStmt.queryId alone */
	LAYOUT_TREE = 8,     /* Query */
	LAYOUT_PARTS = 16,   /* room */
};

enum layout_check {
	CHECK_PLANNED_TAG = 1,	       /* QueryDesc.plannedstmt points at a PlannedStmt */
	CHECK_COMMAND = 2,	       /* PlannedStmt.commandType is QueryDesc.operation */
	CHECK_ESTATE_TAG = 3,	       /* QueryDesc.estate points at an EState, or is not set yet */
	CHECK_ESTATE_PLANNED = 4,      /* EState.es_plannedstmt is QueryDesc.plannedstmt */
	CHECK_ESTATE_TEXT = 5,	       /* EState.es_sourceText is QueryDesc.sourceText */
	CHECK_NOT_PROCESSED = 6,       /* EState.es_processed is 0 before the first run */
	CHECK_ROWS = 7,		       /* ... and what the command's end says, after it */
	CHECK_LOCATION = 8,	       /* PlannedStmt.stmt_location and stmt_len lie in the text */
	CHECK_TEXT = 9,		       /* QueryDesc.sourceText is a text */
	CHECK_UTILITY_TAG = 10,	       /* standard_ProcessUtility gets a PlannedStmt */
	CHECK_UTILITY_COMMAND = 11,    /* ... whose commandType is CMD_UTILITY */
	CHECK_QUERY_ID = 12,	       /* PlannedStmt.queryId and PgBackendStatus.st_query_id agree */
	CHECK_PLAN_STATE = 13,	       /* PlanState.state is QueryDesc.estate, of every node */
	CHECK_PLAN_TREE = 14,	       /* PlanState.plan of the top is PlannedStmt.planTree */
	CHECK_PLAN_CHILD = 15,	       /* PlanState.plan of a child is its parent's Plan.lefttree/righttree */
	CHECK_PLAN_INIT = 16,	       /* PlanState.initPlan is there when Plan.initPlan is */
	CHECK_PLAN_LIST = 17,	       /* a list of subplans is a List of SubPlanState */
	CHECK_SUB_PLAN = 18,	       /* EState.es_subplanstates has it at SubPlan.plan_id */
	CHECK_INSTRUMENT = 19,	       /* Instrumentation is as EState.es_instrument asks for */
	CHECK_PARAMS = 20,	       /* EState.es_param_list_info is QueryDesc.params */
	CHECK_PARAM_COUNT = 21,	       /* ParamListInfoData.numParams is a number of parameters */
	CHECK_PARAM_FLAGS = 22,	       /* isnull and pflags of a parameter have their values */
	CHECK_PORTAL_NAME = 23,	       /* PortalData.name points at a text */
	CHECK_PORTAL_LIST = 24,	       /* its statements are a List of PlannedStmt */
	CHECK_RELATION_ID = 25,	       /* RelationData.rd_id is the oid of rd_rel */
	CHECK_RELATION_FILE = 26,      /* RelationData.rd_locator is that of rd_rel */
	CHECK_RELATION_BACKEND = 27,   /* rd_backend is -1 but for temporary ones */
	CHECK_RELATION_NAME = 28,      /* relname is a name */
	CHECK_RANGE_TABLE = 29,	       /* EState.es_range_table_size is the length of es_range_table */
	CHECK_LOCK_TAG = 30,	       /* LOCALLOCK.lock points at a LOCK with the same tag */
	CHECK_LOCK_MODE = 31,	       /* LOCALLOCK.tag.mode is a mode */
	CHECK_LOCK_HOLD_MASK = 32,     /* PROCLOCK.holdMask has bits of modes */
	CHECK_PROC_PID = 33,	       /* PGPROC.pid is MyProcPid */
	CHECK_STRING_END = 34,	       /* StringInfoData.data has a field's code before len, below maxlen */
	CHECK_STRING_TYPE = 35,	       /* StringInfoData.cursor is the type of a message about an error */
	CHECK_EXECUTED = 36,	       /* QueryDesc.already_executed is a bool */
	CHECK_LOCK_LIST = 37,	       /* LOCK.procLocks and PROCLOCK.lockLink are nodes of a list */
	CHECK_LOCK_ENTRY = 38,	       /* LOCALLOCK.proclock is an entry of LOCALLOCK.lock */
	CHECK_LOCK_GROUP = 39,	       /* its groupLeader is MyProc's lockGroupLeader, or MyProc */
	CHECK_TREE = 40,	       /* standard_planner gets a Query that is no utility */
	CHECK_TREE_LOCATION = 41,      /* Query.stmt_location and stmt_len lie in the text */
};

/* A contradiction; once for each part of a binary. It belongs to no backend and has no sequence number. */
struct layout_event {
	struct event_header h;
	__u32 binary;
	__u32 part;
	__u32 check;
	__u32 pad;
	__u64 expected;
	__u64 found;
};

/* What the checks need besides the other layouts; words in the order of
 * io.pgstitch.collector.probe.CheckFacts. Addresses are virtual ones in the file, 0 none. */
struct layout_config {
	__u32 known; /* 0: nothing is checked, and nothing followed */
	__u32 tag_planned;
	__u32 tag_estate;
	__u32 tag_list;
	__u32 tag_sub_plan_state;
	__u32 tag_custom_scan;
	__u32 query_operation;
	__u32 query_executed;
	__u32 estate_planned;
	__u32 estate_text;
	__u32 estate_params;
	__u32 estate_instrument;
	__u32 estate_range_table;
	__u32 estate_sub_plans;
	__u32 planned_tree;
	__u32 state_estate;
	__u32 plan_left;
	__u32 plan_right;
	__u32 plan_init;
	__u32 class_oid;
	__u32 class_persistence;
	__u32 lock_tag;
	__u32 locallock_proclock;
	__u32 string_max;
	__u32 command_utility;
	__u32 list_length;
	__u32 backend_query_id; /* 0: this major does not show it */
	__u32 backend_state;
	__u32 my_backend_entry;
	__u32 my_process_id;
	__u32 need_timer;
	__u32 need_buffers;
	__u32 need_wal;
	__u32 tag_query;
	__u32 tree_command;
	__u32 tree_location;
	__u32 tree_length;
	/* The rest is set by the kernel programs. */
	__u8 contradicted[LAYOUT_PARTS];
	__u8 rows_agreed;   /* EState.es_processed has been what the command's end said, and not 0 */
	__u8 rows_differed; /* how often it was something else before */
	__u8 pad[2];
};

#endif
