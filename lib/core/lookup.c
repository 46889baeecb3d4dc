/* SPDX-License-Identifier: MIT */

#include "lookup.h"
#include "addr.h"
#include "deadline.h"

#include <string.h>

_Static_assert((int)LOOKUP_PARTS <= (int)OS_JOB_PARTS, "a part for each family");

static const int lookup__families[LOOKUP_PARTS] = {[LOOKUP_IP6] = LIBSOCK_AF_INET6, [LOOKUP_IP4] = LIBSOCK_AF_INET};

/* A question to the system's resolver, on its own, because it may outlive the call that asked. */
struct lookup__job {
	struct os_job base;
	int max;
	bool is_one; /* question for both families, which is the first part */
	int result[LOOKUP_PARTS];
	char name[LIBSOCK_HOST_SIZE];
	struct os_addr found[]; /* `max` for each family; what a reverse look-up asks about */
};

static void lookup__work(struct os_job *base, int part)
{
	struct lookup__job *job = (struct lookup__job *)base;

	const int family = job->is_one ? LIBSOCK_AF_UNSPEC : lookup__families[part];

	job->result[part] = os_resolve(job->name, family, job->found + part * job->max, job->max);
}

/*
 * Have a part done in a thread, which is left to itself when the deadline passes; for ever, what there is no thread for
 * is done in place.
 */
static int lookup__start(struct os_job *job, int part, int64_t deadline)
{
	int err = os_job_start(job, part);

	if (err < 0 && deadline == LIBSOCK_FOREVER) {
		os_job_call(job, part);
		return 0;
	}
	/* Too many at a time, for this library or for the system: as good as no answer. */
	return err == LIBSOCK_ENOBUFS || err == LIBSOCK_EAGAIN ? LIBSOCK_EAI_AGAIN : err;
}

/* Whether the resolver would look in the machine's search list, and perhaps find another host for each family. */
static bool lookup__is_short(const char *name)
{
	return strchr(name, '.') == NULL;
}

static int lookup__ask_both(struct lookup *l, int64_t deadline)
{
	struct lookup__job *job = (struct lookup__job *)l->job;
	const int parts = lookup__is_short(job->name) ? 1 : LOOKUP_PARTS;

	job->is_one = parts == 1;
	for (int part = 0; part < parts; part++) {
		int err = lookup__start(l->job, part, deadline);

		if (err < 0)
			l->count[part] = err;
		else
			l->asked |= 1 << part;
	}
	return l->asked ? 0 : l->count[0];
}

static int lookup__ask_one(struct lookup *l, int part, int64_t deadline)
{
	int err = 0;

	l->count[!part] = LIBSOCK_EAI_NONAME;
	l->asked = 1 << part;
	if (deadline == LIBSOCK_FOREVER) /* time does not matter: without a thread */
		os_job_call(l->job, part);
	else
		err = lookup__start(l->job, part, deadline);
	return err;
}

/* 0, or why the resolver cannot be asked. */
static int lookup__new(struct lookup *l, int max, void (*work)(struct os_job *job, int part), int64_t deadline)
{
	struct lookup__job *job;

	if (deadline_left(deadline) == 0)
		return deadline_error(deadline);
	l->job = os_job_new(sizeof *job + (size_t)max * LOOKUP_PARTS * sizeof job->found[0], work, OS_JOB_LOOKUP);
	if (l->job == NULL)
		return LIBSOCK_ENOMEM;
	job = (struct lookup__job *)l->job;
	job->max = max;
	return 0;
}

static int lookup__ask(struct lookup *l, const char *name, int family, int max, int64_t deadline)
{
	int err = lookup__new(l, max, lookup__work, deadline);

	if (err < 0)
		return err;
	memcpy(((struct lookup__job *)l->job)->name, name, strlen(name) + 1);
	if (family == LIBSOCK_AF_UNSPEC)
		err = lookup__ask_both(l, deadline);
	else
		err = lookup__ask_one(l, family == LIBSOCK_AF_INET ? LOOKUP_IP4 : LOOKUP_IP6, deadline);
	if (err < 0)
		lookup_end(l);
	return err;
}

