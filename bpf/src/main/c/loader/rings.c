// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How a ring is laid out in memory is the kernel's promise: Documentation/bpf/ringbuf.rst and
 * BPF_RINGBUF_BUSY_BIT in linux/bpf.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "rings.h"

/* A ring of less holds too little of a backend that has much to say. */
#define SMALLEST_RING (1u << 20)

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

/* Moves what is not younger than a moment, the earliest first. Stops before an event that is still being
 * written, since its time is not known. */
static void merge(struct rings *r, __u64 moment, char *out, size_t most, size_t *used)
{
	for (;;) {
		struct ring *first = NULL, *next = NULL;
		enum head head = HEAD_READY;
		__u64 until = moment;

		for (__u32 i = 0; i < r->count; i++) {
			struct ring *ring = &r->ring[i];

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
		if (!first || first->time > moment)
			return;
		if (next && next->time < until)
			until = next->time;
		while (head == HEAD_READY && *used < most && first->time <= until) {
			move_head(first, out, used);
			head = look_at_head(first);
		}
		if (head == HEAD_BUSY || *used >= most)
			return;
	}
}

static __u64 monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Between the looks at two rings time passes, and an event may rely on an earlier one, as a wait on the name of
 * its relation that another backend has told. So none is moved that is younger than the first look. */
size_t drain_rings(struct rings *r, char *out, size_t most)
{
	__u64 moment = monotonic_ns();
	size_t used = 0;

	for (__u32 i = 0; i < r->count; i++)
		r->ring[i].until = __atomic_load_n(r->ring[i].produced, __ATOMIC_ACQUIRE);
	merge(r, moment, out, most, &used);
	for (__u32 i = 0; i < r->count; i++)
		__atomic_store_n(r->ring[i].consumed, r->ring[i].at, __ATOMIC_RELEASE);
	return used;
}

bool are_empty(const struct rings *r)
{
	for (__u32 i = 0; i < r->count; i++) {
		if (__atomic_load_n(r->ring[i].produced, __ATOMIC_ACQUIRE) != r->ring[i].at)
			return false;
	}
	return true;
}

int map_ring(struct ring *r, int fd, size_t bytes)
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

void unmap_ring(struct ring *r)
{
	long page = sysconf(_SC_PAGESIZE);

	if (r->consumed)
		munmap(r->consumed, page);
	if (r->produced)
		munmap((void *)r->produced, page + 2 * r->bytes);
}

void close_rings(struct rings *r)
{
	for (__u32 i = 0; i < r->count; i++)
		unmap_ring(&r->ring[i]);
}

int make_rings(struct rings *r, int map, __u32 bytes)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	__u32 count = 1;

	while (count < RINGS && count < 2 * processors && bytes / count > SMALLEST_RING)
		count *= 2;
	r->count = count;
	for (__u32 i = 0; i < count; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "pgstitch_ring", 0, 0, bytes / count, NULL);
		int error = fd < 0 ? errno : map_ring(&r->ring[i], fd, bytes / count);

		for (__u32 place = i; !error && place < RINGS; place += count) {
			if (bpf_map_update_elem(map, &place, &fd, BPF_ANY))
				error = errno;
		}
		if (fd >= 0)
			close(fd);
		if (error)
			return error;
	}
	return 0;
}
