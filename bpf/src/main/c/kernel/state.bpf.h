/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The state kept for each PostgreSQL backend. */
#ifndef PGSTITCH_STATE_BPF_H
#define PGSTITCH_STATE_BPF_H

#include "kernel_types.h"
#include "events.h"
#include "layouts.h"
#include "open_wait.h"

/* What the kernel remembers of a process: MAX_URETPROBE_DEPTH of kernel/events/uprobes.c. Entries that
 * are deeper have no return (returns.bpf.h), so no more runs than these are open. */
#define KERNEL_RETURNS 64
#define MAX_RUNS KERNEL_RETURNS
#define MAX_QUERIES 16
#define NO_COUNT (~0ULL)

struct executor_run {
	__u64 stack;
	__u64 query; /* QueryDesc */
	__u64 count; /* rows wanted of a forward run, 0 all; NO_COUNT for another */
	__u64 planned; /* its PlannedStmt and EState, 0 not followed */
	__u64 estate;
	__u64 gives; /* enum gives */
};

/* Whether the rows of a run are those that the command's end will tell: a SELECT that modifies nothing. */
enum gives {
	GIVES_UNKNOWN = 0,
	GIVES_OTHERS = 1,
	GIVES_ITS_ROWS = 2,
};

/* What a QueryDesc points to. */
struct query_head {
	__u64 planned;
	__u64 text;
	__u64 estate;
	__u64 gives; /* enum gives, known when it was described */
	__u64 params; /* ParamListInfo, and whether it was executed; known where `whole` is set */
	__u32 executed;
	__u32 whole;
};

/* What a portal was defined with, and its name, 0 not known; all but the tag are addresses. */
struct portal_head {
	__u64 portal;
	__u64 name;
	__u64 statement_name;
	__u64 text;
	__u64 statements;
	__u32 command_tag;
};

/* What a backend's checks of layouts remember. */
struct looked {
	__u8 closely[LAYOUT_PARTS]; /* structs of each kind */
	__u32 own_runs;		    /* at the top, of the running command */
	__u16 comparable;	    /* its rows are those that the command's end will tell */
	__u16 whole;		    /* the level is what it was when the client's message came */
	__s64 rows;
};

/* A relation that was told to the collector, by its place in the relation cache. */
struct learned {
	__u64 relation;
	__u32 tablespace;
	__u32 database;
	__u32 file;
	__u32 times; /* that it was met since */
};

/* Most statements open fewer; two that share a place are told in turn, which costs time alone. */
#define LEARNED 8
#define LEARNED_TIMES 256

#define MAX_UNDOS 16

/* The levels before the first change that a subtransaction made. */
struct level_undo {
	__u32 subtransaction;
	__u32 level;
	__u32 level_kept;
};

/* Where events with text are put together: a backend runs one program at a time, while a per-CPU
 * buffer could be taken by another backend in the middle (uprobe programs can be preempted). */
struct scratch {
	union {
		struct event_header h;
		struct activity_event activity;
		struct statement_event statement;
		struct portal_event portal;
		struct setting_event setting;
		struct bind_event bind;
		struct error_event error;
		__u8 bytes[2 * TEXT_PIECE]; /* the event, and the text right behind it */
	};
	__u32 binds_sent; /* of the query descriptor in work */
	__u32 binds_unsent;
	__u32 last_piece; /* bytes of text in the event, as put_pieces() left it */
};

/* Both counters are variables of one source file, and so mostly near enough to be read at once. A read of
 * user memory costs more than all that an event does otherwise. */
#define USAGE_WORDS 21

/* All that an ordinary event needs: each look-up of what belongs to a task costs time. */
struct backend {
	__u64 sequence;
	__u64 bias;	 /* load address of the server's binary */
	__u64 wait_word; /* where this backend keeps its wait_event_info, 0 unknown */
	__u64 cpu_ns;	 /* on-CPU time up to on_cpu_since */
	__u64 on_cpu_since;
	__u64 cpu_said;	   /* the most that was said of it */
	__u64 exec_offset; /* the scheduler's account of the task less cpu_ns, since its first switch */
	__u32 exec_known;  /* whether exec_offset is */
	__u64 buffers[BUFFER_COUNTERS]; /* as last reported */
	__u64 wal[WAL_COUNTERS];
	__u64 running_stack;		/* stack pointer of the last report of a running state */
	__u64 message_text;		/* address of the running message's text */
	__u64 portal_text;		/* address of the last portal's copy of it */
	__u64 utility_stack;		/* stack pointer of the message's first utility, 0 none */
	__u64 lock_stack;		/* stack pointer of the open ProcSleep, 0 none */
	__u64 aio_stack;		/* stack pointer of the open pgaio_wref_wait whose blocks are known, 0 none */
	__u32 lock_mode;
	__u32 lock_tag[4];
	__u32 binary;
	__u32 kind;
	__u32 level;	    /* in force, bits of enum level */
	__u32 asked;	    /* by it: bits 1 << enum cookie_tier */
	__u32 level_kept;   /* when the transaction commits */
	__u32 level_before; /* when it aborts */
	__u32 level_reset;  /* what RESET goes back to */
	__u32 changed_in;   /* local id of the transaction that changed the level, 0 none is open */
	__u32 generation;   /* of the control_config that was looked at */
	__u32 xid_seen;	    /* since the last report of the idle state */
	__u32 queries;	    /* ring position */
	__u64 query[MAX_QUERIES]; /* QueryDescs whose ExecutorStart was reported, 0 none */
	__u32 sqlstate_named;  /* by errcode(), of the error that is being built */
	__u32 sqlstate_raised; /* of the last error that was finished */
	__u32 had_xid;
	__u32 announced;
	__u32 begun_before;
	__u32 runs;
	struct executor_run run[MAX_RUNS];
	__u32 unseen;	     /* open calls whose return the kernel will not report */
	__u32 unseen_runs;   /* runs of executors among them */
	__u32 unseen_thrown; /* an error has left some of them, which ones the next event tells */
	__u32 watched; /* the wait word has a watchpoint: its writes say when waits begin and end */
	struct pending_wait wait;
	__u32 undos;
	struct level_undo undo[MAX_UNDOS]; /* the outermost first */
	__u64 parallel_context; /* ParallelContext whose workers are being launched */
	__u64 registering;	/* BackgroundWorker of the running registration of a parallel worker, 0 none */
	__u64 registering_ns;
	__u64 xid_word; /* where this backend's transaction id stands, 0 not looked for yet */
	__u32 pid;	/* in the initial pid namespace */
	struct looked looked;
	struct learned learned[LEARNED];
	struct query_head head; /* of the QueryDesc that was read last */
	struct portal_head portal;
	__u64 usage[USAGE_WORDS]; /* as read last, see read_usage() */
	struct scratch scratch;
};

/* What is known of the running wait's target and of an error on its way to the client. */
struct details {
	struct file_detail file;
	struct lock_detail lock;
	struct block_detail block;
	__u64 report_stack;    /* stack pointer of the main loop's EmitErrorReport, 0 none runs */
	__u32 client_sqlstate; /* in the message that is being built, 0 not yet */
	__u32 client_fatal;    /* its severity is above ERROR */
	__u64 client_message;  /* addresses of its fields, 0 not yet */
	__u64 client_detail;
	__u64 client_hint;
	__u64 finishing;       /* stack pointer of the running errfinish, 0 none */
};

#endif
