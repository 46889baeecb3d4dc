/* SPDX-License-Identifier: MIT */

/* Addresses as callers give them to addresses as sockets take them; names, within the deadline. */

#include "resolve.h"
#include "addr.h"
#include "compiler.h"
#include "deadline.h"
#include "ip.h"

#include <stdlib.h>
#include <string.h>

enum { RESOLVE__MOST = 256 }; /* addresses of one name; more than any resolver gives */

/* A question to the system's resolver, on its own, because it may outlive the call that asked. */
struct resolve__job {
	struct os_job base;
	int family;
	int max;
	int result;
	struct os_addr addr;         /* a reverse look-up's question */
	char name[LIBSOCK_HOST_MAX]; /* a look-up's question, a reverse one's answer */
	struct os_addr found[];      /* a look-up's answer */
};

static void resolve__work_forward(struct os_job *base)
{
	struct resolve__job *job = (struct resolve__job *)base;

	job->result = os_resolve(job->name, job->family, job->found, job->max);
}

static void resolve__work_reverse(struct os_job *base)
{
	struct resolve__job *job = (struct resolve__job *)base;

	job->result = os_reverse(&job->addr, job->name, sizeof job->name);
}

static struct resolve__job *resolve__job_new(void (*work)(struct os_job *job), int max)
{
	struct resolve__job *job = calloc(1, sizeof *job + (size_t)max * sizeof job->found[0]);

	if (job) {
		job->base.work = work;
		job->max = max;
	}
	return job;
}

/*
 * Have the resolver answer: in place where time does not matter, else in a thread that is left to itself when the deadline
 * passes. On success the job is the caller's, to be freed by resolve__job_done(); on an error it is gone.
 */
static int resolve__ask(struct resolve__job *job, int64_t deadline)
{
	int left = deadline_left(deadline), err;

	if (left < 0) {
		job->base.sync = NULL;
		job->base.work(&job->base);
		return 0;
	}
	if (left == 0) {
		free(job);
		return deadline == LIBSOCK_NOWAIT ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT;
	}
	err = os_job_run(&job->base, left);
	if (err > 0)
		return 0;
	if (err == 0)
		return LIBSOCK_ETIMEDOUT;
	return err == LIBSOCK_EAGAIN ? LIBSOCK_EAI_AGAIN : err; /* too many at a time: as good as no answer */
}

static void resolve__job_done(struct resolve__job *job)
{
	if (job->base.sync)
		os_job_free(&job->base);
	else
		free(job);
}

static bool resolve__same(const struct os_addr *a, const struct os_addr *b)
{
	return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, a->family == LIBSOCK_AF_INET ? 4 : 16) == 0;
}

/* Copy each address once: a hosts file may name one twice. */
static int resolve__copy(struct os_addr to[], const struct os_addr from[], int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		int j = 0;

		while (j < kept && !resolve__same(&to[j], &from[i]))
			j++;
		if (j == kept)
			to[kept++] = from[i];
	}
	return kept;
}

static int resolve__name(const char *name, int family, struct os_addr bits[], int max, int64_t deadline)
{
	struct resolve__job *job = resolve__job_new(resolve__work_forward, max < RESOLVE__MOST ? max : RESOLVE__MOST);
	int result;

	if (job == NULL)
		return LIBSOCK_ENOMEM;
	job->family = family;
	memcpy(job->name, name, strlen(name) + 1);
	result = resolve__ask(job, deadline);
	if (result < 0)
		return result;
	result = job->result < 0 ? job->result : resolve__copy(bits, job->found, job->result);
	resolve__job_done(job);
	return result;
}

static void resolve__fixed(int family, int last, struct os_addr *bits)
{
	bits->family = family;
	bits->scope = 0;
	memset(bits->ip, 0, sizeof bits->ip);
	if (family == LIBSOCK_AF_INET6)
		bits->ip[15] = (uint8_t)last;
	else if (last)
		memcpy(bits->ip, (const uint8_t[4]){127, 0, 0, 1}, 4);
}

static int resolve__localhost(int family, struct os_addr bits[], int max)
{
	int count = 0;

	if (family != LIBSOCK_AF_INET)
		resolve__fixed(LIBSOCK_AF_INET6, 1, &bits[count++]);
	if (family != LIBSOCK_AF_INET6 && count < max)
		resolve__fixed(LIBSOCK_AF_INET, 1, &bits[count++]);
	return count;
}

int resolve_all(const char *host, int family, struct os_addr bits[], int max, int64_t deadline)
{
	const char *zone;
	int kind = addr_read(host, &bits[0], &zone), err;

	if (kind == ADDR_NAME && addr_is_localhost(host))
		return resolve__localhost(family, bits, max);
	if (kind == ADDR_NAME)
		return resolve__name(host, family, bits, max, deadline);
	if (kind != ADDR_LITERAL)
		return LIBSOCK_ENAME;
	if (family != LIBSOCK_AF_ANY && family != bits[0].family)
		return LIBSOCK_EAFNOSUPPORT;
	err = zone ? os_interface_index(zone, &bits[0].scope) : 0;
	return err < 0 ? err : 1;
}

