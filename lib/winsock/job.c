/* SPDX-License-Identifier: MIT */

/* A job in a thread of its own, for what cannot be told how long to take. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <stdlib.h>

struct job__sync {
	HANDLE done;
	LONG owners; /* the thread and the caller; the last one frees */
};

/* How many of the library's threads there are in the process. */
static volatile LONG job__count;

static void job__free(struct os_job *job)
{
	struct job__sync *sync = job->sync;

	if (sync && sync->done)
		CloseHandle(sync->done);
	free(sync);
	free(job);
}

void os_job_free(struct os_job *job)
{
	struct job__sync *sync = job->sync;

	if (InterlockedDecrement(&sync->owners) == 0)
		job__free(job);
}

static DWORD WINAPI job__main(void *arg)
{
	struct os_job *job = arg;
	struct job__sync *sync = job->sync;

	job->work(job);
	InterlockedDecrement(&job__count);
	SetEvent(sync->done);
	os_job_free(job);
	return 0;
}

static int job__start(struct os_job *job)
{
	struct job__sync *sync = calloc(1, sizeof *sync);
	HANDLE thread;

	job->sync = sync;
	if (sync == NULL)
		return LIBSOCK_ENOMEM;
	sync->owners = 2;
	sync->done = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (sync->done == NULL)
		return LIBSOCK_ENOMEM;
	thread = CreateThread(NULL, 0, job__main, job, 0, NULL);
	if (thread == NULL)
		return LIBSOCK_EAGAIN;
	CloseHandle(thread); /* detached */
	return 0;
}

int os_job_run(struct os_job *job, int wait_ms)
{
	const int64_t until = os_now() + wait_ms; /* before the thread begins: that, too, takes of the time */
	int err = LIBSOCK_EAGAIN;
	int64_t left;
	struct job__sync *sync;

	job->sync = NULL;
	if (InterlockedIncrement(&job__count) <= OS_JOB_MAX)
		err = job__start(job);
	if (err < 0) {
		InterlockedDecrement(&job__count);
		job__free(job);
		return err;
	}
	sync = job->sync;
	left = until - os_now();
	if (WaitForSingleObject(sync->done, left > 0 ? (DWORD)left : 0) == WAIT_OBJECT_0)
		return 1;
	os_job_free(job);
	return 0;
}
