/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which processes are traced, and what is made known of one at its first event. */
#ifndef PGSTITCH_KNOWN_BPF_H
#define PGSTITCH_KNOWN_BPF_H

#include "announce.bpf.h"
#include "levels.bpf.h"
#include "settings.bpf.h"
#include "usage.bpf.h"
#include "workers.bpf.h"

static __always_inline bool is_wanted(struct task_struct *task)
{
	__u32 zero = 0, pid;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	if (!c || !c->only_targets)
		return true;
	pid = task->tgid;
	if (bpf_map_lookup_elem(&targets, &pid))
		return true;
	pid = BPF_CORE_READ(task, real_parent, tgid);
	return bpf_map_lookup_elem(&targets, &pid) != 0;
}

/* Says what kind of process this is. Early in a process neither pointer is set: BACKEND_UNKNOWN. */
static __always_inline __u32 classify(const struct backend *b, const struct binary_config *bin)
{
	__u64 worker, port;

	port = read_u64(b->bias + bin->my_proc_port);
	/* Who the client is stands in the startup packet, and levels go by it. */
	if (port)
		return !bin->layout_known || read_u64(port + bin->port_user_name) ? BACKEND_CLIENT
										  : BACKEND_UNKNOWN;
	worker = read_u64(b->bias + bin->my_bgworker_entry);
	if (!worker)
		return classify_without_client(b);
	if (!bin->layout_known)
		return BACKEND_OTHER;
	if (is_parallel_worker(bin, worker))
		return BACKEND_PARALLEL_WORKER;
	return classify_background_worker(b, worker);
}

static __always_inline void find_wait_word(struct backend *b, const struct binary_config *bin)
{
	__u64 proc;

	if (bin->my_wait_event_info) {
		b->wait_word = read_u64(b->bias + bin->my_wait_event_info);
	} else if (bin->proc_wait_event_info) {
		proc = read_u64(b->bias + bin->my_proc);
		b->wait_word = proc ? proc + bin->proc_wait_event_info : 0;
	}
}

/* Fills in what follows from the process itself, at its first event; NULL when it is not to be traced.
 * That was now, or at a moment before. */
static __always_inline struct backend *make_known(struct backend *b, struct task_struct *task, __u64 when)
{
	struct binary_config *bin = binary_of(b);

	if (!bin)
		return 0;
	b->begun_before = task->start_time < bin->attached_ns;
	b->kind = is_wanted(task) ? classify(b, bin) : BACKEND_OTHER;
	if (b->kind == BACKEND_UNKNOWN || b->kind == BACKEND_OTHER)
		return 0;
	find_wait_word(b, bin);
	choose_level(b);
	if (bin->buffer_usage)
		bpf_probe_read_user(b->buffers, sizeof(b->buffers),
				    (void *)(b->bias + bin->buffer_usage));
	read_wal(b, b->wal);
	/* Whoever plants what this one needs beyond the default has to hear of it at once. */
	if (b->level & ~default_level())
		announce(b, when ? when : bpf_ktime_get_ns());
	return b;
}

/* The state of the current backend, made at its first event; NULL when it is not to be traced. */
static __always_inline struct backend *current_backend(__u64 cookie, __u64 function_address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct backend *b = bpf_task_storage_get(&backends, task, 0, 0);

	if (b) {
		if (b->kind == BACKEND_OTHER)
			return 0;
		if (b->kind != BACKEND_UNKNOWN) {
			if (b->generation != control_generation())
				look_again(b, 0);
			return b;
		}
	} else {
		b = bpf_task_storage_get(&backends, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!b) {
			count_loss(LOSS_NO_STATE);
			return 0;
		}
		b->pid = task->tgid;
		b->binary = cookie_binary(cookie);
		b->bias = function_address - cookie_address(cookie);
		b->on_cpu_since = bpf_ktime_get_ns();
	}
	return make_known(b, task, 0);
}

#endif
