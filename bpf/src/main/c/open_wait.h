/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The wait in which a backend is, as the kernel programs keep it with the task. Read from outside too:
 * loader/tasks.c finds it in the task's storage by its name. */
#ifndef PGSTITCH_OPEN_WAIT_H
#define PGSTITCH_OPEN_WAIT_H

struct pending_wait {
	__u64 start_ns;
	__u64 start_cpu_ns;
	__u64 end_ns;
	__u64 end_cpu_ns;
	__s64 offset;
	__s64 bytes;
	__u32 event;
	__u32 calls;
	__s32 descriptor;
	__u32 syscall; /* number of the last call */
	__u8 active;
	__u8 in_call;
	__u8 interrupted; /* the last call ended early: the next one goes on with the same wait */
	__u8 follows;	  /* the running call moves the bytes that were waited for */
	__u8 begun;	  /* before start_ns, from when on it was looked for */
	__u8 pad;
	__u16 detail;	  /* FLAG_WAIT_FILE, FLAG_WAIT_LOCK, FLAG_WAIT_BLOCK or 0: what `details` holds of it */
};

#endif
