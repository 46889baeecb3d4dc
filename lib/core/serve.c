/* SPDX-License-Identifier: MIT */

/* From an address to a listener, or to a bound datagram socket. */

#include "serve.h"
#include "addr.h"
#include "libsock.h"
#include "path.h"
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

int serve_listen(intptr_t fd, int family, int backlog)
{
	int err = os_listen(fd, backlog);

	if (err < 0)
		return err;
	if (family != LIBSOCK_AF_UNIX)
		os_option_set(fd, family, LIBSOCK_OPT_NODELAY, 1); /* what is accepted inherits it; without it, it is slower, not wrong */
	return os_set_blocking(fd, false); /* no acceptor blocks on a connection that another one has taken */
}

/* 1: not on this machine, for `*why`; the next address may be better. */
static int serve__one(struct sock *s, int type, const struct os_addr *addr, bool both, int backlog, int *why)
{
	intptr_t fd = -1;
	int err = os_open(addr->family, type, &fd);

	*why = err;
	if (err < 0)
		return socket_lacks_family(err) ? 1 : err;
	if (both && !serve__is_for_both(fd))
		err = LIBSOCK_ENOTSUP;
	if (err == 0)
		err = os_bind(fd, type, addr);
	*why = err;
	if (err < 0 && serve__has_no_address(err))
		err = 1;
	if (err == 0 && type == LIBSOCK_STREAM)
		err = serve_listen(fd, addr->family, backlog);
	if (err == 0)
		*s = socket_value(fd, addr->family, type);
	else
		os_close(fd);
	return err;
}

/* Where to listen: the wildcard of both families, or a host's addresses. */
static int serve__look(struct lookup *l, const struct addr_value *at)
{
	int err;

	if (at->kind == ADDR_WILDCARD) {
		lookup_wildcard(l);
		return 0;
	}
	err = lookup_begin(l, at, LIBSOCK_AF_UNSPEC, SERVE__MOST, LIBSOCK_FOREVER);
	return err < 0 ? err : lookup_finish(l, LIBSOCK_FOREVER);
}

/* Of the wildcard IPv6 comes first, which can be both; of localhost IPv4, as clients know it best. */
static int serve__first(const struct lookup *l, int kind)
{
	if (kind == ADDR_WILDCARD)
		return LOOKUP_IP6;
	return kind == ADDR_LOCALHOST ? LOOKUP_IP4 : lookup_first(l);
}

/* The first address that this machine has; why not the very first, if it has none. */
static int serve__try(struct sock *s, int type, const struct addr_value *value, const struct lookup *l, int backlog)
{
	const bool is_wildcard = value->kind == ADDR_WILDCARD;
	int part = serve__first(l, value->kind), first = 0, why;

	for (int turn = 0; turn < LOOKUP_PARTS; turn++, part = !part)
		for (int i = 0; i < l->count[part]; i++) {
			struct os_addr at = l->found[part][i];
			int err;

			at.port = value->bits.port;
			err = serve__one(s, type, &at, is_wildcard && part == LOOKUP_IP6, backlog, &why);
			if (err <= 0)
				return err;
			if (first == 0)
				first = why;
		}
	return first;
}

int sock_serve(struct sock *s, int type, const struct sock_addr *addr, int backlog)
{
	struct lookup l = {.job = NULL};
	struct addr_value at;
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (addr == NULL || backlog < 0 || (type != LIBSOCK_STREAM && type != LIBSOCK_DGRAM))
		return LIBSOCK_EINVAL;
	addr_value(addr, &at);
	if (at.kind == ADDR_PATH)
		return path_serve(s, type, addr, backlog);
	err = serve__look(&l, &at);
	if (err >= 0)
		err = serve__try(s, type, &at, &l, backlog);
	lookup_end(&l);
	return err;
}
