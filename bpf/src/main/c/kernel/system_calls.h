/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Numbers of the system calls whose arguments say more, or that matter for joining. */
#ifndef PGSTITCH_SYSTEM_CALLS_H
#define PGSTITCH_SYSTEM_CALLS_H

#if defined(__TARGET_ARCH_x86)
#define CALL_READ 0
#define CALL_WRITE 1
#define CALL_PREAD 17
#define CALL_PWRITE 18
#define CALL_SENDTO 44
#define CALL_RECVFROM 45
#define CALL_FSYNC 74
#define CALL_FDATASYNC 75
#define CALL_FTRUNCATE 77
#define CALL_FADVISE 221
#define CALL_SYNC_FILE_RANGE 277
#define CALL_FALLOCATE 285
#define CALL_RECVMSG 47
#define CALL_SIGRETURN 15
#define CALL_SIGPROCMASK 14
#define CALL_KILL 62
#define CALL_GETPID 39
#define CALL_SETITIMER 38
#define CALL_GETTIMEOFDAY 96
#define CALL_CLOCK_GETTIME 228
#define CALL_SENDMSG 46
#define CALL_EPOLL_WAIT 232
#define CALL_EPOLL_PWAIT 281
#define CALL_FUTEX 202
#define CALL_PREADV 295
#define CALL_PWRITEV 296
#define CALL_POLL 7
#define CALL_PPOLL 271
#define CALL_URETPROBE 335
#else
#define CALL_READ 63
#define CALL_WRITE 64
#define CALL_PREAD 67
#define CALL_PWRITE 68
#define CALL_SENDTO 206
#define CALL_RECVFROM 207
#define CALL_FSYNC 82
#define CALL_FDATASYNC 83
#define CALL_FTRUNCATE 46
#define CALL_FADVISE 223
#define CALL_SYNC_FILE_RANGE 84
#define CALL_FALLOCATE 47
#define CALL_RECVMSG 212
#define CALL_SIGRETURN 139
#define CALL_SIGPROCMASK 135
#define CALL_KILL 129
#define CALL_GETPID 172
#define CALL_SETITIMER 103
#define CALL_GETTIMEOFDAY 169
#define CALL_CLOCK_GETTIME 113
#define CALL_SENDMSG 211
#define CALL_EPOLL_WAIT -1
#define CALL_EPOLL_PWAIT 22
#define CALL_FUTEX 98
#define CALL_PREADV 69
#define CALL_PWRITEV 70
#define CALL_POLL -1
#define CALL_PPOLL 73
#define CALL_URETPROBE -1
#endif

/* The number of the call in which these registers entered the kernel. */
#if defined(__TARGET_ARCH_x86)
#define CALL_OF(regs) ((regs)->orig_ax)
#else
#define CALL_OF(regs) ((regs)->syscallno)
#endif

#endif
