// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What libbpf said last, and how it becomes an exception. */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"

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

void forget_log(void)
{
	last_log[0] = 0;
}

void catch_log(void)
{
	forget_log();
	libbpf_set_print(remember_log);
}

void fail(JNIEnv *env, int error, const char *what)
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
