/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* True waits. PostgreSQL sets its wait_event_info before it waits and clears it after, and each wait
 * that takes time is inside a system call: the word is read at the call's entry. What may be one wait
 * in several calls is joined; docs/decisions/0003-joined-waits.md says when. */
#ifndef PGSTITCH_WAITS_BPF_H
#define PGSTITCH_WAITS_BPF_H

#include "files.bpf.h"
#include "known.bpf.h"
#include "system_calls.h"

#define WAIT_CLASS(event) ((event) >> 24)
#define CLASS_LWLOCK 0x01
#define CLASS_LOCK 0x03
#define CLASS_CLIENT 0x06
#define CLASS_IO 0x0A

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
	/* Woken by an old signal for the latch and not by the client, it goes on sleeping at once; for
	 * a latch that is set it would look at the socket first. */
	if (WAIT_CLASS(event) == CLASS_CLIENT && w->calls > 1 && w->syscall == CALL_READ)
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
	w->detail = 0;
	switch (call) {
	case CALL_PREAD:
	case CALL_PWRITE:
	case CALL_PREADV:
	case CALL_PWRITEV:
		w->offset = PT_REGS_PARM4_CORE_SYSCALL(regs);
		goto with_descriptor;
	case CALL_FALLOCATE:
		w->offset = PT_REGS_PARM3_CORE_SYSCALL(regs);
		w->bytes = PT_REGS_PARM4_CORE_SYSCALL(regs);
		goto with_descriptor;
	case CALL_SYNC_FILE_RANGE:
	case CALL_FADVISE:
		w->offset = PT_REGS_PARM2_CORE_SYSCALL(regs);
		w->bytes = PT_REGS_PARM3_CORE_SYSCALL(regs);
		goto with_descriptor;
	case CALL_FTRUNCATE:
		w->offset = PT_REGS_PARM2_CORE_SYSCALL(regs);
		goto with_descriptor;
	case CALL_READ:
	case CALL_WRITE:
	case CALL_SENDTO:
	case CALL_RECVFROM:
	case CALL_FSYNC:
	case CALL_FDATASYNC:
	with_descriptor:
		w->descriptor = PT_REGS_PARM1_CORE_SYSCALL(regs);
	}
	if (WAIT_CLASS(w->event) != CLASS_IO)
		return;
	if (w->descriptor >= 0 && read_file(current_details(), w->descriptor))
		w->detail = FLAG_WAIT_FILE;
}

/* A sleep until an asynchronous IO is done, or the call that completes it: the handle has said which
 * blocks it moves. Reads that this process does itself meanwhile have a descriptor. */
static __always_inline void take_blocks(const struct backend *b, struct pending_wait *w)
{
	if (b->aio_stack && WAIT_CLASS(w->event) == CLASS_IO && w->descriptor < 0)
		w->detail = FLAG_WAIT_BLOCK;
}

/* Whether a call outside of waits moves the bytes for which the client was waited for. */
static __always_inline bool moves_client_bytes(long call)
{
	return call == CALL_READ || call == CALL_WRITE || call == CALL_SENDTO ||
	       call == CALL_RECVFROM || call == CALL_SENDMSG || call == CALL_RECVMSG;
}

static __always_inline bool moves_bytes(long call)
{
	return call == CALL_PREAD || call == CALL_PWRITE || call == CALL_PREADV ||
	       call == CALL_PWRITEV || call == CALL_READ || call == CALL_WRITE ||
	       call == CALL_SENDTO || call == CALL_RECVFROM;
}

/* A call while PostgreSQL does not say that it waits: the wait before it is over. One for the client
 * stays until the call that follows has moved the bytes: that is done outside of the wait. */
static __always_inline void outside(struct backend *b, struct pt_regs *regs, long call)
{
	struct pending_wait *w = &b->wait;

	if (!w->active || b->lock_stack)
		return;
	if (WAIT_CLASS(w->event) == CLASS_CLIENT && !w->interrupted && w->bytes < 0 &&
	    moves_client_bytes(call)) {
		w->descriptor = PT_REGS_PARM1_CORE_SYSCALL(regs);
		w->follows = 1;
		return;
	}
	put_wait(b);
}

/* What a signal's handler calls, which may run at any place inside a wait: SetLatch of its own latch
 * is a kill, that of a timeout looks at the clock, which is a call on some hosts, and sets the timer for the
 * next one, and each handler ends with sigreturn. */
