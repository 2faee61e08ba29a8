// SPDX-License-Identifier: Apache-2.0
/*
 * Prints layout.properties for the PostgreSQL major whose server headers it is compiled with.
 * Usage: see generate.sh. VERSION_NUM is the server_version_num of the binary that verify.py is going to check the result on.
 */
#include "postgres.h"

/* Their fields of struct Port come after the ones asked for, so the libraries' headers are not needed. */
#undef ENABLE_GSS
#undef USE_OPENSSL

#include <stddef.h>
#include <stdio.h>

#include "catalog/pg_class.h"
#include "executor/execdesc.h"
#include "lib/stringinfo.h"
#include "libpq/libpq-be.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "tcop/cmdtag.h"
#include "utils/elog.h"
#include "utils/rel.h"
#if PG_VERSION_NUM >= 140000
#include "utils/backend_status.h"
#define BACKEND_STATUS_HEADER "utils/backend_status.h"
#else
#define BACKEND_STATUS_HEADER "pgstat.h"
#endif
#include "utils/portal.h"

/* The server's own printf family is not linked here. */
#undef printf
#undef fprintf

static void
value(const char *key, size_t value, const char *what, const char *header)
{
	printf("# %s, %s\n%s=%zu\n", what, header, key, value);
}

static void
conflicts(const char *key, unsigned mask)
{
	printf("# A bit 1 << mode for each mode that this one conflicts with.\n");
	value(key, mask, "LockConflicts", "storage/lmgr/lock.c (in no header)");
}

#define OFFSET(key, type, field, header) value(key, offsetof(type, field), #type "." #field, header)
#define ENUM(key, constant, header) value(key, constant, #constant, header)

