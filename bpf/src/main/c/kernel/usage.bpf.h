/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the server counts for a backend: buffers and WAL. */
#ifndef PGSTITCH_USAGE_BPF_H
#define PGSTITCH_USAGE_BPF_H

#include "backend.bpf.h"

/* Reads pgWalUsage; false when it is not known where it lies. */
static __always_inline bool read_wal(const struct backend *b, __u64 *wal)
{
	struct plan_config *c = plan_config_of(b);

	return c && c->wal_usage &&
	       !bpf_probe_read_user(wal, WAL_COUNTERS * sizeof(*wal),
				    (void *)(b->bias + c->wal_usage));
}

/* Reads pgBufferUsage and pgWalUsage into the backend's words: the stack has no room for them where functions
 * are nested. Returns false when they cannot be read.
 * @buffers, @wal: the words at which they begin */
static __always_inline bool read_usage(struct backend *b, const struct binary_config *bin,
				       __u64 *buffers, __u64 *wal)
{
	__u64 *words = b->usage;
	struct plan_config *c = plan_config_of(b);
	__u64 wal_at = c ? c->wal_usage : 0, first, end;

	if (bin->buffer_usage < wal_at) {
		first = bin->buffer_usage;
		end = wal_at + 8 * WAL_COUNTERS;
	} else {
		first = wal_at;
		end = bin->buffer_usage + 8 * BUFFER_COUNTERS;
	}
	if (wal_at && end - first <= 8 * USAGE_WORDS && !((wal_at | bin->buffer_usage) & 7) &&
	    !bpf_probe_read_user(words, 8 * USAGE_WORDS, (void *)(b->bias + first))) {
		*buffers = (bin->buffer_usage - first) >> 3;
		*wal = (wal_at - first) >> 3;
		return true;
	}
	*buffers = 0;
	*wal = BUFFER_COUNTERS;
	if (bpf_probe_read_user(words, 8 * BUFFER_COUNTERS, (void *)(b->bias + bin->buffer_usage)))
		return false;
	if (!wal_at || bpf_probe_read_user(words + BUFFER_COUNTERS, 8 * WAL_COUNTERS,
					   (void *)(b->bias + wal_at)))
		__builtin_memcpy(words + BUFFER_COUNTERS, b->wal, sizeof(b->wal));
	return true;
}

static __always_inline void put_buffers_if_moved(struct backend *b, __u64 now)
{
	struct binary_config *bin = binary_of(b);
	__u64 *words = b->usage, moved = 0, buffers, wal;
	struct buffers_event *e;

	if (!bin || !bin->buffer_usage || !read_usage(b, bin, &buffers, &wal))
		return;
	barrier_var(buffers);
	barrier_var(wal);
	if (buffers > USAGE_WORDS - BUFFER_COUNTERS || wal > USAGE_WORDS - WAL_COUNTERS)
		return;
#pragma unroll
	for (int i = 0; i < BUFFER_COUNTERS; i++)
		moved |= words[buffers + i] ^ b->buffers[i];
#pragma unroll
	for (int i = 0; i < WAL_COUNTERS; i++)
		moved |= words[wal + i] ^ b->wal[i];
	if (!moved)
		return;
	e = reserve(b, sizeof(*e));
	if (!e) {
		/* Not lost: the counters are totals, the next report makes up for it. */
		return;
	}
	fill_header(&e->h, b, EVENT_BUFFERS, sizeof(*e), now, 0, 0);
#pragma unroll
	for (int i = 0; i < BUFFER_COUNTERS; i++)
		e->counters[i] = b->buffers[i] = words[buffers + i];
#pragma unroll
	for (int i = 0; i < WAL_COUNTERS; i++)
		e->wal[i] = b->wal[i] = words[wal + i];
	submit(e);
}

#endif
