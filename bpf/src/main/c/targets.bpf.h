/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What waits wait for, and what errors say: files of descriptors, relations of files, holders of
 * locks, messages on their way to the client. docs/decisions/0010-wait-targets.md. */
#ifndef PGSTITCH_TARGETS_BPF_H
#define PGSTITCH_TARGETS_BPF_H

#include "layouts.bpf.h"
#include "returns.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct target_config);
} target_configs SEC(".maps");

static __always_inline struct target_config *targets_of(const struct backend *b)
{
	__u32 key = b->binary;
	struct target_config *c = bpf_map_lookup_elem(&target_configs, &key);
	struct binary_config *bin = bpf_map_lookup_elem(&binaries, &key);

	return c && c->known && bin && bin->layout_known ? c : 0;
}

static __always_inline __u8 read_u8(__u64 address)
{
	__u8 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

/* --- Files ------------------------------------------------------------------------------------ */

/* Names the file of a descriptor of the current process. At the entry of a system call nobody else
 * can close it: a backend is one thread. */
static __noinline int read_file(struct details *d, int descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *entry, *parent, *grandparent, *above, *directory;
	struct fdtable *table;
	struct file **files, *file = 0;

	if (!d)
		return 0;
	table = BPF_CORE_READ(task, files, fdt);
	if (descriptor < 0 || descriptor >= BPF_CORE_READ(table, max_fds))
		return 0;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
	if (!file)
		return 0;
	entry = BPF_CORE_READ(file, f_path.dentry);
	parent = BPF_CORE_READ(entry, d_parent);
	grandparent = BPF_CORE_READ(parent, d_parent);
	above = BPF_CORE_READ(grandparent, d_parent);
	directory = BPF_CORE_READ(task, fs, pwd.dentry);
	d->file.depth = parent == directory	 ? 1
			: grandparent == directory ? 2
			: above == directory	 ? 3
						 : 0;
	d->file.pad = 0;
	d->file.name[0] = 0;
	d->file.parent[0] = 0;
	d->file.grandparent[0] = 0;
	bpf_probe_read_kernel_str(d->file.name, FILE_NAME, BPF_CORE_READ(entry, d_name.name));
	bpf_probe_read_kernel_str(d->file.parent, FILE_PARENT, BPF_CORE_READ(parent, d_name.name));
	bpf_probe_read_kernel_str(d->file.grandparent, FILE_GRANDPARENT,
				  BPF_CORE_READ(grandparent, d_name.name));
	return 1;
}

/* --- Relations -------------------------------------------------------------------------------- */

struct file_of_server {
	__u64 server_boottime_ns;
	__u32 server_pid;
	__u32 database;
	__u32 file;
	__s32 backend; /* temporary relations of two backends may have the same number; -1 permanent */
};

struct relation {
	__u32 oid;
	__u32 tablespace;
	char name[RELATION_NAME];
};

/* Relations that were sent. One that is pushed out is sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct file_of_server);
	__type(value, struct relation);
} known_relations SEC(".maps");

/* The most entries of a range table that are looked at. */
#define RANGE_TABLE 64

/* Returns whether it is known from now on. */
static __noinline int learn(struct backend *b, struct file_of_server *key, struct relation *r)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct relation *known;
	struct relation_event *e;
	__u64 differs;

	if (!b || !key || !r || !key->file || !r->oid || !r->name[0])
		return 0;
	key->server_boottime_ns = BPF_CORE_READ(task, real_parent, start_boottime);
	key->server_pid = BPF_CORE_READ(task, real_parent, tgid);
	known = bpf_map_lookup_elem(&known_relations, key);
	if (known) {
		differs = (known->oid ^ r->oid) | (known->tablespace ^ r->tablespace);
#pragma unroll
		for (int i = 0; i < RELATION_NAME / 8; i++)
			differs |= ((__u64 *)known->name)[i] ^ ((__u64 *)r->name)[i];
		if (!differs)
			return 1;
	}
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_RELATION, sizeof(*e), bpf_ktime_get_ns(), 0, 0);
	e->server_boottime_ns = key->server_boottime_ns;
	e->server_pid = key->server_pid;
	e->database = key->database;
	e->file = key->file;
	e->tablespace = r->tablespace;
	e->relation = r->oid;
	e->backend = key->backend;
	__builtin_memcpy(e->name, r->name, RELATION_NAME);
	submit(e);
	bpf_map_update_elem(&known_relations, key, r, BPF_ANY);
	return 1;
}

/* NameData is padded with zeros, so names can be compared whole. */
static __always_inline bool read_relation_name(struct relation *r, __u64 row, const struct target_config *c)
{
	return row && !bpf_probe_read_user(r->name, RELATION_NAME, (void *)(row + c->row_name));
}

