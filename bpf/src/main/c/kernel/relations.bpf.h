/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Names of relations, told before the first wait for one of their files: docs/decisions/0010-wait-targets.md. */
#ifndef PGSTITCH_RELATIONS_BPF_H
#define PGSTITCH_RELATIONS_BPF_H

#include "files.bpf.h"
#include "known.bpf.h"

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
	if (byte_at(row + c->row_name) < ' ')
		return contradict(LAYOUT_RELATION, CHECK_RELATION_NAME, 0, byte_at(row + c->row_name));
	if ((byte_at(row + l->class_persistence) == 't') !=
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
	     !locator[1] != (byte_at(row + c->row_shared) == 1)))
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
	key.database = byte_at(row + c->row_shared) ? 0 : read_u32(b->bias + c->my_database_id);
	learn(b, &key, &r);
	return 0;
}

#endif
