/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How every event of a function begins. */
#ifndef PGSTITCH_BEFORE_EVENT_BPF_H
#define PGSTITCH_BEFORE_EVENT_BPF_H

#include "announce.bpf.h"
#include "put_wait.bpf.h"
#include "usage.bpf.h"

/* What comes before each event of a function: the wait that ended, who it is, what the buffers did;
 * then the event's own sequence number is taken. Global, so that the verifier looks at it once. */
__noinline int before_event(struct backend *b, __u64 now)
{
	if (!b)
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = 0;
	b->aio_stack = 0;
	if (!b->announced)
		announce(b, now);
	put_buffers_if_moved(b, now);
	b->sequence++;
	return 0;
}

#endif
