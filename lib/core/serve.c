/* SPDX-License-Identifier: MIT */

/* From an address to a listener. */

#include "addr.h"
#include "libsock.h"
#include "lookup.h"
#include "os.h"
#include "socket.h"

#include <string.h>

enum { SERVE__MOST = 16 }; /* addresses of one name that are tried */

static bool serve__has_no_address(int err)
{
	return err == LIBSOCK_EADDRNOTAVAIL || err == LIBSOCK_EAFNOSUPPORT || err == LIBSOCK_ENOTSUP;
}

/* OpenBSD's IPv6 sockets are never for both families. */
static bool serve__is_for_both(intptr_t fd)
{
	int64_t only = 0;

	return os_option_get(fd, LIBSOCK_AF_INET6, LIBSOCK_OPT_V6ONLY, &only) < 0 || only == 0;
}

static int serve__listen(intptr_t fd, int family, int backlog)
{
	int err = os_listen(fd, backlog);

	if (err < 0)
		return err;
	os_option_set(fd, family, LIBSOCK_OPT_NODELAY, 1); /* what is accepted inherits it; without it, it is slower, not wrong */
	return os_set_blocking(fd, false); /* no acceptor blocks on a connection that another one has taken */
}

/* 1: not on this machine, for `*why`; the next address may be better. */
static int serve__one(struct sock *s, const struct os_addr *addr, bool both, int backlog, int *why)
{
	intptr_t fd = -1;
	int err = os_open(addr->family, LIBSOCK_STREAM, &fd);

	*why = err;
	if (err < 0)
		return socket_lacks_family(err) ? 1 : err;
	if (both && !serve__is_for_both(fd))
		err = LIBSOCK_ENOTSUP;
	if (err == 0)
		err = os_bind(fd, LIBSOCK_STREAM, addr);
	*why = err;
	if (err < 0 && serve__has_no_address(err))
		err = 1;
	if (err == 0)
		err = serve__listen(fd, addr->family, backlog);
	if (err == 0)
		*s = socket_value(fd, addr->family, LIBSOCK_STREAM);
	else
		os_close(fd);
	return err;
}

/* Where to listen: the wildcard of both families, or a host's addresses. */
static int serve__look(struct lookup *l, const char *host)
{
	int err;

	if (host[0] == '\0') {
		lookup_wildcard(l);
		return 0;
	}
	err = lookup_begin(l, host, LIBSOCK_AF_UNSPEC, SERVE__MOST, LIBSOCK_FOREVER);
	return err < 0 ? err : lookup_finish(l, LIBSOCK_FOREVER);
}

/* Of the wildcard IPv6 comes first, which can be both; of localhost IPv4, as clients know it best. */
static int serve__first(const struct lookup *l, const char *host)
{
	if (host[0] == '\0')
		return LOOKUP_IP6;
	return addr_is_localhost(host) ? LOOKUP_IP4 : lookup_first(l);
}

/* The first address that this machine has; why not the very first, if it has none. */
static int serve__try(struct sock *s, const struct sock_addr *addr, const struct lookup *l, int backlog)
{
	const bool is_wildcard = addr->host[0] == '\0';
	int part = serve__first(l, addr->host), first = 0, why;

	for (int turn = 0; turn < LOOKUP_PARTS; turn++, part = !part)
		for (int i = 0; i < l->count[part]; i++) {
			struct os_addr at = l->found[part][i];
			int err;

			at.port = addr->port;
			err = serve__one(s, &at, is_wildcard && part == LOOKUP_IP6, backlog, &why);
			if (err <= 0)
				return err;
			if (first == 0)
				first = why;
		}
	return first;
}

int sock_serve(struct sock *s, const struct sock_addr *addr, int backlog)
{
	struct lookup l = {.job = NULL};
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (addr == NULL || backlog < 0)
		return LIBSOCK_EINVAL;
	err = serve__look(&l, addr->host);
	if (err >= 0)
		err = serve__try(s, addr, &l, backlog);
	lookup_end(&l);
	return err;
}
