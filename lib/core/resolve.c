/* SPDX-License-Identifier: MIT */

/* Addresses as callers give them to addresses as sockets take them; names, within the deadline. */

#include "resolve.h"
#include "addr.h"
#include "compiler.h"
#include "ip.h"
#include "lookup.h"

#include <string.h>

/* Addresses of a family that are counted: an answer of DNS, of 64 KiB, holds less than the most. */
enum { RESOLVE__LEAST = 64, RESOLVE__MOST = 4096 };

NOINLINE static int resolve__path(const char *path, struct os_addr *bits)
{
	const char *end = memchr(path, '\0', LIBSOCK_HOST_SIZE);

	if (end == NULL || end == path)
		return LIBSOCK_ENAME;
	if (end - path >= OS_PATH_MAX)
		return LIBSOCK_ENAMETOOLONG;
	memcpy(bits->path, path, (size_t)(end - path) + 1);
	bits->family = LIBSOCK_AF_UNIX;
	return 0;
}

/*
 * An IPv6 socket takes both families. Its own comes first, so that one that was told LIBSOCK_OPT_V6ONLY, which nobody
 * asks here, gets IPv4 only where IPv6 is of no use either.
 */
static int resolve__first(const struct lookup *l)
{
	if (l->count[LOOKUP_IP6] > 0 && (l->count[LOOKUP_IP4] <= 0 || lookup_has_way(l->found[LOOKUP_IP6])))
		return LOOKUP_IP6;
	return LOOKUP_IP4;
}

static int resolve__name(struct sock s, int kind, const char *name, int64_t deadline, struct os_addr *bits)
{
	const struct addr_value of = {.kind = kind, .host = name};
	struct lookup l;
	int err = lookup_begin(&l, &of, s.family == LIBSOCK_AF_INET6 ? LIBSOCK_AF_UNSPEC : s.family, 1, deadline);

	if (err < 0)
		return err;
	err = lookup_finish(&l, deadline);
	if (err > 0)
		*bits = *l.found[resolve__first(&l)];
	lookup_end(&l);
	return err < 0 ? err : 0;
}

/* A host that is no literal: a name to be looked up, in any family as yet, or the wildcard. */
COLD static int resolve__other(struct sock s, int use, int kind, const char *host, int64_t deadline, struct os_addr *bits)
{
	if (kind == ADDR_NAME || kind == ADDR_LOCALHOST)
		return resolve__name(s, kind, host, deadline, bits);
	if (kind != ADDR_WILDCARD || use & RESOLVE_PEER)
		return LIBSOCK_ENAME;
	addr_fixed(bits, s.family, 0);
	return 0;
}

