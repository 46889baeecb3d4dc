/* SPDX-License-Identifier: MIT */

/* Addresses as callers give them to addresses as sockets take them. */

#include "resolve.h"
#include "addr.h"
#include "ip.h"

#include <string.h>

static int resolve__path(const char *path, struct os_addr *bits)
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

static int resolve__name(int family, const char *name, struct os_addr *bits)
{
	static const uint8_t loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};

	if (!addr_is_localhost(name))
		return os_resolve(name, family, bits, 1);
	bits->family = family;
	bits->scope = 0;
	if (family == LIBSOCK_AF_INET)
		memcpy(bits->ip, loopback4, sizeof loopback4);
	else
		memcpy(bits->ip, loopback6, sizeof loopback6);
	return 0;
}

static void resolve__wildcard(int family, struct os_addr *bits)
{
	bits->family = family;
	bits->scope = 0;
	memset(bits->ip, 0, sizeof bits->ip);
}

/* What the host means, as yet in any family. */
static int resolve__host(struct sock s, enum resolve_use use, const char *host, struct os_addr *bits)
{
	const char *zone;
	int kind = addr_read(host, bits, &zone);

	if (kind == ADDR_LITERAL)
		return zone ? os_interface_index(zone, &bits->scope) : 0;
	if (kind == ADDR_NAME)
		return resolve__name(s.family, host, bits);
	if (kind != ADDR_EMPTY || use == RESOLVE_PEER)
		return LIBSOCK_ENAME;
	resolve__wildcard(s.family, bits);
	return 0;
}

int resolve_for(struct sock s, enum resolve_use use, const struct sock_addr *addr, struct os_addr *bits)
{
	int err;

	if (s.family == LIBSOCK_AF_UNIX)
		return resolve__path(addr->host, bits);
	if (use == RESOLVE_PEER && addr->port == 0)
		return LIBSOCK_EPORT;
	err = resolve__host(s, use, addr->host, bits);
	if (err < 0)
		return err;
	bits->port = addr->port;
	if (bits->family == s.family)
		return 0;
	if (s.family != LIBSOCK_AF_INET6)
		return LIBSOCK_EAFNOSUPPORT;
	bits->family = LIBSOCK_AF_INET6;
	ip6_map(bits->ip, bits->ip);
	return 0;
}
