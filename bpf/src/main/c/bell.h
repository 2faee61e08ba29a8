/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The reader's side of submit.bpf.h: how it sleeps while no event comes, docs/decisions/0030-a-reader-that-sleeps.md. */
#ifndef PGSTITCH_BELL_H
#define PGSTITCH_BELL_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "rings.h"

/* The section of the word, which libbpf makes a map of; one that nobody maps, see set_sleeps(). */
#define SLEEP_WORD ".bss"

struct bell {
	int word_fd;	  /* of the map with the word that the programs look at; 0 there is none */
	struct ring ring; /* what rings; nothing is read from it */
	int ring_fd;	  /* of the object's map */
	int wake_fd;	  /* for those who want the reader back before an event comes */
};

static int open_bell(struct bell *b, int word_map, int ring_map, size_t ring_bytes)
{
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->wake_fd < 0)
		return errno;
	b->word_fd = word_map;
	b->ring_fd = ring_map;
	return map_ring(&b->ring, ring_map, ring_bytes);
}

static void close_bell(struct bell *b)
{
	unmap_ring(&b->ring);
	if (b->word_fd)
		close(b->wake_fd);
}

/* By a call: the programs were slower with a word in memory that this process had mapped, which has a page of
 * its own. */
static bool set_sleeps(const struct bell *b, __u32 sleeps)
{
	__u32 key = 0;

	return !bpf_map_update_elem(b->word_fd, &key, &sleeps, BPF_ANY);
}

/* Returns when something is in the rings, if only begun, when it is woken, and after this time at the latest.
 * A bell that comes later than its event was read ends the next sleep at once, which costs some looks.
 * False when the time has passed. */
static bool sleep_on_bell(struct bell *b, const struct rings *r, int most_ms)
{
	struct pollfd bells[] = {
	    {.fd = b->ring_fd, .events = POLLIN},
	    {.fd = b->wake_fd, .events = POLLIN},
	};
	bool disturbed = true;
	__u64 times;

	if (!set_sleeps(b, 1))
		return true;
	/* The look must not be done before the word can be seen: an event in between would ring for nobody. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (are_empty(r))
		disturbed = poll(bells, 2, most_ms) != 0;
	set_sleeps(b, 0);
	__atomic_store_n(b->ring.consumed, __atomic_load_n(b->ring.produced, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
	if (read(b->wake_fd, &times, sizeof(times)) < 0)
		times = 0; /* Nobody has asked for it. */
	return disturbed;
}

/* From any thread: ends the sleep, or the next one. */
static int wake(const struct bell *b)
{
	__u64 once = 1;

	return write(b->wake_fd, &once, sizeof(once)) < 0 ? errno : 0;
}

#endif
