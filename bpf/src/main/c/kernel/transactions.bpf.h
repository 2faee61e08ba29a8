/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The end of a transaction. */
#ifndef PGSTITCH_TRANSACTIONS_BPF_H
#define PGSTITCH_TRANSACTIONS_BPF_H

#include "calls.bpf.h"

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

#endif