int lookup_scope(intptr_t fd, struct os_addr *addr, const char *zone)
{
	if (zone || (addr->family == LIBSOCK_AF_INET6 && addr->scope > 0))
		return os_interface(fd, zone, &addr->scope);
	return 0;
}

static void lookup__fix(struct lookup *l, int part)
{
	l->count[part] = 1;
	l->found[part] = &l->fixed[part];
}

static int lookup__literal(struct lookup *l, const struct addr_value *of, int family)
{
	const int part = of->bits.family == LIBSOCK_AF_INET ? LOOKUP_IP4 : LOOKUP_IP6;

	if (family != LIBSOCK_AF_UNSPEC && family != of->bits.family)
		return LIBSOCK_EAFNOSUPPORT;
	l->fixed[part] = of->bits;
	lookup__fix(l, part);
	return lookup_scope(-1, &l->fixed[part], of->zone);
}

static void lookup__localhost(struct lookup *l, int family)
{
	for (int part = 0; part < LOOKUP_PARTS; part++) {
		if (family != LIBSOCK_AF_UNSPEC && family != lookup__families[part])
			continue;
		addr_fixed(&l->fixed[part], lookup__families[part], 1);
		lookup__fix(l, part);
	}
}

void lookup_wildcard(struct lookup *l)
{
	l->job = NULL;
	l->asked = l->known = 0;
	for (int part = 0; part < LOOKUP_PARTS; part++) {
		addr_fixed(&l->fixed[part], lookup__families[part], 0);
		lookup__fix(l, part);
	}
}

int lookup_begin(struct lookup *l, const struct addr_value *of, int family, int max, int64_t deadline)
{
	l->job = NULL;
	l->asked = l->known = 0;
	l->count[LOOKUP_IP6] = l->count[LOOKUP_IP4] = 0;
	if (of->kind == ADDR_NAME)
		return lookup__ask(l, of->host, family, max, deadline);
	l->count[LOOKUP_IP6] = l->count[LOOKUP_IP4] = LIBSOCK_EAI_NONAME;
	if (of->kind == ADDR_LITERAL)
		return lookup__literal(l, of, family);
	if (of->kind != ADDR_LOCALHOST)
		return LIBSOCK_ENAME;
	lookup__localhost(l, family);
	return 0;
}

static void lookup__learn(struct lookup *l, int part, int count, const struct os_addr *found)
{
	l->count[part] = count == 0 ? LIBSOCK_EAI_NONAME : count;
	l->found[part] = found;
}

/* The answer to one question for both families. */
static void lookup__learn_both(struct lookup *l, int count, const struct os_addr *found)
{
	int six = 0;

	while (six < count && found[six].family == LIBSOCK_AF_INET6)
		six++;
	lookup__learn(l, LOOKUP_IP6, count < 0 ? count : six, found);
	lookup__learn(l, LOOKUP_IP4, count < 0 ? count : count - six, found + six);
}

void lookup_wait(struct lookup *l, int wait_ms)
{
	const struct lookup__job *job = (const struct lookup__job *)l->job;
	int fresh;

	if (lookup_is_over(l))
		return;
	fresh = os_job_wait(l->job, l->known, wait_ms) & ~l->known;
	for (int part = 0; part < LOOKUP_PARTS; part++)
		if (fresh & 1 << part && !job->is_one)
			lookup__learn(l, part, job->result[part], job->found + part * job->max);
	if (fresh && job->is_one)
		lookup__learn_both(l, job->result[0], job->found);
	l->known |= fresh;
}

struct lookup__finish {
	struct lookup *lookup;
	int64_t deadline;
};

static int lookup__finish(void *context)
{
	const struct lookup__finish *finish = context;
	int left;

	do {
		left = deadline_left(finish->deadline);
		lookup_wait(finish->lookup, left);
	} while (!lookup_is_over(finish->lookup) && left != 0);
	return 0;
}

static void lookup__undo(void *context)
{
	lookup_end(((struct lookup__finish *)context)->lookup);
}

static void lookup__finish_guarded(struct lookup *l, int64_t deadline)
{
	struct lookup__finish finish = {.lookup = l, .deadline = deadline};

	if (!lookup_is_over(l))
		os_guard(lookup__finish, lookup__undo, &finish);
}

