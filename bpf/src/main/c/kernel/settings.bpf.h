/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Settings that are the tracer's business: pgstitch.* and application_name, seen where the server
 * makes them. pgstitch.level and pgstitch.functions act at once, and are taken back as the server
 * takes settings back: docs/decisions/0006-levels-and-planting.md. */
#ifndef PGSTITCH_SETTINGS_BPF_H
#define PGSTITCH_SETTINGS_BPF_H

#include "before_event.bpf.h"
#include "levels.bpf.h"

/* GucContext, GucSource and GucAction of utils/guc.h: the same in 13 to 18. */
#define CONTEXT_SUPERUSER_BACKEND 3
#define CONTEXT_SUPERUSER 5
#define SOURCE_GLOBAL 5
#define SOURCE_CLIENT 9
#define SOURCE_OVERRIDE 10
#define ACTION_LOCAL 1
#define ACTION_SAVE 2

static __always_inline __u32 local_transaction(const struct backend *b)
{
	struct control_layout *where = control_layout_of(b);
	struct binary_config *bin = binary_of(b);
	__u64 proc;

	if (!where || !bin || !bin->layout_known || !where->proc_lxid)
		return 0;
	proc = read_u64(b->bias + bin->my_proc);
	return proc ? read_u32(proc + where->proc_lxid) : 0;
}

/* The transaction itself is number 1, its savepoints and exception blocks count on. */
#define TOP_SUBTRANSACTION 1

/* SubTransactionId of what runs; 0 where it is not known. */
static __always_inline __u32 subtransaction(const struct backend *b)
{
	struct control_layout *where = control_layout_of(b);
	__u64 state;

	if (!where || !where->transaction_state)
		return 0;
	state = read_u64(b->bias + where->transaction_state);
	return state ? read_u32(state + where->subtransaction_id) : 0;
}

/* The index is bounded here, in a way that the compiler cannot optimise away before the verifier. */
static __always_inline struct level_undo *undo_at(struct backend *b, __u32 i)
{
	barrier_var(i);
	return &b->undo[i & (MAX_UNDOS - 1)];
}

/* A subtransaction is about to change the level. Numbers only grow: whatever takes a later one back
 * takes back what it changed, so only the first change after each abort's beginning counts. */
static __always_inline void remember_level(struct backend *b)
{
	__u32 id = subtransaction(b), n = b->undos;
	struct level_undo *undo;

	if (id <= TOP_SUBTRANSACTION || n >= MAX_UNDOS)
		return;
	if (n && undo_at(b, n - 1)->subtransaction >= id)
		return;
	undo = undo_at(b, n);
	undo->subtransaction = id;
	undo->level = b->level;
	undo->level_kept = b->level_kept;
	b->undos = n + 1;
}

/* Remembers whether the transaction has an id by now. */
static __always_inline void look_for_xid(struct backend *b)
{
	struct control_layout *where = control_layout_of(b);
	struct binary_config *bin = binary_of(b);
	__u64 base;

	if (b->xid_seen || !where || !bin || !bin->layout_known)
		return;
	/* A backend keeps its PGPROC, or PGXACT, until it ends. */
	if (!b->xid_word) {
		base = read_u64(b->bias + (where->my_pgxact ? where->my_pgxact : bin->my_proc));
		if (!base)
			return;
		b->xid_word = base + where->transaction_xid;
	}
	if (read_u32(b->xid_word))
		b->xid_seen = 1;
}

/* Puts a level into force. What a wait or the executor began under the old one is closed. */
static __always_inline void set_level(struct backend *b, __u32 level)
{
	bool saw = sees_executors(b);

	if (!(b->level & LEVEL_TRACE)) {
		/* The text of the running message was never sent. */
		b->message_text = 0;
		b->portal_text = 0;
	}
	b->level = level;
	b->asked = tiers_of(level);
	if (saw && !sees_executors(b))
		__builtin_memset(b->query, 0, sizeof(b->query));
	b->looked.whole = 0;
}

/* Says that the level was changed by something that is no setting, or that it is settled. */
static __noinline int put_level(struct backend *b, __u32 cause, __u32 level, __u64 now)
{
	struct setting_event *e;
	__u32 before = b->level;

	if (cause != SETTING_SETTLED)
		before_event(b, now);
	set_level(b, level);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	fill_header(&e->h, b, EVENT_SETTING, sizeof(*e), now, 0, 0);
	e->cause = cause;
	e->source = -1;
	e->level = level;
	e->level_before = before;
	e->properties = cause == SETTING_OPERATOR ? 0 : SETTING_IS_RESET;
	__builtin_memcpy(e->name, "pgstitch.level", sizeof("pgstitch.level"));
	submit(e);
	return 0;
}

