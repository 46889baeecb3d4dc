/* SPDX-License-Identifier: MIT */

/* Joining and leaving multicast groups. */

#include "addr.h"
#include "libsock.h"
#include "lookup.h"
#include "os.h"
#include "resolve.h"
#include "socket.h"

/* A literal: there is no deadline for a look-up, and a group is nothing that one connects to by name. */
static int multicast__read(struct sock s, const struct sock_addr *addr, struct os_addr *bits)
{
	const char *zone;

	bits->port = 0;
	if (addr_read(addr->host, bits, &zone) != ADDR_LITERAL)
		return LIBSOCK_ENAME;
	return zone ? os_interface(s.fd, zone, &bits->scope) : 0;
}

static bool multicast__is_group(const struct os_addr *addr)
{
	return addr->family == LIBSOCK_AF_INET ? (addr->ip[0] & 0xf0) == 0xe0 : addr->ip[0] == 0xff;
}

/* A scope is an interface told in the address: one of the two is enough, and they must not disagree. */
static int multicast__interface(struct os_addr *group, uint32_t *index)
{
	if (group->scope != 0 && *index != 0 && group->scope != *index)
		return LIBSOCK_EINVAL;
	if (group->scope != 0)
		*index = group->scope;
	group->scope = 0;
	return 0;
}

static int multicast__change(struct sock s, bool join, const struct sock_addr *group, const struct sock_addr *source,
			     uint32_t index)
{
	struct os_addr to, from;
	int err = socket_check(s, LIBSOCK_DGRAM);

	if (err < 0)
		return err;
	if (s.family == LIBSOCK_AF_UNIX)
		return LIBSOCK_ENOPROTOOPT;
	if (group == NULL)
		return LIBSOCK_EINVAL;
	err = multicast__read(s, group, &to);
	if (err == 0 && source)
		err = multicast__read(s, source, &from);
	if (err < 0)
		return err;
	if (to.family == LIBSOCK_AF_INET ? !resolve_takes_ip4(s.fd, s.family) : s.family != LIBSOCK_AF_INET6)
		return LIBSOCK_EAFNOSUPPORT;
	if (source && from.family != to.family)
		return LIBSOCK_EAFNOSUPPORT;
	if (!multicast__is_group(&to) || (source && multicast__is_group(&from)))
		return LIBSOCK_EINVAL;
	err = source ? lookup_scope(s.fd, &from, NULL) : 0; /* the group's is the kernel's to know */
	if (err == 0)
		err = multicast__interface(&to, &index);
	return err < 0 ? err : os_member(s.fd, join, &to, source ? &from : NULL, index);
}

int sock_join(struct sock s, const struct sock_addr *group, const struct sock_addr *source, uint32_t index)
{
	return multicast__change(s, true, group, source, index);
}

int sock_leave(struct sock s, const struct sock_addr *group, const struct sock_addr *source, uint32_t index)
{
	return multicast__change(s, false, group, source, index);
}
