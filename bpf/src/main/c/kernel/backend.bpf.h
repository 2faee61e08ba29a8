/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What all programs need of the backend that they run in: its state, its clocks, its memory, its place in the
 * ring, and what its level asks for. */
#ifndef PGSTITCH_BACKEND_BPF_H
#define PGSTITCH_BACKEND_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.h"
#include "maps.bpf.h"
#include "state.bpf.h"
#include "submit.bpf.h"

/* Stack pointer at a function's return minus the one at its entry: x86 pops the return address. */
#if defined(__TARGET_ARCH_x86)
#define RETURN_POPS 8
#else
#define RETURN_POPS 0
#endif

/* Within a slice the clock is all there is; it counts what a hypervisor took meanwhile. What was said too
 * much of is caught up with, not taken back. */
static __always_inline __u64 cpu_time(struct backend *b, __u64 now)
{
	__u64 cpu = b->cpu_ns + (now - b->on_cpu_since);

	if (cpu < b->cpu_said)
		return b->cpu_said;
	b->cpu_said = cpu;
	return cpu;
}

/* The task leaves its processor: from its second switch on, what it used is what the scheduler booked. That
 * begins a little before the switch is seen; the clock is the upper bound, so that no call used more processor
 * time than it took. */
static __always_inline void settle_cpu(struct backend *b, const struct task_struct *task, __u64 now)
{
	__u64 booked = task->se.sum_exec_runtime;
	__u64 bound = b->cpu_ns + (now - b->on_cpu_since);

	b->cpu_ns = booked - b->exec_offset;
	if (!b->exec_known || b->cpu_ns > bound) {
		b->cpu_ns = bound;
		b->exec_offset = booked - bound;
		b->exec_known = 1;
	}
	b->on_cpu_since = now;
}

static __always_inline struct backend *known_backend(struct task_struct *task)
{
	return bpf_task_storage_get(&backends, task, 0, 0);
}

/* For functions that are not given the backend. */
static __always_inline struct scratch *current_scratch(void)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	return b ? &b->scratch : 0;
}

static __always_inline struct binary_config *binary_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&binaries, &key);
}

static __always_inline struct plan_config *plan_config_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&plan_configs, &key);
}

static __always_inline __u64 read_u64(__u64 address)
{
	__u64 value = 0;

	if (address)
		bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline __u32 read_u32(__u64 address)
{
	__u32 value = 0;

	if (address)
		bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline void fill_header(struct event_header *h, struct backend *b, __u16 kind,
					__u32 length, __u64 now, __u64 cookie, __u64 stack)
{
	h->length = length;
	h->kind = kind;
	h->function = cookie & ((1 << COOKIE_FUNCTION_BITS) - 1);
	h->pid = b->pid;
	h->flags = b->level << FLAG_LEVEL_SHIFT;
	h->time_ns = now;
	h->cpu_ns = cpu_time(b, now);
	h->sequence = b->sequence;
	h->stack = stack;
}

static __always_inline void *ring_of(__u32 pid)
{
	__u32 place = pid & (RINGS - 1);

	return bpf_map_lookup_elem(&rings, &place);
}

/* Room for an event of a process, of a constant size; NULL when its ring is full. */
static __always_inline void *reserve_for(__u32 pid, const __u64 size)
{
	void *ring = ring_of(pid);

	return ring ? bpf_ringbuf_reserve(ring, size, 0) : 0;
}

static __always_inline void *reserve(const struct backend *b, const __u64 size)
{
	return reserve_for(b->pid, size);
}

static __always_inline void put(struct event_header *event, __u64 length)
{
	void *ring = ring_of(event->pid);

	if (!ring || submit_copy(ring, event, length))
		count_loss(LOSS_RING_FULL);
}

/* A cookie: address of the function in the file << 24 | binary << 16 | function. */
static __always_inline __u64 cookie_address(__u64 cookie)
{
	return cookie >> 24;
}

static __always_inline __u32 cookie_binary(__u64 cookie)
{
	return (cookie >> 16) & 0xff;
}

/* Whether the level in force asks for what a bit stands for. */
static __always_inline bool wants(const struct backend *b, enum level bit)
{
	return b->level & bit;
}

/* Whether the level in force asks for the events of a probe. */
static __always_inline bool asks_for(const struct backend *b, __u64 cookie)
{
	return b->asked >> ((cookie >> COOKIE_FUNCTION_BITS) & 3) & 1;
}

static __always_inline struct control_layout *control_layout_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&control_layouts, &key);
}

static __always_inline struct code_layout *code_layout_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&code_layouts, &key);
}

static __always_inline __u32 default_level(void)
{
	__u32 zero = 0;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	return c ? c->level : 0;
}

/* The tiers of probes whose events a level asks for, bits 1 << enum cookie_tier. */
static __always_inline __u32 tiers_of(__u32 level)
{
	__u32 zero = 0, tiers = 1 << COOKIE_BASIC;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	if (!(level & LEVEL_TRACE))
		return 0;
	if ((level & LEVEL_DETAIL) && (level & LEVEL_ALL_DETAIL))
		tiers |= 1 << COOKIE_DETAIL | 1 << COOKIE_PHASE;
	else if ((level & LEVEL_DETAIL) && c)
		tiers |= c->detailed;
	if (level & LEVEL_FUNCTIONS)
		tiers |= 1 << COOKIE_FUNCTION;
	return tiers;
}

/* Whether an executor's start and end are seen. */
static __always_inline bool sees_executors(const struct backend *b)
{
	return b->asked >> COOKIE_PHASE & 1;
}

#endif