/* The transaction that changed the level is over. */
static __noinline int settle(struct backend *b, __u32 aborted, __u64 now)
{
	__u32 level = aborted ? b->level_before : b->level_kept;

	b->changed_in = 0;
	b->undos = 0;
	b->level_before = b->level_kept = level;
	if (level != b->level)
		put_level(b, SETTING_TRANSACTION_END, level, now);
	put_level(b, SETTING_SETTLED, level, now);
	share_level(b);
	return 0;
}

static __always_inline void settle_if_over(struct backend *b, __u32 aborted, __u64 now)
{
	if (b->changed_in && local_transaction(b) != b->changed_in)
		settle(b, aborted, now);
}

/* Looks for what an operator said since the last event. */
static __noinline int look_again(struct backend *b, __u64 when)
{
	struct rule_key key = {.kind = RULE_PID};
	__u32 zero = 0;
	struct control_config *c = bpf_map_lookup_elem(&control, &zero);
	struct rule *rule;
	__u64 now;

	if (!c)
		return 0;
	key.number = bpf_get_current_pid_tgid() >> 32;
	rule = bpf_map_lookup_elem(&rules, &key);
	if (rule && is_meant(rule) && (__s32)(rule->generation - b->generation) > 0) {
		now = when ? when : bpf_ktime_get_ns();
		b->changed_in = 0;
		b->undos = 0;
		b->level_kept = b->level_before = b->level_reset = rule->level;
		put_level(b, SETTING_OPERATOR, rule->level, now);
		put_level(b, SETTING_SETTLED, rule->level, now);
		share_level(b);
	}
	b->generation = c->generation;
	return 0;
}

/* What a setting is about, among the bits of a level; 0 for one that switches nothing. */
static __always_inline __u32 switched_bits(const char *name)
{
	static const char level[] = "pgstitch.level", functions[] = "pgstitch.functions";
	__u32 bits = LEVEL_TRACE | LEVEL_OWN | LEVEL_FUNCTIONS;

#pragma unroll
	for (int i = 0; i < sizeof(level); i++)
		if ((name[i] | (i < sizeof(level) - 1 ? 0x20 : 0)) != level[i])
			bits &= ~(LEVEL_TRACE | LEVEL_OWN);
#pragma unroll
	for (int i = 0; i < sizeof(functions); i++)
		if ((name[i] | (i < sizeof(functions) - 1 ? 0x20 : 0)) != functions[i])
			bits &= ~LEVEL_FUNCTIONS;
	return bits;
}

#define NO_LEVEL 0x80000000

/* A level in one or two digits, with LEVEL_OWN, or NO_LEVEL. */
static __always_inline __u32 parse_level(const __u8 *text, __u32 length)
{
	__u32 level = text[0] - '0';

	if (length < 1 || length > 2 || level > 9)
		return NO_LEVEL;
	if (length == 2) {
		__u32 digit = text[1] - '0';

		if (digit > 9)
			return NO_LEVEL;
		level = level * 10 + digit;
	}
	return level & ~LEVEL_TRACE ? NO_LEVEL : level | LEVEL_OWN;
}

/* on, true, yes, 1 and their opposites, as PostgreSQL's parse_bool() takes them when written out. */
static __always_inline __u32 parse_functions(const __u8 *text, __u32 length)
{
	__u32 word = 0;

	if (length < 1 || length > 5)
		return NO_LEVEL;
	if (length == 1)
		return text[0] == '1' ? LEVEL_FUNCTIONS : text[0] == '0' ? 0 : NO_LEVEL;
#pragma unroll
	for (int i = 0; i < 4; i++)
		word |= (i < length ? (__u32)(text[i] | 0x20) : 0) << (8 * i);
	switch (word) {
	case 'o' | 'n' << 8:
		return length == 2 ? LEVEL_FUNCTIONS : NO_LEVEL;
	case 'y' | 'e' << 8 | 's' << 16:
	case 't' | 'r' << 8 | 'u' << 16 | (__u32)'e' << 24:
		return length < 5 ? LEVEL_FUNCTIONS : NO_LEVEL;
	case 'n' | 'o' << 8:
	case 'o' | 'f' << 8 | 'f' << 16:
		return length < 4 ? 0 : NO_LEVEL;
	case 'f' | 'a' << 8 | 'l' << 16 | (__u32)'s' << 24:
		return length == 5 && (text[4] | 0x20) == 'e' ? 0 : NO_LEVEL;
	}
	return NO_LEVEL;
}

