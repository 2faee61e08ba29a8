/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The reader's side of the rings of events: docs/decisions/0029-several-rings.md. One thread reads.
 * How a ring is laid out in memory is the kernel's promise: Documentation/bpf/ringbuf.rst and
 * BPF_RINGBUF_BUSY_BIT in linux/bpf.h. */
#ifndef PGSTITCH_RINGS_H
#define PGSTITCH_RINGS_H

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "events.h"

/* One for what is told of a whole server, after those of the backends. */
#define ALL_RINGS (BACKEND_RINGS + 1)

/* A ring of less holds too little of a backend that has much to say. */
#define SMALLEST_RING (1u << 20)
#define SMALLEST_SHARED_RING (1u << 16)

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
	struct ring of_backends[BACKEND_RINGS];
	struct ring shared;
	__u32 count; /* of those of backends */
};

enum head { HEAD_READY, HEAD_NONE, HEAD_BUSY };

/* Looks at the next record, and passes over those that were given up. */
static enum head look_at_head(struct ring *r)
{
	r->length = 0;
	while (r->at < r->until) {
		const __u32 *record = (const __u32 *)(r->data + (r->at & (r->bytes - 1)));
		__u32 length = __atomic_load_n(record, __ATOMIC_ACQUIRE);
		__u32 bare = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return HEAD_BUSY;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			const void *event = (const char *)record + BPF_RINGBUF_HDR_SZ;

			r->length = bare;
			r->time = ((const struct event_header *)event)->time_ns;
			return HEAD_READY;
		}
		r->at += (bare + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	}
	return HEAD_NONE;
}

/* Moves the record that was looked at. Each begins at a multiple of eight bytes. */
static void move_head(struct ring *r, char *out, size_t *used)
{
	memcpy(out + *used, r->data + (r->at & (r->bytes - 1)) + BPF_RINGBUF_HDR_SZ, r->length);
	*used += (r->length + 7) & ~(size_t)7;
	r->at += (r->length + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
}

static void release_read(struct ring *r)
{
	__atomic_store_n(r->consumed, r->at, __ATOMIC_RELEASE);
}

static void look_how_far(struct ring *r)
{
	r->until = __atomic_load_n(r->produced, __ATOMIC_ACQUIRE);
}

/* Moves what backends said, by its time: the first of two events of two backends comes first. Stops before an
 * event that is still being written, since its time is not known. */
static void merge(struct rings *r, char *out, size_t most, size_t *used)
{
	for (;;) {
		struct ring *first = NULL, *next = NULL;
		enum head head = HEAD_READY;

		for (__u32 i = 0; i < r->count; i++) {
			struct ring *ring = &r->of_backends[i];

			if (!ring->length && look_at_head(ring) == HEAD_BUSY)
				return;
			if (!ring->length)
				continue;
			if (!first || ring->time < first->time) {
				next = first;
				first = ring;
			} else if (!next || ring->time < next->time) {
				next = ring;
			}
		}
		if (!first)
			return;
		while (head == HEAD_READY && *used < most && (!next || first->time <= next->time)) {
			move_head(first, out, used);
			head = look_at_head(first);
		}
		if (head == HEAD_BUSY || *used >= most)
			return;
	}
}

/* Moves records until none is left or `most` bytes are passed, by less than one record. What is told of a
 * whole server comes before what was said by backends: who said that knew that the other had been told. */
static size_t drain_rings(struct rings *r, char *out, size_t most)
{
	enum head head;
	size_t used = 0;

	for (__u32 i = 0; i < r->count; i++)
		look_how_far(&r->of_backends[i]);
	look_how_far(&r->shared);
	while ((head = look_at_head(&r->shared)) == HEAD_READY && used < most)
		move_head(&r->shared, out, &used);
	if (head != HEAD_BUSY && used < most)
		merge(r, out, most, &used);
	for (__u32 i = 0; i < r->count; i++)
		release_read(&r->of_backends[i]);
	release_read(&r->shared);
	return used;
}

static int map_ring(struct ring *r, int fd, size_t bytes)
{
	long page = sysconf(_SC_PAGESIZE);
	void *mapped = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mapped == MAP_FAILED)
		return errno;
	r->consumed = mapped;
	r->bytes = bytes;
	mapped = mmap(NULL, page + 2 * bytes, PROT_READ, MAP_SHARED, fd, page);
	if (mapped == MAP_FAILED)
		return errno;
	r->produced = mapped;
	r->data = (const char *)mapped + page;
	return 0;
}

static void unmap_ring(struct ring *r)
{
	long page = sysconf(_SC_PAGESIZE);

	if (r->consumed)
		munmap(r->consumed, page);
	if (r->produced)
		munmap((void *)r->produced, page + 2 * r->bytes);
}

static void close_rings(struct rings *r)
{
	for (__u32 i = 0; i < r->count; i++)
		unmap_ring(&r->of_backends[i]);
	unmap_ring(&r->shared);
}

/* Makes a ring that the programs find at some places of their map. */
static int make_ring(struct ring *r, int map, __u32 first, __u32 step, __u32 end, size_t bytes)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "pgstitch_ring", 0, 0, bytes, NULL);
	int error = fd < 0 ? errno : map_ring(r, fd, bytes);

	for (__u32 i = first; !error && i < end; i += step) {
		if (bpf_map_update_elem(map, &i, &fd, BPF_ANY))
			error = errno;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

/* Makes all rings: twice as many as there are processors, as far as their size allows. Returns an error number;
 * what was made is taken away by close_rings(). */
static int make_rings(struct rings *r, int map, __u32 bytes)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	__u32 count = 1, shared = SMALLEST_RING;
	int error = 0;

	while (count < BACKEND_RINGS && count < 2 * processors && bytes / count > SMALLEST_RING)
		count *= 2;
	while (shared > bytes && shared > SMALLEST_SHARED_RING)
		shared /= 2;
	r->count = count;
	for (__u32 i = 0; !error && i < count; i++)
		error = make_ring(&r->of_backends[i], map, i, count, BACKEND_RINGS, bytes / count);
	if (!error)
		error = make_ring(&r->shared, map, SHARED_RING, 1, ALL_RINGS, shared);
	return error;
}

#endif
