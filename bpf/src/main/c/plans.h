/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs put into the ring of a plan tree, and what they are told to find it.
 * io.pgstitch.bpf.PlanNodeEvent, PlanConfig and NodeShape are the same layouts seen from Java. */
#ifndef PGSTITCH_PLANS_H
#define PGSTITCH_PLANS_H

#include "events.h"

/* More nodes, or a tree that needs more open branches at once, are cut. */
#define PLAN_NODES 1024
#define PLAN_BRANCHES 256
/* Each step takes one node or the end of a list. */
#define PLAN_STEPS 2048
/* Subplans with a number below this are shown once, as EXPLAIN does. */
#define PLAN_SUBPLANS 1024

#define PLAN_HEAD 64	     /* bytes of struct Plan that are sent */
#define INSTRUMENT_ROOM 512  /* at most so many of struct Instrumentation */
#define PLAN_NAME 64	     /* NAMEDATALEN */
#define NO_PARENT 0xffffffff

enum plan_relationship {
	PLAN_TOP = 0,
	PLAN_OUTER = 1,
	PLAN_INNER = 2,
	PLAN_MEMBER = 3,
	PLAN_SUBQUERY = 4,
	PLAN_INIT_PLAN = 5,
	PLAN_SUB_PLAN = 6,
	PLAN_CHILD = 7, /* of a custom scan */
};

enum plan_flags {
	FLAG_NODE_UNREADABLE = 1,   /* the node or its plan could not be read */
	FLAG_NODE_INSTRUMENTED = 2, /* it has a struct Instrumentation, which was read */
	FLAG_NODE_UNMEASURED = 4,   /* it has one, which could not be read */
};

/* A node; in preorder. Its sequence number is that of the plan_event that follows. */
struct plan_node_event {
	struct event_header h;
	__u32 number;	    /* from 0, in preorder */
	__u32 parent;	    /* number of its parent, or NO_PARENT */
	__u32 relationship; /* enum plan_relationship, to its parent */
	__u32 tag;	    /* NodeTag of its state */
	__s32 detail[2];    /* as the shape says */
	__u32 relation;	    /* OIDs and file numbers, 0 none */
	__u32 relation_file;
	__u32 index;
	__u32 index_file;
	char sub_plan_name[PLAN_NAME];
	char relation_name[PLAN_NAME];
	char index_name[PLAN_NAME];
	__u8 plan[PLAN_HEAD];
	__u8 instrument[INSTRUMENT_ROOM];
};

/* The tree is complete. */
struct plan_event {
	struct event_header h;
	__u64 object; /* QueryDesc */
	__u32 nodes;  /* that were sent, whether or not the ring took them */
	__u32 cut;    /* 1: the tree has more */
};

/* Offsets in one binary; collector/postgres-facts/N/plan-layout.properties. */
struct plan_config {
	__u64 wal_usage; /* address of pgWalUsage in the file, 0 not known */
	__u32 query_plan_state; /* 0: no plan is followed */
	__u32 list_length;
	__u32 list_elements;
	__u32 state_plan;
	__u32 state_instrument;
	__u32 state_left;
	__u32 state_right;
	__u32 state_init_plans;
	__u32 state_sub_plans;
	__u32 sub_state_plan;
	__u32 sub_state_state;
	__u32 sub_plan_id;
	__u32 sub_plan_name;
	__u32 result_relation;
	__u32 relation_oid;
	__u32 relation_form;
	__u32 relation_file;
	__u32 form_name;
	__u32 instrument_size;
	__u32 planned_modifying; /* a bool */
	__u32 command_select;
	__u32 pad;
};

/* What lies where in the state of one node type, 0 for what it does not have; plan-nodes.tsv. */
struct node_shape {
	__u32 members;
	__u32 member_count;
	__u32 child;
	__u32 child_list;
	__u32 relation;
	__u32 index;
	__u32 target;
	__u32 root_target;
	__u32 detail[2]; /* these in the plan */
};

#endif
