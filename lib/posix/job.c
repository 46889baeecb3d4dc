/* SPDX-License-Identifier: MIT */

/* Jobs in threads of their own, for what cannot be told how long to take. */

#include "native.h"

#include "libsock.h"
#include "os.h"
#include "os_job.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/*
 * A program that is linked statically has no loader, and need not get one: nor glibc's warning that comes with the very
 * name of dlopen(), which is therefore asked for at run time.
 */
#ifdef __ELF__
#pragma weak dladdr
#pragma weak dlsym
#define JOB__HAS_LOADER (dladdr != NULL && dlsym != NULL)
#else
#define JOB__HAS_LOADER true
#endif
#ifdef RTLD_NODELETE
#define JOB__PIN (RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE)
#else
#define JOB__PIN RTLD_LAZY /* one reference more, which nobody gives back */
#endif

enum {
	JOB__STACK = 256 * 1024, /* the default is the program's, and may be megabytes */
	JOB__COUNT = 0x1ff,      /* the bits of job__counts */
	JOB__PINNED = 0x200,
	JOB__PROCESS_SHIFT = 10
};

_Static_assert((int)OS_JOB_MAX < (int)JOB__COUNT, "a count fits its bits");

/* What stands before the caller's struct. */
struct job__head {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int owners;
	int done; /* parts, as bits */
	struct job__part {
		struct job__head *head;
		int number;
	} part[OS_JOB_PARTS];
	alignas(max_align_t) char job[];
};

/*
 * How many of the library's threads of each kind there are, whether their code is pinned, and above that
 * the process that this is true of. A child of fork() has none of its parent's threads. By its number alone it cannot
 * be told from its parent where both are the first of their PID namespaces; pthread_atfork() could, and would outlive
 * an unloading.
 */
static atomic_uint job__counts[OS_JOB_KINDS];

static bool job__take(atomic_uint *count)
{
	const unsigned process = (unsigned)getpid() << JOB__PROCESS_SHIFT;
	unsigned before = atomic_load(count), after;

	do {
		after = before;
		if (before >> JOB__PROCESS_SHIFT != process >> JOB__PROCESS_SHIFT)
			after = process | (before & JOB__PINNED);
		if ((after & JOB__COUNT) >= OS_JOB_MAX)
			return false;
	} while (!atomic_compare_exchange_weak(count, &before, after + 1));
	return true;
}

static struct job__head *job__head(struct os_job *job)
{
	return (struct job__head *)(void *)((char *)job - offsetof(struct job__head, job));
}

#ifdef NATIVE_RELATIVE_WAIT
static void job__set_clock(pthread_condattr_t *attributes)
{
	(void)attributes;
}

/* As below. */
static void job__sleep(struct job__head *head, int64_t left)
{
	const struct timespec time = {.tv_sec = (time_t)(left / 1000), .tv_nsec = left % 1000 * 1000000};

	if (left < 0)
		pthread_cond_wait(&head->changed, &head->lock);
	else
		pthread_cond_timedwait_relative_np(&head->changed, &head->lock, &time);
}
#else
static void job__set_clock(pthread_condattr_t *attributes)
{
	pthread_condattr_setclock(attributes, CLOCK_MONOTONIC); /* FreeBSD too, whatever _POSIX_CLOCK_SELECTION says */
}

