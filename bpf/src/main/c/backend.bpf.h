/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The state kept for each PostgreSQL backend, the maps, and how an event is put into the ring. */
#ifndef PGSTITCH_BACKEND_BPF_H
#define PGSTITCH_BACKEND_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.h"
#include "layouts.h"
#include "open_wait.h"
#include "plans.h"
#include "submit.bpf.h"

#define MAX_BINARIES 64
/* What the kernel remembers of a process: MAX_URETPROBE_DEPTH of kernel/events/uprobes.c. Entries that
 * are deeper have no return (returns.bpf.h), so no more runs than these are open. */
#define KERNEL_RETURNS 64
#define MAX_RUNS KERNEL_RETURNS
#define MAX_QUERIES 16
#define NO_COUNT (~0ULL)

/* Stack pointer at a function's return minus the one at its entry: x86 pops the return address. */
#if defined(__TARGET_ARCH_x86)
#define RETURN_POPS 8
#else
#define RETURN_POPS 0
#endif

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

/* All who write to a ring fight for one lock and one line of memory, so there are several, which the
 * loader makes. The size here is none that is used. */
struct events_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, RINGS);
	__type(key, __u32);
	__array(values, struct events_ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct details);
} wait_details SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct first_look);
} first_looks SEC(".maps");

/* How many of these there were, so that nobody else's system calls pay for a look-up when none is left. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOKS_COUNTERS);
	__type(key, __u32);
	__type(value, __u32);
} looks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct binary_config);
} binaries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct plan_config);
} plan_configs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run_config);
} config SEC(".maps");

/* Pids of backends, or of servers whose backends are meant; used when only_targets is set. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct control_layout);
} control_layouts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct code_layout);
} code_layouts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control_config);
} control SEC(".maps");

/* Levels that are not the default one, by what they are for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct rule_key);
	__type(value, struct rule);
} rules SEC(".maps");

/* Roles whose sessions may switch themselves, in rule_key.name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct rule_key);
	__type(value, __u32);
} switchers SEC(".maps");

/* A leader as its parallel workers know it. */
struct leader_key {
	__u32 postmaster;
	__u32 pid; /* in their own pid namespace */
};

/* Levels of sessions that their parallel workers would not find otherwise. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct leader_key);
	__type(value, __u32);
} leaders SEC(".maps");

static __always_inline void count_loss(__u32 reason)
{
	__u64 *n = bpf_map_lookup_elem(&losses, &reason);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* Within a slice the clock is all there is; it counts what a hypervisor took meanwhile. What was said too
 * much of is caught up with, not taken back. */
static __always_inline __u64 cpu_time(struct backend *b, __u64 now)
{
	__u64 cpu = b->cpu_ns + (now - b->on_cpu_since);

	if (cpu < b->cpu_said)
		return b->cpu_said;
	b->cpu_said = cpu;
	return cpu;
}

/* The task leaves its processor: from its second switch on, what it used is what the scheduler booked. That
 * begins a little before the switch is seen; the clock is the upper bound, so that no call used more processor
 * time than it took. */
static __always_inline void settle_cpu(struct backend *b, const struct task_struct *task, __u64 now)
{
	__u64 booked = task->se.sum_exec_runtime;
	__u64 bound = b->cpu_ns + (now - b->on_cpu_since);

	b->cpu_ns = booked - b->exec_offset;
	if (!b->exec_known || b->cpu_ns > bound) {
		b->cpu_ns = bound;
		b->exec_offset = booked - bound;
		b->exec_known = 1;
	}
	b->on_cpu_since = now;
}

static __always_inline struct backend *known_backend(struct task_struct *task)
{
	return bpf_task_storage_get(&backends, task, 0, 0);
}

/* For functions that are not given the backend. */
static __always_inline struct scratch *current_scratch(void)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	return b ? &b->scratch : 0;
}

static __always_inline struct binary_config *binary_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&binaries, &key);
}

static __always_inline struct plan_config *plan_config_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&plan_configs, &key);
}