/* A relation of the relation cache and its row of pg_class, which say the same in two ways. */
__noinline int opened_agrees(__u64 relation)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;
	struct layout_config *l = b ? layout_of(b->binary) : 0;
	__u32 locator[3] = {}, file, tablespace, mine;
	__u64 row;

	if (!c || !l || l->contradicted[LAYOUT_RELATION])
		return 0;
	if (!look_closely(b, LAYOUT_RELATION))
		return 1;
	if (!relation_agrees(relation, c->relation_id, c->relation_row))
		return 0;
	row = read_u64(relation + c->relation_row);
	if (read_u8(row + c->row_name) < ' ')
		return contradict(LAYOUT_RELATION, CHECK_RELATION_NAME, 0, read_u8(row + c->row_name));
	if ((read_u8(row + l->class_persistence) == 't') !=
	    ((__s32)read_u32(relation + c->relation_backend) != -1))
		return contradict(LAYOUT_RELATION, CHECK_RELATION_BACKEND, -1,
				  read_u32(relation + c->relation_backend));
	bpf_probe_read_user(locator, sizeof(locator), (void *)(relation + c->relation_locator));
	/* A relation without a file has 0, and so has the row of one whose file the map names. */
	file = read_u32(row + c->row_file);
	tablespace = read_u32(row + c->row_tablespace);
	mine = read_u32(b->bias + c->my_database_table_space);
	if (file && locator[2] &&
	    (locator[2] != file || locator[0] != (tablespace ? tablespace : mine) ||
	     !locator[1] != (read_u8(row + c->row_shared) == 1)))
		return contradict(LAYOUT_RELATION, CHECK_RELATION_FILE, file, locator[2]);
	return 1;
}

static __always_inline struct learned *learned_at(struct backend *b, __u64 relation)
{
	__u64 i = relation >> 6;

	barrier_var(i);
	return &b->learned[i & (LEARNED - 1)];
}

/* Whether a relation was told before with this file. Renaming it makes its entry of the relation cache anew,
 * which on_relation_built() sees. Now and then it is not taken as told, so that one that the collector has had to
 * forget meanwhile is told again. */
static __always_inline bool was_learned(struct backend *b, __u64 relation, const __u32 *locator)
{
	struct learned *l = learned_at(b, relation);

	return l->relation == relation && l->file == locator[2] && l->database == locator[1] &&
	       l->tablespace == locator[0] && l->times++ < LEARNED_TIMES;
}

static __always_inline void remember_learned(struct backend *b, __u64 relation, const __u32 *locator)
{
	struct learned *l = learned_at(b, relation);

	l->relation = relation;
	l->tablespace = locator[0];
	l->database = locator[1];
	l->file = locator[2];
	l->times = 0;
}

/* Not static: the verifier looks at it once, not at each of its calls. */
__noinline int learn_opened(__u64 relation)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;
	struct file_of_server key = {};
	struct relation r = {};
	__u32 locator[3] = {}; /* tablespace, database, file */

	if (!c || !follows(b, LAYOUT_RELATION) || !opened_agrees(relation))
		return 0;
	if (bpf_probe_read_user(locator, sizeof(locator), (void *)(relation + c->relation_locator)))
		return 0;
	if (was_learned(b, relation, locator))
		return 1;
	if (!read_relation_name(&r, read_u64(relation + c->relation_row), c))
		return 0;
	r.oid = read_u32(relation + c->relation_id);
	r.tablespace = locator[0];
	key.backend = read_u32(relation + c->relation_backend);
	key.database = locator[1];
	key.file = locator[2];
	if (learn(b, &key, &r))
		remember_learned(b, relation, locator);
	return 1;
}

#define RANGE_TABLE_AT_ONCE 8

/* Some entries of an array of relations, see UNSEEN_AT_ONCE. Returns whether there may be more. */
__noinline int learn_some(__u64 relations, __u32 from, __u32 count)
{
	__u64 relation;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < RANGE_TABLE_AT_ONCE; i++) {
		if (from + i >= count)
			return 0;
		relation = read_u64(relations + 8 * (__u64)(from + i));
		if (relation)
			learn_opened(relation);
	}
	return 1;
}

/* The relations that the executor of a query has opened: EState.es_relations, nodes/execnodes.h. */
__noinline int learn_executors(__u64 estate)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct target_config *c = b ? targets_of(b) : 0;
	struct layout_config *l;
	__u64 relations, list;
	__u32 count;

	if (!c || !estate)
		return 0;
	count = read_u32(estate + c->estate_range_table_size);
	l = layout_of(b->binary);
	if (!l || !follows(b, LAYOUT_RELATION))
		return 0;
	if (b->looked.closely[LAYOUT_RELATION] < CLOSE_LOOKS) {
		list = read_u64(estate + l->estate_range_table);
		if (count != (list ? read_u32(list + l->list_length) : 0))
			return contradict(LAYOUT_RELATION, CHECK_RANGE_TABLE,
					  list ? read_u32(list + l->list_length) : 0, count);
	}
	relations = read_u64(estate + c->estate_relations);
	if (!relations)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < RANGE_TABLE; i += RANGE_TABLE_AT_ONCE)
		if (!learn_some(relations, i, count))
			break;
	return 0;
}

