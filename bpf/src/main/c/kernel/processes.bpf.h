/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* When a backend runs on a processor, and how it ends. */
#ifndef PGSTITCH_PROCESSES_BPF_H
#define PGSTITCH_PROCESSES_BPF_H

#include "calls.bpf.h"
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

#endif
