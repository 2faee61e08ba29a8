/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Holds what is known of a server's structs against the server itself, where a program meets them:
 * docs/decisions/0014-checked-layouts.md. What contradicts is said once for its binary, and nothing of
 * that kind is read any more. */
#ifndef PGSTITCH_LAYOUTS_BPF_H
#define PGSTITCH_LAYOUTS_BPF_H

#include "backend.bpf.h"

/* The first so many structs of a kind are looked at closely in each backend. */
#define CLOSE_LOOKS 16

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct layout_config);
} layout_configs SEC(".maps");

static __always_inline struct layout_config *layout_of(__u32 binary)
{
	struct layout_config *c = bpf_map_lookup_elem(&layout_configs, &binary);

	return c && c->known ? c : 0;
}

/* Whether structs of a kind may be read: nothing has contradicted them in this binary. */
static __always_inline bool follows(const struct backend *b, enum layout_part part)
{
	struct layout_config *c = layout_of(b->binary);

	return c && !c->contradicted[part];
}

/* Says that a check failed. Returns 0, which all checks do then. */
__noinline int contradict(__u32 part, __u32 check, __u64 expected, __u64 found)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct layout_config *c;
	struct layout_event *e;

	if (!b)
		return 0;
	c = layout_of(b->binary);
	part &= LAYOUT_PARTS - 1;
	if (!c || c->contradicted[part])
		return 0;
	c->contradicted[part] = 1;
	e = reserve(b, sizeof(*e));
	if (!e) {
		/* The next one who finds it says so. */
		c->contradicted[part] = 0;
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_LAYOUT, sizeof(*e), bpf_ktime_get_ns(), 0, 0);
	e->binary = b->binary;
	e->part = part;
	e->check = check;
	e->pad = 0;
	e->expected = expected;
	e->found = found;
	submit(e);
	return 0;
}

/* Counts a close look; false when there were enough. */
static __always_inline bool look_closely(struct backend *b, enum layout_part part)
{
	if (b->looked.closely[part] >= CLOSE_LOOKS)
		return false;
	b->looked.closely[part]++;
	return true;
}

static __always_inline __u8 byte_at(__u64 address)
{
	__u8 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

/* --- QueryDesc, PlannedStmt, EState ----------------------------------------------------------- */

/* The id of the query is none where the server computes none. st_query_id is set at the latest when the
 * executor starts, if it has one. A hash of 64 bits that fits into 48 is a pointer or a number. */
__noinline int query_id_agrees(__u64 planned)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u64 entry, shown, id;

	if (!bin || !c || !c->backend_query_id || !c->my_backend_entry ||
	    c->contradicted[LAYOUT_QUERY_ID])
		return 1;
	entry = read_u64(b->bias + c->my_backend_entry);
	if (!entry || read_u32(entry + c->backend_state) != bin->state_running)
		return 1;
	id = read_u64(planned + bin->planned_query_id);
	shown = read_u64(entry + c->backend_query_id);
	if (id == shown || !id || (shown && id >> 48))
		return 1;
	return contradict(LAYOUT_QUERY_ID, CHECK_QUERY_ID, shown, id);
}

/* A text is empty or begins with three characters: a shorter one cannot be executed. */
static __always_inline bool begins_as_text(__u64 text)
{
	__u8 first[3] = {};

	if (!text || bpf_probe_read_user(first, 1, (void *)text))
		return false;
	if (!first[0])
		return true;
	return !bpf_probe_read_user(first, sizeof(first), (void *)text) && first[0] >= '\t' &&
	       first[1] >= '\t' && first[2] >= '\t';
}

