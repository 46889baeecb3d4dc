/* SPDX-License-Identifier: MIT */

/* What a host means: at once, or through the system's resolver, asked for both families at the same time. */

#ifndef LIBSOCK_LOOKUP_H
#define LIBSOCK_LOOKUP_H

#include "addr.h"
#include "libsock.h"
#include "names.h"
#include "os.h"
#include "os_job.h"

enum { LOOKUP_IP6, LOOKUP_IP4, LOOKUP_PARTS };

/* Addresses as they come, the families apart, each in the resolver's order and each once, without a port. */
struct lookup {
	struct os_job *job; /* NULL: nobody had to be asked */
	int max;
	int asked, known;                        /* families, as bits */
	int count[LOOKUP_PARTS];                 /* 0: not known yet; below 0: why there are none */
	const struct os_addr *found[LOOKUP_PARTS];
	struct os_addr fixed[LOOKUP_PARTS];
};

/*
 * Begin to look a host up, in a family or in LIBSOCK_AF_UNSPEC, at most `max` addresses of each. 0, or an error with
 * nothing begun: LIBSOCK_ENAME, malformed, empty or a path; LIBSOCK_EAFNOSUPPORT, a literal of another family;
 * LIBSOCK_ENODEV; what deadline_error() says, where the resolver would have to be asked and there is no time.
 */
int lookup_begin(struct lookup *l, const struct addr_value *of, int family, int max, int64_t deadline);

/* Both wildcards, as if they had been looked up. */
void lookup_wildcard(struct lookup *l);

/* Wait for one family's answer more, at most `wait_ms`. */
void lookup_wait(struct lookup *l, int wait_ms);

static inline bool lookup_is_over(const struct lookup *l)
{
	return l->known == l->asked;
}

/* Wait for all answers, or for the deadline: then those that have come are enough. How many addresses there are, or why none. */
int lookup_finish(struct lookup *l, int64_t deadline);

/* The family whose addresses are to be tried first, of what is there (RFC 6724). */
int lookup_first(const struct lookup *l);

/* Has this machine a way to the address? */
bool lookup_has_way(const struct os_addr *addr);

/* Why there are no addresses. */
int lookup_error(const struct lookup *l);

void lookup_end(struct lookup *l);

/*
 * See to a literal's scope: `zone` is an interface's name, or NULL and the scope a number or 0. LIBSOCK_ENODEV: there
 * is no such interface; another error: it could not be found out. `fd` is a socket to ask through, or −1.
 */
int lookup_scope(intptr_t fd, struct os_addr *addr, const char *zone);

/* The name of an address as the resolver has it, well-formed or not, at most LIBSOCK_HOST_SIZE bytes. */
int lookup_reverse(const struct os_addr *addr, char *name, int64_t deadline);

#endif
