// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kernel programs: one small program for each way in which a function of the catalogue is read
 * (collector's probe-catalogue.tsv says which function goes to which), and the system-call and
 * scheduler tracepoints from which true waits and CPU time come. */
#include "backend.bpf.h"
#include "layouts.bpf.h"
#include "binds.bpf.h"
#include "plans.bpf.h"
#include "targets.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ENTER_ANYWAY(state, cookie, stack, now)                                     \
	__u64 cookie = bpf_get_attach_cookie(ctx);                                  \
	struct backend *state = current_backend(cookie, PT_REGS_IP(ctx));         \
	__u64 stack, now;                                                           \
	if (!state)                                                                 \
		return 0;                                                           \
	stack = PT_REGS_SP(ctx);                                                    \
	now = bpf_ktime_get_ns();                                                   \
	if (state->unseen)                                                          \
	end_unseen_below(state, stack, 0, now)

/* Each program emits only what the level in force asks for. */
#define ENTER(state, cookie, stack, now)                                            \
	ENTER_ANYWAY(state, cookie, stack, now);                                    \
	if (!asks_for(state, cookie))                                               \
	return 0

/* A function that was entered before its process was known has nothing to return to. */
#define LEAVE(state, cookie, stack, now)                                                    \
	struct backend *state = known_backend(bpf_get_current_task_btf());          \
	__u64 cookie = bpf_get_attach_cookie(ctx), stack, now;                      \
	if (!state || state->kind == BACKEND_OTHER || !state->announced ||          \
	    !asks_for(state, cookie))                                               \
		return 0;                                                           \
	stack = PT_REGS_SP(ctx) - RETURN_POPS;                                      \
	now = bpf_ktime_get_ns();                                                   \
	if (state->unseen)                                                          \
	end_unseen_below(state, stack, cookie, now)

/* Reads a piece of a text behind the head of the event in the scratch. One that is full goes ahead as
 * an EVENT_TEXT record. Returns what was read, as bpf_probe_read_user_str() does. Global, so that the
 * verifier looks at it once. */
__attribute__((noinline)) int put_piece(struct backend *b, __u64 address, __u32 head)
{
	struct event_header *t;
	struct scratch *s;
	long n;

	if (!b)
		return 0;
	s = &b->scratch;
	barrier_var(head);
	head &= TEXT_PIECE - 1;
	n = bpf_probe_read_user_str(s->bytes + head, TEXT_PIECE, (void *)address);
	if (n < TEXT_PIECE)
		return n;
	t = reserve(b, sizeof(*t) + TEXT_PIECE);
	if (!t) {
		count_loss(LOSS_RING_FULL);
		return n;
	}
	*t = s->h;
	t->kind = EVENT_TEXT;
	t->length = sizeof(*t) + TEXT_PIECE - 1;
	bpf_probe_read_kernel(t + 1, TEXT_PIECE, s->bytes + head);
	submit(t);
	return n;
}

/* All pieces of a text. Returns the length of the whole; the last piece's is in the scratch. */
__attribute__((noinline)) int put_pieces(struct backend *b, __u64 address, __u32 head)
{
	struct scratch *s;
	__u32 total = 0;
	int n = 0;

	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int piece = 0; piece < TEXT_PIECES; piece++) {
		n = put_piece(b, address + total, head);
		if (n < TEXT_PIECE)
			break;
		/* Full: its last byte is the terminator. */
		total += TEXT_PIECE - 1;
		n = 0;
	}
	s = &b->scratch;
	if (total >= TEXT_PIECES * (TEXT_PIECE - 1))
		s->h.flags |= FLAG_TEXT_CUT;
	if (n < 0)
		s->h.flags |= FLAG_TEXT_UNREADABLE;
	s->last_piece = n > 0 ? n - 1 : 0;
	return total + s->last_piece;
}

/* Sends the event in the scratch with the text at an address behind it. Returns through length_field
 * the length of the whole. */
