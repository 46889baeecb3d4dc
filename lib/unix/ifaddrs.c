/* SPDX-License-Identifier: MIT */

/* Network interfaces and their addresses, by getifaddrs(3). */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <ifaddrs.h>
#include <stddef.h>
#include <string.h>

/* Some systems have an alias for each further address, eth0:1; an interface's own name has no colon. */
static size_t ifaddrs__name_length(const struct ifaddrs *item)
{
	size_t length = strcspn(item->ifa_name, ":");

	return length < IF_NAMESIZE ? length : IF_NAMESIZE - 1;
}

static bool ifaddrs__is_same(const struct ifaddrs *a, const struct ifaddrs *b)
{
	size_t length = ifaddrs__name_length(a);

	return ifaddrs__name_length(b) == length && memcmp(a->ifa_name, b->ifa_name, length) == 0;
}

static bool ifaddrs__is_ip(const struct ifaddrs *item)
{
	return item->ifa_addr && (item->ifa_addr->sa_family == AF_INET || item->ifa_addr->sa_family == AF_INET6);
}

/* Is it to be told of without an address: has its interface none, and is this the first item of it? */
static bool ifaddrs__is_bare(const struct ifaddrs *list, const struct ifaddrs *item)
{
	const struct ifaddrs *first = NULL;

	for (; list; list = list->ifa_next) {
		if (!ifaddrs__is_same(list, item))
			continue;
		if (ifaddrs__is_ip(list))
			return false;
		if (first == NULL)
			first = list;
	}
	return first == item;
}

/* Some systems of the KAME stack keep a link-local address's scope in its third and fourth byte (RFC 4291: zeros). */
static void ifaddrs__take_scope_out(struct os_addr *addr, uint32_t index)
{
	if (addr->scope > 0 || addr->ip[0] != 0xfe || (addr->ip[1] & 0xc0) != 0x80)
		return;
	addr->scope = index;
	addr->ip[2] = addr->ip[3] = 0;
}

static void ifaddrs__get(struct os_addr *to, const struct sockaddr *from, uint32_t index)
{
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)from;

		to->family = LIBSOCK_AF_INET;
		memcpy(to->ip, &in->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *in6 = (const void *)from;

		to->family = LIBSOCK_AF_INET6;
		to->scope = in6->sin6_scope_id;
		memcpy(to->ip, &in6->sin6_addr, 16);
		ifaddrs__take_scope_out(to, index);
	}
}

/* How many bits of the mask are set. It may have no family of its own, and on BSDs end before bytes that are 0. */
static int ifaddrs__prefix(const struct ifaddrs *item)
{
	const struct sockaddr *mask = item->ifa_netmask;
	const bool is_ip4 = item->ifa_addr->sa_family == AF_INET;
	const size_t at = is_ip4 ? offsetof(struct sockaddr_in, sin_addr) : offsetof(struct sockaddr_in6, sin6_addr);
	size_t end = at + (is_ip4 ? 4 : 16), bits = 0;

	if (mask == NULL)
		return -1;
#ifdef SIN6_LEN
	if (mask->sa_len < end)
		end = mask->sa_len;
#endif
	while (at + bits / 8 < end && ((const uint8_t *)mask)[at + bits / 8] & 0x80 >> bits % 8)
		bits++;
	return (int)bits;
}

/* The index, once it is known: ifa_data, which is of no use here, is the place for it. */
static uint32_t ifaddrs__index(const struct ifaddrs *item)
{
	return (uint32_t)(uintptr_t)item->ifa_data;
}

static int ifaddrs__set_index(struct ifaddrs *item)
{
	char name[IF_NAMESIZE] = "";
	uint32_t index = 0;
	int err;

	memcpy(name, item->ifa_name, ifaddrs__name_length(item));
	err = os_interface(-1, name, &index);
	item->ifa_data = (void *)(uintptr_t)index;
	return err == LIBSOCK_ENODEV ? 0 : err; /* it went away meanwhile */
}

/* The lowest index above `last`, or 0. */
static uint32_t ifaddrs__next(const struct ifaddrs *list, uint32_t last)
{
	uint32_t next = 0;

	for (; list; list = list->ifa_next)
		if (ifaddrs__index(list) > last && (next == 0 || ifaddrs__index(list) < next))
			next = ifaddrs__index(list);
	return next;
}

static int ifaddrs__tell(const struct ifaddrs *item, os_interface_found *found, void *context)
{
	char name[IF_NAMESIZE] = "";
	struct os_interface_addr to = {.name = name, .index = ifaddrs__index(item), .prefix = -1};

	memcpy(name, item->ifa_name, ifaddrs__name_length(item));
	if (item->ifa_flags & IFF_UP)
		to.flags |= OS_INTERFACE_UP;
	if (item->ifa_flags & IFF_LOOPBACK)
		to.flags |= OS_INTERFACE_LOOPBACK;
	if (item->ifa_flags & IFF_MULTICAST)
		to.flags |= OS_INTERFACE_MULTICAST;
	if (ifaddrs__is_ip(item)) {
		ifaddrs__get(&to.addr, item->ifa_addr, to.index);
		to.prefix = ifaddrs__prefix(item);
	}
	return found(context, &to);
}

static int ifaddrs__tell_all(const struct ifaddrs *list, os_interface_found *found, void *context)
{
	int err = 0;

	for (uint32_t index = ifaddrs__next(list, 0); index > 0 && err == 0; index = ifaddrs__next(list, index))
		for (const struct ifaddrs *item = list; item && err == 0; item = item->ifa_next)
			if (ifaddrs__index(item) == index && (ifaddrs__is_ip(item) || ifaddrs__is_bare(list, item)))
				err = ifaddrs__tell(item, found, context);
	return err;
}

int os_interfaces(os_interface_found *found, void *context)
{
	struct ifaddrs *list;
	int err;

	do
		err = getifaddrs(&list) == -1 ? os_error(errno) : 0;
	while (err == OS_EINTR);
	if (err < 0)
		return err;
	for (struct ifaddrs *item = list; item && err == 0; item = item->ifa_next)
		err = ifaddrs__set_index(item);
	if (err == 0)
		err = ifaddrs__tell_all(list, found, context);
	freeifaddrs(list);
	return err;
}
