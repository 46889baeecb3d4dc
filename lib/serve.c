/* SPDX-License-Identifier: MIT */

/* From an address to a listener. */

#include "libsock.h"
#include "os.h"
#include "resolve.h"

/* The family that an address is served in: that of its first meaning, both for the wildcard. */
static int serve__family(const struct sock_addr *addr)
{
	struct os_addr first;
	int err;

	if (addr->host[0] == '\0')
		return sock_has(LIBSOCK_HAS_INET6) == 0 ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6;
	err = resolve_all(addr->host, LIBSOCK_AF_ANY, &first, 1, LIBSOCK_FOREVER);
	return err < 0 ? err : first.family;
}

int sock_serve(struct sock *s, const struct sock_addr *addr, int backlog)
{
	int family, err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	family = serve__family(addr);
	if (family < 0)
		return family;
	err = sock_open(s, family, LIBSOCK_STREAM);
	if (err == 0)
		err = sock_bind(*s, addr);
	if (err == 0)
		err = sock_listen(*s, backlog);
	if (err < 0)
		sock_close(s);
	return err;
}