static __always_inline bool may_switch(struct backend *b, const struct setting_event *e)
{
	struct binary_config *bin = binary_of(b);
	struct rule_key key = {.kind = RULE_ROLE};
	__u32 zero = 0;
	struct control_config *c = bpf_map_lookup_elem(&control, &zero);
	__u64 port;

	if (!c || !bin)
		return false;
	/* Going back to what was allowed before is allowed. */
	if (c->anyone || (e->properties & (SETTING_BY_SUPERUSER | SETTING_IS_RESET)))
		return true;
	port = bin->layout_known ? read_u64(b->bias + bin->my_proc_port) : 0;
	if (!port)
		return false;
	read_name(&key, read_u64(port + bin->port_user_name));
	return bpf_map_lookup_elem(&switchers, &key) != 0;
}

/* The level after a setting that is allowed, and what follows for the transaction's end. */
static __always_inline void apply(struct backend *b, const struct setting_event *e, __u32 mask,
				  __u32 value)
{
	if (e->source >= 0 && e->source <= SOURCE_OVERRIDE) {
		/* The session's own default: no transaction takes it back. */
		b->level_reset = (b->level_reset & ~mask) | value;
		b->level_kept = (b->level_kept & ~mask) | value;
		b->level_before = (b->level_before & ~mask) | value;
		set_level(b, (b->level & ~mask) | value);
		return;
	}
	if (!b->changed_in) {
		b->level_before = b->level_kept;
		b->changed_in = local_transaction(b);
	}
	if (b->changed_in)
		remember_level(b);
	if (!(e->properties & SETTING_IS_LOCAL))
		b->level_kept = (b->level_kept & ~mask) | value;
	set_level(b, (b->level & ~mask) | value);
	/* Where transactions cannot be told apart, nothing is taken back. */
	if (!b->changed_in)
		b->level_kept = b->level_before = b->level;
}

/* A setting is being made; the scratch holds what is known of it, its name and value still stand in
 * the server's memory. */
static __noinline int make_setting(struct backend *b, struct scratch *s, __u64 name, __u64 value)
{
	struct setting_event *e = &s->setting;
	__u64 now = bpf_ktime_get_ns();
	__u32 mask, wanted = 0, properties = e->properties, cause = e->cause;
	__s32 source = e->source;
	__u8 *bytes = s->bytes + sizeof(*e);
	long n = 0;

	if (bpf_probe_read_user_str(e->name, NAME_LENGTH, (void *)name) < 0)
		return 0;
	mask = switched_bits(e->name);
	if (value)
		n = bpf_probe_read_user_str(bytes, SETTING_VALUE, (void *)value);
	n = n > 0 ? n - 1 : 0;
	if (b->changed_in)
		settle_if_over(b, 0, now);
	before_event(b, now);
	e->level_before = b->level;
	if (mask) {
		if (!value)
			wanted = b->level_reset & mask;
		else
			wanted = mask == LEVEL_FUNCTIONS ? parse_functions(bytes, n)
							 : parse_level(bytes, n);
		if (!may_switch(b, e))
			properties |= SETTING_REFUSED;
		else if (wanted == NO_LEVEL)
			properties |= SETTING_INVALID;
		else
			apply(b, e, mask, wanted);
	}
	fill_header(&e->h, b, EVENT_SETTING, 0, now, 0, 0);
	e->cause = cause;
	e->source = source;
	e->properties = properties;
	e->level = b->level;
	e->text_length = n;
	if (n >= SETTING_VALUE - 1)
		e->h.flags |= FLAG_TEXT_CUT;
	e->h.length = sizeof(*e) + n;
	put(&s->h, sizeof(*e) + (n & (SETTING_VALUE - 1)));
	if (mask && b->level != e->level_before)
		share_level(b);
	if (mask && !b->changed_in)
		put_level(b, SETTING_SETTLED, b->level, now);
	return 0;
}

#endif
