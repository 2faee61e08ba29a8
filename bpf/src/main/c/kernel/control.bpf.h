/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Programs at the places where the server makes settings and takes them back. None of them is on the
 * way of a normal statement. */
#ifndef PGSTITCH_CONTROL_BPF_H
#define PGSTITCH_CONTROL_BPF_H

#include "known.bpf.h"

/* The sixth argument, and the ones that x86 passes on the stack, above the return address. */
#if defined(__TARGET_ARCH_x86)
#define SIXTH(ctx, stack) ((ctx)->r9)
#define SEVENTH(ctx, stack) read_u32((stack) + 8)
#define EIGHTH(ctx, stack) read_u32((stack) + 16)
#else
#define SIXTH(ctx, stack) ((ctx)->regs[5])
#define SEVENTH(ctx, stack) ((ctx)->regs[6])
#define EIGHTH(ctx, stack) ((ctx)->regs[7])
#endif

/* Whether a name is one that matters, by its first bytes and without regard to case. */
static __always_inline bool matters(struct backend *b, __u64 address, __u32 source)
{
	static const char own[] = "pgstitch.", application[] = "application_name";
	char name[sizeof(application)] = {};
	bool is_own = true, is_application = true;

	bpf_probe_read_user_str(name, sizeof(name), (void *)address);
#pragma unroll
	for (int i = 0; i < sizeof(own) - 1; i++)
		if ((own[i] == '.' ? name[i] : name[i] | 0x20) != own[i])
			is_own = false;
	if (is_own)
		return true;
#pragma unroll
	for (int i = 0; i < sizeof(application) - 1; i++)
		if ((application[i] == '_' ? name[i] : name[i] | 0x20) != application[i])
			is_application = false;
	/* Before its first event a session has no name that could change, and the one of the startup
	 * packet is read there. */
	return is_application && b->announced && source != SOURCE_CLIENT;
}

static __always_inline int setting(struct pt_regs *ctx, __u64 name, __u64 value, __u32 context,
				   __u32 source, __u32 action, bool makes)
{
	struct backend *b = current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	struct scratch *s;

	/* Parallel workers copy all settings of their leader, whose level they have already. */
	if (!b || b->kind != BACKEND_CLIENT || !makes || action == ACTION_SAVE ||
	    source < SOURCE_GLOBAL || !matters(b, name, source))
		return 0;
	s = &b->scratch;
	s->setting.cause = SETTING_GIVEN;
	s->setting.source = source;
	s->setting.properties = (value ? 0 : SETTING_IS_RESET) |
				(action == ACTION_LOCAL ? SETTING_IS_LOCAL : 0) |
				(context == CONTEXT_SUPERUSER ||
						 context == CONTEXT_SUPERUSER_BACKEND
					     ? SETTING_BY_SUPERUSER
					     : 0);
	return make_setting(b, s, name, value);
}

/* set_config_option(name, value, context, source, action, changeVal, ...): 13 to 15
 * set_config_option_ext(name, value, context, source, srole, action, changeVal, ...): late 15, 16
 * set_config_with_handle(name, handle, value, context, source, srole, action, changeVal, ...): 17 on
 * One program for the three, as the verifier looks at each program by itself. */
SEC("uprobe")
int on_setting(struct pt_regs *ctx)
{
	__u64 stack = PT_REGS_SP(ctx), name = PT_REGS_PARM1(ctx), value = PT_REGS_PARM2(ctx);
	__u32 binary = cookie_binary(bpf_get_attach_cookie(ctx));
	__u32 context = PT_REGS_PARM3(ctx), source = PT_REGS_PARM4(ctx);
	__u32 action = PT_REGS_PARM5(ctx), makes = SIXTH(ctx, stack);
	struct control_layout *where = bpf_map_lookup_elem(&control_layouts, &binary);

	(void)stack;
	if (!where)
		return 0;
	if (where->setting_arguments == SETTING_WITH_ROLE) {
		action = SIXTH(ctx, stack);
		makes = SEVENTH(ctx, stack);
	} else if (where->setting_arguments == SETTING_WITH_HANDLE) {
		value = PT_REGS_PARM3(ctx);
		context = PT_REGS_PARM4(ctx);
		source = PT_REGS_PARM5(ctx);
		action = SEVENTH(ctx, stack);
		makes = EIGHTH(ctx, stack);
	}
	return setting(ctx, name, value, context, source, action, makes & 0xff);
}

/* ResetAllOptions(void): RESET ALL, DISCARD ALL. */
SEC("uprobe")
int on_settings_reset(struct pt_regs *ctx)
{
	struct backend *b = current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	__u64 now = bpf_ktime_get_ns();
	__u32 local;

	if (!b || b->kind != BACKEND_CLIENT)
		return 0;
	settle_if_over(b, 0, now);
	local = local_transaction(b);
	if (b->level == b->level_reset && b->level_kept == b->level_reset)
		return 0;
	if (!b->changed_in) {
		b->level_before = b->level_kept;
		b->changed_in = local;
	}
	if (b->changed_in)
		remember_level(b);
	b->level_kept = b->level_reset;
	put_level(b, SETTING_ALL_RESET, b->level_reset, now);
	share_level(b);
	if (!b->changed_in)
		put_level(b, SETTING_SETTLED, b->level, now);
	return 0;
}

/* AbortCurrentTransaction(void): an error reached the main loop, or a procedure rolls back. After a
 * savepoint only what came since is lost, which on_subtransaction_abort sees. */
SEC("uprobe")
int on_abort(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	__u64 now = bpf_ktime_get_ns();

	if (!b || !b->changed_in)
		return 0;
	if (local_transaction(b) != b->changed_in)
		settle(b, 0, now);
	else if (subtransaction(b) <= TOP_SUBTRANSACTION)
		settle(b, 1, now);
	return 0;
}

/* UserAbortTransactionBlock(bool chain): ROLLBACK, planted where its command's end is not seen. */
SEC("uprobe")
int on_rollback(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	__u64 now = bpf_ktime_get_ns();

	if (b && b->changed_in)
		settle(b, local_transaction(b) == b->changed_in, now);
	return 0;
}

/* AtSubAbort_Portals(SubTransactionId mySubid, ...): ROLLBACK TO a savepoint, an exception block that
 * caught an error, an error after a savepoint. What was set in it, and in those inside it, whether
 * they were released or not, is taken back. */
SEC("uprobe")
int on_subtransaction_abort(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	__u32 id = PT_REGS_PARM1(ctx), level, kept, n;
	__u64 now = bpf_ktime_get_ns();
	struct level_undo *undo;
	bool found = false;

	if (!b || !b->undos || !b->changed_in || local_transaction(b) != b->changed_in)
		return 0;
	level = b->level;
	kept = b->level_kept;
#pragma clang loop unroll(disable)
	for (int k = 0; k < MAX_UNDOS; k++) {
		n = b->undos;
		if (n == 0 || n > MAX_UNDOS)
			break;
		undo = undo_at(b, n - 1);
		if (undo->subtransaction < id)
			break;
		level = undo->level;
		kept = undo->level_kept;
		b->undos = n - 1;
		found = true;
	}
	if (!found)
		return 0;
	b->level_kept = kept;
	if (level != b->level) {
		put_level(b, SETTING_TRANSACTION_END, level, now);
		share_level(b);
	}
	return 0;
}

#endif
