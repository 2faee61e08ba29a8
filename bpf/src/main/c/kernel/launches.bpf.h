/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A leader launches its parallel workers. */
#ifndef PGSTITCH_LAUNCHES_BPF_H
#define PGSTITCH_LAUNCHES_BPF_H

#include "calls.bpf.h"
#include "workers.bpf.h"

/* LaunchParallelWorkers(ParallelContext *pcxt): no event of its own. */
SEC("uprobe")
int on_workers_launch(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));

	if (b)
		b->parallel_context = PT_REGS_PARM1(ctx);
	return 0;
}

/* bool RegisterDynamicBackgroundWorker(BackgroundWorker *worker, BackgroundWorkerHandle **handle) */
SEC("uprobe")
int on_worker_register(struct pt_regs *ctx)
{
	struct backend *b =
	    current_backend(bpf_get_attach_cookie(ctx), PT_REGS_IP(ctx));
	struct binary_config *bin;
	__u64 worker = PT_REGS_PARM1(ctx);

	if (!b)
		return 0;
	bin = binary_of(b);
	b->registering =
	    bin && bin->layout_known && is_parallel_worker(bin, worker) ? worker : 0;
	b->registering_ns = bpf_ktime_get_ns();
	if (b->registering && b->announced && asks_for(b, bpf_get_attach_cookie(ctx)))
		expect_return(PT_REGS_SP(ctx), bpf_get_attach_cookie(ctx), 0, 0);
	return 0;
}

SEC("uretprobe")
int on_worker_register_exit(struct pt_regs *ctx)
{
	LEAVE(b, cookie, stack, now);
	struct worker_launched_event *e;
	struct worker_config *w = worker_config_of(b);
	__u64 worker = b->registering;

	b->registering = 0;
	/* Without a free slot there is no worker. */
	if (!worker || !w || !w->known || !(PT_REGS_RC(ctx) & 1))
		return 0;
	before_event(b, now);
	e = reserve(b, sizeof(*e));
	if (!e) {
		count_loss(LOSS_RING_FULL);
		return 0;
	}
	fill_header(&e->h, b, EVENT_WORKER_LAUNCHED, sizeof(*e), now, cookie, stack);
	e->context = read_u64(worker + w->main_argument);
	e->object = b->parallel_context;
	e->duration_ns = now - b->registering_ns;
	e->number = read_u32(worker + w->extra);
	e->pad = 0;
	submit(e);
	return 0;
}

#endif
