/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Returns that the kernel does not report. It remembers 64 open calls of a process and takes no more;
 * and where an error has left that many at once, it never takes one of this process again, because only
 * a return makes it look. The entries are still seen, so the calls are kept here instead: what the stack
 * shows to be over at the next event gets its exit then, marked as late (FLAG_LATE). */
#ifndef PGSTITCH_RETURNS_BPF_H
#define PGSTITCH_RETURNS_BPF_H

#include "before_event.bpf.h"
#include "layouts.bpf.h"

#define UNSEEN_CALLS 128
/* The verifier looks at each turn of a loop, in each program. So a loop goes through some, in a function that
 * is looked at once, and another one calls that: 16 and 8 turns instead of 128. */
#define UNSEEN_AT_ONCE 16
/* An executor's next function may be a little deeper than the one before, under hooks of extensions. */
#define UNSEEN_NEAR 4
#define UNSEEN_RUN 1  /* ExecutorRun */
/* It runs no statements, or hardly any, as the planner for a function that it folds: whatever comes next
 * is after it, however deep. */
#define UNSEEN_LEAF 2

struct unseen_call {
	__u64 stack;
	__u64 cookie;
	__u64 query; /* QueryDesc of an executor's function, else 0 */
	__u64 kind;  /* UNSEEN_RUN, UNSEEN_LEAF or 0 */
};

struct unseen_calls {
	struct unseen_call call[UNSEEN_CALLS];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct unseen_calls);
} unseen_calls SEC(".maps");

/* Open calls of the process that the kernel remembers. At a function's entry: without it. */
static __always_inline __u32 returns_open(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct uprobe_task *utask;

	if (!bpf_core_field_exists(task->utask))
		return 0;
	utask = task->utask;
	return utask ? utask->depth : 0;
}

static __always_inline struct unseen_call *unseen_at(struct unseen_calls *calls, __u32 i)
{
	barrier_var(i);
	return &calls->call[i & (UNSEEN_CALLS - 1)];
}

__attribute__((noinline)) int keep_unseen(__u64 stack, __u64 cookie, __u64 query, __u32 kind)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct unseen_calls *calls = bpf_task_storage_get(
	    &unseen_calls, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct unseen_call *call;

	if (!b)
		return 0;
	/* So deep a call has no end of its own; those around it, which end late, mark the trace. */
	if (!calls || b->unseen >= UNSEEN_CALLS) {
		count_loss(LOSS_NO_STATE);
		return 0;
	}
	call = unseen_at(calls, b->unseen);
	call->stack = stack;
	call->cookie = cookie;
	call->query = query;
	call->kind = kind;
	b->unseen++;
	b->unseen_runs += kind & UNSEEN_RUN;
	return 0;
}

/* A function is entered that has a return program: remembers it where the kernel does not. */
static __always_inline void expect_return(__u64 stack, __u64 cookie, __u64 query, __u32 kind)
{
	if (returns_open() >= KERNEL_RETURNS)
		keep_unseen(stack, cookie, query, kind);
}

/* Rows of a run that has returned. Its executor has not ended, as far as the probe there tells. */
static __always_inline __s64 rows_of(const struct backend *b, const struct unseen_call *call)
{
	struct binary_config *bin = binary_of(b);
	struct layout_config *c = layout_of(b->binary);
	__u64 estate;

	if (call->kind != UNSEEN_RUN || !bin || !bin->layout_known || !c || !sees_executors(b) ||
	    c->contradicted[LAYOUT_QUERY])
		return -1;
	estate = read_u64(call->query + bin->query_estate);
	return read_u32(estate) == c->tag_estate ? read_u64(estate + bin->estate_processed) : -1;
}

/* Takes the innermost of the calls, and tells its exit unless an error ended it. */
__attribute__((noinline)) int end_unseen(__u64 now, __u32 silently)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct unseen_calls *calls =
	    bpf_task_storage_get(&unseen_calls, bpf_get_current_task_btf(), 0, 0);
	struct unseen_call *call;
	struct exit_event *e;

	if (!b || !calls || !b->unseen)
		return 0;
	call = unseen_at(calls, b->unseen - 1);
	b->unseen--;
	b->unseen_runs -= call->kind & UNSEEN_RUN;
	if (silently || !(b->level & LEVEL_TRACE) || !b->announced)
		return 0;
	count_loss(LOSS_RETURN_UNSEEN);
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_EXIT, sizeof(*e), now, call->cookie, call->stack);
	e->h.flags |= FLAG_LATE;
	e->rows = rows_of(b, call);
	submit(e);
	return 0;
}

/* Ends some of the calls of end_unseen_below(). Returns whether there may be more. */
__attribute__((noinline)) int end_some_below(__u64 stack, __u64 cookie, __u64 now)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct unseen_calls *calls =
	    bpf_task_storage_get(&unseen_calls, bpf_get_current_task_btf(), 0, 0);
	struct unseen_call *call;
	bool own;

	if (!b || !calls)
		return 0;
#pragma clang loop unroll(disable)
	for (int k = 0; k < UNSEEN_AT_ONCE; k++) {
		if (!b->unseen)
			return 0;
		call = unseen_at(calls, b->unseen - 1);
		if (call->stack > stack && call->kind != UNSEEN_LEAF)
			return 0;
		/* The kernel reported it after all. */
		own = cookie && call->stack == stack && call->cookie == cookie;
		end_unseen(now, own || b->unseen_thrown);
		if (own)
			return 0;
	}
	return 1;
}

/* A function is entered, or the one with this cookie has returned: deeper calls are over.
 * @cookie: 0 at an entry */
__attribute__((noinline)) int end_unseen_below(struct backend *b, __u64 stack, __u64 cookie, __u64 now)
{
	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int k = 0; k < UNSEEN_CALLS / UNSEEN_AT_ONCE; k++)
		if (!end_some_below(stack, cookie, now))
			break;
	b->unseen_thrown = 0;
	return 0;
}

/* A function of an executor is entered: those of it before are over, however deep they were. */
__attribute__((noinline)) int end_unseen_of(__u64 query, __u64 now)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct unseen_calls *calls =
	    bpf_task_storage_get(&unseen_calls, bpf_get_current_task_btf(), 0, 0);
	__u32 over = 0;

	if (!b || !calls)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 k = 1; k <= UNSEEN_NEAR; k++)
		if (b->unseen >= k && unseen_at(calls, b->unseen - k)->query == query)
			over = k;
#pragma clang loop unroll(disable)
	for (__u32 k = 0; k < UNSEEN_NEAR; k++)
		if (k < over)
			end_unseen(now, 0);
	return 0;
}

#endif
