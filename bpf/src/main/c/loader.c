// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: opens the object with libbpf, attaches its programs, and
 * drains the rings. Every failure is a BpfException with libbpf's own words. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <jni.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bell.h"
#include "events.h"
#include "open_wait.h"
#include "rings.h"

/* Kernel 6.6; older headers lack these. */
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

/* More than there are. */
#define MOST_PROGRAMS 256

/* No event is larger. */
#define MOST_RECORD 16384

/* One attachment: a multi link's descriptor, or one libbpf link for each place. */
struct attachment {
	int fd;
	int count;
	struct bpf_link **links;
};

struct session {
	/* All maps, and the programs that are needed first. */
	struct bpf_object *object;
	/* The other programs, NULL until they are loaded, or when there are none. */
	struct bpf_object *rest;
	struct rings rings;
	struct bell bell;
	int multi;
};

static __thread char last_log[2048];

static int remember_log(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(last_log);

	if (level != LIBBPF_WARN)
		return 0;
	if (used > sizeof(last_log) / 2)
		used = 0;
	return vsnprintf(last_log + used, sizeof(last_log) - used, format, args);
}

static void fail(JNIEnv *env, int error, const char *what)
{
	char message[4096];
	jclass exception = (*env)->FindClass(env, "io/pgstitch/bpf/BpfException");

	snprintf(message, sizeof(message), "%s: %s%s%s", what, strerror(error),
		 last_log[0] ? "; " : "", last_log);
	if (exception) {
		jmethodID make =
		    (*env)->GetMethodID(env, exception, "<init>", "(Ljava/lang/String;I)V");
		jstring text = (*env)->NewStringUTF(env, message);
		if (make && text) {
			jthrowable t = (*env)->NewObject(env, exception, make, text, (jint)error);
			if (t)
				(*env)->Throw(env, t);
		}
	}
}

/* Whether a list of names, each between two commas, has this one. */
static bool has_name(const char *names, const char *name)
{
	char item[128];

	snprintf(item, sizeof(item), ",%s,", name);
	return strstr(names, item) != NULL;
}

/* Has the programs of an object use the maps of another one of the same file. */
static int share_maps(struct bpf_object *object, struct bpf_object *other)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		int fd = bpf_object__find_map_fd_by_name(other, bpf_map__name(map));
		int error = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);

		if (error)
			return error;
	}
	return 0;
}

/* Loads the programs that the list names, or with the object that has those: the others. Without a list all. */
static struct bpf_object *open_object(const void *bytes, size_t size, int multi, const char *first,
				      struct bpf_object *with_first)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "pgstitch");
	struct bpf_object *object = bpf_object__open_mem(bytes, size, &options);
	struct bpf_program *program;
	int error = 0;
	struct bpf_map *word;

	if (!object)
		return NULL;
	word = bpf_object__find_map_by_name(object, SLEEP_WORD);
	if (word && !with_first)
		error = bpf_map__set_map_flags(word, 0);
	bpf_object__for_each_program(program, object) {
		if (multi && bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
			bpf_program__set_expected_attach_type(program, ATTACH_UPROBE_MULTI);
		if (first)
			bpf_program__set_autoload(program, has_name(first, bpf_program__name(program)) ==
							       !with_first);
	}
	if (!error && with_first)
		error = share_maps(object, with_first);
	if (!error)
		error = bpf_object__load(object);
	if (error) {
		bpf_object__close(object);
		errno = -error;
		return NULL;
	}
	return object;
}

/* The same for what comes from Java; throws when it fails. */
static struct bpf_object *open_array(JNIEnv *env, jbyteArray bytes, int multi, jstring first_names,
				     struct bpf_object *with_first)
{
	jsize size = (*env)->GetArrayLength(env, bytes);
	jbyte *content = (*env)->GetByteArrayElements(env, bytes, NULL);
	const char *first = first_names ? (*env)->GetStringUTFChars(env, first_names, NULL) : NULL;
	struct bpf_object *object = NULL;
	int error = ENOMEM;

