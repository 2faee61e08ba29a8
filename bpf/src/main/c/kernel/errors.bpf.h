/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Errors, and their messages on the way to the client. */
#ifndef PGSTITCH_ERRORS_BPF_H
#define PGSTITCH_ERRORS_BPF_H

#include "calls.bpf.h"
#include "files.bpf.h"
#include "returns.bpf.h"

#define SQLSTATE_INTERNAL_ERROR 2600 /* XX000, what an error has that names none */
#define SIX_BITS(c) (((c) - '0') & 0x3f)
/* MAKE_SQLSTATE of utils/elog.h */
#define SQLSTATE(a, b, c, d, e)                                                             \
	(SIX_BITS(a) | SIX_BITS(b) << 6 | SIX_BITS(c) << 12 | SIX_BITS(d) << 18 | SIX_BITS(e) << 24)
#define ADMIN_SHUTDOWN SQLSTATE('5', '7', 'P', '0', '1')
#define CRASH_SHUTDOWN SQLSTATE('5', '7', 'P', '0', '2')

/* Reads a text behind the event in the scratch and what is there already. Returns its length. */
static __always_inline __u32 put_error_field(struct scratch *s, __u64 address, __u64 used)
{
	long n;

	if (!address)
		return 0;
	barrier_var(used);
	if (used > MESSAGE_LENGTH + DETAIL_LENGTH)
		return 0;
	n = bpf_probe_read_user_str(s->bytes + sizeof(s->error) + used, DETAIL_LENGTH,
				    (void *)address);
	if (n == DETAIL_LENGTH)
		s->h.flags |= FLAG_TEXT_CUT;
	if (n < 0)
		s->h.flags |= FLAG_TEXT_UNREADABLE;
	return n > 0 ? (n - 1) & (DETAIL_LENGTH - 1) : 0;
}

static __noinline int put_error(struct backend *b, __u32 sqlstate, __u64 message, __u64 stack,
				__u32 fatal)
{
	struct details *d = known_details();
	__u64 now = bpf_ktime_get_ns(), detail = 0, hint = 0;
	struct scratch *s;
	long n = 0;

	if (!b)
		return 0;
	s = &b->scratch;
	before_event(b, now);
	fill_header(&s->h, b, EVENT_ERROR, 0, now, 0, stack);
	if (fatal)
		s->h.flags |= FLAG_FATAL;
	if (message) {
		n = bpf_probe_read_user_str(s->bytes + sizeof(s->error), MESSAGE_LENGTH,
					    (void *)message);
		if (n == MESSAGE_LENGTH)
			s->h.flags |= FLAG_TEXT_CUT;
		if (n < 0)
			s->h.flags |= FLAG_TEXT_UNREADABLE;
		n = n > 0 ? n - 1 : 0;
	}
	n &= MESSAGE_LENGTH - 1;
	if (message && d) {
		detail = put_error_field(s, d->client_detail, n);
		hint = put_error_field(s, d->client_hint, n + detail);
	}
	s->error.sqlstate = sqlstate ? sqlstate : SQLSTATE_INTERNAL_ERROR;
	s->error.message_length = n;
	s->error.detail_length = detail;
	s->error.hint_length = hint;
	s->h.length = sizeof(s->error) + n + detail + hint;
	put(&s->h, s->h.length & (2 * TEXT_PIECE - 1));
	return 1;
}

/* EmitErrorReport(void): called by errfinish for what is below or above an error, and by the main
 * loop, after a longjmp, for an error. The main loop's frame is no deeper than the one that reported
 * the running state; errfinish's always is. What the client is told follows (on_client_string). */
SEC("uprobe")
int on_error_report(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), stack = PT_REGS_SP(ctx);
	struct backend *b = current_backend(cookie, PT_REGS_IP(ctx));
	struct details *d;

	if (!b || !asks_for(b, cookie))
		return 0;
	look_for_xid(b);
	if (!b->running_stack || stack < b->running_stack)
		return 0;
	if (b->kind != BACKEND_CLIENT && returns_open() >= KERNEL_RETURNS) {
		/* It has no return, and nobody is told. */
		put_error(b, b->sqlstate_raised, 0, stack, 0);
		return 0;
	}
	d = current_details();
	if (!d)
		return 0;
	d->report_stack = stack;
	d->client_sqlstate = 0;
	d->client_message = 0;
	return 0;
}

/* It is over, and the client was told nothing: there is none. */
SEC("uretprobe")
int on_error_report_exit(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct details *d = known_details();

	if (!b || !d || b->kind == BACKEND_OTHER || !asks_for(b, bpf_get_attach_cookie(ctx)) ||
	    d->report_stack != PT_REGS_SP(ctx) - RETURN_POPS)
		return 0;
	d->report_stack = 0;
	put_error(b, b->sqlstate_raised, 0, PT_REGS_SP(ctx) - RETURN_POPS, 0);
	return 0;
}

