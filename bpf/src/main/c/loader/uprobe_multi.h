/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Attaching to many places at once: kernel 6.6; older headers lack these. */
#ifndef PGSTITCH_UPROBE_MULTI_H
#define PGSTITCH_UPROBE_MULTI_H

#include <linux/types.h>

#define ATTACH_UPROBE_MULTI 48
#define LINK_CREATE 28
#define UPROBE_MULTI_RETURN 1

struct uprobe_multi_attr {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__u64 path;
	__u64 offsets;
	__u64 ref_ctr_offsets;
	__u64 cookies;
	__u32 count;
	__u32 multi_flags;
	__u32 pid;
	__u32 pad;
	__u64 room[4];
};

#endif
