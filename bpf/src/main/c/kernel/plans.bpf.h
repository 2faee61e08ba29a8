/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Plan trees: when the executor of a query ends, the whole tree of PlanState is walked in one go, so
 * that no node needs a probe of its own. The walk keeps its own stack of open branches and takes one
 * node at a step; a step is a function of its own, which the verifier looks at once. */
#ifndef PGSTITCH_PLANS_BPF_H
#define PGSTITCH_PLANS_BPF_H

#include "layouts.bpf.h"

enum plan_item_kind {
	ITEM_STATE = 0,	    /* address of a PlanState */
	ITEM_STATES = 1,    /* array of pointers to PlanState */
	ITEM_SUB_PLANS = 2, /* array of pointers to SubPlanState */
};

struct plan_item {
	__u64 address;
	__u32 kind;
	__u32 relationship;
	__u32 parent;
	__u32 next;
	__u32 count;
	__u32 pad;
};

struct plan_walk {
	struct event_header h; /* of each node */
	__u32 depth;
	__u32 nodes;
	__u32 cut;
	__u32 binary;
	__u64 estate; /* of every node */
	__u64 seen[PLAN_SUBPLANS / 64];
	struct plan_item stack[PLAN_BRANCHES];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct plan_walk);
} plan_walks SEC(".maps");

/* Key: binary << 16 | tag. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_BINARIES * 64);
	__type(key, __u32);
	__type(value, struct node_shape);
} node_shapes SEC(".maps");

/* Queries whose plan was sent when their last row had come, and whose end is yet to be seen. */
struct plan_key {
	__u64 query;
	__u32 pid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct plan_key);
	__type(value, __u32);
} plans_sent SEC(".maps");

static __always_inline struct plan_key plan_key(__u64 query)
{
	struct plan_key key = {.query = query, .pid = bpf_get_current_pid_tgid() >> 32};

	return key;
}

static __always_inline void push_item(struct plan_walk *w, __u64 address, __u32 kind,
				      __u32 relationship, __u32 parent, __u32 count)
{
	__u32 d = w->depth;
	struct plan_item *item;

	if (!address || !count)
		return;
	if (d >= PLAN_BRANCHES) {
		w->cut = 1;
		return;
	}
	item = &w->stack[d & (PLAN_BRANCHES - 1)];
	item->address = address;
	item->kind = kind;
	item->relationship = relationship;
	item->parent = parent;
	item->next = 0;
	item->count = count;
	w->depth = d + 1;
}

static __always_inline void push_list(struct plan_walk *w, const struct plan_config *c, __u64 list,
				      __u32 kind, __u32 relationship, __u32 parent)
{
	if (list)
		push_item(w, read_u64(list + c->list_elements), kind, relationship, parent,
			  read_u32(list + c->list_length));
}

/* Whether a subplan was shown before; marks it. */
static __always_inline bool shown(struct plan_walk *w, __u32 id)
{
	__u64 bit = 1ULL << (id & 63);
	__u64 *word;

	if (id >= PLAN_SUBPLANS)
		return false;
	word = &w->seen[(id >> 6) & (PLAN_SUBPLANS / 64 - 1)];
	if (*word & bit)
		return true;
	*word |= bit;
	return false;
}

static __always_inline void name_relation(const struct plan_config *c, __u64 relation, __u32 *oid,
					  __u32 *file, char *name)
{
	__u64 form;

	if (!relation || !relation_agrees(relation, c->relation_oid, c->relation_form))
		return;
	*oid = read_u32(relation + c->relation_oid);
	*file = read_u32(relation + c->relation_file);
	form = read_u64(relation + c->relation_form);
	if (form)
		bpf_probe_read_user_str(name, PLAN_NAME, (void *)(form + c->form_name));
}

static __always_inline __u64 scanned(const struct plan_config *c, const struct node_shape *shape,
				     __u64 state)
{
	__u64 target = 0;

	if (shape->relation)
		return read_u64(state + shape->relation);
	if (shape->root_target)
		target = read_u64(state + shape->root_target);
	if (!target && shape->target)
		target = read_u64(state + shape->target);
	return target ? read_u64(target + c->result_relation) : 0;
}