	last_log[0] = 0;
	libbpf_set_print(remember_log);
	if (content && (first || !first_names)) {
		object = open_object(content, size, multi, first, with_first);
		error = errno;
	}
	if (first)
		(*env)->ReleaseStringUTFChars(env, first_names, first);
	if (content)
		(*env)->ReleaseByteArrayElements(env, bytes, content, JNI_ABORT);
	if (!object)
		fail(env, error, "cannot load the kernel programs");
	return object;
}

/* Returns an error number. */
static int find_bell(struct session *s)
{
	struct bpf_map *word = bpf_object__find_map_by_name(s->object, SLEEP_WORD);
	struct bpf_map *ring = bpf_object__find_map_by_name(s->object, "bell");

	if (!word || !ring)
		return ENOENT;
	return open_bell(&s->bell, bpf_map__fd(word), bpf_map__fd(ring), bpf_map__max_entries(ring));
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_open(JNIEnv *env, jclass type,
							    jbyteArray bytes, jint ring_bytes,
							    jboolean multi, jstring first)
{
	struct session *s = calloc(1, sizeof(*s));
	int error;

	(void)type;
	if (!s) {
		fail(env, ENOMEM, "cannot open the kernel programs");
		return 0;
	}
	s->multi = multi;
	s->object = open_array(env, bytes, multi, first, NULL);
	if (!s->object) {
		free(s);
		return 0;
	}
	error = make_rings(&s->rings, bpf_object__find_map_fd_by_name(s->object, "rings"), ring_bytes);
	if (!error)
		error = find_bell(s);
	if (error) {
		close_bell(&s->bell);
		close_rings(&s->rings);
		bpf_object__close(s->object);
		free(s);
		fail(env, error, "cannot make the ring buffers");
		return 0;
	}
	return (jlong)(intptr_t)s;
}

/* Loads the programs that were not named when it was opened. Others may use the session meanwhile. */
JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_openRest(JNIEnv *env, jclass type,
							       jlong handle, jbyteArray bytes,
							       jstring first)
{
	struct session *s = (struct session *)(intptr_t)handle;

	(void)type;
	s->rest = open_array(env, bytes, s->multi, first, s->object);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_close(JNIEnv *env, jclass type, jlong handle)
{
	struct session *s = (struct session *)(intptr_t)handle;

	(void)env;
	(void)type;
	close_bell(&s->bell);
	close_rings(&s->rings);
	bpf_object__close(s->rest);
	bpf_object__close(s->object);
	free(s);
}

static int map_fd(JNIEnv *env, struct session *s, jstring name)
{
	const char *text = (*env)->GetStringUTFChars(env, name, NULL);
	int fd = text ? bpf_object__find_map_fd_by_name(s->object, text) : -ENOMEM;

	if (text)
		(*env)->ReleaseStringUTFChars(env, name, text);
	if (fd < 0)
		fail(env, -fd, "no such map");
	return fd;
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_putMap(JNIEnv *env, jclass type, jlong handle,
							     jstring name, jint key,
							     jbyteArray value)
{
	struct session *s = (struct session *)(intptr_t)handle;
	int fd = map_fd(env, s, name);
	jbyte *content;

	(void)type;
	if (fd < 0)
		return;
	content = (*env)->GetByteArrayElements(env, value, NULL);
	last_log[0] = 0;
	if (bpf_map_update_elem(fd, &key, content, BPF_ANY))
		fail(env, errno, "cannot write a map");
	(*env)->ReleaseByteArrayElements(env, value, content, JNI_ABORT);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_putEntry(JNIEnv *env, jclass type,
							       jlong handle, jstring name,
							       jbyteArray key, jbyteArray value)
{
	struct session *s = (struct session *)(intptr_t)handle;
	int fd = map_fd(env, s, name);
	jbyte *key_bytes, *value_bytes;

	(void)type;
	if (fd < 0)
		return;
	key_bytes = (*env)->GetByteArrayElements(env, key, NULL);
	value_bytes = (*env)->GetByteArrayElements(env, value, NULL);
	last_log[0] = 0;
	if (!key_bytes || !value_bytes)
		fail(env, ENOMEM, "cannot write a map");
	else if (bpf_map_update_elem(fd, key_bytes, value_bytes, BPF_ANY))
		fail(env, errno, "cannot write a map");
	if (key_bytes)
		(*env)->ReleaseByteArrayElements(env, key, key_bytes, JNI_ABORT);
	if (value_bytes)
		(*env)->ReleaseByteArrayElements(env, value, value_bytes, JNI_ABORT);
}

/* The kernel counts runs of programs while the descriptor is open. */
JNIEXPORT jint JNICALL Java_io_pgstitch_bpf_NativeBpf_countRuns(JNIEnv *env, jclass type)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	(void)type;
	last_log[0] = 0;
	if (fd < 0)
		fail(env, errno, "the kernel does not count the runs of programs");
	return fd;
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_stopCounting(JNIEnv *env, jclass type, jint fd)
{
	(void)env;
	(void)type;
	close(fd);
}

static bool is_loaded(const struct bpf_program *program)
{
	return bpf_program__fd(program) >= 0;
}

/* The programs that are loaded, of both objects. Returns how many. */
static int loaded_programs(struct session *s, struct bpf_program **programs, int room)
{
	struct bpf_object *objects[] = {s->object, s->rest};
	struct bpf_program *program;
	int count = 0;

	for (int i = 0; i < 2 && objects[i]; i++) {
		bpf_object__for_each_program(program, objects[i]) {
			if (count < room && is_loaded(program))
				programs[count++] = program;
		}
	}
	return count;
}

/* One line for each program that functions of servers hit: its runs, a space, its name. */
JNIEXPORT jstring JNICALL Java_io_pgstitch_bpf_NativeBpf_functionRuns(JNIEnv *env, jclass type,
								      jlong handle)
{
	struct session *s = (struct session *)(intptr_t)handle;
	struct bpf_program *programs[MOST_PROGRAMS];
	int count = loaded_programs(s, programs, MOST_PROGRAMS);
	char lines[8192];
	size_t used = 0;

	(void)type;
	last_log[0] = 0;
	lines[0] = 0;
	for (int i = 0; i < count; i++) {
		struct bpf_program *program = programs[i];
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_program__type(program) != BPF_PROG_TYPE_KPROBE)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size)) {
			fail(env, errno, "cannot ask for a program");
			return NULL;
		}
		used += snprintf(lines + used, sizeof(lines) - used, "%llu %s\n",
				 (unsigned long long)info.run_cnt, bpf_program__name(program));
		if (used >= sizeof(lines)) {
			fail(env, ENOSPC, "too many programs");
			return NULL;
		}
	}
	return (*env)->NewStringUTF(env, lines);
}

/* What the verifier went through for all programs; kernels before 5.16 leave the field at 0. */
JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_verifiedInstructions(JNIEnv *env, jclass type,
									    jlong handle)
{
	struct session *s = (struct session *)(intptr_t)handle;
	struct bpf_program *programs[MOST_PROGRAMS];
	int count = loaded_programs(s, programs, MOST_PROGRAMS);
	jlong all = 0;

	(void)type;
	last_log[0] = 0;
	for (int i = 0; i < count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(programs[i]), &info, &size)) {
			fail(env, errno, "cannot ask for a program");
			return 0;
		}
		all += info.verified_insns;
	}
	return all;
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_readCounter(JNIEnv *env, jclass type,
								   jlong handle, jstring name,
								   jint key)
{
	struct session *s = (struct session *)(intptr_t)handle;
	int fd = map_fd(env, s, name);
	__u64 value = 0;

	(void)type;
	if (fd >= 0 && bpf_map_lookup_elem(fd, &key, &value))
		fail(env, errno, "cannot read a map");
	return (jlong)value;
}

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
	struct session *s = (struct session *)(intptr_t)handle;
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
	struct session *s = (struct session *)(intptr_t)handle;
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
	last_log[0] = 0;
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

