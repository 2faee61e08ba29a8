/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The loaded programs and what is read from them: what io.pgstitch.bpf.NativeBpf has a handle of. */
#ifndef PGSTITCH_SESSION_H
#define PGSTITCH_SESSION_H

#include <bpf/libbpf.h>
#include <jni.h>
#include <stdint.h>

#include "bell.h"
#include "rings.h"

struct session {
	/* All maps, and the programs that are needed first. */
	struct bpf_object *object;
	/* The other programs, NULL until they are loaded, or when there are none. */
	struct bpf_object *rest;
	struct rings rings;
	struct bell bell;
	int multi;
};

static inline struct session *session_of(jlong handle)
{
	return (struct session *)(intptr_t)handle;
}

#endif