/* Whatever the kernel would overlook is to be asked for: it looks at the scope of a link's own addresses only. */
static bool resolve__is_plain(int use, const struct os_addr *bits, const char *zone)
{
	const uint8_t *ip = bits->ip;

	if (zone || bits->scope == 0)
		return zone == NULL;
	return use & RESOLVE_UNCHECKED && ((ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || (ip[0] == 0xff && (ip[1] & 15) <= 2));
}

int resolve_for(struct sock s, int use, const struct sock_addr *addr, int64_t deadline, struct os_addr *bits)
{
	const char *zone;
	int kind, err = 0;

	if (s.family == LIBSOCK_AF_UNIX)
		return resolve__path(addr->host, bits);
	if (use & RESOLVE_PEER && addr->port == 0)
		return LIBSOCK_EPORT;
	kind = addr_read(addr->host, bits, &zone);
	if (kind != ADDR_LITERAL)
		err = resolve__other(s, use, kind, addr->host, deadline, bits);
	else if (!resolve__is_plain(use, bits, zone))
		err = lookup_scope(s.fd, bits, zone);
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

bool resolve_takes_ip4(intptr_t fd, int family)
{
	int64_t only = 0;

	return family == LIBSOCK_AF_INET ||
	       (family == LIBSOCK_AF_INET6 && (os_option_get(fd, family, LIBSOCK_OPT_V6ONLY, &only) < 0 || only == 0));
}

COLD ptrdiff_t resolve_why(intptr_t fd, const struct os_addr *bits, ptrdiff_t err)
{
	if (err >= 0 || err == LIBSOCK_EAGAIN || err == LIBSOCK_ETIMEDOUT || err == LIBSOCK_EINPROGRESS)
		return err;
	if (bits->family == LIBSOCK_AF_INET6 && ip6_is_mapped(bits->ip) && !resolve_takes_ip4(fd, bits->family))
		return LIBSOCK_EAFNOSUPPORT;
	if (bits->family != LIBSOCK_AF_INET6 || bits->scope == 0)
		return err;
	uint32_t index = bits->scope;

	return os_interface(fd, NULL, &index) == LIBSOCK_ENODEV ? LIBSOCK_ENODEV : err;
}

/* The family to be tried first, then the other one, as far as there is room. */
static void resolve__write(const struct lookup *l, uint16_t port, struct sock_addr out[], int room)
{
	int part = lookup_first(l), count = 0;

	for (int turn = 0; turn < LOOKUP_PARTS; turn++, part = !part)
		for (int i = 0; i < l->count[part] && count < room; i++) {
			struct os_addr bits = l->found[part][i];

			bits.port = port;
			addr_write(&out[count++], &bits);
		}
}

int sock_resolve(const struct sock_addr *addr, int family, struct sock_addr out[], int room, int64_t deadline)
{
	const int counted = room < RESOLVE__LEAST ? RESOLVE__LEAST : room < RESOLVE__MOST ? room : RESOLVE__MOST;
	struct addr_value of;
	struct lookup l;
	int err;

	if (addr == NULL || room < 0 || (out == NULL && room > 0))
		return LIBSOCK_EINVAL;
	if (family != LIBSOCK_AF_UNSPEC && family != LIBSOCK_AF_INET && family != LIBSOCK_AF_INET6)
		return LIBSOCK_EINVAL;
	addr_value(addr, &of);
	err = lookup_begin(&l, &of, family, counted, deadline);
	if (err < 0)
		return err;
	err = lookup_finish(&l, deadline);
	if (err > 0)
		resolve__write(&l, addr->port, out, room);
	lookup_end(&l);
	return err;
}

/* The answer comes from whoever owns the address: only what is well-formed gets through. */
static int resolve__name_copy(struct sock_addr *name, const char *answer, uint16_t port)
{
	struct os_addr unused;
	const char *zone;
	int kind = addr_read(answer, &unused, &zone);

	if (kind != ADDR_NAME && kind != ADDR_LOCALHOST)
		return LIBSOCK_EAI_NONAME;
	memcpy(name->host, answer, strlen(answer) + 1);
	name->port = port;
	return 0;
}

/* 127.0.0.1 or ::1: what sock_resolve() gives for localhost. */
static bool resolve__is_loopback(const struct os_addr *bits)
{
	struct os_addr loopback;

	addr_fixed(&loopback, bits->family, 1);
	return memcmp(bits->ip, loopback.ip, bits->family == LIBSOCK_AF_INET ? 4 : 16) == 0;
}

int sock_reverse(const struct sock_addr *addr, struct sock_addr *name, int64_t deadline)
{
	char answer[LIBSOCK_HOST_SIZE] = "localhost";
	struct addr_value of;
	int err;

	if (addr == NULL || name == NULL)
		return LIBSOCK_EINVAL;
	addr_value(addr, &of);
	if (of.kind != ADDR_LITERAL)
		return LIBSOCK_ENAME;
	err = lookup_scope(-1, &of.bits, of.zone);
	if (err < 0)
		return err;
	of.bits.port = 0;
	if (!resolve__is_loopback(&of.bits))
		err = lookup_reverse(&of.bits, answer, deadline);
	return err < 0 ? err : resolve__name_copy(name, answer, addr->port);
}
