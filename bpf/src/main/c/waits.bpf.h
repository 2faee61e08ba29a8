/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* True waits. PostgreSQL sets its wait_event_info before it waits and clears it after, and each wait
 * that takes time is inside a system call: the word is read at the call's entry. What may be one wait
 * in several calls is joined; docs/decisions/0003-joined-waits.md says when. */
#ifndef PGSTITCH_WAITS_BPF_H
#define PGSTITCH_WAITS_BPF_H

#include "backend.bpf.h"

#define WAIT_CLASS(event) ((event) >> 24)
#define CLASS_LWLOCK 0x01
#define CLASS_LOCK 0x03
#define CLASS_IO 0x0A

/* Numbers of the system calls whose arguments say more, or that matter for joining. */
#if defined(__TARGET_ARCH_x86)
#define CALL_READ 0
#define CALL_WRITE 1
#define CALL_PREAD 17
#define CALL_PWRITE 18
#define CALL_SENDTO 44
#define CALL_RECVFROM 45
#define CALL_FSYNC 74
#define CALL_FDATASYNC 75
#define CALL_EPOLL_WAIT 232
#define CALL_EPOLL_PWAIT 281
#define CALL_FUTEX 202
#define CALL_PREADV 295
#define CALL_PWRITEV 296
#define CALL_POLL 7
#define CALL_PPOLL 271
#else
#define CALL_READ 63
#define CALL_WRITE 64
#define CALL_PREAD 67
#define CALL_PWRITE 68
#define CALL_SENDTO 206
#define CALL_RECVFROM 207
#define CALL_FSYNC 82
#define CALL_FDATASYNC 83
#define CALL_EPOLL_WAIT -1
#define CALL_EPOLL_PWAIT 22
#define CALL_FUTEX 98
#define CALL_PREADV 69
#define CALL_PWRITEV 70
#define CALL_POLL -1
#define CALL_PPOLL 73
#endif

#define EINTR 4
#define EAGAIN 11
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516

static __always_inline bool goes_on(const struct backend *b, __u32 event, long call)
{
	const struct pending_wait *w = &b->wait;

	if (w->event != event)
		return false;
	if (b->lock_stack && WAIT_CLASS(event) == CLASS_LOCK)
		return true;
	if (w->interrupted)
		return true;
	/* The latch woke the sleeper: it empties the descriptor by which it was woken. */
	return call == CALL_READ &&
	       (w->syscall == CALL_EPOLL_WAIT || w->syscall == CALL_EPOLL_PWAIT ||
		w->syscall == CALL_POLL || w->syscall == CALL_PPOLL);
}

static __always_inline void read_arguments(struct pending_wait *w, struct pt_regs *regs, long call)
{
	w->descriptor = -1;
	w->offset = -1;
	w->bytes = -1;
	switch (call) {
	case CALL_PREAD:
	case CALL_PWRITE:
	case CALL_PREADV:
	case CALL_PWRITEV:
		w->offset = PT_REGS_PARM4_CORE_SYSCALL(regs);
		/* fallthrough */
	case CALL_READ:
	case CALL_WRITE:
	case CALL_SENDTO:
	case CALL_RECVFROM:
	case CALL_FSYNC:
	case CALL_FDATASYNC:
		w->descriptor = PT_REGS_PARM1_CORE_SYSCALL(regs);
	}
}

static __always_inline bool moves_bytes(long call)
{
	return call == CALL_PREAD || call == CALL_PWRITE || call == CALL_PREADV ||
	       call == CALL_PWRITEV || call == CALL_READ || call == CALL_WRITE ||
	       call == CALL_SENDTO || call == CALL_RECVFROM;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_syscall, struct pt_regs *regs, long call)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct pending_wait *w;
	__u32 event;
	__u64 now;

	if (!b || !b->wait_word || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	w = &b->wait;
	event = read_u32(b->wait_word);
	if (!event) {
		if (w->active && !b->lock_stack)
			put_wait(b);
		return 0;
	}
	if (w->active) {
		if (goes_on(b, event, call)) {
			w->calls++;
			w->syscall = call;
			w->in_call = 1;
			return 0;
		}
		put_wait(b);
	}
	now = bpf_ktime_get_ns();
	w->event = event;
	w->calls = 1;
	w->syscall = call;
	w->start_ns = now;
	w->start_cpu_ns = cpu_time(b, now);
	read_arguments(w, regs, call);
	w->active = 1;
	w->in_call = 1;
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall_exit, struct pt_regs *regs, long result)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct pending_wait *w;

	if (!b)
		return 0;
	w = &b->wait;
	if (!w->in_call)
		return 0;
	w->in_call = 0;
	w->end_ns = bpf_ktime_get_ns();
	w->end_cpu_ns = cpu_time(b, w->end_ns);
	if (w->calls == 1 && result >= 0 && moves_bytes(w->syscall))
		w->bytes = result;
	w->interrupted = result == -EINTR ||
			 (result == -EAGAIN && w->syscall == CALL_FUTEX) ||
			 (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK);
	if (WAIT_CLASS(w->event) == CLASS_IO && !w->interrupted)
		put_wait(b);
	return 0;
}

#endif