/* Whether a field of an ErrorResponse has this code: protocol.h, PG_DIAG_ of postgres_ext.h. */
static __always_inline bool is_field(__u8 code)
{
	return (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
}

/* While an error is reported, strings are sent about it alone, each behind the code of its field. A
 * StringInfo has room for 1024 bytes, or twice as many as often as it grew. */
__noinline int string_agrees(__u64 buffer, __u32 reporting)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;
	struct layout_config *l = b ? layout_of(b->binary) : 0;
	__u32 length, most, type;
	__u64 data;

	if (!c || !l || l->contradicted[LAYOUT_MESSAGE])
		return 0;
	if (!reporting)
		return 1;
	length = read_u32(buffer + c->string_length);
	most = read_u32(buffer + l->string_max);
	data = read_u64(buffer + c->string_data);
	if (!length || length >= most || most < 1024 || (most & (most - 1)) ||
	    !is_field(byte_at(data + length - 1)))
		return contradict(LAYOUT_MESSAGE, CHECK_STRING_END, most, length);
	type = read_u32(buffer + c->string_cursor);
	if (type != 'E' && type != 'N')
		return contradict(LAYOUT_MESSAGE, CHECK_STRING_TYPE, 'E', type);
	return 1;
}

/* pq_sendstring(StringInfo buf, const char *str): a field of an ErrorResponse ('E') or a
 * NoticeResponse ('N'), whose type pq_beginmessage keeps in buf->cursor; the field's code is the last
 * byte so far. Message, detail and hint stand in the error's own memory until all is sent; the names of
 * the source's file and of its line come last. Ordinary statements send no strings this way. An ErrorResponse is an error of any
 * severity; of notices only those matter with which a backend dies at once (quickdie). */
SEC("uprobe")
int on_client_string(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	__u64 buffer = PT_REGS_PARM1(ctx), text = PT_REGS_PARM2(ctx);
	struct target_config *c;
	struct details *d;
	__u8 type, code;
	char five[5] = {};
	__u32 last;

	if (!b || b->kind == BACKEND_OTHER || !b->announced ||
	    !asks_for(b, bpf_get_attach_cookie(ctx)))
		return 0;
	c = targets_of(b);
	if (!c)
		return 0;
	type = read_u32(buffer + c->string_cursor);
	d = known_details();
	if (!string_agrees(buffer, d && d->report_stack))
		return 0;
	if (type != 'E' && type != 'N')
		return 0;
	last = read_u32(buffer + c->string_length);
	if (!last)
		return 0;
	code = byte_at(read_u64(buffer + c->string_data) + last - 1);
	d = current_details();
	if (!d)
		return 0;
	if (code == 'S') {
		d->client_message = 0;
		d->client_detail = 0;
		d->client_hint = 0;
	} else if (code == 'V') {
		/* ERROR, FATAL, PANIC; in a notice WARNING and below. */
		type = byte_at(text);
		d->client_fatal = type == 'F' || type == 'P';
	} else if (code == 'C') {
		bpf_probe_read_user(five, sizeof(five), (void *)text);
		d->client_sqlstate = SQLSTATE(five[0], five[1], five[2], five[3], five[4]);
	} else if (code == 'M') {
		d->client_message = text;
	} else if (code == 'D') {
		d->client_detail = text;
	} else if (code == 'H') {
		d->client_hint = text;
	} else if (d->client_message) {
		text = d->client_message;
		d->client_message = 0;
		if (type == 'N') {
			if (d->client_sqlstate != ADMIN_SHUTDOWN &&
			    d->client_sqlstate != CRASH_SHUTDOWN)
				return 0;
			d->client_fatal = 1;
		}
		put_error(b, d->client_sqlstate, text,
			  d->report_stack ? d->report_stack : PT_REGS_SP(ctx), d->client_fatal);
		d->report_stack = 0;
		d->client_sqlstate = 0;
	}
	return 0;
}

/* errcode(int sqlerrcode): an error or message that is being built gets its SQLSTATE. */
SEC("uprobe")
int on_errcode(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	if (b)
		b->sqlstate_named = PT_REGS_PARM1(ctx);
	return 0;
}

/* ThrowErrorData(ErrorData *edata): raises an error that came with its SQLSTATE, a worker's. */
SEC("uprobe")
int on_throw_error_data(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;

	if (c)
		b->sqlstate_named = read_u32(PT_REGS_PARM1(ctx) + c->error_sqlstate);
	return 0;
}

/* errfinish(...): it is complete. */
SEC("uprobe")
int on_errfinish(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct details *d;

	if (!b || b->kind == BACKEND_OTHER)
		return 0;
	b->sqlstate_raised = b->sqlstate_named;
	b->sqlstate_named = 0;
	d = current_details();
	if (d)
		d->finishing = PT_REGS_SP(ctx);
	return 0;
}

/* It returned: it was no error. */
SEC("uretprobe")
int on_errfinish_exit(struct pt_regs *ctx)
{
	struct details *d = known_details();

	if (d)
		d->finishing = 0;
	return 0;
}

/* pg_re_throw(void): how errfinish leaves with an error. Each PG_CATCH that passes it on calls it
 * too; these say nothing new. */
SEC("uprobe")
int on_thrown(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct details *d = known_details();
	__u64 now = bpf_ktime_get_ns();
	struct error_event *e;

	if (b && b->unseen)
		b->unseen_thrown = 1;
	/* errfinish's return may not have been seen: what calls from it is deeper. */
	if (!b || !d || PT_REGS_SP(ctx) >= d->finishing || !b->announced ||
	    b->kind == BACKEND_OTHER || !asks_for(b, bpf_get_attach_cookie(ctx)))
		return 0;
	d->finishing = 0;
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_THROWN, sizeof(*e), now, bpf_get_attach_cookie(ctx),
		    PT_REGS_SP(ctx));
	e->sqlstate = b->sqlstate_raised ? b->sqlstate_raised : SQLSTATE_INTERNAL_ERROR;
	e->message_length = 0;
	e->detail_length = 0;
	e->hint_length = 0;
	submit(e);
	return 0;
}

#endif
