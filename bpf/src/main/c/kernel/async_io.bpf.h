/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Waits for IO that was begun before: docs/decisions/0010-wait-targets.md. */
#ifndef PGSTITCH_ASYNC_IO_BPF_H
#define PGSTITCH_ASYNC_IO_BPF_H

#include "files.bpf.h"
#include "known.bpf.h"

/* PgAioWaitRef, storage/aio_types.h: the handle's number, and its generation in two halves. */
struct wait_reference {
	__u32 index;
	__u32 generation_upper;
	__u32 generation_lower;
};

/* PgAioTargetData.smgr, storage/aio_types.h. */
struct target_blocks {
	__u32 tablespace;
	__u32 database;
	__u32 file;
	__u32 block;
	__u32 blocks;
	__u8 fork;
	__u8 flags; /* is_temp, skip_fsync */
};

#define TARGET_IS_TEMPORARY 1
#define LAST_FORK 3

/* pgaio_wref_wait(PgAioWaitRef *iow), 18 and later: waits until an IO is done that this backend or
 * another one began. The handle says for which blocks as long as it is of the same generation. */
SEC("uprobe")
int on_io_wait(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct wait_reference reference = {};
	struct target_blocks blocks = {};
	struct target_config *c;
	struct details *d;
	__u64 control, handle;

	if (!b || b->kind == BACKEND_OTHER || !wants(b, LEVEL_WAITS))
		return 0;
	b->aio_stack = 0;
	c = targets_of(b);
	if (!c || !c->aio_control || !c->aio_handle_size ||
	    bpf_probe_read_user(&reference, sizeof(reference), (void *)PT_REGS_PARM1(ctx)))
		return 0;
	control = read_u64(b->bias + c->aio_control);
	if (!control || reference.index >= read_u32(control + c->aio_handle_count))
		return 0;
	handle = read_u64(control + c->aio_handles) + (__u64)reference.index * c->aio_handle_size;
	if (byte_at(handle + c->aio_target) != c->aio_smgr ||
	    bpf_probe_read_user(&blocks, sizeof(blocks), (void *)(handle + c->aio_target_data)) ||
	    blocks.fork > LAST_FORK || !blocks.file)
		return 0;
	/* Read last: while it is the same, what was read before was of this IO. */
	if (read_u64(handle + c->aio_generation) !=
	    ((__u64)reference.generation_upper << 32 | reference.generation_lower))
		return 0;
	d = current_details();
	if (!d)
		return 0;
	d->block.tablespace = blocks.tablespace;
	d->block.database = blocks.database;
	d->block.file = blocks.file;
	d->block.block = blocks.block;
	d->block.blocks = blocks.blocks;
	d->block.fork = blocks.fork;
	d->block.temporary = blocks.flags & TARGET_IS_TEMPORARY;
	d->block.pad = 0;
	b->aio_stack = PT_REGS_SP(ctx);
	return 0;
}

SEC("uretprobe")
int on_io_wait_exit(struct pt_regs *ctx)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());

	if (b)
		b->aio_stack = 0;
	return 0;
}

#endif
