/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who a backend is, told once before its first event. */
#ifndef PGSTITCH_ANNOUNCE_BPF_H
#define PGSTITCH_ANNOUNCE_BPF_H

#include "backend.bpf.h"
#include "workers.bpf.h"

static __noinline int announce(struct backend *b, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct binary_config *bin = binary_of(b);
	struct session_event *e;
	struct control_layout *where;
	__u64 port = 0, name;

	if (!bin)
		return 0;
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	fill_header(&e->h, b, EVENT_SESSION, sizeof(*e), now, 0, 0);
	e->start_boottime_ns = task->start_boottime;
	__builtin_memcpy(e->buffers, b->buffers, sizeof(e->buffers));
	__builtin_memcpy(e->wal, b->wal, sizeof(e->wal));
	e->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	e->kind = b->kind;
	e->binary = b->binary;
	e->begun_before = b->begun_before;
	e->wait_word = b->wait_word;
	if (bin->my_proc_pid)
		e->server_pid = read_u32(b->bias + bin->my_proc_pid);
	if (bin->my_start_timestamp)
		e->start_timestamp = read_u64(b->bias + bin->my_start_timestamp);
	if (bin->layout_known) {
		port = read_u64(b->bias + bin->my_proc_port);
		if (port) {
			bpf_probe_read_user_str(e->database, SESSION_TEXT,
						(void *)read_u64(port + bin->port_database_name));
			bpf_probe_read_user_str(e->user, SESSION_TEXT,
						(void *)read_u64(port + bin->port_user_name));
			bpf_probe_read_user_str(e->client_address, SESSION_TEXT,
						(void *)read_u64(port + bin->port_remote_host));
		}
		if (b->kind == BACKEND_PARALLEL_WORKER)
			e->leader_pid = read_u32(read_u64(b->bias + bin->my_bgworker_entry) +
						 bin->worker_notify_pid);
		describe_worker(e, b, bin);
	}
	if (bin->application_name) {
		name = read_u64(b->bias + bin->application_name);
		if (name)
			bpf_probe_read_user_str(e->application_name, SESSION_TEXT, (void *)name);
	}
	/* While a session starts, its settings are not made yet. */
	where = control_layout_of(b);
	if (where && port && !e->application_name[0]) {
		name = read_u64(port + where->port_application_name);
		if (name)
			bpf_probe_read_user_str(e->application_name, SESSION_TEXT, (void *)name);
	}
	submit(e);
	b->announced = 1;
	return 0;
}

#endif