static __always_inline bool is_of_signal(long call)
{
	return call == CALL_SIGRETURN || call == CALL_SIGPROCMASK || call == CALL_KILL ||
	       call == CALL_GETPID || call == CALL_SETITIMER || call == CALL_GETTIMEOFDAY ||
	       call == CALL_CLOCK_GETTIME;
}

static __always_inline void begin_wait(struct backend *b, __u32 event, __u64 now)
{
	struct pending_wait *w = &b->wait;

	w->event = event;
	w->start_ns = now;
	w->start_cpu_ns = cpu_time(b, now);
	w->active = 1;
	w->in_call = 1;
	w->interrupted = 0;
	w->follows = 0;
	w->begun = 0;
	w->detail = b->lock_stack && WAIT_CLASS(event) == CLASS_LOCK ? FLAG_WAIT_LOCK : 0;
}

static __always_inline bool looks_open(void)
{
	__u32 given_at = LOOKS_GIVEN, taken_at = LOOKS_TAKEN;
	__u32 *given = bpf_map_lookup_elem(&looks, &given_at);
	__u32 *taken = bpf_map_lookup_elem(&looks, &taken_at);

	return given && taken && *given != *taken;
}

static __noinline int count_look(void)
{
	__u32 taken_at = LOOKS_TAKEN;
	__u32 *taken = bpf_map_lookup_elem(&looks, &taken_at);

	if (taken)
		__sync_fetch_and_add(taken, 1);
	return 0;
}

/* Gives a backend its state before it has had an event, or the level that was set for it since its last
 * one, where the collector has asked for that. With what it asked for, whose since_ns is 0 for nothing. */
static __noinline int look_first(struct first_look *asked)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct first_look *look = bpf_task_storage_get(&first_looks, task, 0, 0);
	struct backend *b;
	__u64 now = bpf_ktime_get_ns();

	if (!look || !asked)
		return 0;
	*asked = *look;
	if (!asked->since_ns)
		asked->since_ns = now;
	bpf_task_storage_delete(&first_looks, task);
	count_look();
	b = bpf_task_storage_get(&backends, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!b) {
		count_loss(LOSS_NO_STATE);
		return 0;
	}
	if (!b->pid) {
		b->pid = task->tgid;
		b->binary = asked->binary;
		b->bias = asked->bias;
		b->on_cpu_since = now;
	}
	/* What is said of that moment has the processor time of then. */
	now = b->on_cpu_since;
	if (b->on_cpu_since > asked->since_ns)
		b->on_cpu_since = asked->since_ns;
	if (b->kind == BACKEND_UNKNOWN)
		make_known(b, task, asked->since_ns);
	else if (b->kind != BACKEND_OTHER && b->generation != control_generation())
		look_again(b, asked->since_ns);
	b->on_cpu_since = now;
	return 0;
}

/* A call ends that had begun when it was asked for what the backend waits: if it waits now, that is the
 * wait in which it was. */
static __always_inline void first_wait(struct backend *b, const struct first_look *asked,
				       struct pt_regs *regs)
{
	struct pending_wait *w = &b->wait;
	__u64 on_cpu_since = b->on_cpu_since;
	__u32 event;

	if (!b->wait_word || b->kind == BACKEND_UNKNOWN || b->kind == BACKEND_OTHER ||
	    !wants(b, LEVEL_WAITS) || w->active || w->in_call || b->watched)
		return;
	event = read_u32(b->wait_word);
	if (!event || (WAIT_CLASS(event) == CLASS_CLIENT && !asked->running))
		return;
	if (on_cpu_since > asked->since_ns)
		b->on_cpu_since = asked->since_ns;
	if (!b->announced)
		announce(b, asked->since_ns);
	begin_wait(b, event, asked->since_ns);
	b->on_cpu_since = on_cpu_since;
	w->begun = 1;
	w->calls = 1;
	w->syscall = CALL_OF(regs);
	read_arguments(w, regs, w->syscall);
}

/* How a function's return comes to the kernel, from Linux 6.11 on: no call of the server's, and a select at
 * level 12 has ten of them. */