static __always_inline void put_with_text(struct backend *b, __u64 address, __u32 head,
					  __u32 *length_field)
{
	struct scratch *s = &b->scratch;
	__u32 n = 0;

	if (address) {
		*length_field = put_pieces(b, address, head);
		n = s->last_piece & (TEXT_PIECE - 1);
	} else {
		*length_field = 0;
	}
	s->h.length = head + n;
	put(&s->h, head + n);
}

/* pgstat_report_activity(BackendState state, const char *cmd_str) */
SEC("uprobe")
int on_activity(struct pt_regs *ctx)
{
	ENTER_ANYWAY(b, cookie, stack, now);
	settle_if_over(b, 0, now);
	struct binary_config *bin = binary_of(b);
	struct control_layout *where = control_layout_of(b);
	struct scratch *s = &b->scratch;
	__u32 state = PT_REGS_PARM1(ctx), xid_seen = b->xid_seen;
	__u64 text = 0;

	if (!bin || !where)
		return 0;
	/* Of an unknown build no state's number is known, but only a running state has a text. */
	text = bin->layout_known ? 0 : PT_REGS_PARM2(ctx);
	if (state == where->state_idle || (!bin->layout_known && !text))
		b->xid_seen = 0;
	if (asks_for(b, cookie))
		before_event(b, now);
	if (state == bin->state_running || state == bin->state_fastpath || text) {
		text = PT_REGS_PARM2(ctx);
		b->running_stack = stack;
		b->message_text = text;
		b->portal_text = 0;
		b->utility_stack = 0;
		b->sqlstate_named = 0;
		b->sqlstate_raised = 0;
		b->runs = 0;
		forget_rows(b);
		b->looked.whole = 1;
	}
	if (!asks_for(b, cookie))
		return 0;
	fill_header(&s->h, b, EVENT_ACTIVITY, 0, now, cookie, stack);
	if (xid_seen)
		s->h.flags |= FLAG_HAD_XID;
	s->activity.state = state;
	put_with_text(b, text, sizeof(s->activity), &s->activity.text_length);
	return 0;
}

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

/* Any function. What runs while a session starts belongs to no statement; and who it is, is not
 * known before a function of the statement tier is reached. */
/* What a trap costs by itself; only `pgstitch bench` attaches it. */
SEC("uprobe")
int on_nothing(struct pt_regs *ctx)
{
	return 0;
}

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

/* The head of a PlannedStmt: NodeTag, command, id of the query, flags. */
struct planned_head {
	__u32 tag;
	__u32 command;
	__u64 query_id;
	__u8 flags[16];
};

/* Reads a PlannedStmt into the backend's words, where it lies as in all versions so far. What was read there
 * of its counters is told already. */
static __always_inline bool read_planned_words(struct backend *b, const struct binary_config *bin,
					       __u64 planned)
{
	return bin->planned_command == offsetof(struct planned_head, command) &&
	       bin->planned_query_id == offsetof(struct planned_head, query_id) &&
	       bin->planned_length == bin->planned_location + 4 && !(bin->planned_location & 7) &&
	       bin->planned_location < sizeof(b->usage) &&
	       !bpf_probe_read_user(b->usage, sizeof(b->usage), (void *)planned);
}

/* Command and query id of the PlannedStmt in the words. */
static __always_inline void take_planned_head(struct backend *b, __u32 *command, __u64 *query_id)
{
	struct plan_config *p = plan_config_of(b);
	struct planned_head *head = (struct planned_head *)b->usage;
	__u64 modifying = p ? p->planned_modifying - offsetof(struct planned_head, flags) : 16;

	*command = head->command;
	*query_id = head->query_id;
	barrier_var(modifying);
	if (p && modifying < sizeof(head->flags))
		b->head.gives = head->command == p->command_select && !head->flags[modifying]
				    ? GIVES_ITS_ROWS
				    : GIVES_OTHERS;
}

/* Not read where the structs are not as they should be; what they say of the text is held against it.
 * @text: of the client's message, 0 for another one */