static struct bpf_program *find_program(JNIEnv *env, struct session *s, jstring name)
{
	const char *text = (*env)->GetStringUTFChars(env, name, NULL);
	struct bpf_program *program =
	    text ? bpf_object__find_program_by_name(s->object, text) : NULL;

	if (program && !is_loaded(program))
		program = s->rest ? bpf_object__find_program_by_name(s->rest, text) : NULL;
	if (text)
		(*env)->ReleaseStringUTFChars(env, name, text);
	last_log[0] = 0;
	if (!program)
		fail(env, ENOENT, "no such kernel program");
	return program;
}

static struct attachment *new_attachment(int count)
{
	struct attachment *a = calloc(1, sizeof(*a));

	if (a) {
		a->fd = -1;
		a->links = calloc(count, sizeof(*a->links));
		if (!a->links) {
			free(a);
			a = NULL;
		}
	}
	return a;
}

static void release(struct attachment *a)
{
	for (int i = 0; i < a->count; i++)
		bpf_link__destroy(a->links[i]);
	if (a->fd >= 0)
		close(a->fd);
	free(a->links);
	free(a);
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_attachTracepoint(JNIEnv *env, jclass type,
									jlong handle, jstring name)
{
	struct session *s = (struct session *)(intptr_t)handle;
	struct bpf_program *program = find_program(env, s, name);
	struct attachment *a;

	(void)type;
	if (!program)
		return 0;
	a = new_attachment(1);
	if (!a) {
		fail(env, ENOMEM, "cannot attach");
		return 0;
	}
	a->links[0] = bpf_program__attach(program);
	if (!a->links[0]) {
		int error = errno;
		release(a);
		fail(env, error, "cannot attach a tracepoint program");
		return 0;
	}
	a->count = 1;
	return (jlong)(intptr_t)a;
}

static int attach_multi(struct bpf_program *program, const char *path, const jlong *offsets,
			const jlong *cookies, int count, int on_return, int pid)
{
	struct uprobe_multi_attr attr = {
	    .prog_fd = bpf_program__fd(program),
	    .attach_type = ATTACH_UPROBE_MULTI,
	    .path = (__u64)(uintptr_t)path,
	    .offsets = (__u64)(uintptr_t)offsets,
	    .cookies = (__u64)(uintptr_t)cookies,
	    .count = count,
	    .multi_flags = on_return ? UPROBE_MULTI_RETURN : 0,
	    .pid = pid,
	};

	return syscall(SYS_bpf, LINK_CREATE, &attr, 64);
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_attachUprobes(
    JNIEnv *env, jclass type, jlong handle, jstring name, jstring path, jlongArray offset_array,
    jlongArray cookie_array, jboolean on_return, jint pid)
{
	struct session *s = (struct session *)(intptr_t)handle;
	struct bpf_program *program = find_program(env, s, name);
	int count = (*env)->GetArrayLength(env, offset_array);
	struct attachment *a = NULL;
	jlong *offsets, *cookies;
	const char *file;
	int error = 0;

	(void)type;
	if (!program)
		return 0;
	offsets = (*env)->GetLongArrayElements(env, offset_array, NULL);
	cookies = (*env)->GetLongArrayElements(env, cookie_array, NULL);
	file = (*env)->GetStringUTFChars(env, path, NULL);
	a = new_attachment(count);
	if (!offsets || !cookies || !file || !a) {
		error = ENOMEM;
	} else if (s->multi) {
		a->fd = attach_multi(program, file, offsets, cookies, count, on_return, pid);
		if (a->fd < 0)
			error = errno;
	} else {
		for (int i = 0; i < count && !error; i++) {
			LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = on_return,
				    .bpf_cookie = cookies[i]);
			a->links[i] = bpf_program__attach_uprobe_opts(program, pid ? pid : -1, file,
								      offsets[i], &options);
			if (a->links[i])
				a->count = i + 1;
			else
				error = errno;
		}
	}
	if (offsets)
		(*env)->ReleaseLongArrayElements(env, offset_array, offsets, JNI_ABORT);
	if (cookies)
		(*env)->ReleaseLongArrayElements(env, cookie_array, cookies, JNI_ABORT);
	if (file)
		(*env)->ReleaseStringUTFChars(env, path, file);
	if (error) {
		if (a)
			release(a);
		fail(env, error, "cannot attach to functions of the server");
		return 0;
	}
	return (jlong)(intptr_t)a;
}

/* A hardware breakpoint on writes to four bytes of a process; each hit runs the program. */
JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_attachWatchpoint(JNIEnv *env, jclass type,
									jlong handle, jstring name,
									jint pid, jlong address)
{
	struct session *s = (struct session *)(intptr_t)handle;
	struct bpf_program *program = find_program(env, s, name);
	struct perf_event_attr attr = {
	    .type = PERF_TYPE_BREAKPOINT,
	    .size = sizeof(attr),
	    .bp_type = HW_BREAKPOINT_W,
	    .bp_addr = address,
	    .bp_len = HW_BREAKPOINT_LEN_4,
	    .sample_period = 1,
	    .exclude_kernel = 1,
	    .exclude_hv = 1,
	    .disabled = 1,
	};
	struct attachment *a;
	int error = 0;

	(void)type;
	if (!program)
		return 0;
	a = new_attachment(1);
	if (!a) {
		fail(env, ENOMEM, "cannot attach");
		return 0;
	}
	a->fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (a->fd < 0 || ioctl(a->fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(program)) ||
	    ioctl(a->fd, PERF_EVENT_IOC_ENABLE, 0))
		error = errno;
	if (error) {
		release(a);
		fail(env, error, "cannot set a hardware watchpoint");
		return 0;
	}
	return (jlong)(intptr_t)a;
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_detach(JNIEnv *env, jclass type,
							     jlong attachment)
{
	(void)env;
	(void)type;
	release((struct attachment *)(intptr_t)attachment);
}

/* Fills the direct buffer with whole records, each starting at a multiple of 8, and returns the bytes
 * used. Waits for nothing: the kernel side does not wake a reader that does not sleep. */
JNIEXPORT jint JNICALL Java_io_pgstitch_bpf_NativeBpf_drain(JNIEnv *env, jclass type, jlong handle,
							    jobject buffer)
{
	struct session *s = (struct session *)(intptr_t)handle;
	char *out = (*env)->GetDirectBufferAddress(env, buffer);
	jlong capacity = (*env)->GetDirectBufferCapacity(env, buffer);

	(void)type;
	last_log[0] = 0;
	if (!out || capacity < 65536) {
		fail(env, EINVAL, "the buffer must be direct and hold at least 64 KiB");
		return 0;
	}
	return (jint)drain_rings(&s->rings, out, capacity - MOST_RECORD);
}

JNIEXPORT jboolean JNICALL Java_io_pgstitch_bpf_NativeBpf_sleep(JNIEnv *env, jclass type,
								jlong handle, jint most_ms)
{
	struct session *s = (struct session *)(intptr_t)handle;

	(void)env;
	(void)type;
	return sleep_on_bell(&s->bell, &s->rings, most_ms);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_wake(JNIEnv *env, jclass type, jlong handle)
{
	struct session *s = (struct session *)(intptr_t)handle;
	int error = wake(&s->bell);

	(void)type;
	last_log[0] = 0;
	if (error)
		fail(env, error, "cannot wake the reader");
}

JNIEXPORT jboolean JNICALL Java_io_pgstitch_bpf_NativeBpf_preferThisThread(JNIEnv *env, jclass type,
									   jint nice)
{
	(void)env;
	(void)type;
	return setpriority(PRIO_PROCESS, syscall(SYS_gettid), nice) == 0;
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_clock(JNIEnv *env, jclass type, jint clock)
{
	struct timespec t;

	(void)env;
	(void)type;
	clock_gettime(clock, &t);
	return (jlong)t.tv_sec * 1000000000 + t.tv_nsec;
}
