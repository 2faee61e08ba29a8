/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A statement: the client's message that brings it, its planning, utilities, and the end of its command. */
#ifndef PGSTITCH_STATEMENTS_BPF_H
#define PGSTITCH_STATEMENTS_BPF_H

#include "calls.bpf.h"
#include "layouts.bpf.h"
#include "text.bpf.h"

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

SEC("uretprobe")
int on_utility_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	look_for_xid(b);
	put_exit(b, now, cookie, stack, -1);
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

#endif
