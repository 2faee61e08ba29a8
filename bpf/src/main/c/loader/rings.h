/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The reader's side of the rings of events: docs/decisions/0029-several-rings.md. One thread reads. */
#ifndef PGSTITCH_RINGS_H
#define PGSTITCH_RINGS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "events.h"

struct ring {
	unsigned long *consumed;       /* where the kernel sees how far it was read */
	const unsigned long *produced; /* where the kernel says how far it was written */
	const char *data;	       /* twice in a row: no record is in two pieces */
	size_t bytes;
	unsigned long at;    /* how far it was read */
	unsigned long until; /* how far it is read this time */
	__u64 time;	     /* of the record at `at`, when there is one */
	__u32 length;	     /* of that record; 0 there is none */
};

struct rings {
	struct ring ring[RINGS];
	__u32 count;
};

/* Maps a ring of the kernel's. Returns an error number; unmap_ring() takes away what was mapped. */
int map_ring(struct ring *r, int fd, size_t bytes);

void unmap_ring(struct ring *r);

/* Makes all rings, twice as many as there are processors as far as their size allows, and puts each at its
 * places in the programs' map. Returns an error number; what was made is taken away by close_rings(). */
int make_rings(struct rings *r, int map, __u32 bytes);

void close_rings(struct rings *r);

/* Moves records until none is left or `most` bytes are passed, by less than one record. Returns the bytes. */
size_t drain_rings(struct rings *r, char *out, size_t most);

/* Whether nothing was put into them since they were read, not even begun. */
bool are_empty(const struct rings *r);

#endif
