/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Heavyweight locks, and who holds the one that is waited for: docs/decisions/0010-wait-targets.md and
 * 0020-lock-holders.md. */
#ifndef PGSTITCH_LOCKS_BPF_H
#define PGSTITCH_LOCKS_BPF_H

#include "files.bpf.h"
#include "known.bpf.h"

/* Bits of modes in a mask. */
#define LOCK_MODES 0x1fe

/* Whether the next one of a list points back: its node has prev and next. From 18 on another backend may
 * come in between, so it is looked at twice. */
static __always_inline bool points_back(__u64 node)
{
	__u64 next = read_u64(node + 8);

	return next && (read_u64(next) == node || read_u64(read_u64(node + 8)) == node);
}

/* A lock that is waited for: LOCALLOCK begins with the tag that the LOCK has, too. */
static __noinline int lock_agrees(struct backend *b, __u64 local)
{
	struct target_config *c = b ? targets_of(b) : 0;
	struct layout_config *l = b ? layout_of(b->binary) : 0;
	struct binary_config *bin = b ? binary_of(b) : 0;
	__u32 tag[4] = {}, found, expected;
	__u64 lock, me, mine, group;

	if (!c || !l || !bin || l->contradicted[LAYOUT_LOCK])
		return 0;
	if (!look_closely(b, LAYOUT_LOCK))
		return 1;
	if (b->lock_mode < 1 || b->lock_mode > 8)
		return contradict(LAYOUT_LOCK, CHECK_LOCK_MODE, 0, b->lock_mode);
	lock = read_u64(local + c->locallock_lock);
	bpf_probe_read_user(tag, sizeof(tag), (void *)(lock + l->lock_tag));
	if (!lock || tag[0] != b->lock_tag[0] || tag[1] != b->lock_tag[1] ||
	    tag[2] != b->lock_tag[2] || tag[3] != b->lock_tag[3])
		return contradict(LAYOUT_LOCK, CHECK_LOCK_TAG, b->lock_tag[1], tag[1]);
	me = read_u64(b->bias + bin->my_proc);
	if (l->my_process_id && me) {
		expected = read_u32(b->bias + l->my_process_id);
		found = read_u32(me + c->proc_pid);
		if (found != expected)
			return contradict(LAYOUT_LOCK, CHECK_PROC_PID, expected, found);
	}
	/* The own entry stands still. */
	mine = read_u64(local + l->locallock_proclock);
	if (!mine || read_u64(mine + c->proclock_my_lock) != lock)
		return contradict(LAYOUT_LOCK, CHECK_LOCK_ENTRY, lock,
				  read_u64(mine + c->proclock_my_lock));
	group = me ? read_u64(me + c->proc_lock_group_leader) : 0;
	if (me && read_u64(mine + c->proclock_group_leader) != (group ? group : me))
		return contradict(LAYOUT_LOCK, CHECK_LOCK_GROUP, group ? group : me,
				  read_u64(mine + c->proclock_group_leader));
	found = read_u32(mine + c->proclock_hold_mask);
	if (found & ~LOCK_MODES)
		return contradict(LAYOUT_LOCK, CHECK_LOCK_HOLD_MASK, 0, found);
	if (!points_back(mine + c->proclock_lock_link) || !points_back(lock + c->lock_proc_locks))
		return contradict(LAYOUT_LOCK, CHECK_LOCK_LIST, 0,
				  read_u64(lock + c->lock_proc_locks));
	return 1;
}

/* The most entries of a lock's list that are looked at. */
#define LOCK_ENTRIES 128
#define LOCK_ENTRIES_AT_ONCE 16

/* Goes through some entries of a lock's list, see UNSEEN_AT_ONCE. Returns the next one's link, 0 at the end.
 * @group: of the waiter, whose members do not block it */
__noinline __u64 read_some_holders(__u64 lock, __u64 head, __u64 link, __u64 group, __u32 conflicts)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;
	struct details *d = known_details();
	__u64 entry, leader;
	__u32 count;

	if (!c || !d)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < LOCK_ENTRIES_AT_ONCE; i++) {
		if (link == head) {
			d->lock.cut = 0;
			return 0;
		}
		entry = link - c->proclock_lock_link;
		if (!link || read_u64(entry + c->proclock_my_lock) != lock)
			return 0;
		leader = read_u64(entry + c->proclock_group_leader);
		if (leader != group && (read_u32(entry + c->proclock_hold_mask) & conflicts)) {
			/* Kept in memory: the verifier would follow each value of a local one apart. */
			count = d->lock.count;
			if (count >= LOCK_HOLDERS)
				return 0;
			d->lock.holders[count & (LOCK_HOLDERS - 1)] = read_u32(leader + c->proc_pid);
			d->lock.count = count + 1;
		}
		link = read_u64(link + 8);
	}
	return link;
}

/* Who holds the lock in a mode that conflicts: storage/lock.h, LOCK.procLocks. Up to 17 the caller of
 * ProcSleep holds the lock table's partition and the list stands still; from 18 on it may change, so
 * each entry must say that it is of this lock. Members of the waiter's own lock group do not block it
 * (storage/lmgr/README). */
static __noinline int read_holders(struct backend *b, struct target_config *c, __u64 local)
{
	struct details *d = current_details();
	struct binary_config *bin;
	__u64 lock, head, link, me, group;
	__u32 conflicts;

	if (!b || !c || !d)
		return 0;
	bin = binary_of(b);
	if (!bin)
		return 0;
	d->lock.count = 0;
	d->lock.cut = 1;
	if (!follows(b, LAYOUT_LOCK))
		return 0;
	lock = read_u64(local + c->locallock_lock);
	if (!lock)
		return 0;
	conflicts = c->lock_conflicts[b->lock_mode & 15];
	me = read_u64(b->bias + bin->my_proc);
	group = me ? read_u64(me + c->proc_lock_group_leader) : 0;
	if (!group)
		group = me;
	head = lock + c->lock_proc_locks;
	link = read_u64(head + 8);
#pragma clang loop unroll(disable)
	for (int i = 0; i < LOCK_ENTRIES / LOCK_ENTRIES_AT_ONCE; i++) {
		link = read_some_holders(lock, head, link, group, conflicts);
		if (!link)
			break;
	}
	return 1;
}

/* Says who holds the lock at the moment when the sleep begins: records are read in the order of their
 * times, so whoever reads this one knows then what each holder does. */
static __noinline int put_lock_sleep(struct backend *b)
{
	struct details *d = known_details();
	struct lock_sleep_event *e;

	if (!b || !d || !b->announced || !d->lock.count)
		return 0;
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_LOCK_SLEEP, sizeof(*e), bpf_ktime_get_ns(), 0, 0);
	__builtin_memcpy(&e->lock, &d->lock, sizeof(e->lock));
	submit(e);
	return 1;
}

/* ProcSleep(LOCALLOCK *locallock, ...): all sleeps until it returns are one wait for this lock. */
SEC("uprobe")
int on_lock_sleep(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	__u64 lock = PT_REGS_PARM1(ctx);

	if (!b || !wants(b, LEVEL_WAITS))
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = PT_REGS_SP(ctx);
	bpf_probe_read_user(b->lock_tag, sizeof(b->lock_tag), (void *)lock);
	b->lock_mode = read_u32(lock + sizeof(b->lock_tag));
	lock_agrees(b, lock);
	read_holders(b, targets_of(b), lock);
	put_lock_sleep(b);
	return 0;
}

SEC("uretprobe")
int on_lock_sleep_exit(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	if (!b)
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = 0;
	return 0;
}

#endif
