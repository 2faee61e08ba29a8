/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How a program begins, and the programs of functions of which only entry and return matter. */
#ifndef PGSTITCH_CALLS_BPF_H
#define PGSTITCH_CALLS_BPF_H

#include "before_event.bpf.h"
#include "known.bpf.h"
#include "returns.bpf.h"

/* How a program at a function's entry begins: with the backend, and without the calls that are over by now. */
#define ENTER_ANYWAY(state, cookie, stack, now)                                             \
	__u64 cookie = bpf_get_attach_cookie(ctx);                                          \
	struct backend *state = current_backend(cookie, PT_REGS_IP(ctx));                   \
	__u64 stack, now;                                                                   \
	if (!state)                                                                         \
		return 0;                                                                   \
	stack = PT_REGS_SP(ctx);                                                            \
	now = bpf_ktime_get_ns();                                                           \
	if (state->unseen)                                                                  \
		end_unseen_below(state, stack, 0, now)

/* Each program emits only what the level in force asks for. */
#define ENTER(state, cookie, stack, now)                                                    \
	ENTER_ANYWAY(state, cookie, stack, now);                                            \
	if (!asks_for(state, cookie))                                                       \
		return 0

/* A function that was entered before its process was known has nothing to return to. */
#define LEAVE(state, cookie, stack, now)                                                    \
	struct backend *state = known_backend(bpf_get_current_task_btf());                  \
	__u64 cookie = bpf_get_attach_cookie(ctx), stack, now;                              \
	if (!state || state->kind == BACKEND_OTHER || !state->announced ||                  \
	    !asks_for(state, cookie))                                                       \
		return 0;                                                                   \
	stack = PT_REGS_SP(ctx) - RETURN_POPS;                                              \
	now = bpf_ktime_get_ns();                                                           \
	if (state->unseen)                                                                  \
		end_unseen_below(state, stack, cookie, now)

/* The event alone, its sequence number is taken. */
static __always_inline void put_entry_itself(struct backend *b, __u64 now, __u64 cookie, __u64 stack,
					     __u64 object)
{
	struct entry_event *e;

	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return;
	}
	fill_header(&e->h, b, EVENT_ENTRY, sizeof(*e), now, cookie, stack);
	e->object = object;
	submit(e);
}

static __always_inline void put_entry(struct backend *b, __u64 now, __u64 cookie, __u64 stack,
				      __u64 object)
{
	before_event(b, now);
	put_entry_itself(b, now, cookie, stack, object);
}

static __always_inline void put_exit(struct backend *b, __u64 now, __u64 cookie, __u64 stack,
				     __s64 rows)
{
	struct exit_event *e;

	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return;
	}
	fill_header(&e->h, b, EVENT_EXIT, sizeof(*e), now, cookie, stack);
	e->rows = rows;
	submit(e);
}

/* What a trap costs by itself; only `pgstitch bench` attaches it. */
SEC("uprobe")
int on_nothing(struct pt_regs *ctx)
{
	return 0;
}

/* Any function. What runs while a session starts belongs to no statement; and who it is, is not
 * known before a function of the statement tier is reached. */
SEC("uprobe")
int on_entry(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	if (!b->announced && !b->begun_before)
		return 0;
	put_entry(b, now, cookie, stack, 0);
	expect_return(stack, cookie, 0, 0);
	return 0;
}

SEC("uretprobe")
int on_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	put_exit(b, now, cookie, stack, -1);
	return 0;
}

/* bool PortalRun(...): whether the portal has nothing more to give. */
SEC("uretprobe")
int on_portal_run_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	put_exit(b, now, cookie, stack, PT_REGS_RC(ctx) & 1);
	return 0;
}

/* A function whose first argument says what it works on: a Portal. */
SEC("uprobe")
int on_entry_with_object(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	put_entry(b, now, cookie, stack, PT_REGS_PARM1(ctx));
	expect_return(stack, cookie, 0, 0);
	return 0;
}

/* The same of one whose return nobody waits for. */
SEC("uprobe")
int on_object(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	put_entry(b, now, cookie, stack, PT_REGS_PARM1(ctx));
	return 0;
}

#endif
