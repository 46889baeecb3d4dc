/* SPDX-License-Identifier: MIT */

/* No threads: everything in place. */

#include "libsock.h"
#include "os.h"
#include "os_job.h"

#include <stdlib.h>

struct os_job *os_job_new(size_t size, void (*work)(struct os_job *job, int part), int kind)
{
	struct os_job *job = calloc(1, size);

	if (job)
		*job = (struct os_job){.work = work, .kind = kind};
	return job;
}

int os_job_start(struct os_job *job, int part)
{
	(void)job;
	(void)part;
	return LIBSOCK_ENOTSUP;
}

void os_job_call(struct os_job *job, int part)
{
	job->work(job, part);
}

int os_job_wait(struct os_job *job, int known, int wait_ms)
{
	(void)job;
	(void)known;
	(void)wait_ms;
	return (1 << OS_JOB_PARTS) - 1;
}

void os_job_drop(struct os_job *job)
{
	free(job);
}

int os_guard(int (*run)(void *context), void (*undo)(void *context), void *context)
{
	(void)undo;
	return run(context);
}
