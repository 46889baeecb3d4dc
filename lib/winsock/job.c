/* SPDX-License-Identifier: MIT */

/* Jobs in threads of their own, for what cannot be told how long to take. */

#include "native.h"

#include "libsock.h"
#include "os.h"
#include "os_job.h"

#include <stdalign.h>
#include <stdlib.h>

enum { JOB__STACK = 256 * 1024 }; /* reserved; the default is the program's, and may be megabytes */

/* What stands before the caller's struct. */
struct job__head {
	SRWLOCK lock;
	CONDITION_VARIABLE changed;
	int owners;
	int done; /* parts, as bits */
	struct job__part {
		struct job__head *head;
		HMODULE module; /* what the thread's code is in, loaded once more for it */
		int number;
	} part[OS_JOB_PARTS];
	alignas(max_align_t) char job[];
};

/* How many of the library's threads there are in the process. */
static volatile LONG job__count;

static struct job__head *job__head(struct os_job *job)
{
	return (struct job__head *)(void *)((char *)job - offsetof(struct job__head, job));
}

struct os_job *os_job_new(size_t size, void (*work)(struct os_job *job, int part), int kind)
{
	struct job__head *head = calloc(1, sizeof *head + size);

	if (head == NULL)
		return NULL;
	InitializeSRWLock(&head->lock);
	InitializeConditionVariable(&head->changed);
	head->owners = 1;

	struct os_job *job = (void *)head->job;

	job->work = work;
	job->kind = kind;
	return job;
}

/* Add parts that are done, and (or) owners. */
static void job__change(struct job__head *head, int done, int owners)
{
	bool last;

	AcquireSRWLockExclusive(&head->lock);
	head->done |= done;
	head->owners += owners;
	last = head->owners == 0;
	WakeConditionVariable(&head->changed);
	ReleaseSRWLockExclusive(&head->lock);
	if (last)
		free(head);
}

void os_job_drop(struct os_job *job)
{
	job__change(job__head(job), 0, -1);
}

/* Whoever unloads the library meanwhile leaves its code to the thread, which ends outside of it. */
static DWORD WINAPI job__main(void *arg)
{
	struct job__part part = *(struct job__part *)arg;
	struct os_job *job = (void *)part.head->job;

	job->work(job, part.number);
	InterlockedDecrement(&job__count); /* before the caller can see the end and begin the next one */
	job__change(part.head, 1 << part.number, -1);
	if (part.module)
		FreeLibraryAndExitThread(part.module, 0);
	return 0;
}

int os_job_start(struct os_job *job, int number)
{
	struct job__head *head = job__head(job);
	struct job__part *part = &head->part[number];
	HANDLE thread = NULL;

	if (InterlockedIncrement(&job__count) <= OS_JOB_MAX) {
		*part = (struct job__part){.head = head, .number = number};
		GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(uintptr_t)job__main, &part->module);
		job__change(head, 0, 1);
		thread = CreateThread(NULL, JOB__STACK, job__main, part, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
		if (thread == NULL) {
			job__change(head, 0, -1);
			if (part->module)
				FreeLibrary(part->module);
		}
	}
	if (thread == NULL) {
		InterlockedDecrement(&job__count);
		return LIBSOCK_ENOBUFS;
	}
	CloseHandle(thread); /* detached */
	return 0;
}

void os_job_call(struct os_job *job, int part)
{
	job->work(job, part);
	job__change(job__head(job), 1 << part, 0);
}

int os_job_wait(struct os_job *job, int known, int wait_ms)
{
	struct job__head *head = job__head(job);
	const int64_t until = os_now() + wait_ms;
	int64_t left = wait_ms;
	int done;

	AcquireSRWLockExclusive(&head->lock);
	while ((head->done & ~known) == 0 && (wait_ms < 0 || left > 0)) {
		SleepConditionVariableSRW(&head->changed, &head->lock, wait_ms < 0 ? INFINITE : (DWORD)left, 0);
		left = until - os_now();
	}
	done = head->done;
	ReleaseSRWLockExclusive(&head->lock);
	return done;
}

/* No thread is cancelled here. */
int os_guard(int (*run)(void *context), void (*undo)(void *context), void *context)
{
	(void)undo;
	return run(context);
}