/* A QueryDesc whose executor starts, or runs. Returns whether it may be read. */
__noinline int query_agrees(__u64 query, __u32 runs)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u64 planned, estate, text, found;
	__u32 tag, command;

	if (!bin || !bin->layout_known || !c || c->contradicted[LAYOUT_QUERY])
		return 0;
	if (!look_closely(b, LAYOUT_QUERY))
		return 1;
	planned = read_u64(query + bin->query_planned_statement);
	estate = read_u64(query + bin->query_estate);
	text = read_u64(query + bin->query_source_text);
	tag = read_u32(planned);
	if (tag != c->tag_planned)
		return contradict(LAYOUT_QUERY, CHECK_PLANNED_TAG, c->tag_planned, tag);
	tag = read_u32(query + c->query_operation);
	command = read_u32(planned + bin->planned_command);
	if (command != tag || !command || command >= c->command_utility)
		return contradict(LAYOUT_QUERY, CHECK_COMMAND, tag, command);
	if (!runs) {
		if (estate)
			return contradict(LAYOUT_QUERY, CHECK_ESTATE_TAG, 0, estate);
		if (!begins_as_text(text))
			return contradict(LAYOUT_QUERY, CHECK_TEXT, 0, text);
		return 1;
	}
	tag = read_u32(estate);
	if (tag != c->tag_estate)
		return contradict(LAYOUT_QUERY, CHECK_ESTATE_TAG, c->tag_estate, tag);
	found = read_u64(estate + c->estate_planned);
	if (found != planned)
		return contradict(LAYOUT_QUERY, CHECK_ESTATE_PLANNED, planned, found);
	found = read_u64(estate + c->estate_text);
	if (found != text)
		return contradict(LAYOUT_QUERY, CHECK_ESTATE_TEXT, found, text);
	tag = byte_at(query + c->query_executed);
	if (tag > 1)
		return contradict(LAYOUT_BINDS, CHECK_EXECUTED, 0, tag);
	found = read_u64(estate + bin->estate_processed);
	if (!tag && found)
		return contradict(LAYOUT_QUERY, CHECK_NOT_PROCESSED, 0, found);
	query_id_agrees(planned);
	return 1;
}

/* A utility's PlannedStmt. */
__noinline int utility_agrees(__u64 planned)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u32 found;

	if (!bin || !bin->layout_known || !c || c->contradicted[LAYOUT_QUERY])
		return 0;
	if (!look_closely(b, LAYOUT_QUERY))
		return 1;
	found = read_u32(planned);
	if (found != c->tag_planned)
		return contradict(LAYOUT_QUERY, CHECK_UTILITY_TAG, c->tag_planned, found);
	found = read_u32(planned + bin->planned_command);
	if (found != c->command_utility)
		return contradict(LAYOUT_QUERY, CHECK_UTILITY_COMMAND, c->command_utility, found);
	return 1;
}

/* Where a statement of the client's message lies in it: a known length ends at the semicolon, or at the
 * end. Every statement is looked at, as most lie at 0. */
__noinline int location_agrees(__u64 text, __s32 location, __s32 length, __u32 part)
{
	__u32 check = part == LAYOUT_TREE ? CHECK_TREE_LOCATION : CHECK_LOCATION;
	__u8 last;

	/* Some commands that the server makes for itself have -1 in both. */
	if (location < -1 || length < -1 || (length < 0 && location >= 0))
		return contradict(part, check, location, length);
	if (!text || location < 0 || (!location && !length))
		return 1;
	last = byte_at(text + location + length);
	if (length ? last && last != ';' : !last)
		return contradict(part, check, location, length);
	return 1;
}

/* A Query that is planned. */
__noinline int tree_agrees(__u64 tree)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u32 found, command;

	if (!bin || !bin->layout_known || !c || c->contradicted[LAYOUT_TREE])
		return 0;
	if (!look_closely(b, LAYOUT_TREE))
		return 1;
	found = read_u32(tree);
	command = read_u32(tree + c->tree_command);
	if (found != c->tag_query || !command || command >= c->command_utility)
		return contradict(LAYOUT_TREE, CHECK_TREE, c->tag_query, found);
	return 1;
}

/* A run at the top has returned. A SELECT that modifies nothing gives the rows that its command's end
 * will tell. */
static __always_inline void remember_rows(struct backend *b, const struct executor_run *run, __s64 rows)
{
	struct looked *l = &b->looked;
	struct plan_config *p = plan_config_of(b);
	struct binary_config *bin = binary_of(b);

	if (!p || !bin)
		return;
	l->own_runs++;
	l->rows = rows;
	if (run->gives)
		l->comparable = run->gives == GIVES_ITS_ROWS;
	else
		l->comparable =
		    read_u32(run->planned + bin->planned_command) == p->command_select &&
		    !byte_at(run->planned + p->planned_modifying);
}

/* A message has come: what ran before belongs to another. */
static __always_inline void forget_rows(struct backend *b)
{
	b->looked.own_runs = 0;
	b->looked.comparable = 0;
}

/* Where the offset is wrong, these and all others differ. */
#define ROWS_DIFFER 3