static __always_inline void read_planned_statement(struct backend *b,
						   const struct binary_config *bin, __u64 planned,
						   __u64 text, __u32 *command, __u64 *query_id,
						   __s32 *location, __s32 *length)
{
	__u64 place, at, id = 0;
	bool words;

	*command = 0;
	*query_id = 0;
	*location = -1;
	*length = 0;
	if (!planned || !bin->layout_known || !follows(b, LAYOUT_QUERY))
		return;
	words = read_planned_words(b, bin, planned);
	if (words) {
		at = bin->planned_location >> 3;
		barrier_var(at);
		place = at < USAGE_WORDS ? b->usage[at] : 0;
		*location = place;
		*length = place >> 32;
	} else {
		*location = read_u32(planned + bin->planned_location);
		*length = read_u32(planned + bin->planned_length);
	}
	if (!location_agrees(text, *location, *length, LAYOUT_QUERY)) {
		*location = -1;
		*length = 0;
		return;
	}
	if (words) {
		take_planned_head(b, command, &id);
	} else {
		*command = read_u32(planned + bin->planned_command);
		id = read_u64(planned + bin->planned_query_id);
	}
	if (follows(b, LAYOUT_QUERY_ID))
		*query_id = id;
}

static __always_inline void put_statement(struct backend *b, __u64 now, __u64 cookie, __u64 stack,
					  __u64 query, __u64 planned, __u64 text)
{
	struct binary_config *bin = binary_of(b);
	struct scratch *s = &b->scratch;
	__u64 message = 0;

	if (!bin)
		return;
	before_event(b, now);
	fill_header(&s->h, b, EVENT_STATEMENT, 0, now, cookie, stack);
	s->statement.object = query;
	if (text && (text == b->message_text || text == b->portal_text)) {
		s->h.flags |= FLAG_TEXT_SAME;
		message = text;
		text = 0;
	}
	read_planned_statement(b, bin, planned, message, &s->statement.command,
			       &s->statement.query_id, &s->statement.location,
			       &s->statement.statement_length);
	put_with_text(b, text, sizeof(s->statement), &s->statement.text_length);
}

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

/* standard_planner(Query *parse, const char *query_string, ...): what is planned, so that the time goes
 * to the statement that will run. */