/* A list of SubPlanState, by its first element: EState.es_subplanstates (a List) has what it runs. */
static __always_inline bool sub_plans_agree(const struct plan_walk *w, const struct plan_config *c,
					    const struct layout_config *l, __u64 list)
{
	__u64 first, all;
	__u32 found, id;

	if (!list)
		return true;
	found = read_u32(list);
	if (found != l->tag_list)
		return contradict(LAYOUT_PLAN, CHECK_PLAN_LIST, l->tag_list, found);
	first = read_u64(read_u64(list + c->list_elements));
	found = read_u32(first);
	if (found != l->tag_sub_plan_state)
		return contradict(LAYOUT_PLAN, CHECK_PLAN_LIST, l->tag_sub_plan_state, found);
	id = read_u32(read_u64(first + c->sub_state_plan) + c->sub_plan_id);
	all = read_u64(w->estate + l->estate_sub_plans);
	if (!id || id > read_u32(all + c->list_length) ||
	    read_u64(read_u64(all + c->list_elements) + 8 * (__u64)(id - 1)) !=
		read_u64(first + c->sub_state_state))
		return contradict(LAYOUT_PLAN, CHECK_SUB_PLAN, 0, id);
	return true;
}

/* Whether a state's child runs the child of its plan. */
static __always_inline bool child_agrees(const struct plan_config *c, __u64 state, __u64 plan)
{
	__u64 found = state ? read_u64(state + c->state_plan) : 0;

	return found == plan || contradict(LAYOUT_PLAN, CHECK_PLAN_CHILD, plan, found);
}

/* A node of the tree; each points back at what it belongs to. Returns whether it may be read. */
__noinline int node_agrees(__u64 state, __u64 plan)
{
	struct plan_walk *w =
	    bpf_task_storage_get(&plan_walks, bpf_get_current_task_btf(), 0, 0);
	struct plan_config *c;
	struct layout_config *l;
	__u64 found, instrument;
	__u32 key, options;
	__u8 need;

	if (!w)
		return 0;
	key = w->binary;
	c = bpf_map_lookup_elem(&plan_configs, &key);
	l = layout_of(key);
	if (!c || !l || l->contradicted[LAYOUT_PLAN])
		return 0;
	found = read_u64(state + l->state_estate);
	if (found != w->estate)
		return contradict(LAYOUT_PLAN, CHECK_PLAN_STATE, w->estate, found);
	/* What a provider of a custom scan does with its children is its own business. */
	if (read_u32(state) != l->tag_custom_scan &&
	    (!child_agrees(c, read_u64(state + c->state_left), read_u64(plan + l->plan_left)) ||
	     !child_agrees(c, read_u64(state + c->state_right), read_u64(plan + l->plan_right))))
		return 0;
	found = read_u64(state + c->state_init_plans);
	if (!found != !read_u64(plan + l->plan_init))
		return contradict(LAYOUT_PLAN, CHECK_PLAN_INIT, 0, found);
	if (!sub_plans_agree(w, c, l, found) ||
	    !sub_plans_agree(w, c, l, read_u64(state + c->state_sub_plans)))
		return 0;
	options = read_u32(w->estate + l->estate_instrument);
	instrument = read_u64(state + c->state_instrument);
	if (!instrument != !options)
		return contradict(LAYOUT_PLAN, CHECK_INSTRUMENT, options, instrument);
	if (instrument) {
		need = byte_at(instrument + l->need_timer) |
		       byte_at(instrument + l->need_buffers) << 1 |
		       byte_at(instrument + l->need_wal) << 3;
		if (need != (options & 11))
			return contradict(LAYOUT_PLAN, CHECK_INSTRUMENT, options, need);
	}
	return 1;
}

/* Takes the next node from the stack, sends it, and puts what is below it on the stack. Returns 0
 * when there is none. */