/* A command has ended, of which only one run was seen. It may have had another: probes are planted one
 * after the other, and those that come while a function runs see the statements inside it as the client's.
 * So one that agrees settles it, and one that does not is not enough. */
static __always_inline void compare_rows(struct backend *b, __s64 rows)
{
	struct layout_config *c = layout_of(b->binary);
	struct looked *l = &b->looked;

	if (c && !c->rows_agreed && l->own_runs == 1 && l->comparable && l->whole && !b->utility_stack &&
	    l->rows >= 0) {
		if (l->rows != rows)
			c->rows_differed++;
		else if (rows)
			c->rows_agreed = 1;
		if (c->rows_differed >= ROWS_DIFFER)
			contradict(LAYOUT_QUERY, CHECK_ROWS, rows, l->rows);
	}
	forget_rows(b);
}

/* --- Portals ---------------------------------------------------------------------------------- */

/* A Portal and the List of its statements, 0 none. */
__noinline int portal_agrees(__u64 portal, __u64 statements)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u64 name;
	__u32 found;
	__u8 first;

	if (!bin || !bin->layout_known || !c || c->contradicted[LAYOUT_PORTAL])
		return 0;
	if (!look_closely(b, LAYOUT_PORTAL))
		return 1;
	name = read_u64(portal + bin->portal_name);
	if (!name || bpf_probe_read_user(&first, 1, (void *)name))
		return contradict(LAYOUT_PORTAL, CHECK_PORTAL_NAME, 0, name);
	if (!statements)
		return 1;
	found = read_u32(statements);
	if (found != c->tag_list)
		return contradict(LAYOUT_PORTAL, CHECK_PORTAL_LIST, c->tag_list, found);
	found = read_u32(read_u64(read_u64(statements + bin->list_elements)));
	if (found != c->tag_planned)
		return contradict(LAYOUT_PORTAL, CHECK_PORTAL_LIST, c->tag_planned, found);
	return 1;
}

/* --- Bind values ------------------------------------------------------------------------------ */

/* Parameters whose flags are looked at. */
#define CHECKED_PARAMETERS 8

/* The ParamListInfo of a QueryDesc; both layouts are those of its binary. */
__noinline int params_agree(__u64 query, __u64 list, struct bind_layout *l)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u64 found, at;
	__u32 count;
	__u8 null;
	__u16 flags;

	if (!l || !bin || !c || c->contradicted[LAYOUT_QUERY] || c->contradicted[LAYOUT_BINDS])
		return 0;
	if (!look_closely(b, LAYOUT_BINDS))
		return 1;
	found = read_u64(read_u64(query + bin->query_estate) + c->estate_params);
	if (found != list)
		return contradict(LAYOUT_BINDS, CHECK_PARAMS, found, list);
	if (!list)
		return 1;
	count = read_u32(list + l->list_count);
	if (count > 0xffff)
		return contradict(LAYOUT_BINDS, CHECK_PARAM_COUNT, 0, count);
	found = read_u64(list + l->list_fetch);
	/* Functions and lists lie in memory that a process of Linux can have. */
	if (found >> 47 || (found && found < 4096))
		return contradict(LAYOUT_BINDS, CHECK_PARAM_COUNT, 0, found);
	if (found)
		return 1;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < CHECKED_PARAMETERS; i++) {
		if (i >= count)
			break;
		at = list + l->list_params + i * l->param_size;
		null = byte_at(at + l->param_is_null);
		flags = byte_at(at + l->param_is_null + 2) | byte_at(at + l->param_is_null + 3) << 8;
		if (null > 1 || flags > 1)
			return contradict(LAYOUT_BINDS, CHECK_PARAM_FLAGS, i, flags << 16 | null);
	}
	return 1;
}

/* --- Relations -------------------------------------------------------------------------------- */

/* The row of pg_class that a relation of the relation cache points at, by offsets that were given. */
__noinline int relation_agrees(__u64 relation, __u32 id, __u32 row)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct layout_config *c = b ? layout_of(b->binary) : 0;
	__u64 form;
	__u32 oid, found;

	if (!c || c->contradicted[LAYOUT_RELATION])
		return 0;
	form = read_u64(relation + row);
	oid = form ? read_u32(form + c->class_oid) : 0;
	found = read_u32(relation + id);
	/* The row of a relation that is being created has no oid yet. */
	if (!form || (oid && oid != found))
		return contradict(LAYOUT_RELATION, CHECK_RELATION_ID, oid, found);
	return 1;
}

#endif
