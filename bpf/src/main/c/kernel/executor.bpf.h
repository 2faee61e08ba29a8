/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The executor: a QueryDesc from its start to its end, and the runs in between. */
#ifndef PGSTITCH_EXECUTOR_BPF_H
#define PGSTITCH_EXECUTOR_BPF_H

#include "binds.bpf.h"
#include "calls.bpf.h"
#include "plans.bpf.h"
#include "relations.bpf.h"
#include "statements.bpf.h"

/* All of a QueryDesc that is read. */
#define QUERY_WORDS 13

static __always_inline __u64 word_at(const __u64 *words, __u32 offset)
{
	__u64 i = offset >> 3;

	barrier_var(i);
	return i < QUERY_WORDS ? words[i] : 0;
}

/* Keeps what binds are found by, where it lies in the words of a QueryDesc. */
static __always_inline void keep_params(struct backend *b, const __u64 *words)
{
	struct bind_layout *l = bind_layout_of(b->binary);
	__u64 executed;

	if (!l || (l->query_params & 7) || l->query_params >= QUERY_WORDS * 8 ||
	    l->query_executed >= QUERY_WORDS * 8)
		return;
	executed = word_at(words, l->query_executed);
	b->head.params = word_at(words, l->query_params);
	b->head.executed = executed >> 8 * (l->query_executed & 7) & 0xff;
	b->head.whole = 1;
}

/* Reads what a QueryDesc points to into the backend's head, in one go where it lies together; all 0 where
 * it may not be read. Global, so that the verifier looks at it once. */
__noinline int read_head(struct backend *b, __u64 query)
{
	struct binary_config *bin = b ? binary_of(b) : 0;
	__u64 words[QUERY_WORDS];
	__u32 last;

	if (!b)
		return 0;
	b->head.planned = 0;
	b->head.text = 0;
	b->head.estate = 0;
	b->head.gives = GIVES_UNKNOWN;
	b->head.whole = 0;
	if (!bin || !bin->layout_known || !follows(b, LAYOUT_QUERY))
		return 0;
	last = bin->query_planned_statement | bin->query_source_text | bin->query_estate;
	if (!(last & 7) && bin->query_estate < sizeof(words) &&
	    bin->query_source_text < sizeof(words) && bin->query_planned_statement < sizeof(words) &&
	    !bpf_probe_read_user(words, sizeof(words), (void *)query)) {
		b->head.planned = word_at(words, bin->query_planned_statement);
		b->head.text = word_at(words, bin->query_source_text);
		b->head.estate = word_at(words, bin->query_estate);
		keep_params(b, words);
		return 1;
	}
	b->head.planned = read_u64(query + bin->query_planned_statement);
	b->head.text = read_u64(query + bin->query_source_text);
	b->head.estate = read_u64(query + bin->query_estate);
	return 1;
}

/* Describes the query whose head was read. */
static __noinline int put_query(struct backend *b, __u64 now, __u64 cookie, __u64 stack, __u64 query)
{
	put_statement(b, now, cookie, stack, query, b->head.planned, b->head.text);
	return 0;
}

/* standard_ExecutorStart(QueryDesc *queryDesc, int eflags) */
SEC("uprobe")
int on_executor_start(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	__u64 query = PT_REGS_PARM1(ctx);

	b->query[b->queries++ & (MAX_QUERIES - 1)] = query;
	if (wants(b, LEVEL_PLAN_STATISTICS))
		forget_plan(query);
	query_agrees(query, 0);
	read_head(b, query);
	put_query(b, now, cookie, stack, query);
	expect_return(stack, cookie, query, UNSEEN_LEAF);
	return 0;
}

/* standard_ExecutorFinish(QueryDesc *queryDesc) */
SEC("uprobe")
int on_executor_finish(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	__u64 query = PT_REGS_PARM1(ctx);

	if (b->unseen)
		end_unseen_of(query, now);
	put_entry(b, now, cookie, stack, query);
	expect_return(stack, cookie, query, 0);
	return 0;
}

/* Whether the start of a query was reported. */
static __always_inline bool is_reported(const struct backend *b, __u64 query)
{
	bool found = false;

#pragma unroll
	for (int i = 0; i < MAX_QUERIES; i++)
		found |= b->query[i] == query;
	return found;
}

/* standard_ExecutorEnd(QueryDesc *queryDesc): another query may lie there from now on. */
SEC("uprobe")
int on_executor_end(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	__u64 query = PT_REGS_PARM1(ctx);

#pragma unroll
	for (int i = 0; i < MAX_QUERIES; i++)
		if (b->query[i] == query)
			b->query[i] = 0;
	if (b->unseen)
		end_unseen_of(query, now);
	if (wants(b, LEVEL_PLAN_STATISTICS))
		put_plan_of_end(b, now, stack, query);
	put_entry(b, now, cookie, stack, query);
	expect_return(stack, cookie, query, UNSEEN_LEAF);
	return 0;
}