SEC("uprobe")
int on_planner(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	struct scratch *s = &b->scratch;
	struct layout_config *c = layout_of(b->binary);
	__u64 tree = PT_REGS_PARM1(ctx), text = PT_REGS_PARM2(ctx), message = 0, place;
	__s32 location = -1, length = 0;

	if (!b->announced && !b->begun_before)
		return 0;
	if (text && (text == b->message_text || text == b->portal_text))
		message = text;
	if (c && tree_agrees(tree)) {
		place = c->tree_length == c->tree_location + 4
				? read_u64(tree + c->tree_location)
				: read_u32(tree + c->tree_location) |
					  (__u64)read_u32(tree + c->tree_length) << 32;
		location = place;
		length = place >> 32;
		if (!location_agrees(message, location, length, LAYOUT_TREE)) {
			location = -1;
			length = 0;
		}
	}
	before_event(b, now);
	fill_header(&s->h, b, EVENT_STATEMENT, 0, now, cookie, stack);
	s->statement.object = 0;
	s->statement.query_id = 0;
	s->statement.command = c && follows(b, LAYOUT_TREE) ? read_u32(tree + c->tree_command) : 0;
	s->statement.location = location;
	s->statement.statement_length = length;
	if (message)
		s->h.flags |= FLAG_TEXT_SAME;
	put_with_text(b, message ? 0 : text, sizeof(s->statement), &s->statement.text_length);
	expect_return(stack, cookie, 0, UNSEEN_LEAF);
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

/* standard_ProcessUtility(PlannedStmt *pstmt, const char *queryString, ...) */
SEC("uprobe")
int on_utility(struct pt_regs *ctx)
{
	ENTER_ANYWAY(b, cookie, stack, now);
	settle_if_over(b, 0, now);
	if (!asks_for(b, cookie))
		return 0;
	if (stack > b->utility_stack)
		b->utility_stack = stack;
	utility_agrees(PT_REGS_PARM1(ctx));
	put_statement(b, now, cookie, stack, 0, PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
	expect_return(stack, cookie, 0, 0);
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

SEC("uretprobe")
int on_utility_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	look_for_xid(b);
	put_exit(b, now, cookie, stack, -1);
	return 0;
}

/* The portal in the backend's head is defined. */
static __noinline int put_portal(struct backend *b, __u64 now, __u64 cookie, __u64 stack)
{
	struct binary_config *bin = binary_of(b);
	struct scratch *s = &b->scratch;
	__u64 portal = b->portal.portal, statements = b->portal.statements, planned = 0;
	__u64 text = b->portal.text;
	__u32 command;
	bool own;

	if (!bin)
		return 0;
	before_event(b, now);
	fill_header(&s->h, b, EVENT_PORTAL, 0, now, cookie, stack);
	portal_agrees(portal, statements);
	/* The text of a portal that the client's message makes is the message's, or a copy of it. One
	 * that a utility (EXECUTE) or a function opens is deeper, and may have another. */
	own = b->runs == 0 && b->unseen_runs == 0 && stack > b->utility_stack && b->message_text;
	if (bin->layout_known && statements && follows(b, LAYOUT_PORTAL))
		planned = read_u64(read_u64(statements + bin->list_elements));
	read_planned_statement(b, bin, planned, own ? text : 0, &command, &s->portal.query_id,
			       &s->portal.location, &s->portal.statement_length);
	s->portal.portal = portal;
	s->portal.command_tag = b->portal.command_tag;
	s->portal.portal_name[0] = 0;
	s->portal.statement_name[0] = 0;
	if (bin->layout_known && b->portal.name && follows(b, LAYOUT_PORTAL))
		bpf_probe_read_user_str(s->portal.portal_name, NAME_LENGTH,
					(void *)b->portal.name);
	if (b->portal.statement_name)
		bpf_probe_read_user_str(s->portal.statement_name, NAME_LENGTH,
					(void *)b->portal.statement_name);
	if (own) {
		b->portal_text = text;
		s->h.flags |= FLAG_TEXT_SAME;
		text = 0;
	}
	put_with_text(b, text, sizeof(s->portal), &s->portal.text_length);
	return 0;
}

/* PortalDefineQuery(Portal portal, const char *prepStmtName, const char *sourceText,
 *                   CommandTag commandTag, List *stmts, CachedPlan *cplan)
 * Stores these six and returns: no place of it is one that the kernel runs through without a single step,
 * which costs a second exception, and in a virtual machine ten microseconds. It has a probe only where
 * its code was not understood. */
SEC("uprobe")
int on_portal_defined(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	struct binary_config *bin = binary_of(b);

	if (!bin)
		return 0;
	b->portal.portal = PT_REGS_PARM1(ctx);
	b->portal.name = bin->layout_known ? read_u64(b->portal.portal + bin->portal_name) : 0;
	b->portal.statement_name = PT_REGS_PARM2(ctx);
	b->portal.text = PT_REGS_PARM3(ctx);
	b->portal.command_tag = PT_REGS_PARM4(ctx);
	b->portal.statements = PT_REGS_PARM5(ctx);
	put_portal(b, now, cookie, stack);
	return 0;
}

/* Tells how a portal was defined, where the server's code says in which fields that stands; false where it
 * does not. */
static __always_inline bool put_definition(struct backend *b, __u64 portal, __u64 now, __u64 cookie,
					   __u64 stack)
{
	struct code_layout *code = code_layout_of(b);
	struct binary_config *bin = binary_of(b);
	__u64 words[QUERY_WORDS];

	if (!code || !code->portal_known || !bin)
		return false;
	if (bpf_probe_read_user(words, sizeof(words), (void *)portal)) {
		/* Its definition is lost: the number that this takes says so. */
		before_event(b, now);
		return true;
	}
	b->portal.portal = portal;
	b->portal.name = bin->layout_known ? word_at(words, bin->portal_name) : 0;
	b->portal.statement_name = word_at(words, code->portal_statement_name);
	b->portal.text = word_at(words, code->portal_source_text);
	b->portal.command_tag = word_at(words, code->portal_command_tag);
	b->portal.statements = word_at(words, code->portal_statements);
	put_portal(b, now, cookie, stack);
	return true;
}

/* PortalStart(Portal portal, ...) where calls are watched without phases: the definition alone. */
SEC("uprobe")
int on_portal_ready(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	put_definition(b, PT_REGS_PARM1(ctx), now, cookie, stack);
	return 0;
}

/* PortalStart(Portal portal, ...): the server calls it right after each PortalDefineQuery, from the same
 * function. */
SEC("uprobe")
int on_portal_start(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	if (put_definition(b, PT_REGS_PARM1(ctx), now, cookie, stack)) {
		b->sequence++;
		put_entry_itself(b, now, cookie, stack, 0);
	} else if (b->announced || b->begun_before) {
		put_entry(b, now, cookie, stack, 0);
	} else {
		return 0;
	}
	expect_return(stack, cookie, 0, 0);
	return 0;
}

/* A failed transaction's COMMIT has this tag too. */
static __always_inline bool is_rollback(const struct backend *b, __u64 completion)
{
	struct control_layout *where = control_layout_of(b);

	return where && read_u32(completion) == where->tag_rollback;
}

/* EndCommand(const QueryCompletion *qc, ...) */
SEC("uprobe")
int on_command_end(struct pt_regs *ctx)
{
	ENTER_ANYWAY(b, cookie, stack, now);
	struct command_end_event *e;
	__u64 completion = PT_REGS_PARM1(ctx);
	struct {
		__u32 tag;
		__u32 pad;
		__u64 rows;
	} ended = {};

	if (b->changed_in)
		settle_if_over(b, is_rollback(b, completion), now);
	if (!asks_for(b, cookie))
		return 0;
	look_for_xid(b);
	bpf_probe_read_user(&ended, sizeof(ended), (void *)completion);
	compare_rows(b, ended.rows);
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_COMMAND_END, sizeof(*e), now, cookie, stack);
	e->command_tag = ended.tag;
	e->rows = ended.rows;
	e->pad = 0;
	submit(e);
	return 0;
}

/* ProcArrayEndTransaction(PGPROC *proc, TransactionId latestXid): no event of its own. Planted where the
 * id's variable is not known. */
SEC("uprobe")
int on_transaction_xid(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct backend *b = current_backend(cookie, PT_REGS_IP(ctx));

	if (b)
		b->had_xid = (__u32)PT_REGS_PARM2(ctx) != 0;
	return 0;
}

/* AtEOXact_PgStat(bool isCommit, ...) */
SEC("uprobe")
int on_transaction_end(struct pt_regs *ctx)
{
	ENTER_ANYWAY(b, cookie, stack, now);
	struct code_layout *code = code_layout_of(b);
	struct transaction_end_event *e;
	__u32 had_xid;

	/* Its local id is gone already: it can only be this one. */
	if (b->changed_in)
		settle_if_over(b, !(PT_REGS_PARM1(ctx) & 1), now);
	if (!asks_for(b, cookie))
		return 0;
	/* The variable is cleared later. A parallel worker has its leader's there, and none of its own. */
	had_xid = code && code->top_transaction_id
		      ? b->kind != BACKEND_PARALLEL_WORKER &&
				read_u32(b->bias + code->top_transaction_id)
		      : b->had_xid;
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_TRANSACTION_END, sizeof(*e), now, cookie, stack);
	e->committed = PT_REGS_PARM1(ctx) & 1;
	e->read_only = !had_xid;
	b->had_xid = 0;
	submit(e);
	return 0;
}