/* RelationInitLockInfo(Relation): called for each entry of the relation cache that is built, also of
 * indexes, TOAST tables and catalogs, when its row of pg_class is there and its file's number not
 * yet. A row without a file (a view, or a catalog whose file the relation map names) says nothing. */
SEC("uprobe")
int on_relation_built(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct file_of_server key = {};
	struct relation r = {};
	struct target_config *c;
	__u64 relation = PT_REGS_PARM1(ctx), row;

	if (!b || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	c = targets_of(b);
	if (!c || !c->my_database_id || !c->my_database_table_space ||
	    !relation_agrees(relation, c->relation_id, c->relation_row))
		return 0;
	row = read_u64(relation + c->relation_row);
	if (!read_relation_name(&r, row, c))
		return 0;
	__builtin_memset(b->learned, 0, sizeof(b->learned));
	r.oid = read_u32(relation + c->relation_id);
	r.tablespace = read_u32(row + c->row_tablespace);
	if (!r.tablespace)
		r.tablespace = read_u32(b->bias + c->my_database_table_space);
	key.backend = read_u32(relation + c->relation_backend);
	key.file = read_u32(row + c->row_file);
	key.database = read_u8(row + c->row_shared) ? 0 : read_u32(b->bias + c->my_database_id);
	learn(b, &key, &r);
	return 0;
}

/* --- Asynchronous IO -------------------------------------------------------------------------- */

/* PgAioWaitRef, storage/aio_types.h: the handle's number, and its generation in two halves. */
struct wait_reference {
	__u32 index;
	__u32 generation_upper;
	__u32 generation_lower;
};

/* PgAioTargetData.smgr, storage/aio_types.h. */
struct target_blocks {
	__u32 tablespace;
	__u32 database;
	__u32 file;
	__u32 block;
	__u32 blocks;
	__u8 fork;
	__u8 flags; /* is_temp, skip_fsync */
};

#define TARGET_IS_TEMPORARY 1
#define LAST_FORK 3

/* pgaio_wref_wait(PgAioWaitRef *iow), 18 and later: waits until an IO is done that this backend or
 * another one began. The handle says for which blocks as long as it is of the same generation. */
SEC("uprobe")
int on_io_wait(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct wait_reference reference = {};
	struct target_blocks blocks = {};
	struct target_config *c;
	struct details *d;
	__u64 control, handle;

	if (!b || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	b->aio_stack = 0;
	c = targets_of(b);
	if (!c || !c->aio_control || !c->aio_handle_size ||
	    bpf_probe_read_user(&reference, sizeof(reference), (void *)PT_REGS_PARM1(ctx)))
		return 0;
	control = read_u64(b->bias + c->aio_control);
	if (!control || reference.index >= read_u32(control + c->aio_handle_count))
		return 0;
	handle = read_u64(control + c->aio_handles) + (__u64)reference.index * c->aio_handle_size;
	if (read_u8(handle + c->aio_target) != c->aio_smgr ||
	    bpf_probe_read_user(&blocks, sizeof(blocks), (void *)(handle + c->aio_target_data)) ||
	    blocks.fork > LAST_FORK || !blocks.file)
		return 0;
	/* Read last: while it is the same, what was read before was of this IO. */
	if (read_u64(handle + c->aio_generation) !=
	    ((__u64)reference.generation_upper << 32 | reference.generation_lower))
		return 0;
	d = current_details();
	if (!d)
		return 0;
	d->block.tablespace = blocks.tablespace;
	d->block.database = blocks.database;
	d->block.file = blocks.file;
	d->block.block = blocks.block;
	d->block.blocks = blocks.blocks;
	d->block.fork = blocks.fork;
	d->block.temporary = blocks.flags & TARGET_IS_TEMPORARY;
	d->block.pad = 0;
	b->aio_stack = PT_REGS_SP(ctx);
	return 0;
}

SEC("uretprobe")
int on_io_wait_exit(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	if (b)
		b->aio_stack = 0;
	return 0;
}

/* --- Locks ------------------------------------------------------------------------------------ */

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

/* --- Errors ----------------------------------------------------------------------------------- */

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
	    !is_field(read_u8(data + length - 1)))
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
	code = read_u8(read_u64(buffer + c->string_data) + last - 1);
	d = current_details();
	if (!d)
		return 0;
	if (code == 'S') {
		d->client_message = 0;
		d->client_detail = 0;
		d->client_hint = 0;
	} else if (code == 'V') {
		/* ERROR, FATAL, PANIC; in a notice WARNING and below. */
		type = read_u8(text);
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
