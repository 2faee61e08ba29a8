/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The reader's side of submit.bpf.h: how it sleeps while no event comes, docs/decisions/0030-a-reader-that-sleeps.md. */
#ifndef PGSTITCH_BELL_H
#define PGSTITCH_BELL_H

#include <stdbool.h>
#include <stddef.h>

#include "rings.h"

/* The section of the word, which libbpf makes a map of; one that nobody maps, see set_sleeps() in bell.c. */
#define SLEEP_WORD ".bss"

struct bell {
	int word_fd;	  /* of the map with the word that the programs look at; 0 there is none */
	struct ring ring; /* what rings; nothing is read from it */
	int ring_fd;	  /* of the object's map */
	int wake_fd;	  /* for those who want the reader back before an event comes */
};

/* Returns an error number; what was opened is taken away by close_bell(). */
int open_bell(struct bell *b, int word_map, int ring_map, size_t ring_bytes);

void close_bell(struct bell *b);

/* Returns when something is in the rings, if only begun, when it is woken, and after this time at the latest.
 * False when the time has passed. */
bool sleep_on_bell(struct bell *b, const struct rings *r, int most_ms);

/* From any thread: ends the sleep, or the next one. Returns an error number. */
int wake(const struct bell *b);

#endif