/* ProcSleep(LOCALLOCK *locallock, ...): all sleeps until it returns are one wait for this lock. */
SEC("uprobe")
int on_lock_sleep(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	__u64 lock = PT_REGS_PARM1(ctx);

	if (!b || !wants(b, LEVEL_WAITS))
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = PT_REGS_SP(ctx);
	bpf_probe_read_user(b->lock_tag, sizeof(b->lock_tag), (void *)lock);
	b->lock_mode = read_u32(lock + sizeof(b->lock_tag));
	lock_agrees(b, lock);
	read_holders(b, targets_of(b), lock);
	put_lock_sleep(b);
	return 0;
}

SEC("uretprobe")
int on_lock_sleep_exit(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	if (!b)
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = 0;
	return 0;
}

#include "control.bpf.h"
#include "waits.bpf.h"

/* proc_exit(int code): the last sight of a process whose work ends with it; a client's ends before. */
SEC("uprobe")
int on_proc_exit(struct pt_regs *ctx)
{
	ENTER(b, cookie, stack, now);
	if (b->kind != BACKEND_CLIENT && b->announced)
		put_entry(b, now, cookie, stack, 0);
	return 0;
}

/* LaunchParallelWorkers(ParallelContext *pcxt): no event of its own. */
SEC("uprobe")
int on_workers_launch(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));

	if (b)
		b->parallel_context = PT_REGS_PARM1(ctx);
	return 0;
}

