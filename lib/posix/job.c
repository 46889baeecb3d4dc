/* SPDX-License-Identifier: MIT */

/* A job in a thread of its own, for what cannot be told how long to take. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Where condition variables can follow the monotonic clock; elsewhere a step of the wall clock moves the wait's end. */
#if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
#define JOB__CLOCK CLOCK_MONOTONIC
#define job__set_clock(attributes) pthread_condattr_setclock((attributes), CLOCK_MONOTONIC)
#else
#define JOB__CLOCK CLOCK_REALTIME
#define job__set_clock(attributes) ((void)(attributes), 0)
#endif

struct job__sync {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	bool abandoned;
};

/* The library's one writable global: how many of its threads there are in the process. */
static atomic_int job__count;

void os_job_free(struct os_job *job)
{
	struct job__sync *sync = job->sync;

	if (sync) {
		pthread_cond_destroy(&sync->changed);
		pthread_mutex_destroy(&sync->lock);
	}
	free(sync);
	free(job);
}

static void *job__main(void *arg)
{
	struct os_job *job = arg;
	struct job__sync *sync = job->sync;
	bool abandoned;

	job->work(job);
	atomic_fetch_sub(&job__count, 1); /* before the caller can see the end and begin the next one */
	pthread_mutex_lock(&sync->lock);
	sync->done = true;
	abandoned = sync->abandoned;
	pthread_cond_signal(&sync->changed);
	pthread_mutex_unlock(&sync->lock);
	if (abandoned)
		os_job_free(job);
	return NULL;
}

static struct job__sync *job__sync_new(void)
{
	struct job__sync *sync = malloc(sizeof *sync);
	pthread_condattr_t attributes;

	if (sync == NULL)
		return NULL;
	sync->done = sync->abandoned = false;
	pthread_mutex_init(&sync->lock, NULL); /* none of these fails with these arguments on a system that is named here */
	pthread_condattr_init(&attributes);
	job__set_clock(&attributes);
	pthread_cond_init(&sync->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return sync;
}

/* Detached, and with every signal blocked: the host program's handlers do not run in a thread that it does not know. */
static int job__start(struct os_job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int number;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(&thread, &attributes, job__main, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return number;
}

static struct timespec job__until(int wait_ms)
{
	struct timespec until;

	clock_gettime(JOB__CLOCK, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	return until;
}

static bool job__wait(struct job__sync *sync, const struct timespec *until)
{
	bool done;

	pthread_mutex_lock(&sync->lock);
	while (!sync->done && pthread_cond_timedwait(&sync->changed, &sync->lock, until) != ETIMEDOUT)
		;
	done = sync->done;
	sync->abandoned = !done;
	pthread_mutex_unlock(&sync->lock);
	return done;
}

int os_job_run(struct os_job *job, int wait_ms)
{
	const struct timespec until = job__until(wait_ms); /* before the thread begins: that, too, takes of the time */
	int number = EAGAIN;

	job->sync = NULL;
	if (atomic_fetch_add(&job__count, 1) >= OS_JOB_MAX)
		goto fail;
	number = ENOMEM;
	job->sync = job__sync_new();
	if (job->sync == NULL)
		goto fail;
	number = job__start(job);
	if (number != 0)
		goto fail;
	return job__wait(job->sync, &until);
fail:
	atomic_fetch_sub(&job__count, 1);
	os_job_free(job);
	return os_error(number);
}
