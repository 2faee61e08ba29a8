/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Every failure is a BpfException with libbpf's own words. */
#ifndef PGSTITCH_FAILURE_H
#define PGSTITCH_FAILURE_H

#include <jni.h>

/* Keeps what libbpf says from now on, in this thread, for the failure that may follow. */
void catch_log(void);

/* What libbpf said before has nothing to do with what follows. */
void forget_log(void);

/* Throws, with an error number and what could not be done. */
void fail(JNIEnv *env, int error, const char *what);

#endif
