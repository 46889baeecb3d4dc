/* SPDX-License-Identifier: MIT */

/* The platform contract's part about threads: work that may outlive a call, and calls whose thread is cancelled. */

#ifndef LIBSOCK_OS_JOB_H
#define LIBSOCK_OS_JOB_H

#include "names.h"

#include <stddef.h>

/*
 * Work of one or two parts, each in a thread that may outlive the call that wanted it. A job is one block that begins
 * with this struct; the caller owns it and so does each thread, and whoever is last frees it.
 */
enum { OS_JOB_MAX = 256, OS_JOB_PARTS = 2 };
enum { OS_JOB_LOOKUP, OS_JOB_CLOSE, OS_JOB_KINDS }; /* one kind does not take the other's threads */
struct os_job {
	void (*work)(struct os_job *job, int part);
	int kind;
};

/* `size` bytes, all zero but for the head. NULL: no memory. */
struct os_job *os_job_new(size_t size, void (*work)(struct os_job *job, int part), int kind);

/*
 * Have a part done: in a detached thread that takes no signals and keeps its own code from being unloaded; or in place,
 * where the caller cannot be cancelled meanwhile. At most OS_JOB_MAX threads of a kind in a process, in a child of fork()
 * from none again, or LIBSOCK_ENOBUFS; another error is the system's.
 */
int os_job_start(struct os_job *job, int part);
void os_job_call(struct os_job *job, int part);

/* Wait until a part is done that is not in `known`, at most `wait_ms` (-1: for ever). All that are done, a bit (1 << part) each. */
int os_job_wait(struct os_job *job, int known, int wait_ms);

/* The caller's share ends. */
void os_job_drop(struct os_job *job);

/*
 * run(context), and what it returns. Where a waiting thread can be cancelled (pthread_cancel), undo(context) is called
 * then; without `undo` that is put off until afterwards.
 */
int os_guard(int (*run)(void *context), void (*undo)(void *context), void *context);

#endif
