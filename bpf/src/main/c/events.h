/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs put into the rings. io.pgstitch.bpf.KernelEvent and its views are the same layouts seen
 * from Java: change them together. What the programs are told stands in facts.h and orders.h. All integers are little-endian and naturally aligned. */
#ifndef PGSTITCH_EVENTS_H
#define PGSTITCH_EVENTS_H

enum event_kind {
	EVENT_SESSION = 1,	  /* struct session_event: before the first event of a backend */
	EVENT_ACTIVITY = 2,	  /* struct activity_event + text */
	EVENT_ENTRY = 3,	  /* struct entry_event */
	EVENT_EXIT = 4,		  /* struct exit_event */
	EVENT_STATEMENT = 5,	  /* struct statement_event + text */
	EVENT_PORTAL = 6,	  /* struct portal_event + text */
	EVENT_COMMAND_END = 7,	  /* struct command_end_event */
	EVENT_BUFFERS = 8,	  /* struct buffers_event: before the event it belongs to */
	EVENT_WAIT = 9,		  /* struct wait_event */
	EVENT_TRANSACTION_END = 10, /* struct transaction_end_event */
	EVENT_ERROR = 11,	  /* struct error_event */
	EVENT_BACKEND_END = 12,	  /* struct backend_end_event */
	EVENT_TEXT = 13,	  /* struct event_header + a piece of the next event's text */
	EVENT_SETTING = 14,	  /* struct setting_event + text */
	EVENT_BINDS = 15,	  /* struct bind_event + value, for each value and once at their end */
	EVENT_PLAN_NODE = 16,	  /* struct plan_node_event of plans.h: before the plan it belongs to */
	EVENT_PLAN = 32,	  /* struct plan_event of plans.h */
	EVENT_RELATION = 17,	  /* struct relation_event: which relation a file belongs to */
	EVENT_THROWN = 18,	  /* struct error_event: an error leaves the function that raised it */
	EVENT_WORKER_LAUNCHED = 19, /* struct worker_launched_event: the postmaster was asked for a parallel worker */
	EVENT_LAYOUT = 20,	  /* struct layout_event of layouts.h: a struct is not what it should be */
	EVENT_LOCK_SLEEP = 21,	  /* struct lock_sleep_event: a wait for a lock that others hold is about to begin */
};

enum event_flags {
	FLAG_TEXT_CUT = 1,	/* the text is longer than what was read */
	FLAG_TEXT_SAME = 2,	/* the text is that of the running message, it is not repeated */
	FLAG_TEXT_UNREADABLE = 4, /* the text could not be read (page not resident) */
	FLAG_HAD_XID = 1 << 16, /* activity: the transaction has been given an id */
	FLAG_LATE = 1 << 17,	/* exit: the return was not seen, this is the next sight of the backend */
	FLAG_BINDS_LAST = 8,	/* position: values sent before, type: values there are */
	FLAG_WAIT_FILE = 0x100,	  /* struct file_detail follows struct wait_event */
	FLAG_WAIT_LOCK = 0x200,	  /* struct lock_detail follows struct wait_event */
	FLAG_WAIT_BLOCK = 0x400,  /* struct block_detail follows struct wait_event */
	FLAG_WAIT_BEGUN = 0x800,  /* the wait began before it was looked for: it counts from there */
	FLAG_FATAL = 0x400,	  /* the error ends the session */
};

/* The highest byte of the flags: the level in force for the event, bits of enum level. */
#define FLAG_LEVEL_SHIFT 24

/* Sequence numbers count the events of one backend from 1. SESSION, BUFFERS, TEXT, PLAN_NODE, LOCK_SLEEP and a SETTING with
 * SETTING_SETTLED have none of their own (LOCK_SLEEP has that of the event before, all others but the last that of the event that follows):
 * losing one of them is noticed by other means. */
struct event_header {
	__u32 length;	   /* of the whole record */
	__u16 kind;
	__u16 function;	   /* index of the function in the catalogue, 0 none */
	__u32 pid;	   /* of the process, in the initial pid namespace */
	__u32 flags;
	__u64 time_ns;	   /* CLOCK_MONOTONIC */
	__u64 cpu_ns;	   /* on-CPU time of the backend since it was first seen */
	__u64 sequence;
	__u64 stack;	   /* stack pointer at a function's entry; the same for its exit */
};

#define SESSION_TEXT 64