static __always_inline __u64 read_u64(__u64 address)
{
	__u64 value = 0;

	if (address)
		bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline __u32 read_u32(__u64 address)
{
	__u32 value = 0;

	if (address)
		bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline void fill_header(struct event_header *h, struct backend *b, __u16 kind,
					__u32 length, __u64 now, __u64 cookie, __u64 stack)
{
	h->length = length;
	h->kind = kind;
	h->function = cookie & ((1 << COOKIE_FUNCTION_BITS) - 1);
	h->pid = b->pid;
	h->flags = b->level << FLAG_LEVEL_SHIFT;
	h->time_ns = now;
	h->cpu_ns = cpu_time(b, now);
	h->sequence = b->sequence;
	h->stack = stack;
}

static __always_inline void *ring_of(__u32 pid)
{
	__u32 place = pid & (RINGS - 1);

	return bpf_map_lookup_elem(&rings, &place);
}

/* Room for an event of a process, of a constant size; NULL when its ring is full. */
static __always_inline void *reserve_for(__u32 pid, const __u64 size)
{
	void *ring = ring_of(pid);

	return ring ? bpf_ringbuf_reserve(ring, size, 0) : 0;
}

static __always_inline void *reserve(const struct backend *b, const __u64 size)
{
	return reserve_for(b->pid, size);
}

static __always_inline void put(struct event_header *event, __u64 length)
{
	void *ring = ring_of(event->pid);

	if (!ring || submit_copy(ring, event, length))
		count_loss(LOSS_RING_FULL);
}

/* A cookie: address of the function in the file << 24 | binary << 16 | function. */
static __always_inline __u64 cookie_address(__u64 cookie)
{
	return cookie >> 24;
}

static __always_inline __u32 cookie_binary(__u64 cookie)
{
	return (cookie >> 16) & 0xff;
}

/* Whether the level in force asks for what a bit stands for. */
static __always_inline bool wants(const struct backend *b, enum level bit)
{
	return b->level & bit;
}

/* Whether the level in force asks for the events of a probe. */
static __always_inline bool asks_for(const struct backend *b, __u64 cookie)
{
	return b->asked >> ((cookie >> COOKIE_FUNCTION_BITS) & 3) & 1;
}

static __always_inline struct control_layout *control_layout_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&control_layouts, &key);
}

static __always_inline struct code_layout *code_layout_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&code_layouts, &key);
}

static __always_inline __u32 default_level(void)
{
	__u32 zero = 0;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	return c ? c->level : 0;
}

/* The tiers of probes whose events a level asks for, bits 1 << enum cookie_tier. */
static __always_inline __u32 tiers_of(__u32 level)
{
	__u32 zero = 0, tiers = 1 << COOKIE_BASIC;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	if (!(level & LEVEL_TRACE))
		return 0;
	if ((level & LEVEL_DETAIL) && (level & LEVEL_ALL_DETAIL))
		tiers |= 1 << COOKIE_DETAIL | 1 << COOKIE_PHASE;
	else if ((level & LEVEL_DETAIL) && c)
		tiers |= c->detailed;
	if (level & LEVEL_FUNCTIONS)
		tiers |= 1 << COOKIE_FUNCTION;
	return tiers;
}

/* Whether an executor's start and end are seen. */
static __always_inline bool sees_executors(const struct backend *b)
{
	return b->asked >> COOKIE_PHASE & 1;
}

static __always_inline bool is_wanted(struct task_struct *task)
{
	__u32 zero = 0, pid;
	struct run_config *c = bpf_map_lookup_elem(&config, &zero);

	if (!c || !c->only_targets)
		return true;
	pid = task->tgid;
	if (bpf_map_lookup_elem(&targets, &pid))
		return true;
	pid = BPF_CORE_READ(task, real_parent, tgid);
	return bpf_map_lookup_elem(&targets, &pid) != 0;
}

#include "workers.bpf.h"

