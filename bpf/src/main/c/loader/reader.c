// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: what the thread that drains does, and clocks. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"
#include "session.h"

/* No event is larger. */
#define MOST_RECORD 16384

/* Fills the direct buffer with whole records, each starting at a multiple of 8, and returns the bytes
 * used. Waits for nothing: the kernel side does not wake a reader that does not sleep. */
JNIEXPORT jint JNICALL Java_io_pgstitch_bpf_NativeBpf_drain(JNIEnv *env, jclass type, jlong handle,
							    jobject buffer)
{
	struct session *s = session_of(handle);
	char *out = (*env)->GetDirectBufferAddress(env, buffer);
	jlong capacity = (*env)->GetDirectBufferCapacity(env, buffer);

	(void)type;
	forget_log();
	if (!out || capacity < 65536) {
		fail(env, EINVAL, "the buffer must be direct and hold at least 64 KiB");
		return 0;
	}
	return (jint)drain_rings(&s->rings, out, capacity - MOST_RECORD);
}

JNIEXPORT jboolean JNICALL Java_io_pgstitch_bpf_NativeBpf_sleep(JNIEnv *env, jclass type,
								jlong handle, jint most_ms)
{
	struct session *s = session_of(handle);

	(void)env;
	(void)type;
	return sleep_on_bell(&s->bell, &s->rings, most_ms);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_wake(JNIEnv *env, jclass type, jlong handle)
{
	struct session *s = session_of(handle);
	int error = wake(&s->bell);

	(void)type;
	forget_log();
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
