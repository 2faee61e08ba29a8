// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: opens the object with libbpf, as a whole or in two parts, and closes it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "session.h"
#include "uprobe_multi.h"

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

	forget_log();
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
	struct session *s = session_of(handle);

	(void)type;
	s->rest = open_array(env, bytes, s->multi, first, s->object);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_close(JNIEnv *env, jclass type, jlong handle)
{
	struct session *s = session_of(handle);

	(void)env;
	(void)type;
	close_bell(&s->bell);
	close_rings(&s->rings);
	bpf_object__close(s->rest);
	bpf_object__close(s->object);
	free(s);
}