__attribute__((noinline)) int plan_step(__u32 unused)
{
	struct plan_walk *w =
	    bpf_task_storage_get(&plan_walks, bpf_get_current_task_btf(), 0, 0);
	struct plan_node_event *e;
	struct plan_config *c;
	struct node_shape *shape, none = {};
	struct plan_item *item;
	__u64 state, name = 0, plan, instrument;
	__u32 d, key, number, parent, relationship, size;

	if (!w)
		return 0;
	key = w->binary;
	c = bpf_map_lookup_elem(&plan_configs, &key);
	d = w->depth;
	if (!c || d == 0 || d > PLAN_BRANCHES)
		return 0;
	d--;
	item = &w->stack[d & (PLAN_BRANCHES - 1)];
	state = item->address;
	parent = item->parent;
	relationship = item->relationship;
	if (item->kind != ITEM_STATE) {
		state = read_u64(state + 8 * (__u64)item->next);
		item->next++;
	}
	if (item->kind == ITEM_SUB_PLANS && state) {
		plan = read_u64(state + c->sub_state_plan);
		state = read_u64(state + c->sub_state_state);
		if (plan) {
			name = read_u64(plan + c->sub_plan_name);
			if (shown(w, read_u32(plan + c->sub_plan_id)))
				state = 0;
		}
	}
	if (item->kind == ITEM_STATE || item->next >= item->count)
		w->depth = d;
	if (!state)
		return 1;
	plan = read_u64(state + c->state_plan);
	if (!node_agrees(state, plan))
		return 0;
	number = w->nodes;
	if (number >= PLAN_NODES) {
		w->cut = 1;
		w->depth = 0;
		return 0;
	}
	w->nodes = number + 1;
	e = reserve_for(w->h.pid, sizeof(*e));
	if (!e) {
		/* What is below it is still shown. */
		count_loss(LOSS_RING_FULL);
	}
	key = read_u32(state);
	if (e) {
		e->h = w->h;
		e->h.length = sizeof(*e);
		e->h.flags = 0;
		e->number = number;
		e->parent = parent;
		e->relationship = relationship;
		e->tag = key;
		e->relation = 0;
		e->relation_file = 0;
		e->index = 0;
		e->index_file = 0;
		e->sub_plan_name[0] = 0;
		e->relation_name[0] = 0;
		e->index_name[0] = 0;
	}
	key = (w->binary << 16) | (key & 0xffff);
	shape = bpf_map_lookup_elem(&node_shapes, &key);
	if (!shape)
		shape = &none;
	if (e) {
		e->detail[0] = shape->detail[0] && plan ? read_u32(plan + shape->detail[0]) : 0;
		e->detail[1] = shape->detail[1] && plan ? read_u32(plan + shape->detail[1]) : 0;
		if (!plan || bpf_probe_read_user(e->plan, PLAN_HEAD, (void *)plan))
			e->h.flags |= FLAG_NODE_UNREADABLE;
		if (name)
			bpf_probe_read_user_str(e->sub_plan_name, PLAN_NAME, (void *)name);
		name_relation(c, scanned(c, shape, state), &e->relation, &e->relation_file,
			      e->relation_name);
		if (shape->index)
			name_relation(c, read_u64(state + shape->index), &e->index, &e->index_file,
				      e->index_name);
		instrument = read_u64(state + c->state_instrument);
		size = c->instrument_size;
		if (instrument && size <= INSTRUMENT_ROOM)
			e->h.flags |= bpf_probe_read_user(e->instrument, size, (void *)instrument)
					  ? FLAG_NODE_UNMEASURED
					  : FLAG_NODE_INSTRUMENTED;
		submit(e);
	}
	/* The last one pushed is taken first: EXPLAIN's order backwards. */
	push_list(w, c, read_u64(state + c->state_sub_plans), ITEM_SUB_PLANS, PLAN_SUB_PLAN,
		  number);
	if (shape->child_list)
		push_list(w, c, read_u64(state + shape->child_list), ITEM_STATES, PLAN_CHILD,
			  number);
	if (shape->child)
		push_item(w, read_u64(state + shape->child), ITEM_STATE, PLAN_SUBQUERY, number, 1);
	if (shape->members)
		push_item(w, read_u64(state + shape->members), ITEM_STATES, PLAN_MEMBER, number,
			  read_u32(state + shape->member_count));
	push_item(w, read_u64(state + c->state_right), ITEM_STATE, PLAN_INNER, number, 1);
	push_item(w, read_u64(state + c->state_left), ITEM_STATE, PLAN_OUTER, number, 1);
	push_list(w, c, read_u64(state + c->state_init_plans), ITEM_SUB_PLANS, PLAN_INIT_PLAN,
		  number);
	return 1;
}

