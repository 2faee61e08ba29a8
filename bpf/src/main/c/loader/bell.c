// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One word says that the reader sleeps, one descriptor wakes it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bell.h"

int open_bell(struct bell *b, int word_map, int ring_map, size_t ring_bytes)
{
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->wake_fd < 0)
		return errno;
	b->word_fd = word_map;
	b->ring_fd = ring_map;
	return map_ring(&b->ring, ring_map, ring_bytes);
}

void close_bell(struct bell *b)
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

/* A bell that comes later than its event was read ends the next sleep at once, which costs some looks. */
bool sleep_on_bell(struct bell *b, const struct rings *r, int most_ms)
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

int wake(const struct bell *b)
{
	__u64 once = 1;

	return write(b->wake_fd, &once, sizeof(once)) < 0 ? errno : 0;
}
