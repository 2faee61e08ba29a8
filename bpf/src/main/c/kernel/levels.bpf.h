/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which level a backend has: the collector's rules when it is first seen, what its settings say
 * afterwards (settings.bpf.h), and what an operator says at any time. The latest wins. */
#ifndef PGSTITCH_LEVELS_BPF_H
#define PGSTITCH_LEVELS_BPF_H

#include "backend.bpf.h"

/* The pid in the task's own namespace, which is what PostgreSQL knows it by. */
static __always_inline __u32 own_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 nr = 0;

	if (pid)
		bpf_probe_read_kernel(&nr, sizeof(nr),
				      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
					  BPF_CORE_READ(pid, level) *
					      bpf_core_type_size(struct upid) +
					  bpf_core_field_offset(struct upid, nr));
	return nr;
}

static __always_inline __u32 control_generation(void)
{
	__u32 zero = 0;
	struct control_config *c = bpf_map_lookup_elem(&control, &zero);

	return c ? c->generation : 0;
}

/* Parallel workers have neither role nor database of their own: they take what their leader has. */
static __noinline int share_level(struct backend *b)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct leader_key key = {};
	__u32 level = b->level;

	if (b->kind == BACKEND_CLIENT) {
		key.postmaster = BPF_CORE_READ(task, real_parent, tgid);
		key.pid = own_pid(task);
		bpf_map_update_elem(&leaders, &key, &level, BPF_ANY);
	}
	return 0;
}

static __noinline int forget_leader(struct task_struct *task)
{
	struct leader_key key = {};

	key.postmaster = BPF_CORE_READ(task, real_parent, tgid);
	key.pid = own_pid(task);
	bpf_map_delete_elem(&leaders, &key);
	return 0;
}

/* Another process may get the pid. */
static __noinline int forget_pid(__u32 pid)
{
	struct rule_key key = {.kind = RULE_PID, .number = pid};
	__u32 zero = 0;
	struct control_config *c = bpf_map_lookup_elem(&control, &zero);

	if (c && (c->rules & (1 << RULE_PID)))
		bpf_map_delete_elem(&rules, &key);
	return 0;
}

static __always_inline struct rule *find_rule(const struct control_config *c, struct rule_key *key)
{
	return c->rules & (1 << key->kind) ? bpf_map_lookup_elem(&rules, key) : 0;
}

/* Whether a rule for this process's number is for this process, and not for one that had the number
 * before. */
static __always_inline bool is_meant(const struct rule *rule)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return !rule->started || rule->started == task->start_boottime / TICK_NS;
}

static __always_inline void read_name(struct rule_key *key, __u64 address)
{
	__builtin_memset(key->name, 0, sizeof(key->name));
	if (address)
		bpf_probe_read_user_str(key->name, sizeof(key->name), (void *)address);
}

static __always_inline struct rule *rule_of_client(struct backend *b, const struct control_config *c,
						   const struct binary_config *bin)
{
	struct control_layout *where = control_layout_of(b);
	struct rule_key key = {.kind = RULE_PID};
	struct rule *rule;
	__u64 port;

	key.number = bpf_get_current_pid_tgid() >> 32;
	rule = find_rule(c, &key);
	if (rule && is_meant(rule))
		return rule;
	key.number = 0;
	port = bin->layout_known ? read_u64(b->bias + bin->my_proc_port) : 0;
	if (port) {
		key.kind = RULE_ROLE;
		read_name(&key, read_u64(port + bin->port_user_name));
		rule = find_rule(c, &key);
		if (rule)
			return rule;
		key.kind = RULE_DATABASE;
		read_name(&key, read_u64(port + bin->port_database_name));
		rule = find_rule(c, &key);
		if (rule)
			return rule;
	}
	if (!where || !where->post_port_number)
		return 0;
	key.kind = RULE_PORT;
	__builtin_memset(key.name, 0, sizeof(key.name));
	key.number = read_u32(b->bias + where->post_port_number);
	return find_rule(c, &key);
}

/* The level that a backend begins with. */
static __noinline int choose_level(struct backend *b)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct binary_config *bin = binary_of(b);
	struct leader_key key = {};
	__u32 zero = 0, level = default_level(), *leaders_level;
	struct control_config *c = bpf_map_lookup_elem(&control, &zero);
	struct rule *rule;

	if (!c || !bin)
		return 0;
	if (b->kind == BACKEND_CLIENT && c->rules) {
		rule = rule_of_client(b, c, bin);
		if (rule)
			level = rule->level;
	}
	if (b->kind == BACKEND_PARALLEL_WORKER && bin->layout_known) {
		key.postmaster = BPF_CORE_READ(task, real_parent, tgid);
		key.pid = read_u32(read_u64(b->bias + bin->my_bgworker_entry) +
				   bin->worker_notify_pid);
		leaders_level = bpf_map_lookup_elem(&leaders, &key);
		if (leaders_level)
			level = *leaders_level;
	}
	b->level = b->level_kept = b->level_before = b->level_reset = level;
	b->asked = tiers_of(level);
	b->generation = c->generation;
	if (level != default_level())
		share_level(b);
	return 0;
}

#endif
