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

	return os_option_get(fd, LIBSOCK_AF_INET6, LIBSOCK_V6ONLY, &only) < 0 || only == 0;
}

static int serve__listen(intptr_t fd, int family, int backlog)
{
	int err = os_listen(fd, backlog);

	if (err < 0)
		return err;
	os_option_set(fd, family, LIBSOCK_NODELAY, 1); /* what is accepted inherits it; without it, it is slower, not wrong */
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
		*s = (struct sock){.fd = fd, .family = addr->family, .type = LIBSOCK_STREAM};
	else
		os_close(fd);
	return err;
}

/* The addresses of a host, in the order in which to try them: of localhost IPv4 first, as clients know it best. */
static int serve__addresses(const char *host, struct os_addr found[])
{
	struct lookup l;
	int err = lookup_begin(&l, host, LIBSOCK_AF_ANY, SERVE__MOST, LIBSOCK_FOREVER), part, count = 0;

	if (err < 0)
		return err;
	err = lookup_finish(&l, LIBSOCK_FOREVER);
	part = addr_is_localhost(host) ? LOOKUP_IP4 : lookup_first(&l);
	for (int turn = 0; turn < LOOKUP_PARTS; turn++, part = !part)
		for (int i = 0; i < l.count[part]; i++)
			found[count++] = l.found[part][i];
	lookup_end(&l);
	return err < 0 ? err : count;
}

static int serve__read(const struct sock_addr *addr, struct os_addr found[])
{
	int count = 2;

	if (addr->host[0] == '\0') {
		addr_fixed(&found[0], LIBSOCK_AF_INET6, 0);
		addr_fixed(&found[1], LIBSOCK_AF_INET, 0);
	} else {
		count = serve__addresses(addr->host, found);
	}
	for (int i = 0; i < count; i++)
		found[i].port = addr->port;
	return count;
}

int sock_serve(struct sock *s, const struct sock_addr *addr, int backlog)
{
	struct os_addr found[LOOKUP_PARTS * SERVE__MOST];
	int count, err = 1, first = 0, why;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (addr == NULL || backlog < 0)
		return LIBSOCK_EINVAL;
	count = serve__read(addr, found);
	if (count < 0)
		return count;
	for (int i = 0; i < count && err > 0; i++) {
		err = serve__one(s, &found[i], addr->host[0] == '\0' && i == 0, backlog, &why);
		if (i == 0)
			first = why;
	}
	return err > 0 ? first : err;
}