/* Until something has changed, or at most so long (below 0: for ever), or for no reason; by the monotonic clock. */
static void job__sleep(struct job__head *head, int64_t left)
{
	struct timespec time;

	if (left < 0) {
		pthread_cond_wait(&head->changed, &head->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_nsec += left % 1000 * 1000000;
	time.tv_sec += (time_t)(left / 1000) + time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&head->changed, &head->lock, &time);
}
#endif

struct os_job *os_job_new(size_t size, void (*work)(struct os_job *job, int part), int kind)
{
	struct job__head *head = calloc(1, sizeof *head + size);
	pthread_condattr_t attributes;

	if (head == NULL)
		return NULL;
	pthread_mutex_init(&head->lock, NULL); /* none of these fails with these arguments on a system that is named here */
	pthread_condattr_init(&attributes);
	job__set_clock(&attributes);
	pthread_cond_init(&head->changed, &attributes);
	pthread_condattr_destroy(&attributes);
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

	pthread_mutex_lock(&head->lock);
	head->done |= done;
	head->owners += owners;
	last = head->owners == 0;
	pthread_cond_signal(&head->changed);
	pthread_mutex_unlock(&head->lock);
	if (!last)
		return;
	pthread_cond_destroy(&head->changed);
	pthread_mutex_destroy(&head->lock);
	free(head);
}

void os_job_drop(struct os_job *job)
{
	job__change(job__head(job), 0, -1);
}

static void *job__main(void *arg)
{
	struct job__part *part = arg;
	struct job__head *head = part->head;
	struct os_job *job = (void *)head->job;
	int number = part->number;

	job->work(job, number);
	atomic_fetch_sub(&job__counts[job->kind], 1); /* before the caller can see the end and begin the next one */
	job__change(head, 1 << number, -1);
	return NULL;
}

/* Keep what this code is in, a library or somebody's plug-in, from being unloaded under a thread's feet, for good. */
static void job__pin(atomic_uint *count)
{
	Dl_info info;
	void *(*load)(const char *name, int how) = NULL;

	if (!JOB__HAS_LOADER || (atomic_load(count) & JOB__PINNED))
		return;
	*(void **)(void *)&load = dlsym(RTLD_DEFAULT, "dlopen"); /* POSIX's own words for it (dlsym, rationale) */
	if (load && dladdr((void *)(uintptr_t)job__main, &info) != 0 && info.dli_fname)
		load(info.dli_fname, JOB__PIN);
	atomic_fetch_or(count, JOB__PINNED);
}

/*
 * How much stack a thread is given; 0: the default. glibc takes the program's thread-local variables out of it, which
 * may be any number of bytes, and has a call that tells how much that is. It is nobody's to link with, but Rust's and
 * Java's threads ask for it in this way, too. A program that is linked statically cannot.
 */
static size_t job__stack(const pthread_attr_t *attributes)
{
#ifdef __GLIBC__
	size_t (*taken)(const pthread_attr_t *attributes) = NULL;

	if (JOB__HAS_LOADER)
		*(void **)(void *)&taken = dlsym(RTLD_DEFAULT, "__pthread_get_minstack");
	return taken ? taken(attributes) + JOB__STACK : 0;
#else
	(void)attributes;
	return JOB__STACK;
#endif
}

/* Detached, and with every signal blocked: the host program's handlers do not run in a thread that it does not know. */
static int job__create(struct job__part *part)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	size_t stack;
	int number;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	stack = job__stack(&attributes);
	if (stack > 0)
		pthread_attr_setstacksize(&attributes, stack); /* one that is too small stays as it was */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(&thread, &attributes, job__main, part);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return number;
}

int os_job_start(struct os_job *job, int number)
{
	struct job__head *head = job__head(job);
	struct job__part *part = &head->part[number];
	atomic_uint *count = &job__counts[job->kind];
	int error;

	if (!job__take(count))
		return LIBSOCK_ENOBUFS;
	job__pin(count);
	*part = (struct job__part){.head = head, .number = number};
	job__change(head, 0, 1);
	error = job__create(part);
	if (error == 0)
		return 0;
	atomic_fetch_sub(count, 1);
	job__change(head, 0, -1);
	return os_error(error);
}

void os_job_call(struct os_job *job, int part)
{
	int before;

	/* A resolver that is cancelled may leave its locks behind (getaddrinfo in glibc's manual: AC-Unsafe lock). */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	job->work(job, part);
	pthread_setcancelstate(before, NULL);
	job__change(job__head(job), 1 << part, 0);
}

static void job__unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

int os_job_wait(struct os_job *job, int known, int wait_ms)
{
	struct job__head *head = job__head(job);
	const int64_t until = os_now() + wait_ms;
	int64_t left = wait_ms;
	int done;

	pthread_mutex_lock(&head->lock);
	pthread_cleanup_push(job__unlock, &head->lock);
	while ((head->done & ~known) == 0 && (wait_ms < 0 || left > 0)) {
		job__sleep(head, wait_ms < 0 ? -1 : left);
		left = until - os_now();
	}
	done = head->done;
	pthread_cleanup_pop(1);
	return done;
}

int os_guard(int (*run)(void *context), void (*undo)(void *context), void *context)
{
	int result, before;

	if (undo == NULL) {
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
		result = run(context);
		pthread_setcancelstate(before, NULL);
		return result;
	}
	pthread_cleanup_push(undo, context);
	result = run(context);
	pthread_cleanup_pop(0);
	return result;
}
