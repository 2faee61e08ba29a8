/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs are told to do: which levels there are, who has which, and whom to look at first.
 * io.pgstitch.bpf.Levels, Detail and LevelRule are the same seen from Java: change them together. */
#ifndef PGSTITCH_ORDERS_H
#define PGSTITCH_ORDERS_H

/* A backend that may be in a wait since before the programs were attached, or had a level with waits:
 * what is read of it at its next system call, begin or end. Given by the collector. */
struct first_look {
	__u64 since_ns; /* CLOCK_MONOTONIC: from then on it is looked for; 0 not yet */
	__u64 bias;	/* load address of the server's binary */
	__u32 binary;
	__u32 running; /* it has shown that it runs a command: a wait for its client is part of that */
};

/* Places in the map that counts them. */
enum { LOOKS_GIVEN = 0, LOOKS_TAKEN = 1, LOOKS_COUNTERS = 2 };

struct run_config {
	__u32 only_targets;  /* 1: only processes in `targets`, or whose parent is there */
	__u32 level;	     /* of each backend that nothing more special is said of */
	__u32 detailed;	     /* bits 1 << enum cookie_tier: for what levels 4, 8 and 12 ask beside the basic tier */
};

/* Bits of a level, as Oracle's event 10046 numbers them. */
enum level {
	LEVEL_STATEMENTS = 1,
	LEVEL_BINDS = 4,
	LEVEL_WAITS = 8,
	LEVEL_PLAN_STATISTICS = 16, /* at every execution */
	LEVEL_FUNCTIONS = 32,	    /* not Oracle's: calls of the function catalogue */
	LEVEL_OWN = 64,		    /* not Oracle's: the level is this session's alone, and asks for all detail */
};

/* Bits that SET pgstitch.level is about; any of them traces statements. */
#define LEVEL_TRACE 29
/* Bits for which more than the basic probes may be planted. */
#define LEVEL_DETAIL 28
/* Bits of a detailed level that ask for all detail, whatever run_config.detailed says. */
#define LEVEL_ALL_DETAIL (LEVEL_PLAN_STATISTICS | LEVEL_FUNCTIONS | LEVEL_OWN)

/* Which probes: in the two highest bits of the function's number in a cookie. */
enum cookie_tier {
	COOKIE_BASIC = 0,
	COOKIE_DETAIL = 1,
	COOKIE_FUNCTION = 2,
	COOKIE_PHASE = 3,
};
#define COOKIE_FUNCTION_BITS 14

/* What holds for all: how levels are chosen and who may. */
struct control_config {
	__u32 generation;   /* moves when a rule for a pid was added */
	__u32 rules;	    /* bits 1 << enum rule_kind: there is one */
	__u32 anyone;	    /* every session may switch itself; otherwise superusers and `switchers` */
	__u32 pad;
};

enum rule_kind {
	RULE_PID = 0,
	RULE_ROLE = 1,
	RULE_DATABASE = 2,
	RULE_PORT = 3,
};

struct rule_key {
	__u32 kind;
	__u32 number;	    /* pid or port */
	char name[SESSION_TEXT]; /* role or database */
};

/* The unit in which /proc says when a process started. */
#define TICK_NS 10000000

struct rule {
	__u32 level;
	__u32 generation;
	__u64 started; /* of a pid: ticks from boot to the start of the process that is meant, 0 any */
};

#endif