/* Says what kind of process this is. Early in a process neither pointer is set: BACKEND_UNKNOWN. */
static __always_inline __u32 classify(const struct backend *b, const struct binary_config *bin)
{
	__u64 worker, port;

	port = read_u64(b->bias + bin->my_proc_port);
	/* Who the client is stands in the startup packet, and levels go by it. */
	if (port)
		return !bin->layout_known || read_u64(port + bin->port_user_name) ? BACKEND_CLIENT
										  : BACKEND_UNKNOWN;
	worker = read_u64(b->bias + bin->my_bgworker_entry);
	if (!worker)
		return classify_without_client(b);
	if (!bin->layout_known)
		return BACKEND_OTHER;
	if (is_parallel_worker(bin, worker))
		return BACKEND_PARALLEL_WORKER;
	return classify_background_worker(b, worker);
}

static __always_inline void find_wait_word(struct backend *b, const struct binary_config *bin)
{
	__u64 proc;

	if (bin->my_wait_event_info) {
		b->wait_word = read_u64(b->bias + bin->my_wait_event_info);
	} else if (bin->proc_wait_event_info) {
		proc = read_u64(b->bias + bin->my_proc);
		b->wait_word = proc ? proc + bin->proc_wait_event_info : 0;
	}
}

/* Reads pgWalUsage; false when it is not known where it lies. */
static __always_inline bool read_wal(const struct backend *b, __u64 *wal)
{
	struct plan_config *c = plan_config_of(b);

	return c && c->wal_usage &&
	       !bpf_probe_read_user(wal, WAL_COUNTERS * sizeof(*wal),
				    (void *)(b->bias + c->wal_usage));
}

#include "levels.bpf.h"

static __noinline int announce(struct backend *b, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct binary_config *bin = binary_of(b);
	struct session_event *e;
	struct control_layout *where;
	__u64 port = 0, name;

	if (!bin)
		return 0;
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	fill_header(&e->h, b, EVENT_SESSION, sizeof(*e), now, 0, 0);
	e->start_boottime_ns = task->start_boottime;
	__builtin_memcpy(e->buffers, b->buffers, sizeof(e->buffers));
	__builtin_memcpy(e->wal, b->wal, sizeof(e->wal));
	e->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	e->kind = b->kind;
	e->binary = b->binary;
	e->begun_before = b->begun_before;
	e->wait_word = b->wait_word;
	if (bin->my_proc_pid)
		e->server_pid = read_u32(b->bias + bin->my_proc_pid);
	if (bin->my_start_timestamp)
		e->start_timestamp = read_u64(b->bias + bin->my_start_timestamp);
	if (bin->layout_known) {
		port = read_u64(b->bias + bin->my_proc_port);
		if (port) {
			bpf_probe_read_user_str(e->database, SESSION_TEXT,
						(void *)read_u64(port + bin->port_database_name));
			bpf_probe_read_user_str(e->user, SESSION_TEXT,
						(void *)read_u64(port + bin->port_user_name));
			bpf_probe_read_user_str(e->client_address, SESSION_TEXT,
						(void *)read_u64(port + bin->port_remote_host));
		}
		if (b->kind == BACKEND_PARALLEL_WORKER)
			e->leader_pid = read_u32(read_u64(b->bias + bin->my_bgworker_entry) +
						 bin->worker_notify_pid);
		describe_worker(e, b, bin);
	}
	if (bin->application_name) {
		name = read_u64(b->bias + bin->application_name);
		if (name)
			bpf_probe_read_user_str(e->application_name, SESSION_TEXT, (void *)name);
	}
	/* While a session starts, its settings are not made yet. */
	where = control_layout_of(b);
	if (where && port && !e->application_name[0]) {
		name = read_u64(port + where->port_application_name);
		if (name)
			bpf_probe_read_user_str(e->application_name, SESSION_TEXT, (void *)name);
	}
	submit(e);
	b->announced = 1;
	return 0;
}

static __always_inline struct details *known_details(void)
{
	return bpf_task_storage_get(&wait_details, bpf_get_current_task_btf(), 0, 0);
}

static __always_inline struct details *current_details(void)
{
	struct details *d = bpf_task_storage_get(&wait_details, bpf_get_current_task_btf(), 0,
						 BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!d)
		count_loss(LOSS_NO_STATE);
	return d;
}

