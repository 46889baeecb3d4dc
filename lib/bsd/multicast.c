/* SPDX-License-Identifier: MIT */

/*
 * Multicast: interfaces by index, groups and sources. IPv4's calls know an interface by its address, IPv6's and those
 * of RFC 3678, which are for both, by its index.
 */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stddef.h>
#include <string.h>

/* An interface's first IPv4 address is looked for, or the interface that has an address. */
struct bsd_multicast__search {
	uint32_t index; /* 0: unknown */
	struct in_addr addr;
	bool exists, has_addr;
};

static int bsd_multicast__by_index(void *context, const struct os_interface_addr *row)
{
	struct bsd_multicast__search *search = context;

	if (row->index != search->index)
		return 0;
	search->exists = true;
	if (row->addr.family == LIBSOCK_AF_INET && !search->has_addr) {
		search->has_addr = true;
		memcpy(&search->addr, row->addr.ip, sizeof search->addr);
	}
	return 0;
}

static int bsd_multicast__by_addr(void *context, const struct os_interface_addr *row)
{
	struct bsd_multicast__search *search = context;

	if (row->addr.family == LIBSOCK_AF_INET && memcmp(&search->addr, row->addr.ip, sizeof search->addr) == 0)
		search->index = row->index;
	return 0;
}

/* The IPv4 address that stands for an interface; the wildcard for 0. */
static int bsd_multicast__addr(uint32_t index, struct in_addr *addr)
{
	struct bsd_multicast__search search = {.index = index};
	int err;

	*addr = (struct in_addr){0};
	if (index == 0)
		return 0;
	err = os_interfaces(bsd_multicast__by_index, &search);
	if (err < 0)
		return err;
	*addr = search.addr;
	if (search.has_addr)
		return 0;
	return search.exists ? LIBSOCK_EADDRNOTAVAIL : LIBSOCK_ENODEV;
}

int os_multicast_set(intptr_t fd, int family, uint32_t index)
{
	struct in_addr addr;
	int err = bsd_multicast__addr(index, &addr);

	if (family == LIBSOCK_AF_INET)
		return err < 0 ? err : bsd_sockopt_set(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, sizeof addr);
	if (err < 0 && err != LIBSOCK_EADDRNOTAVAIL) /* no IPv4 there: of that the system chooses */
		return err;
	err = bsd_sockopt_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
	if (err < 0 || !NATIVE_DUAL_OPTIONS)
		return err;
	return bsd_sockopt_of_ipv4(fd, bsd_sockopt_set(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, sizeof addr));
}

/* Windows tells an index instead of an address, one in whose order its pages do not agree. */
static int bsd_multicast__find(struct bsd_multicast__search *search)
{
	const uint32_t told = search->addr.s_addr, indices[] = {told, ntohl(told)};
	int err = os_interfaces(bsd_multicast__by_addr, search);

	for (int i = 0; i < 2 && err == 0 && search->index == 0; i++) {
		struct bsd_multicast__search by_index = {.index = indices[i]};

		err = os_interfaces(bsd_multicast__by_index, &by_index);
		search->index = by_index.exists ? indices[i] : 0;
	}
	return err == 0 && search->index == 0 ? LIBSOCK_ENODEV : err;
}

int os_multicast_get(intptr_t fd, int family, int64_t *index)
{
	struct bsd_multicast__search search = {0};
	native_len length = sizeof search.addr;
	int err;

	if (family == LIBSOCK_AF_INET6)
		BSD_CALL(err, getsockopt((native_socket)fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (void *)&search.index, &length));
	else
		BSD_CALL(err, getsockopt((native_socket)fd, IPPROTO_IP, IP_MULTICAST_IF, (void *)&search.addr, &length));
	if (err != 0)
		return bsd_error();
	if (search.addr.s_addr != 0)
		err = bsd_multicast__find(&search);
	else if (search.index != 0) /* the system remembers it longer than it is there */
		err = bsd_multicast__addr(search.index, &search.addr);
	if (err < 0 && err != LIBSOCK_EADDRNOTAVAIL)
		return err;
	*index = search.index;
	return 0;
}

