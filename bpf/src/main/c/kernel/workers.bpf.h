/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes without a client: parallel workers, which belong to their leader's statement, and those
 * that are traced where the collector was asked to. docs/decisions/0013 explains both. */
#ifndef PGSTITCH_WORKERS_BPF_H
#define PGSTITCH_WORKERS_BPF_H

#include "backend.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct worker_config);
} worker_configs SEC(".maps");

static __always_inline struct worker_config *worker_config_of(const struct backend *b)
{
	__u32 key = b->binary;

	return bpf_map_lookup_elem(&worker_configs, &key);
}

/* Whether a BackgroundWorker is one of a parallel query, index build or vacuum. */
static __always_inline bool is_parallel_worker(const struct binary_config *bin, __u64 worker)
{
	static const char parallel_main[] = "ParallelWorkerMain";
	char name[sizeof(parallel_main)] = {};

	bpf_probe_read_user_str(name, sizeof(name), (void *)(worker + bin->worker_function_name));
#pragma unroll
	for (int i = 0; i < sizeof(parallel_main); i++)
		if (name[i] != parallel_main[i])
			return false;
	return true;
}

static __always_inline __u32 if_asked_for(const struct worker_config *w, __u32 kind)
{
	return w->background & (1 << kind) ? kind : BACKEND_OTHER;
}

/* Neither a client's backend nor a background worker, or too early to be known as one. */
static __always_inline __u32 classify_without_client(const struct backend *b)
{
	struct worker_config *w = worker_config_of(b);

	if (!w || !w->known || read_u32(b->bias + w->my_backend_type) != w->autovacuum_worker)
		return BACKEND_UNKNOWN;
	return if_asked_for(w, BACKEND_AUTOVACUUM);
}

/* Those of logical replication say so in their type. */
static __always_inline __u32 classify_background_worker(const struct backend *b, __u64 worker)
{
	static const char replication[] = "logical replication";
	struct worker_config *w = worker_config_of(b);
	char type[sizeof(replication)] = {};

	if (!w || !w->known || !w->background)
		return BACKEND_OTHER;
	bpf_probe_read_user_str(type, sizeof(type), (void *)(worker + w->type));
#pragma unroll
	for (int i = 0; i < sizeof(replication) - 1; i++)
		if (type[i] != replication[i])
			return if_asked_for(w, BACKEND_BACKGROUND_WORKER);
	return if_asked_for(w, BACKEND_REPLICATION);
}

/* What MyBgworkerEntry says of the process. */
static __noinline int describe_worker(struct session_event *e, const struct backend *b,
				      const struct binary_config *bin)
{
	struct worker_config *w = worker_config_of(b);
	__u64 worker = read_u64(b->bias + bin->my_bgworker_entry);

	if (!w || !w->known || !worker)
		return 0;
	if (b->kind == BACKEND_PARALLEL_WORKER) {
		e->worker_context = read_u64(worker + w->main_argument);
		e->worker_number = read_u32(worker + w->extra);
		e->worker_known = 1;
	}
	bpf_probe_read_user_str(e->worker_type, SESSION_TEXT, (void *)(worker + w->type));
	return 0;
}

#endif