enum backend_kind {
	BACKEND_UNKNOWN = 0,
	BACKEND_CLIENT = 1,
	BACKEND_PARALLEL_WORKER = 2,
	BACKEND_OTHER = 3, /* not traced */
	/* Traced where the collector was asked to: bits 1 << kind of worker_config.background. */
	BACKEND_AUTOVACUUM = 4,
	BACKEND_REPLICATION = 5,       /* a background worker of logical replication */
	BACKEND_BACKGROUND_WORKER = 6, /* another one */
};

#define BUFFER_COUNTERS 10
#define WAL_COUNTERS 3 /* records, full page images, bytes */

struct session_event {
	struct event_header h;
	__u64 start_boottime_ns;
	__u64 buffers[BUFFER_COUNTERS]; /* pgBufferUsage when the backend was first seen */
	__u32 parent_pid;
	__u32 leader_pid;   /* as the worker knows it, in its own pid namespace */
	__u32 kind;	    /* enum backend_kind */
	__u32 binary;
	__u32 begun_before; /* the process is older than the probes */
	__u32 server_pid;   /* MyProcPid: in the server's own pid namespace, 0 unknown */
	char database[SESSION_TEXT];
	char user[SESSION_TEXT];
	char application_name[SESSION_TEXT];
	char client_address[SESSION_TEXT];
	__u64 wal[WAL_COUNTERS]; /* pgWalUsage when the backend was first seen */
	__u64 wait_word; /* address of its wait_event_info, 0 unknown */
	__u64 worker_context; /* of a parallel worker: as in struct worker_launched_event */
	__u32 worker_number;
	__u32 worker_known; /* 0: neither of the two could be read */
	char worker_type[SESSION_TEXT]; /* of a background worker: bgw_type */
	__u64 start_timestamp; /* MyStartTimestamp: microseconds since 2000, 0 unknown */
};

/* A leader has registered a parallel worker; emitted when RegisterDynamicBackgroundWorker returns. */
struct worker_launched_event {
	struct event_header h;
	__u64 context;	   /* handle of the shared memory segment, which the worker is given */
	__u64 object;	   /* ParallelContext */
	__u64 duration_ns; /* since the function was entered: the worker is not older */
	__u32 number;	   /* ParallelWorkerNumber */
	__u32 pad;
};

struct activity_event {
	struct event_header h;
	__u32 state;
	__u32 text_length;
};

struct entry_event {
	struct event_header h;
	__u64 object;
};

struct exit_event {
	struct event_header h;
	__s64 rows;
};

struct statement_event {
	struct event_header h;
	__u64 object;
	__u64 query_id;
	__u32 command;
	__s32 location;
	__s32 statement_length;
	__u32 text_length;
};

#define NAME_LENGTH 64

struct portal_event {
	struct event_header h;
	__u64 portal;
	__u64 query_id;
	__u32 command_tag;
	__s32 location;
	__s32 statement_length;
	__u32 text_length;
	char portal_name[NAME_LENGTH];
	char statement_name[NAME_LENGTH];
};

struct command_end_event {
	struct event_header h;
	__u64 rows;
	__u32 command_tag;
	__u32 pad;
};

struct buffers_event {
	struct event_header h;
	__u64 counters[BUFFER_COUNTERS];
	__u64 wal[WAL_COUNTERS];
};

struct wait_event {
	struct event_header h; /* time and cpu at its end */
	__u64 duration_ns;
	__u64 cpu_ns;	       /* spent inside it */
	__s64 offset;
	__s64 bytes;
	__u32 event;	       /* wait_event_info */
	__u32 calls;
	__s32 descriptor;
	__u32 lock_mode;       /* 0: not a heavyweight lock */
	__u32 lock_tag[4];
};

/* Places in the map of rings: a process has that of its pid. A power of two; where there are fewer rings, one
 * stands at several places. */
#define RINGS 16

#define FILE_NAME 40
#define FILE_PARENT 32
#define FILE_GRANDPARENT 16

/* The file of an IO wait, as the kernel's directory entries name it; longer names are cut. */
struct file_detail {
	__u32 depth; /* names below the backend's working directory: 1, 2, 3; 0 when it lies elsewhere or deeper */
	__u32 pad;
	char name[FILE_NAME];
	char parent[FILE_PARENT];
	char grandparent[FILE_GRANDPARENT];
};

#define LOCK_HOLDERS 16

/* Who holds, in a mode that conflicts, the lock that is waited for. */
struct lock_detail {
	__u32 count;
	__u32 cut;		   /* there are more, or the list changed while it was read */
	__u32 holders[LOCK_HOLDERS]; /* pids of lock group leaders in the server's pid namespace; 0 a prepared transaction */
};

/* The wait itself is told when it ends, and by then the holders do something else. */
struct lock_sleep_event {
	struct event_header h;
	struct lock_detail lock;
};