/* RFC 3678, section 5. LIBSOCK_ENOTSUP: not on this system. */
#ifdef MCAST_JOIN_SOURCE_GROUP
static int bsd_multicast__member(intptr_t fd, bool join, const struct os_addr *group, const struct os_addr *source,
				 uint32_t index)
{
	struct group_source_req both = {.gsr_interface = index};
	struct group_req one = {.gr_interface = index};
	union bsd_addr addr;
	native_len length;
	const int level = group->family == LIBSOCK_AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
		  name = join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP,
		  name_both = join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP;

	bsd_addr_put(&addr, &length, group);
	native_set_length(&addr.any, length);
	if (source == NULL) {
		memcpy(&one.gr_group, &addr, (size_t)length);
		return bsd_sockopt_set(fd, level, name, &one, sizeof one);
	}
	memcpy(&both.gsr_group, &addr, (size_t)length);
	bsd_addr_put(&addr, &length, source);
	native_set_length(&addr.any, length);
	memcpy(&both.gsr_source, &addr, (size_t)length);
	return bsd_sockopt_set(fd, level, name_both, &both, sizeof both);
}
#else
static int bsd_multicast__member(intptr_t fd, bool join, const struct os_addr *group, const struct os_addr *source,
				 uint32_t index)
{
	(void)fd;
	(void)join;
	(void)group;
	(void)source;
	(void)index;
	return LIBSOCK_ENOTSUP;
}
#endif

/*
 * Is the group joined for all? A source besides is EINVAL then (RFC 3678, section 4.1.3), but not on Linux, which would
 * make of it a membership of that source alone. Where the system has chosen the interface, Linux does not answer.
 */
#ifdef MCAST_MSFILTER
static bool bsd_multicast__is_for_all(intptr_t fd, const struct os_addr *group, uint32_t index)
{
	struct group_filter filter = {.gf_interface = index};
	union bsd_addr addr;
	native_len length;
	const int level = group->family == LIBSOCK_AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int result;

	bsd_addr_put(&addr, &length, group);
	memcpy(&filter.gf_group, &addr, (size_t)length);
	length = sizeof filter;
	BSD_CALL(result, getsockopt((native_socket)fd, level, MCAST_MSFILTER, (void *)&filter, &length));
	return result == 0 && filter.gf_fmode == MCAST_EXCLUDE;
}
#else
static bool bsd_multicast__is_for_all(intptr_t fd, const struct os_addr *group, uint32_t index)
{
	(void)fd;
	(void)group;
	(void)index;
	return false;
}
#endif

/* The older calls, where there are no others: OpenBSD, NetBSD, Wine 8. They know no sources that all agree on. */
static int bsd_multicast__member_once(intptr_t fd, bool join, const struct os_addr *group, uint32_t index)
{
	struct ipv6_mreq six = {.ipv6mr_interface = index};
	struct ip_mreq four;
	int err;

	if (group->family == LIBSOCK_AF_INET6) {
		memcpy(&six.ipv6mr_multiaddr, group->ip, sizeof six.ipv6mr_multiaddr);
		return bsd_sockopt_set(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &six, sizeof six);
	}
	memcpy(&four.imr_multiaddr, group->ip, sizeof four.imr_multiaddr);
	err = bsd_multicast__addr(index, &four.imr_interface);
	if (err < 0)
		return err;
	return bsd_sockopt_set(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four, sizeof four);
}

/* Systems fail in different words, so whoever failed is asked why. Of a source, RFC 3678 has words of its own. */
static int bsd_multicast__error(bool join, bool has_source, uint32_t index, int err)
{
	struct in_addr unused;

	if (index != 0 && bsd_multicast__addr(index, &unused) == LIBSOCK_ENODEV)
		return LIBSOCK_ENODEV;
	if (join && has_source && err == LIBSOCK_EADDRNOTAVAIL)
		return LIBSOCK_EADDRINUSE;
	return !join && err == LIBSOCK_EINVAL ? LIBSOCK_EADDRNOTAVAIL : err;
}

int os_member(intptr_t fd, bool join, const struct os_addr *group, const struct os_addr *source, uint32_t index)
{
	int err;

	if (join && source && bsd_multicast__is_for_all(fd, group, index))
		return LIBSOCK_EINVAL;
	err = bsd_multicast__member(fd, join, group, source, index);
	if (err == LIBSOCK_ENOTSUP && source == NULL)
		err = bsd_multicast__member_once(fd, join, group, index);
	if (err < 0)
		return bsd_multicast__error(join, source != NULL, index, err);
	if (join)
		native_own_groups((native_socket)fd);
	return 0;
}