/* The index is bounded here, in a way that the compiler cannot optimise away before the verifier. */
static __always_inline struct executor_run *run_at(struct backend *b, __u32 i)
{
	barrier_var(i);
	return &b->run[i & (MAX_RUNS - 1)];
}

#define RUNS_AT_ONCE 8

/* Forgets some of the runs that are deeper. Returns whether there may be more; see UNSEEN_AT_ONCE. */
__noinline int forget_some_runs(struct backend *b, __u64 stack)
{
	__u32 i;

	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int k = 0; k < RUNS_AT_ONCE; k++) {
		i = b->runs;
		if (i == 0 || i > MAX_RUNS || run_at(b, i - 1)->stack >= stack)
			return 0;
		b->runs = i - 1;
	}
	return 1;
}

/* Forgets runs whose stack pointers are below one: a longjmp has left them. */
__noinline int forget_runs(struct backend *b, __u64 stack)
{
#pragma clang loop unroll(disable)
	for (int k = 0; k < MAX_RUNS / RUNS_AT_ONCE; k++)
		if (!forget_some_runs(b, stack))
			break;
	return 0;
}

/* Global, so that the verifier looks at it once and not once for each way that leads to it. */
__attribute__((noinline)) int put_run(struct backend *b, __u64 now, __u64 cookie, __u64 stack,
				      __u64 query)
{
	if (!b)
		return 0;
	/* Where nothing stands at its start, the run says what is executed. */
	if (is_reported(b, query))
		put_entry(b, now, cookie, stack, query);
	else
		put_query(b, now, cookie, stack, query);
	return 0;
}

/* standard_ExecutorRun(QueryDesc *queryDesc, ...): remembers the descriptor, so that the rows can be
 * read when the run returns. Runs that a longjmp left are below the stack of the next one. */
SEC("uprobe")
int on_executor_run(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	__u64 query = PT_REGS_PARM1(ctx);
	__u32 i;

	query_agrees(query, 1);
	read_head(b, query);
	forget_runs(b, stack + 1);
	if (b->unseen)
		end_unseen_of(query, now);
	if (returns_open() >= KERNEL_RETURNS) {
		keep_unseen(stack, cookie, query, UNSEEN_RUN);
	} else if (b->runs < MAX_RUNS) {
		i = b->runs;
		run_at(b, i)->stack = stack;
		run_at(b, i)->query = query;
		run_at(b, i)->count =
		    (__s32)PT_REGS_PARM2(ctx) > 0 ? PT_REGS_PARM3(ctx) : NO_COUNT;
		run_at(b, i)->planned = b->head.planned;
		run_at(b, i)->estate = b->head.estate;
		run_at(b, i)->gives = GIVES_UNKNOWN;
		b->runs = i + 1;
	}
	put_run(b, now, cookie, stack, query);
	if (b->runs && run_at(b, b->runs - 1)->stack == stack)
		run_at(b, b->runs - 1)->gives = b->head.gives;
	if (wants(b, LEVEL_BINDS))
		put_binds(query, now);
	if (wants(b, LEVEL_WAITS))
		learn_executors(b->head.estate);
	return 0;
}

/* ExecuteCallStmt(CallStmt *stmt, ParamListInfo params, ...): inside the utility command, right behind
 * its entry; no executor runs for the CALL itself. */
SEC("uprobe")
int on_call(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	struct binary_config *bin = binary_of(b);
	__u64 list = PT_REGS_PARM2(ctx);
	struct layout_config *layouts;

	(void)stack;
	if (!list || !wants(b, LEVEL_BINDS) || !bin || !bin->layout_known)
		return 0;
	layouts = layout_of(b->binary);
	if (layouts && !layouts->contradicted[LAYOUT_BINDS])
		put_list(list, 0, now);
	return 0;
}

SEC("uretprobe")
int on_executor_run_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	struct binary_config *bin = binary_of(b);
	__s64 rows = -1;
	__u64 ended = 0;
	__u32 i;

	forget_runs(b, stack);
	i = b->runs;
	if (i && i <= MAX_RUNS && run_at(b, i - 1)->stack == stack) {
		struct executor_run *run = run_at(b, i - 1);

		b->runs = i - 1;
		if (bin && bin->layout_known && run->estate && follows(b, LAYOUT_QUERY)) {
			rows = read_u64(run->estate + bin->estate_processed);
			if (i == 1)
				remember_rows(b, run, rows);
		}
		if (rows >= 0 && run->count != NO_COUNT && (!run->count || rows < run->count))
			ended = run->query;
	}
	look_for_xid(b);
	put_exit(b, now, cookie, stack, rows);
	if (ended && wants(b, LEVEL_PLAN_STATISTICS))
		put_plan_of_run(b, now, stack, ended);
	return 0;
}

#endif