struct wait_of_file {
	struct wait_event wait;
	struct file_detail file;
};

struct wait_of_lock {
	struct wait_event wait;
	struct lock_detail lock;
};

/* The blocks that an asynchronous IO moves, as its handle names them (18 and later). */
struct block_detail {
	__u32 tablespace;
	__u32 database;
	__u32 file; /* relfilenode */
	__u32 block;
	__u32 blocks;
	__u32 fork; /* ForkNumber */
	__u32 temporary;
	__u32 pad;
};

struct wait_of_block {
	struct wait_event wait;
	struct block_detail block;
};

#define RELATION_NAME 64

struct relation_event {
	struct event_header h;
	__u64 server_boottime_ns; /* start of the postmaster */
	__u32 server_pid;
	__u32 database; /* OID, 0 for a shared catalog */
	__u32 file;	/* relfilenode */
	__u32 tablespace;
	__u32 relation; /* OID */
	__s32 backend;	/* whose temporary relation, -1 of a permanent one */
	char name[RELATION_NAME];
};

struct transaction_end_event {
	struct event_header h;
	__u32 committed;
	__u32 read_only;
};

struct error_event {
	struct event_header h;
	__u32 sqlstate;	      /* PostgreSQL's packed form */
	__u32 message_length; /* of the text behind it, 0 none */
	__u32 detail_length;  /* of the text behind that */
	__u32 hint_length;
};

/* The longest message of an error that is read, with its terminator, and detail or hint. */
#define MESSAGE_LENGTH 4096
#define DETAIL_LENGTH 1024

struct backend_end_event {
	struct event_header h;
	__u32 exit_status; /* as wait(2) reports it */
	__u32 pad;
};

#define SETTING_VALUE 1024

enum setting_cause {
	SETTING_GIVEN = 0,	     /* SET, RESET, set_config(), or the session's start */
	SETTING_ALL_RESET = 1,	     /* RESET ALL, DISCARD ALL */
	SETTING_TRANSACTION_END = 2, /* the end of a transaction took it back */
	SETTING_OPERATOR = 3,	     /* switched from outside of the server */
	SETTING_SETTLED = 4,	     /* nothing happened: no transaction can take the level back any more */
};

enum setting_properties {
	SETTING_IS_RESET = 1,	  /* it was given no value */
	SETTING_IS_LOCAL = 2,	  /* SET LOCAL */
	SETTING_BY_SUPERUSER = 4,
	SETTING_REFUSED = 8,	  /* the session may not */
	SETTING_INVALID = 16,	  /* the value means nothing */
};

struct setting_event {
	struct event_header h;
	__u32 cause;
	__s32 source; /* GucSource, -1 not from the server */
	__u32 level;  /* in force after it */
	__u32 level_before;
	__u32 properties;
	__u32 text_length;
	char name[NAME_LENGTH];
};

/* Values of one query descriptor that are sent, and bytes of one value at most. */
#define MAX_BINDS 64
#define BIND_BYTES 4096

#define BIND_LENGTH_UNKNOWN 0xffffffff
#define BIND_TOTAL_UNKNOWN 0xffffffff

enum bind_state {
	BIND_READ = 0,
	BIND_IS_NULL = 1,
	BIND_GUESSED = 2,    /* read, without knowing how the type is stored */
	BIND_UNREADABLE = 3, /* its address is none, or its page not resident */
	BIND_COMPRESSED = 4, /* by TOAST */
	BIND_EXTERNAL = 5,   /* in a TOAST table */
	BIND_EXPANDED = 6,   /* taken apart in memory by plpgsql */
	BIND_FIELD = 7,	     /* of a record, or a variable whose value is not made yet */
};

/* One bind value, its bytes behind it; without a varlena's header. Those of one query descriptor have
 * one sequence number, which the last (FLAG_BINDS_LAST, no value) takes. */
struct bind_event {
	struct event_header h;
	__u64 object;	/* QueryDesc */
	__u32 position; /* n of $n */
	__u32 type;	/* OID */
	__u32 length;	/* of the value */
	__u32 bytes;	/* of it that follow */
	__u32 state;	/* enum bind_state */
	__u32 pad;
};

/* The largest piece of text in one record, and the most text that is read. */
#define TEXT_PIECE 4096
#define TEXT_PIECES 256

/* Counted per reason; index into the `losses` map. */
enum loss {
	LOSS_RING_FULL = 0,
	LOSS_NO_STATE = 1,   /* the per-backend state could not be allocated */
	LOSS_RETURN_UNSEEN = 2, /* a call's return that the kernel did not report; its exit comes late */
	LOSS_COUNT = 3,
};

#endif
