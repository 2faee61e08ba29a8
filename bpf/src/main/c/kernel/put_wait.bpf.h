/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A wait that is over, with its target, on its way into the ring. */
#ifndef PGSTITCH_PUT_WAIT_BPF_H
#define PGSTITCH_PUT_WAIT_BPF_H

#include "backend.bpf.h"

static __always_inline struct details *known_details(void)
{
	return bpf_task_storage_get(&wait_details, bpf_get_current_task_btf(), 0, 0);
}

static __always_inline struct details *current_details(void)
{
	struct details *d = bpf_task_storage_get(&wait_details, bpf_get_current_task_btf(), 0,
						 BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!d)
		count_loss(LOSS_NO_STATE);
	return d;
}

static __always_inline void fill_wait(struct wait_event *e, const struct backend *b, __u32 length,
				      __u32 flags)
{
	const struct pending_wait *w = &b->wait;

	e->h.length = length;
	e->h.kind = EVENT_WAIT;
	e->h.function = 0;
	e->h.pid = b->pid;
	e->h.flags = flags | (w->begun ? FLAG_WAIT_BEGUN : 0) | b->level << FLAG_LEVEL_SHIFT;
	e->h.time_ns = w->end_ns;
	e->h.cpu_ns = w->end_cpu_ns;
	e->h.sequence = b->sequence;
	e->h.stack = 0;
	e->duration_ns = w->end_ns - w->start_ns;
	e->cpu_ns = w->end_cpu_ns - w->start_cpu_ns;
	e->offset = w->offset;
	e->bytes = w->bytes;
	e->event = w->event;
	e->calls = w->calls;
	e->descriptor = w->descriptor;
	e->lock_mode = b->lock_stack ? b->lock_mode : 0;
	__builtin_memcpy(e->lock_tag, b->lock_tag, sizeof(e->lock_tag));
}

/* Four sizes, because a reservation's must be a constant. Global, so that the verifier looks at it once. */
__noinline int put_wait(struct backend *b)
{
	struct details *d;
	__u32 detail;

	if (!b)
		return 0;
	b->wait.active = 0;
	b->wait.follows = 0;
	/* Before the backend's first event there is nothing that the wait could belong to. */
	if (!b->announced)
		return 0;
	b->sequence++;
	detail = b->wait.detail;
	d = detail ? known_details() : 0;
	if (d && detail == FLAG_WAIT_FILE) {
		struct wait_of_file *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_FILE);
		__builtin_memcpy(&e->file, &d->file, sizeof(e->file));
		submit(e);
	} else if (d && detail == FLAG_WAIT_LOCK) {
		struct wait_of_lock *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_LOCK);
		__builtin_memcpy(&e->lock, &d->lock, sizeof(e->lock));
		submit(e);
	} else if (d && detail == FLAG_WAIT_BLOCK) {
		struct wait_of_block *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_BLOCK);
		__builtin_memcpy(&e->block, &d->block, sizeof(e->block));
		submit(e);
	} else {
		struct wait_event *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(e, b, sizeof(*e), 0);
		submit(e);
	}
	return 0;
full:
	count_loss(LOSS_RING_FULL);
	return 0;
}

#endif