static __always_inline bool is_return_of_function(long call)
{
	return CALL_URETPROBE >= 0 && call == CALL_URETPROBE;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_syscall, struct pt_regs *regs, long call)
{
	struct first_look asked = {};
	struct backend *b;
	struct pending_wait *w;
	__u32 event;

	if (is_return_of_function(call))
		return 0;
	if (looks_open())
		look_first(&asked);
	b = known_backend(bpf_get_current_task_btf());
	if (!b || !b->wait_word || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	w = &b->wait;
	event = read_u32(b->wait_word);
	if (!event) {
		outside(b, regs, call);
		return 0;
	}
	if (is_of_signal(call))
		return 0;
	if (b->watched) {
		/* Its writes say when it begins and ends; the first call in it says for what. */
		if (w->active && w->in_call && w->calls++ == 0) {
			w->syscall = call;
			if (w->detail != FLAG_WAIT_LOCK) {
				read_arguments(w, regs, call);
				take_blocks(b, w);
			}
		}
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
	begin_wait(b, event, bpf_ktime_get_ns());
	w->calls = 1;
	w->syscall = call;
	if (w->detail == FLAG_WAIT_LOCK) {
		w->descriptor = -1;
		w->offset = -1;
		w->bytes = -1;
	} else {
		read_arguments(w, regs, call);
		take_blocks(b, w);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall_exit, struct pt_regs *regs, long result)
{
	struct first_look asked = {};
	struct backend *b;
	struct pending_wait *w;

	/* A function's return, or that of a signal's handler: the kernel has forgotten the number by now. */
	if ((__s32)CALL_OF(regs) < 0)
		return 0;
	if (looks_open())
		look_first(&asked);
	b = known_backend(bpf_get_current_task_btf());
	if (!b)
		return 0;
	if (asked.since_ns)
		first_wait(b, &asked, regs);
	w = &b->wait;
	if (w->follows) {
		w->bytes = result >= 0 ? result : -1;
		put_wait(b);
		return 0;
	}
	if (!w->in_call)
		return 0;
	if (w->calls == 1) {
		if (result < 0)
			w->bytes = -1;
		else if (moves_bytes(w->syscall))
			w->bytes = result;
	}
	if (b->watched)
		return 0;
	w->in_call = 0;
	w->end_ns = bpf_ktime_get_ns();
	w->end_cpu_ns = cpu_time(b, w->end_ns);
	w->interrupted = result == -EINTR ||
			 (result == -EAGAIN && w->syscall == CALL_FUTEX) ||
			 (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK);
	if (WAIT_CLASS(w->event) == CLASS_IO && !w->interrupted)
		put_wait(b);
	return 0;
}

/* The second mode: a hardware watchpoint on the wait word, hit after each write to it. From the first
 * hit on, waits begin and end with the writes; all sleeps for one heavyweight lock are one wait here
 * too. Runs with the backend that wrote. */
SEC("perf_event")
int on_wait_word(void *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	__u64 now = bpf_ktime_get_ns();
	struct pending_wait *w;
	__u32 event;

	if (!b || !b->wait_word || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	w = &b->wait;
	event = read_u32(b->wait_word);
	if (!b->watched) {
		b->watched = 1;
		if (!event)
			return 0;
	}
	if (!event) {
		if (!w->active || !w->in_call)
			return 0;
		w->in_call = 0;
		w->end_ns = now;
		w->end_cpu_ns = cpu_time(b, now);
		/* Not over yet: a lock may be slept for again, a client's bytes are still to come. */
		if ((b->lock_stack && WAIT_CLASS(w->event) == CLASS_LOCK) ||
		    WAIT_CLASS(w->event) == CLASS_CLIENT)
			return 0;
		put_wait(b);
		return 0;
	}
	if (w->active) {
		if (!w->in_call && w->event == event && b->lock_stack &&
		    WAIT_CLASS(event) == CLASS_LOCK) {
			w->in_call = 1;
			return 0;
		}
		if (w->in_call) {
			w->end_ns = now;
			w->end_cpu_ns = cpu_time(b, now);
		}
		put_wait(b);
	}
	begin_wait(b, event, now);
	w->calls = 0;
	w->syscall = -1;
	w->descriptor = -1;
	w->offset = -1;
	w->bytes = -1;
	/* As late as can be, so that the wait has little of this trap in it. */
	w->start_ns = bpf_ktime_get_ns();
	w->start_cpu_ns = cpu_time(b, w->start_ns);
	return 0;
}

#endif
