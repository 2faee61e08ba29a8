// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: the programs, how often they ran, and what it took to verify them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "failure.h"
#include "programs.h"

/* More than there are. */
#define MOST_PROGRAMS 256

/* The kernel counts runs of programs while the descriptor is open. */
JNIEXPORT jint JNICALL Java_io_pgstitch_bpf_NativeBpf_countRuns(JNIEnv *env, jclass type)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	(void)type;
	forget_log();
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
	struct session *s = session_of(handle);
	struct bpf_program *programs[MOST_PROGRAMS];
	int count = loaded_programs(s, programs, MOST_PROGRAMS);
	char lines[8192];
	size_t used = 0;

	(void)type;
	forget_log();
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
	struct session *s = session_of(handle);
	struct bpf_program *programs[MOST_PROGRAMS];
	int count = loaded_programs(s, programs, MOST_PROGRAMS);
	jlong all = 0;

	(void)type;
	forget_log();
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

struct bpf_program *find_program(JNIEnv *env, struct session *s, jstring name)
{
	const char *text = (*env)->GetStringUTFChars(env, name, NULL);
	struct bpf_program *program =
	    text ? bpf_object__find_program_by_name(s->object, text) : NULL;

	if (program && !is_loaded(program))
		program = s->rest ? bpf_object__find_program_by_name(s->rest, text) : NULL;
	if (text)
		(*env)->ReleaseStringUTFChars(env, name, text);
	forget_log();
	if (!program)
		fail(env, ENOENT, "no such kernel program");
	return program;
}
