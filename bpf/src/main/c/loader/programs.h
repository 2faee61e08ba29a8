/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The programs of a session by name. */
#ifndef PGSTITCH_PROGRAMS_H
#define PGSTITCH_PROGRAMS_H

#include <bpf/libbpf.h>
#include <jni.h>

#include "session.h"

/* One that is loaded; throws and returns NULL when there is none. */
struct bpf_program *find_program(JNIEnv *env, struct session *s, jstring name);

#endif