/* bool RegisterDynamicBackgroundWorker(BackgroundWorker *worker, BackgroundWorkerHandle **handle) */
SEC("uprobe")
int on_worker_register(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	struct binary_config *bin;
	__u64 worker = PT_REGS_PARM1(ctx);

	if (!b)
		return 0;
	bin = binary_of(b);
	b->registering =
	    bin && bin->layout_known && is_parallel_worker(bin, worker) ? worker : 0;
	b->registering_ns = bpf_ktime_get_ns();
	if (b->registering && b->announced && asks_for(b, bpf_get_attach_cookie(ctx)))
		expect_return(PT_REGS_SP(ctx), bpf_get_attach_cookie(ctx), 0, 0);
	return 0;
}

SEC("uretprobe")
int on_worker_register_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	struct worker_launched_event *e;
	struct worker_config *w = worker_config_of(b);
	__u64 worker = b->registering;

	b->registering = 0;
	/* Without a free slot there is no worker. */
	if (!worker || !w || !w->known || !(PT_REGS_RC(ctx) & 1))
		return 0;
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_WORKER_LAUNCHED, sizeof(*e), now, cookie, stack);
	e->context = read_u64(worker + w->main_argument);
	e->object = b->parallel_context;
	e->duration_ns = now - b->registering_ns;
	e->number = read_u32(worker + w->extra);
	e->pad = 0;
	submit(e);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	struct backend *b;
	__u64 now;

	b = known_backend(previous);
	if (b) {
		now = bpf_ktime_get_ns();
		settle_cpu(b, previous, now);
	}
	b = known_backend(next);
	if (b)
		b->on_cpu_since = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_process_exit, struct task_struct *task)
{
	struct backend *b;
	struct backend_end_event *e;
	__u64 now;

	if (task->pid != task->tgid)
		return 0;
	forget_pid(task->pid);
	if (looks_open() && bpf_task_storage_get(&first_looks, task, 0, 0))
		count_look();
	b = known_backend(task);
	if (b && b->kind == BACKEND_CLIENT)
		forget_leader(task);
	if (!b || b->kind == BACKEND_OTHER || !b->announced)
		return 0;
	now = bpf_ktime_get_ns();
	if (b->wait.active) {
		/* Killed in the middle of a wait: it ends with the process. */
		if (b->wait.in_call) {
			b->wait.end_ns = now;
			b->wait.end_cpu_ns = cpu_time(b, now);
		}
		put_wait(b);
	}
	b->sequence++;
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_BACKEND_END, sizeof(*e), now, 0, 0);
	e->exit_status = task->exit_code;
	e->pad = 0;
	submit(e);
	return 0;
}
