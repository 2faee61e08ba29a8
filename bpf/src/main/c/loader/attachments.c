// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: attaches programs and takes them away. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "failure.h"
#include "programs.h"
#include "uprobe_multi.h"

/* One attachment: a multi link's descriptor, or one libbpf link for each place. */
struct attachment {
	int fd;
	int count;
	struct bpf_link **links;
};

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
	struct session *s = session_of(handle);
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
	struct session *s = session_of(handle);
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
	struct session *s = session_of(handle);
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
