/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is known for finding the targets of waits, and the files of descriptors: docs/decisions/0010-wait-targets.md. */
#ifndef PGSTITCH_FILES_BPF_H
#define PGSTITCH_FILES_BPF_H

#include "layouts.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct target_config);
} target_configs SEC(".maps");

static __always_inline struct target_config *targets_of(const struct backend *b)
{
	__u32 key = b->binary;
	struct target_config *c = bpf_map_lookup_elem(&target_configs, &key);
	struct binary_config *bin = bpf_map_lookup_elem(&binaries, &key);

	return c && c->known && bin && bin->layout_known ? c : 0;
}

/* Names the file of a descriptor of the current process. At the entry of a system call nobody else
 * can close it: a backend is one thread. */
static __noinline int read_file(struct details *d, int descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *entry, *parent, *grandparent, *above, *directory;
	struct fdtable *table;
	struct file **files, *file = 0;

	if (!d)
		return 0;
	table = BPF_CORE_READ(task, files, fdt);
	if (descriptor < 0 || descriptor >= BPF_CORE_READ(table, max_fds))
		return 0;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
	if (!file)
		return 0;
	entry = BPF_CORE_READ(file, f_path.dentry);
	parent = BPF_CORE_READ(entry, d_parent);
	grandparent = BPF_CORE_READ(parent, d_parent);
	above = BPF_CORE_READ(grandparent, d_parent);
	directory = BPF_CORE_READ(task, fs, pwd.dentry);
	d->file.depth = parent == directory	 ? 1
			: grandparent == directory ? 2
			: above == directory	 ? 3
						 : 0;
	d->file.pad = 0;
	d->file.name[0] = 0;
	d->file.parent[0] = 0;
	d->file.grandparent[0] = 0;
	bpf_probe_read_kernel_str(d->file.name, FILE_NAME, BPF_CORE_READ(entry, d_name.name));
	bpf_probe_read_kernel_str(d->file.parent, FILE_PARENT, BPF_CORE_READ(parent, d_name.name));
	bpf_probe_read_kernel_str(d->file.grandparent, FILE_GRANDPARENT,
				  BPF_CORE_READ(grandparent, d_name.name));
	return 1;
}

#endif
