// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The kernel programs: a small one for each way in which a function of the catalogue is read (collector's
 * probe-catalogue.tsv says which function goes to which), and those at system calls and switches, from which
 * true waits and processor time come. One object, since they share maps. */
#include "async_io.bpf.h"
#include "calls.bpf.h"
#include "control.bpf.h"
#include "errors.bpf.h"
#include "executor.bpf.h"
#include "launches.bpf.h"
#include "locks.bpf.h"
#include "portals.bpf.h"
#include "processes.bpf.h"
#include "relations.bpf.h"
#include "statements.bpf.h"
#include "transactions.bpf.h"
#include "waits.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