int
main(int argc, char **argv)
{
	if (argc != 2)
	{
		fprintf(stderr, "usage: %s VERSION_NUM\n", argv[0]);
		return 2;
	}
	printf("# Facts about PostgreSQL %d on x86-64 Linux: byte offsets of struct fields and values of enums.\n", PG_VERSION_NUM / 10000);
	printf("# How established: compiled against the server headers of %s (generate-layout.c),\n", PG_VERSION);
	printf("# then checked on a live server of version_num by verify.py.\n");
	printf("version_num=%s\n", argv[1]);

	ENUM("activity.idle", STATE_IDLE, BACKEND_STATUS_HEADER);
	ENUM("activity.running", STATE_RUNNING, BACKEND_STATUS_HEADER);
	ENUM("activity.idle_in_transaction", STATE_IDLEINTRANSACTION, BACKEND_STATUS_HEADER);
	ENUM("activity.fastpath", STATE_FASTPATH, BACKEND_STATUS_HEADER);
	ENUM("activity.idle_in_aborted", STATE_IDLEINTRANSACTION_ABORTED, BACKEND_STATUS_HEADER);
	ENUM("activity.disabled", STATE_DISABLED, BACKEND_STATUS_HEADER);
#if PG_VERSION_NUM >= 180000
	ENUM("activity.starting", STATE_STARTING, BACKEND_STATUS_HEADER);
#endif
	OFFSET("backend_status.state", PgBackendStatus, st_state, BACKEND_STATUS_HEADER);

	OFFSET("pgproc.wait_event_info", PGPROC, wait_event_info, "storage/proc.h");
#if PG_VERSION_NUM >= 170000
	OFFSET("pgproc.lxid", PGPROC, vxid.lxid, "storage/proc.h");
#else
	OFFSET("pgproc.lxid", PGPROC, lxid, "storage/proc.h");
#endif
#if PG_VERSION_NUM >= 140000
	OFFSET("pgproc.xid", PGPROC, xid, "storage/proc.h");
#else
	printf("# The exported variable MyPgXact points there.\n");
	OFFSET("pgxact.xid", PGXACT, xid, "storage/proc.h");
#endif

	OFFSET("port.remote_host", Port, remote_host, "libpq/libpq-be.h");
	OFFSET("port.remote_port", Port, remote_port, "libpq/libpq-be.h");
	OFFSET("port.database_name", Port, database_name, "libpq/libpq-be.h");
	OFFSET("port.user_name", Port, user_name, "libpq/libpq-be.h");
	printf("# As the startup packet gave it, null without one; the current name is in the exported variable application_name (char *).\n");
	OFFSET("port.application_name", Port, application_name, "libpq/libpq-be.h");

	printf("# A char array, not a pointer.\n");
	OFFSET("background_worker.function_name", BackgroundWorker, bgw_function_name, "postmaster/bgworker.h");
	OFFSET("background_worker.notify_pid", BackgroundWorker, bgw_notify_pid, "postmaster/bgworker.h");
	printf("# A char array, not a pointer.\n");
	OFFSET("background_worker.type", BackgroundWorker, bgw_type, "postmaster/bgworker.h");
	printf("# Of a parallel worker: handle of the segment that it shares with its leader.\n");
	OFFSET("background_worker.main_arg", BackgroundWorker, bgw_main_arg, "postmaster/bgworker.h");
	printf("# Of a parallel worker: its number, an int.\n");
	OFFSET("background_worker.extra", BackgroundWorker, bgw_extra, "postmaster/bgworker.h");
	printf("# The exported variable MyBackendType has it in such a process.\n");
	ENUM("backend_type.autovacuum_worker", B_AUTOVAC_WORKER, "miscadmin.h");

	OFFSET("query_desc.operation", QueryDesc, operation, "executor/execdesc.h");
	OFFSET("query_desc.plannedstmt", QueryDesc, plannedstmt, "executor/execdesc.h");
	OFFSET("query_desc.source_text", QueryDesc, sourceText, "executor/execdesc.h");
	OFFSET("query_desc.estate", QueryDesc, estate, "executor/execdesc.h");

	OFFSET("estate.es_processed", EState, es_processed, "nodes/execnodes.h");

	OFFSET("planned_stmt.command_type", PlannedStmt, commandType, "nodes/plannodes.h");
	OFFSET("planned_stmt.query_id", PlannedStmt, queryId, "nodes/plannodes.h");
	OFFSET("planned_stmt.utility_stmt", PlannedStmt, utilityStmt, "nodes/plannodes.h");
	OFFSET("planned_stmt.stmt_location", PlannedStmt, stmt_location, "nodes/plannodes.h");
	OFFSET("planned_stmt.stmt_len", PlannedStmt, stmt_len, "nodes/plannodes.h");

	OFFSET("list.length", List, length, "nodes/pg_list.h");
	OFFSET("list.elements", List, elements, "nodes/pg_list.h");

	OFFSET("portal.name", PortalData, name, "utils/portal.h");
	OFFSET("portal.prep_stmt_name", PortalData, prepStmtName, "utils/portal.h");
	OFFSET("portal.source_text", PortalData, sourceText, "utils/portal.h");

	OFFSET("query_completion.command_tag", QueryCompletion, commandTag, "tcop/cmdtag.h");
	OFFSET("query_completion.nprocessed", QueryCompletion, nprocessed, "tcop/cmdtag.h");

	OFFSET("locallock.tag", LOCALLOCK, tag.lock, "storage/lock.h");
	OFFSET("locallock.mode", LOCALLOCK, tag.mode, "storage/lock.h");

	OFFSET("locallock.lock", LOCALLOCK, lock, "storage/lock.h");
	OFFSET("lock.proc_locks", LOCK, procLocks, "storage/lock.h");
	OFFSET("proclock.my_lock", PROCLOCK, tag.myLock, "storage/lock.h");
	OFFSET("proclock.group_leader", PROCLOCK, groupLeader, "storage/lock.h");
	OFFSET("proclock.hold_mask", PROCLOCK, holdMask, "storage/lock.h");
	OFFSET("proclock.lock_link", PROCLOCK, lockLink, "storage/lock.h");
	OFFSET("pgproc.pid", PGPROC, pid, "storage/proc.h");
	OFFSET("pgproc.lock_group_leader", PGPROC, lockGroupLeader, "storage/proc.h");
	conflicts("lock_conflicts.access_share", 0x100);
	conflicts("lock_conflicts.row_share", 0x180);
	conflicts("lock_conflicts.row_exclusive", 0x1e0);
	conflicts("lock_conflicts.share_update_exclusive", 0x1f0);
	conflicts("lock_conflicts.share", 0x1d8);
	conflicts("lock_conflicts.share_row_exclusive", 0x1f8);
	conflicts("lock_conflicts.exclusive", 0x1fc);
	conflicts("lock_conflicts.access_exclusive", 0x1fe);

	OFFSET("estate.es_relations", EState, es_relations, "nodes/execnodes.h");
	OFFSET("estate.es_range_table_size", EState, es_range_table_size, "nodes/execnodes.h");
	OFFSET("relation.rd_id", RelationData, rd_id, "utils/rel.h");
	OFFSET("relation.rd_rel", RelationData, rd_rel, "utils/rel.h");
	printf("# Three OIDs: tablespace, database, number of the file.\n");
#if PG_VERSION_NUM >= 160000
	OFFSET("relation.rd_locator", RelationData, rd_locator, "utils/rel.h");
#else
	value("relation.rd_locator", offsetof(RelationData, rd_node), "RelationData.rd_node", "utils/rel.h");
#endif
	printf("# Whose temporary relation it is, -1 of a permanent one.\n");
	OFFSET("relation.rd_backend", RelationData, rd_backend, "utils/rel.h");
	printf("# A char array, not a pointer.\n");
	OFFSET("class.relname", FormData_pg_class, relname, "catalog/pg_class.h");
	OFFSET("class.relfilenode", FormData_pg_class, relfilenode, "catalog/pg_class.h");
	OFFSET("class.reltablespace", FormData_pg_class, reltablespace, "catalog/pg_class.h");
	OFFSET("class.relisshared", FormData_pg_class, relisshared, "catalog/pg_class.h");

	OFFSET("string_info.data", StringInfoData, data, "lib/stringinfo.h");
	OFFSET("string_info.len", StringInfoData, len, "lib/stringinfo.h");
	OFFSET("string_info.cursor", StringInfoData, cursor, "lib/stringinfo.h");
	OFFSET("error_data.sqlerrcode", ErrorData, sqlerrcode, "utils/elog.h");

	ENUM("command.select", CMD_SELECT, "nodes/nodes.h");
	ENUM("command.update", CMD_UPDATE, "nodes/nodes.h");
	ENUM("command.insert", CMD_INSERT, "nodes/nodes.h");
	ENUM("command.delete", CMD_DELETE, "nodes/nodes.h");
#if PG_VERSION_NUM >= 150000
	ENUM("command.merge", CMD_MERGE, "nodes/nodes.h");
#endif
	ENUM("command.utility", CMD_UTILITY, "nodes/nodes.h");
	return 0;
}
