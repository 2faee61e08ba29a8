/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Portals: how one was defined, and its start. */
#ifndef PGSTITCH_PORTALS_BPF_H
#define PGSTITCH_PORTALS_BPF_H

#include "executor.bpf.h"

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

#endif
