/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How an event is handed to the reader, and how a reader that sleeps is woken: docs/decisions/0030-a-reader-that-sleeps.md. */
#ifndef PGSTITCH_SUBMIT_BPF_H
#define PGSTITCH_SUBMIT_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

/* Not 0: the reader waits for the bell. The only variable of its section, so that it can be written as a map's
 * value; nothing beside it is written while events come. */
__u32 reader_sleeps SEC(".bss");

/* Nothing is read from it: what is put there wakes the reader. Rings of events cannot, since what wakes has to
 * come after the event. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} bell SEC(".maps");

/* Global, so that the verifier looks at it once. The word is taken back first: the next event of another
 * processor need not ring, and a reader that fell asleep again meanwhile is woken by what follows. */
__noinline int ring_bell(void)
{
	void *nothing;

	*(volatile __u32 *)&reader_sleeps = 0;
	nothing = bpf_ringbuf_reserve(&bell, 8, 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* After the event: the reader says that it sleeps and then looks into the rings once more; an event is put
 * there, by an exchange that is a full barrier, and then it is looked whether the reader sleeps. So one of the
 * two sees the other, on any processor. */
static __always_inline void wake_reader(void)
{
	if (*(volatile __u32 *)&reader_sleeps)
		ring_bell();
}

static __always_inline void submit(void *event)
{
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	wake_reader();
}

/* An event that lies elsewhere; 0 when it found room in the ring. */
static __always_inline long submit_copy(void *ring, void *event, __u64 length)
{
	long full = bpf_ringbuf_output(ring, event, length, BPF_RB_NO_WAKEUP);

	if (!full)
		wake_reader();
	return full;
}

/* Whoever goes past these two leaves the reader asleep. */
#pragma GCC poison bpf_ringbuf_submit bpf_ringbuf_output

#endif
