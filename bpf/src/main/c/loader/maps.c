// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* JNI side of io.pgstitch.bpf.NativeBpf: what is written into maps and read from them. */
#include <bpf/bpf.h>
#include <errno.h>

#include "failure.h"
#include "session.h"

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
	struct session *s = session_of(handle);
	int fd = map_fd(env, s, name);
	jbyte *content;

	(void)type;
	if (fd < 0)
		return;
	content = (*env)->GetByteArrayElements(env, value, NULL);
	forget_log();
	if (bpf_map_update_elem(fd, &key, content, BPF_ANY))
		fail(env, errno, "cannot write a map");
	(*env)->ReleaseByteArrayElements(env, value, content, JNI_ABORT);
}

JNIEXPORT void JNICALL Java_io_pgstitch_bpf_NativeBpf_putEntry(JNIEnv *env, jclass type,
							       jlong handle, jstring name,
							       jbyteArray key, jbyteArray value)
{
	struct session *s = session_of(handle);
	int fd = map_fd(env, s, name);
	jbyte *key_bytes, *value_bytes;

	(void)type;
	if (fd < 0)
		return;
	key_bytes = (*env)->GetByteArrayElements(env, key, NULL);
	value_bytes = (*env)->GetByteArrayElements(env, value, NULL);
	forget_log();
	if (!key_bytes || !value_bytes)
		fail(env, ENOMEM, "cannot write a map");
	else if (bpf_map_update_elem(fd, key_bytes, value_bytes, BPF_ANY))
		fail(env, errno, "cannot write a map");
	if (key_bytes)
		(*env)->ReleaseByteArrayElements(env, key, key_bytes, JNI_ABORT);
	if (value_bytes)
		(*env)->ReleaseByteArrayElements(env, value, value_bytes, JNI_ABORT);
}

JNIEXPORT jlong JNICALL Java_io_pgstitch_bpf_NativeBpf_readCounter(JNIEnv *env, jclass type,
								   jlong handle, jstring name,
								   jint key)
{
	struct session *s = session_of(handle);
	int fd = map_fd(env, s, name);
	__u64 value = 0;

	(void)type;
	if (fd >= 0 && bpf_map_lookup_elem(fd, &key, &value))
		fail(env, errno, "cannot read a map");
	return (jlong)value;
}