int lookup_finish(struct lookup *l, int64_t deadline)
{
	int count = 0;

	lookup__finish_guarded(l, deadline);
	for (int part = 0; part < LOOKUP_PARTS; part++)
		count += l->count[part] > 0 ? l->count[part] : 0;
	return count > 0 ? count : lookup_error(l);
}

int lookup_error(const struct lookup *l)
{
	const int a = l->count[LOOKUP_IP6], b = l->count[LOOKUP_IP4];

	if (!lookup_is_over(l))
		return LIBSOCK_ETIMEDOUT;
	/* There is no such name if both families say so; and what may help later is worth more than what will not. */
	return a == LIBSOCK_EAI_NONAME || b == LIBSOCK_EAI_AGAIN ? b : a;
}

void lookup_end(struct lookup *l)
{
	if (l->job)
		os_job_drop(l->job);
	l->job = NULL;
}

static int lookup__try_way(void *context)
{
	struct os_addr addr = *(const struct os_addr *)context;
	intptr_t fd;

	addr.port = 9; /* any: nothing is sent */
	if (os_open(addr.family, LIBSOCK_DGRAM, &fd) < 0)
		return false;

	int err = os_connect(fd, LIBSOCK_DGRAM, &addr, 0);

	os_close(fd);
	return err == 0;
}

/* A datagram socket that is connected has been given a route and an address of its own (RFC 6724, section 6, rule 1). */
bool lookup_has_way(const struct os_addr *addr)
{
	return os_guard(lookup__try_way, NULL, (void *)(uintptr_t)addr) != 0;
}

/* RFC 6724, section 2.1: the precedence of IPv6; that of IPv4 is 35. */
static int lookup__precedence(const uint8_t ip[16])
{
	static const struct {
		uint8_t length, precedence, prefix[2];
	} rows[] = {
		{16, 30, {0x20, 0x02}}, /* 6to4 */
		{7, 3, {0xfc}},         /* unique-local */
		{10, 1, {0xfe, 0xc0}},  /* site-local */
	};

	if (memcmp(ip, "\x20\x01\0\0", 4) == 0)
		return 5; /* Teredo */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned shift = 16U - rows[i].length, prefix = (unsigned)rows[i].prefix[0] << 8 | rows[i].prefix[1];

		if (((unsigned)ip[0] << 8 | ip[1]) >> shift == prefix >> shift)
			return rows[i].precedence;
	}
	return 40;
}

int lookup_first(const struct lookup *l)
{
	enum { IPV4_PRECEDENCE = 35 };

	if (l->count[LOOKUP_IP6] <= 0)
		return LOOKUP_IP4;
	if (l->count[LOOKUP_IP4] <= 0)
		return LOOKUP_IP6;
	if (lookup__precedence(l->found[LOOKUP_IP6]->ip) < IPV4_PRECEDENCE)
		return lookup_has_way(l->found[LOOKUP_IP4]) ? LOOKUP_IP4 : LOOKUP_IP6;
	return lookup_has_way(l->found[LOOKUP_IP6]) ? LOOKUP_IP6 : LOOKUP_IP4;
}

static void lookup__work_reverse(struct os_job *base, int part)
{
	struct lookup__job *job = (struct lookup__job *)base;

	job->result[part] = os_reverse(&job->found[0], job->name, sizeof job->name);
}

int lookup_reverse(const struct os_addr *addr, char *name, int64_t deadline)
{
	struct lookup l = {.job = NULL};
	struct lookup__job *job;
	int err = lookup__new(&l, 1, lookup__work_reverse, deadline);

	if (err < 0)
		return err;
	job = (struct lookup__job *)l.job;
	job->found[0] = *addr;
	err = lookup__ask_one(&l, 0, deadline);
	if (err == 0)
		lookup__finish_guarded(&l, deadline);
	if (err == 0)
		err = lookup_is_over(&l) ? job->result[0] : LIBSOCK_ETIMEDOUT;
	if (err == 0)
		memcpy(name, job->name, sizeof job->name);
	lookup_end(&l);
	return err;
}