NOINLINE static int resolve__path(const char *path, struct os_addr *bits)
{
	const char *end = memchr(path, '\0', LIBSOCK_HOST_MAX);

	if (end == NULL || end == path)
		return LIBSOCK_ENAME;
	if (end - path >= OS_PATH_MAX)
		return LIBSOCK_ENAMETOOLONG;
	memcpy(bits->path, path, (size_t)(end - path) + 1);
	bits->family = LIBSOCK_AF_UNIX;
	return 0;
}

/* A host that is no plain literal: a scope or a name to be looked up, or nothing. As yet in any family. */
COLD static int resolve__host(struct sock s, enum resolve_use use, const char *host, int64_t deadline,
			      struct os_addr *bits)
{
	const char *zone;
	int kind = addr_read(host, bits, &zone), count;

	if (kind == ADDR_LITERAL)
		return os_interface_index(zone, &bits->scope);
	if (kind == ADDR_NAME) {
		count = resolve_all(host, s.family, bits, 1, deadline);
		return count < 0 ? count : 0;
	}
	if (kind != ADDR_EMPTY || use == RESOLVE_PEER)
		return LIBSOCK_ENAME;
	resolve__fixed(s.family, 0, bits);
	return 0;
}

int resolve_for(struct sock s, enum resolve_use use, const struct sock_addr *addr, int64_t deadline, struct os_addr *bits)
{
	const char *zone;
	int err;

	if (s.family == LIBSOCK_AF_UNIX)
		return resolve__path(addr->host, bits);
	if (use == RESOLVE_PEER && addr->port == 0)
		return LIBSOCK_EPORT;
	if (addr_read(addr->host, bits, &zone) != ADDR_LITERAL || zone) {
		err = resolve__host(s, use, addr->host, deadline, bits);
		if (err < 0)
			return err;
	}
	bits->port = addr->port;
	if (bits->family == s.family)
		return 0;
	if (s.family != LIBSOCK_AF_INET6)
		return LIBSOCK_EAFNOSUPPORT;
	bits->family = LIBSOCK_AF_INET6;
	ip6_map(bits->ip, bits->ip);
	return 0;
}

int sock_resolve(const char *name, int family, struct sock_addr out[], int max, int64_t deadline)
{
	struct os_addr *bits;
	int count;

	if (name == NULL || out == NULL || max < 1)
		return LIBSOCK_EINVAL;
	if (family != LIBSOCK_AF_ANY && family != LIBSOCK_AF_INET && family != LIBSOCK_AF_INET6)
		return LIBSOCK_EINVAL;
	if (memchr(name, '\0', LIBSOCK_HOST_MAX) == NULL)
		return LIBSOCK_ENAME;
	if (max > RESOLVE__MOST)
		max = RESOLVE__MOST;
	bits = malloc((size_t)max * sizeof *bits);
	if (bits == NULL)
		return LIBSOCK_ENOMEM;
	count = resolve_all(name, family, bits, max, deadline);
	for (int i = 0; i < count; i++) {
		bits[i].port = 0;
		addr_write(&out[i], &bits[i]);
	}
	free(bits);
	return count;
}

/* The answer comes from whoever owns the address: only what is well-formed gets through. */
static int resolve__name_copy(struct sock_addr *name, const char *answer, uint16_t port)
{
	struct os_addr unused;
	const char *zone;

	if (addr_read(answer, &unused, &zone) != ADDR_NAME)
		return LIBSOCK_EAI_NONAME;
	memcpy(name->host, answer, strlen(answer) + 1);
	name->port = port;
	return 0;
}

int sock_reverse(const struct sock_addr *addr, struct sock_addr *name, int64_t deadline)
{
	struct resolve__job *job;
	struct os_addr bits;
	const char *zone;
	int err;

	if (addr == NULL || name == NULL)
		return LIBSOCK_EINVAL;
	if (addr_read(addr->host, &bits, &zone) != ADDR_LITERAL)
		return LIBSOCK_ENAME;
	if (zone && (err = os_interface_index(zone, &bits.scope)) < 0)
		return err;
	job = resolve__job_new(resolve__work_reverse, 0);
	if (job == NULL)
		return LIBSOCK_ENOMEM;
	bits.port = 0;
	job->addr = bits;
	err = resolve__ask(job, deadline);
	if (err < 0)
		return err;
	err = job->result < 0 ? job->result : resolve__name_copy(name, job->name, addr->port);
	resolve__job_done(job);
	return err;
}
