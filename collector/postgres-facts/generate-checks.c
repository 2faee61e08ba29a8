// SPDX-License-Identifier: Apache-2.0
/*
 * Prints checks.properties for the PostgreSQL major whose server headers it is compiled with: what the kernel programs hold
 * the other layouts against. Usage: see generate-checks.sh.
 */
#include "postgres.h"

#include <stddef.h>
#include <stdio.h>

#include "catalog/pg_class.h"
#include "executor/execdesc.h"
#include "executor/instrument.h"
#include "lib/stringinfo.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "pgstat.h"
#include "storage/lock.h"
#if PG_VERSION_NUM >= 140000
#include "utils/backend_status.h"
#endif

/* The server's own printf family is not linked here. */
#undef printf

static void
value(const char *key, size_t value, const char *what, const char *header)
{
	printf("# %s, %s\n%s=%zu\n", what, header, key, value);
}

#define OFFSET(key, type, field, header) value(key, offsetof(type, field), #type "." #field, header)
#define ENUM(key, constant, header) value(key, constant, #constant, header)

int
main(void)
{
	printf("# What layouts of PostgreSQL %d are held against while a server runs, x86-64 Linux: node tags and byte offsets.\n", PG_VERSION_NUM / 10000);
	printf("# How established: compiled against the server headers of %s (generate-checks.c).\n", PG_VERSION);

	ENUM("tag.planned_stmt", T_PlannedStmt, "nodes/nodes.h");
	ENUM("tag.query", T_Query, "nodes/nodes.h");
	ENUM("tag.estate", T_EState, "nodes/nodes.h");
	ENUM("tag.list", T_List, "nodes/nodes.h");
	ENUM("tag.sub_plan_state", T_SubPlanState, "nodes/nodes.h");
	ENUM("tag.custom_scan_state", T_CustomScanState, "nodes/nodes.h");

	OFFSET("estate.es_plannedstmt", EState, es_plannedstmt, "nodes/execnodes.h");
	OFFSET("estate.es_source_text", EState, es_sourceText, "nodes/execnodes.h");
	OFFSET("estate.es_param_list_info", EState, es_param_list_info, "nodes/execnodes.h");
	OFFSET("estate.es_instrument", EState, es_instrument, "nodes/execnodes.h");
	OFFSET("estate.es_range_table", EState, es_range_table, "nodes/execnodes.h");
	OFFSET("estate.es_subplanstates", EState, es_subplanstates, "nodes/execnodes.h");
	OFFSET("planned_stmt.plan_tree", PlannedStmt, planTree, "nodes/plannodes.h");

	OFFSET("query.command_type", Query, commandType, "nodes/parsenodes.h");
	OFFSET("query.stmt_location", Query, stmt_location, "nodes/parsenodes.h");
	OFFSET("query.stmt_len", Query, stmt_len, "nodes/parsenodes.h");

	OFFSET("plan_state.state", PlanState, state, "nodes/execnodes.h");
	OFFSET("plan.lefttree", Plan, lefttree, "nodes/plannodes.h");
	OFFSET("plan.righttree", Plan, righttree, "nodes/plannodes.h");
	OFFSET("plan.init_plan", Plan, initPlan, "nodes/plannodes.h");

	OFFSET("class.oid", FormData_pg_class, oid, "catalog/pg_class.h");
	OFFSET("class.relpersistence", FormData_pg_class, relpersistence, "catalog/pg_class.h");
	OFFSET("lock.tag", LOCK, tag, "storage/lock.h");
	OFFSET("locallock.proclock", LOCALLOCK, proclock, "storage/lock.h");
	OFFSET("string_info.maxlen", StringInfoData, maxlen, "lib/stringinfo.h");

#if PG_VERSION_NUM >= 140000
	OFFSET("backend_status.query_id", PgBackendStatus, st_query_id, "utils/backend_status.h");
#else
	printf("# 0: the server does not show it.\n");
	value("backend_status.query_id", 0, "PgBackendStatus.st_query_id", "since 14");
#endif
	return 0;
}
