// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: what the programs keep with a process, and what they are told about one. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "failure.h"
#include "open_wait.h"
#include "orders.h"
#include "session.h"

/* Copies one member of what a map keeps with a process. Returns its bytes, 0 when there is nothing. */
static size_t task_member(struct session *s, const char *map_name, int pid, const char *member,
			  void *into, size_t bytes)
{
	struct bpf_map *map = bpf_object__find_map_by_name(s->object, map_name);
	const struct btf *btf = bpf_object__btf(s->object);
	const struct btf_type *type;
	const struct btf_member *m;
	size_t size, found = 0;
	char *value;
	int pidfd;

	if (!map || !btf)
		return 0;
	size = bpf_map__value_size(map);
	type = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
	if (!type || !btf_is_struct(type))
		return 0;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return 0;
	value = malloc(size);
	m = btf_members(type);
	for (int i = 0; value && i < btf_vlen(type); i++) {
		size_t at = btf_member_bit_offset(type, i) / 8;
		const char *name = btf__name_by_offset(btf, m[i].name_off);

		if (!name || strcmp(name, member) || at + bytes > size)
			continue;
		if (!bpf_map_lookup_elem(bpf_map__fd(map), &pidfd, value)) {
			memcpy(into, value + at, bytes);
			found = bytes;
		}
		break;
	}
	free(value);
	close(pidfd);
	return found;
}

static bool read_open_wait(struct session *s, int pid, struct pending_wait *w)
{
	return task_member(s, "backends", pid, "wait", w, sizeof(*w)) && w->active && w->in_call;
}

/* The wait in which a backend is now: begin (CLOCK_MONOTONIC), wait_event_info, holders of the lock
 * that is waited for. Null when it is in none. */
JNIEXPORT jlongArray JNICALL Java_io_pgstitch_bpf_NativeBpf_openWait(JNIEnv *env, jclass type,
								     jlong handle, jint pid)
{
	struct session *s = session_of(handle);
	jlong words[2 + LOCK_HOLDERS];
	struct pending_wait w, again;
	struct lock_detail lock = {0};
	jlongArray result;
	int count = 2;

	(void)type;
	if (!read_open_wait(s, pid, &w))
		return NULL;
	if (w.detail == FLAG_WAIT_LOCK)
		task_member(s, "wait_details", pid, "lock", &lock, sizeof(lock));
	/* The backend writes while this reads: only what did not change in between is whole. */
	if (!read_open_wait(s, pid, &again) || again.start_ns != w.start_ns || again.event != w.event)
		return NULL;
	words[0] = (jlong)w.start_ns;
	words[1] = w.event;
	for (__u32 i = 0; i < lock.count && i < LOCK_HOLDERS; i++)
		words[count++] = lock.holders[i];
	result = (*env)->NewLongArray(env, count);
	if (result)
		(*env)->SetLongArrayRegion(env, result, 0, count, words);
	return result;
}

/* Has the kernel programs look at a process at its next system call, begin or end. The moment from which on
 * a wait in it counts is taken when the process cannot pass unseen any more: what replaces the first entry
 * finds it only where it did not pass in between. Nothing is done for a process that is gone. */
JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_lookFirst(JNIEnv *env, jclass type,
								jlong handle, jint pid, jlong bias,
								jint binary, jboolean running)
{
	struct session *s = session_of(handle);
	struct first_look look = {.bias = bias, .binary = binary, .running = running};
	struct bpf_map *map = bpf_object__find_map_by_name(s->object, "first_looks");
	struct bpf_map *counters = bpf_object__find_map_by_name(s->object, "looks");
	__u32 key = LOOKS_GIVEN, given = 0;
	struct timespec now;
	int pidfd, failed;

	(void)type;
	if (!map || !counters)
		return;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return;
	forget_log();
	bpf_map_lookup_elem(bpf_map__fd(counters), &key, &given);
	given++;
	failed = bpf_map_update_elem(bpf_map__fd(counters), &key, &given, BPF_ANY);
	if (!failed) {
		failed = bpf_map_update_elem(bpf_map__fd(map), &pidfd, &look, BPF_NOEXIST);
		if (failed) {
			failed = errno;
			given--;
			bpf_map_update_elem(bpf_map__fd(counters), &key, &given, BPF_ANY);
			/* Gone, or looked for already. */
			failed = failed == ESRCH || failed == EEXIST ? 0 : failed;
		} else {
			clock_gettime(CLOCK_MONOTONIC, &now);
			look.since_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
			bpf_map_update_elem(bpf_map__fd(map), &pidfd, &look, BPF_EXIST);
		}
	} else {
		failed = errno;
	}
	close(pidfd);
	if (failed)
		fail(env, failed, "cannot look for waits that have begun");
}
