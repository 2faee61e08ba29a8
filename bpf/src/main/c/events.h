/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs put into the ring buffer, and what they are told.
 * io.pgstitch.bpf.KernelEvent and io.pgstitch.bpf.BinaryConfig are the same layouts seen from Java:
 * change them together. All integers are little-endian and naturally aligned. */
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
	EVENT_RELATION = 17,	  /* struct relation_event: which relation a file belongs to */
	EVENT_THROWN = 18,	  /* struct error_event: an error leaves the function that raised it */
};

enum event_flags {
	FLAG_TEXT_CUT = 1,	/* the text is longer than what was read */
	FLAG_TEXT_SAME = 2,	/* the text is that of the running message, it is not repeated */
	FLAG_TEXT_UNREADABLE = 4, /* the text could not be read (page not resident) */
	FLAG_WAIT_FILE = 0x100,	  /* struct file_detail follows struct wait_event */
	FLAG_WAIT_LOCK = 0x200,	  /* struct lock_detail follows struct wait_event */
	FLAG_FATAL = 0x400,	  /* the error ends the session */
};

/* Sequence numbers count the events of one backend from 1. SESSION, BUFFERS and TEXT have none of
 * their own (they carry that of the event that follows): losing one of them is noticed by other means. */
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
	BACKEND_OTHER = 3,
};

#define BUFFER_COUNTERS 10

struct session_event {
	struct event_header h;
	__u64 start_boottime_ns;
	__u64 buffers[BUFFER_COUNTERS]; /* pgBufferUsage when the backend was first seen */
	__u32 parent_pid;
	__u32 leader_pid;   /* as the worker knows it, in its own pid namespace */
	__u32 kind;	    /* enum backend_kind */
	__u32 binary;
	__u32 begun_before; /* the process is older than the probes */
	__u32 pad;
	char database[SESSION_TEXT];
	char user[SESSION_TEXT];
	char application_name[SESSION_TEXT];
	char client_address[SESSION_TEXT];
	__u64 wait_word; /* address of its wait_event_info, 0 unknown */
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

struct wait_of_file {
	struct wait_event wait;
	struct file_detail file;
};

struct wait_of_lock {
	struct wait_event wait;
	struct lock_detail lock;
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
};

/* The longest message of an error that is read, with its terminator. */
#define MESSAGE_LENGTH 4096

struct backend_end_event {
	struct event_header h;
	__u32 exit_status; /* as wait(2) reports it */
	__u32 pad;
};

/* The largest piece of text in one record, and the most text that is read. */
#define TEXT_PIECE 4096
#define TEXT_PIECES 256

/* Facts about one server binary. Addresses are virtual addresses in the file (add the load bias);
 * 0 means that the binary has no such symbol. Offsets come from collector/postgres-facts. */
struct binary_config {
	__u64 my_wait_event_info;
	__u64 my_proc;
	__u64 my_proc_port;
	__u64 my_bgworker_entry;
	__u64 buffer_usage;
	__u64 application_name;
	__u64 attached_ns; /* CLOCK_MONOTONIC when its probes were planted */
	__u32 proc_wait_event_info;
	__u32 port_remote_host;
	__u32 port_database_name;
	__u32 port_user_name;
	__u32 worker_function_name;
	__u32 worker_notify_pid;
	__u32 query_planned_statement;
	__u32 query_source_text;
	__u32 query_estate;
	__u32 estate_processed;
	__u32 planned_command;
	__u32 planned_query_id;
	__u32 planned_location;
	__u32 planned_length;
	__u32 list_elements;
	__u32 portal_name;
	__u32 state_running;
	__u32 state_fastpath;
	__u32 layout_known; /* 0: no struct is followed, statement tier only */
	__u32 pad;
};

/* Facts about one server binary for targets.bpf.h, as struct binary_config has them. */
struct target_config {
	__u64 my_database_id;
	__u64 my_database_table_space;
	__u32 locallock_lock;
	__u32 lock_proc_locks;
	__u32 proclock_my_lock;
	__u32 proclock_group_leader;
	__u32 proclock_hold_mask;
	__u32 proclock_lock_link;
	__u32 proc_pid;
	__u32 proc_lock_group_leader;
	__u32 estate_relations;
	__u32 estate_range_table_size;
	__u32 relation_id;
	__u32 relation_row;
	__u32 relation_locator;
	__u32 relation_backend;
	__u32 row_name;
	__u32 row_file;
	__u32 row_tablespace;
	__u32 row_shared;
	__u32 string_data;
	__u32 string_length;
	__u32 string_cursor;
	__u32 error_sqlstate;
	__u32 known; /* 0: nothing here may be used */
	__u32 pad;
	__u32 lock_conflicts[16]; /* by mode: bits 1 << mode of the modes that it conflicts with */
};

struct run_config {
	__u32 only_targets;  /* 1: only processes in `targets`, or whose parent is there */
	__u32 level;	     /* of each backend that nothing more special is said of */
};

/* Bits of a level, as Oracle's event 10046 numbers them. */
enum level {
	LEVEL_STATEMENTS = 1,
	LEVEL_BINDS = 4,
	LEVEL_WAITS = 8,
	LEVEL_PLAN_STATISTICS = 16, /* at every execution */
};

/* Counted per reason; index into the `losses` map. */
enum loss {
	LOSS_RING_FULL = 0,
	LOSS_NO_STATE = 1,   /* the per-backend state could not be allocated */
	LOSS_COUNT = 2,
};

#endif