static __always_inline void fill_wait(struct wait_event *e, const struct backend *b, __u32 length,
				      __u32 flags)
{
	const struct pending_wait *w = &b->wait;

	e->h.length = length;
	e->h.kind = EVENT_WAIT;
	e->h.function = 0;
	e->h.pid = b->pid;
	e->h.flags = flags | (w->begun ? FLAG_WAIT_BEGUN : 0) | b->level << FLAG_LEVEL_SHIFT;
	e->h.time_ns = w->end_ns;
	e->h.cpu_ns = w->end_cpu_ns;
	e->h.sequence = b->sequence;
	e->h.stack = 0;
	e->duration_ns = w->end_ns - w->start_ns;
	e->cpu_ns = w->end_cpu_ns - w->start_cpu_ns;
	e->offset = w->offset;
	e->bytes = w->bytes;
	e->event = w->event;
	e->calls = w->calls;
	e->descriptor = w->descriptor;
	e->lock_mode = b->lock_stack ? b->lock_mode : 0;
	__builtin_memcpy(e->lock_tag, b->lock_tag, sizeof(e->lock_tag));
}

/* Four sizes, because a reservation's must be a constant. Global, so that the verifier looks at it once. */
__noinline int put_wait(struct backend *b)
{
	struct details *d;
	__u32 detail;

	if (!b)
		return 0;
	b->wait.active = 0;
	b->wait.follows = 0;
	/* Before the backend's first event there is nothing that the wait could belong to. */
	if (!b->announced)
		return 0;
	b->sequence++;
	detail = b->wait.detail;
	d = detail ? known_details() : 0;
	if (d && detail == FLAG_WAIT_FILE) {
		struct wait_of_file *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_FILE);
		__builtin_memcpy(&e->file, &d->file, sizeof(e->file));
		submit(e);
	} else if (d && detail == FLAG_WAIT_LOCK) {
		struct wait_of_lock *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_LOCK);
		__builtin_memcpy(&e->lock, &d->lock, sizeof(e->lock));
		submit(e);
	} else if (d && detail == FLAG_WAIT_BLOCK) {
		struct wait_of_block *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(&e->wait, b, sizeof(*e), FLAG_WAIT_BLOCK);
		__builtin_memcpy(&e->block, &d->block, sizeof(e->block));
		submit(e);
	} else {
		struct wait_event *e = reserve(b, sizeof(*e));

		if (!e)
			goto full;
		fill_wait(e, b, sizeof(*e), 0);
		submit(e);
	}
	return 0;
full:
	count_loss(LOSS_RING_FULL);
	return 0;
}

/* Reads pgBufferUsage and pgWalUsage into the backend's words: the stack has no room for them where functions
 * are nested. Returns false when they cannot be read.
 * @buffers, @wal: the words at which they begin */
static __always_inline bool read_usage(struct backend *b, const struct binary_config *bin,
				       __u64 *buffers, __u64 *wal)
{
	__u64 *words = b->usage;
	struct plan_config *c = plan_config_of(b);
	__u64 wal_at = c ? c->wal_usage : 0, first, end;

	if (bin->buffer_usage < wal_at) {
		first = bin->buffer_usage;
		end = wal_at + 8 * WAL_COUNTERS;
	} else {
		first = wal_at;
		end = bin->buffer_usage + 8 * BUFFER_COUNTERS;
	}
	if (wal_at && end - first <= 8 * USAGE_WORDS && !((wal_at | bin->buffer_usage) & 7) &&
	    !bpf_probe_read_user(words, 8 * USAGE_WORDS, (void *)(b->bias + first))) {
		*buffers = (bin->buffer_usage - first) >> 3;
		*wal = (wal_at - first) >> 3;
		return true;
	}
	*buffers = 0;
	*wal = BUFFER_COUNTERS;
	if (bpf_probe_read_user(words, 8 * BUFFER_COUNTERS, (void *)(b->bias + bin->buffer_usage)))
		return false;
	if (!wal_at || bpf_probe_read_user(words + BUFFER_COUNTERS, 8 * WAL_COUNTERS,
					   (void *)(b->bias + wal_at)))
		__builtin_memcpy(words + BUFFER_COUNTERS, b->wal, sizeof(b->wal));
	return true;
}

