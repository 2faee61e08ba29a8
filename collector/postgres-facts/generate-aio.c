// SPDX-License-Identifier: Apache-2.0
/*
 * Prints asynchronous-io.properties for the PostgreSQL major, 18 or later, whose server headers it is compiled with.
 * Usage: see generate-aio.sh.
 */
#include "postgres.h"

#include <stddef.h>
#include <stdio.h>

#include "storage/aio.h"
#include "storage/aio_internal.h"
#include "storage/aio_types.h"

/* The server's own printf family is not linked here. */
#undef printf

/* What async_io.bpf.h reads as one piece must lie as it is there. */
StaticAssertDecl(sizeof(PgAioWaitRef) == 12 && offsetof(PgAioWaitRef, generation_lower) == 8,
				 "PgAioWaitRef is another one than struct wait_reference");
StaticAssertDecl(offsetof(PgAioTargetData, smgr.rlocator) == 0 && offsetof(PgAioTargetData, smgr.blockNum) == 12 &&
				 offsetof(PgAioTargetData, smgr.nblocks) == 16 && sizeof(PgAioTargetData) == 24,
				 "PgAioTargetData is another one than struct target_blocks");

static void
value(const char *key, size_t value, const char *what, const char *header)
{
	printf("# %s, %s\n%s=%zu\n", what, header, key, value);
}

#define INTERNAL "storage/aio_internal.h"
#define OFFSET(key, type, field) value(key, offsetof(type, field), #type "." #field, INTERNAL)

int
main(void)
{
	printf("# Where PostgreSQL %d keeps what its asynchronous IOs are for, x86-64 Linux.\n", PG_VERSION_NUM / 10000);
	printf("# How established: compiled against the server headers of %s (generate-aio.c),\n", PG_VERSION);
	printf("# checked by WaitTargetsIT on a live server.\n");
	printf("# The exported variable pgaio_ctl points to the control.\n");
	OFFSET("control.handle_count", PgAioCtl, io_handle_count);
	OFFSET("control.handles", PgAioCtl, io_handles);
	value("handle.size", sizeof(PgAioHandle), "sizeof(PgAioHandle)", INTERNAL);
	OFFSET("handle.target", PgAioHandle, target);
	OFFSET("handle.target_data", PgAioHandle, target_data);
	OFFSET("handle.generation", PgAioHandle, generation);
	value("target.smgr", PGAIO_TID_SMGR, "PGAIO_TID_SMGR", "storage/aio.h");
	return 0;
}