/* The top of a query's tree runs the top of its plan. Returns whether it may be walked. */
__noinline int top_agrees(__u64 query)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct binary_config *bin = b ? binary_of(b) : 0;
	struct plan_config *c = b ? plan_config_of(b) : 0;
	struct layout_config *l = b ? layout_of(b->binary) : 0;
	__u64 planned, top, found;

	if (!bin || !c || !l || l->contradicted[LAYOUT_QUERY] || l->contradicted[LAYOUT_PLAN])
		return 0;
	top = read_u64(query + c->query_plan_state);
	planned = read_u64(query + bin->query_planned_statement);
	planned = read_u64(planned + l->planned_tree);
	found = top ? read_u64(top + c->state_plan) : 0;
	if (top && found != planned)
		return contradict(LAYOUT_PLAN, CHECK_PLAN_TREE, planned, found);
	return 1;
}

/* Sends the plan of a query: its nodes, then what closes them. */
static __always_inline void put_plan(struct backend *b, __u64 now, __u64 stack, __u64 query)
{
	struct plan_config *c = plan_config_of(b);
	struct plan_event *e;
	struct binary_config *bin = binary_of(b);
	struct plan_walk *w;
	__u64 top;

	if (!bin || !c || !c->query_plan_state || !top_agrees(query))
		return;
	top = read_u64(query + c->query_plan_state);
	if (!top)
		return;
	w = bpf_task_storage_get(&plan_walks, bpf_get_current_task_btf(), 0,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!w) {
		count_loss(LOSS_NO_STATE);
		return;
	}
	before_event(b, now);
	fill_header(&w->h, b, EVENT_PLAN_NODE, 0, now, 0, stack);
	w->depth = 0;
	w->nodes = 0;
	w->cut = 0;
	w->binary = b->binary;
	w->estate = read_u64(query + bin->query_estate);
	__builtin_memset(w->seen, 0, sizeof(w->seen));
	push_item(w, top, ITEM_STATE, PLAN_TOP, NO_PARENT, 1);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PLAN_STEPS; i++)
		if (!plan_step(i))
			break;
	if (!follows(b, LAYOUT_PLAN)) {
		/* What was sent of it is nothing without its end. */
		b->sequence--;
		return;
	}
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return;
	}
	e->h = w->h;
	e->h.kind = EVENT_PLAN;
	e->h.length = sizeof(*e);
	e->object = query;
	e->nodes = w->nodes;
	e->cut = w->cut || w->depth != 0;
	submit(e);
}

/* The executor of a query starts: what is known of an earlier one at its address is of the past. */
static __always_inline void forget_plan(__u64 query)
{
	struct plan_key key = plan_key(query);

	bpf_map_delete_elem(&plans_sent, &key);
}

/* A run has returned that gave all rows there are. A portal of the extended protocol is dropped, and
 * its executor ended, when its statement is long over: its plan is sent now. Only queries whose figures
 * change no more: a WITH that modifies goes on in ExecutorFinish. */
static __always_inline void put_plan_of_run(struct backend *b, __u64 now, __u64 stack, __u64 query)
{
	struct binary_config *bin = binary_of(b);
	struct plan_config *c = plan_config_of(b);
	struct plan_key key = plan_key(query);
	__u32 one = 1;
	__u64 planned;
	__u8 modifies = 1;

	if (!bin || !c || bpf_map_lookup_elem(&plans_sent, &key))
		return;
	planned = read_u64(query + bin->query_planned_statement);
	if (!planned || read_u32(planned + bin->planned_command) != c->command_select)
		return;
	if (bpf_probe_read_user(&modifies, 1, (void *)(planned + c->planned_modifying)) || modifies)
		return;
	put_plan(b, now, stack, query);
	bpf_map_update_elem(&plans_sent, &key, &one, BPF_ANY);
}

/* The executor of a query ends: the last moment at which the tree is there. */
static __always_inline void put_plan_of_end(struct backend *b, __u64 now, __u64 stack, __u64 query)
{
	struct plan_key key = plan_key(query);

	if (bpf_map_lookup_elem(&plans_sent, &key))
		bpf_map_delete_elem(&plans_sent, &key);
	else
		put_plan(b, now, stack, query);
}

#endif