static __always_inline void put_buffers_if_moved(struct backend *b, __u64 now)
{
	struct binary_config *bin = binary_of(b);
	__u64 *words = b->usage, moved = 0, buffers, wal;
	struct buffers_event *e;

	if (!bin || !bin->buffer_usage || !read_usage(b, bin, &buffers, &wal))
		return;
	barrier_var(buffers);
	barrier_var(wal);
	if (buffers > USAGE_WORDS - BUFFER_COUNTERS || wal > USAGE_WORDS - WAL_COUNTERS)
		return;
#pragma unroll
	for (int i = 0; i < BUFFER_COUNTERS; i++)
		moved |= words[buffers + i] ^ b->buffers[i];
#pragma unroll
	for (int i = 0; i < WAL_COUNTERS; i++)
		moved |= words[wal + i] ^ b->wal[i];
	if (!moved)
		return;
	e = reserve(b, sizeof(*e));
	if (!e) {
		/* Not lost: the counters are totals, the next report makes up for it. */
		return;
	}
	fill_header(&e->h, b, EVENT_BUFFERS, sizeof(*e), now, 0, 0);
#pragma unroll
	for (int i = 0; i < BUFFER_COUNTERS; i++)
		e->counters[i] = b->buffers[i] = words[buffers + i];
#pragma unroll
	for (int i = 0; i < WAL_COUNTERS; i++)
		e->wal[i] = b->wal[i] = words[wal + i];
	submit(e);
}

/* What comes before each event of a function: the wait that ended, who it is, what the buffers did;
 * then the event's own sequence number is taken. Global, so that the verifier looks at it once. */
__noinline int before_event(struct backend *b, __u64 now)
{
	if (!b)
		return 0;
	if (b->wait.active && !b->wait.in_call)
		put_wait(b);
	b->lock_stack = 0;
	b->aio_stack = 0;
	if (!b->announced)
		announce(b, now);
	put_buffers_if_moved(b, now);
	b->sequence++;
	return 0;
}

#include "settings.bpf.h"

/* Fills in what follows from the process itself, at its first event; NULL when it is not to be traced.
 * That was now, or at a moment before. */
static __always_inline struct backend *make_known(struct backend *b, struct task_struct *task, __u64 when)
{
	struct binary_config *bin = binary_of(b);

	if (!bin)
		return 0;
	b->begun_before = task->start_time < bin->attached_ns;
	b->kind = is_wanted(task) ? classify(b, bin) : BACKEND_OTHER;
	if (b->kind == BACKEND_UNKNOWN || b->kind == BACKEND_OTHER)
		return 0;
	find_wait_word(b, bin);
	choose_level(b);
	if (bin->buffer_usage)
		bpf_probe_read_user(b->buffers, sizeof(b->buffers),
				    (void *)(b->bias + bin->buffer_usage));
	read_wal(b, b->wal);
	/* Whoever plants what this one needs beyond the default has to hear of it at once. */
	if (b->level & ~default_level())
		announce(b, when ? when : bpf_ktime_get_ns());
	return b;
}

/* The state of the current backend, made at its first event; NULL when it is not to be traced. */
static __always_inline struct backend *current_backend(__u64 cookie, __u64 function_address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct backend *b = bpf_task_storage_get(&backends, task, 0, 0);

	if (b) {
		if (b->kind == BACKEND_OTHER)
			return 0;
		if (b->kind != BACKEND_UNKNOWN) {
			if (b->generation != control_generation())
				look_again(b, 0);
			return b;
		}
	} else {
		b = bpf_task_storage_get(&backends, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!b) {
			count_loss(LOSS_NO_STATE);
			return 0;
		}
		b->pid = task->tgid;
		b->binary = cookie_binary(cookie);
		b->bias = function_address - cookie_address(cookie);
		b->on_cpu_since = bpf_ktime_get_ns();
	}
	return make_known(b, task, 0);
}

#endif
