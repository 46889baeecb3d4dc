/* SPDX-License-Identifier: MIT */

/*
 * Network interfaces by rtnetlink(7), for Linux: getifaddrs() has no indexes, and an address's label in the place of
 * its interface's name, which may be anything (ip-address(8)).
 */

#include "native.h"

#include "libsock.h"
#include "netlink.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

/* linux/netlink.h, linux/rtnetlink.h, linux/if_link.h and linux/if_addr.h. */
enum {
	ROUTE__NETLINK = 0,     /* NETLINK_ROUTE */
	ROUTE__DUMP = 0x0301,   /* NLM_F_REQUEST | NLM_F_DUMP */
	ROUTE__NEW_LINK = 16,   /* RTM_NEWLINK */
	ROUTE__GET_LINK = 18,   /* RTM_GETLINK */
	ROUTE__NEW_ADDR = 20,   /* RTM_NEWADDR */
	ROUTE__GET_ADDR = 22,   /* RTM_GETADDR */
	ROUTE__LINK_NAME = 3,   /* IFLA_IFNAME */
	ROUTE__LINK_MASK = 29,  /* IFLA_EXT_MASK */
	ROUTE__NO_STATS = 8,    /* RTEXT_FILTER_SKIP_STATS */
	ROUTE__ADDR_PEER = 1,   /* IFA_ADDRESS: the interface's own, but where there is a peer */
	ROUTE__ADDR_LOCAL = 2,  /* IFA_LOCAL: the interface's own */
	ROUTE__TRIES = 16       /* while interfaces come and go */
};

struct route__link_message {
	uint8_t family, pad;
	uint16_t type;
	int32_t index;
	uint32_t flags, change;
};

struct route__addr_message {
	uint8_t family, prefix, flags, scope;
	uint32_t index;
};

/*
 * Every link and every address. Only where a request for links says what it wants of them does the kernel look how
 * much room the longest message needs (rtnl_calcit); for others a link that does not fit is, in silence, the last.
 */
static const struct {
	struct netlink_header header;
	struct route__link_message about;
	uint16_t mask_size, mask_type;
	uint32_t mask;
} route__links = {
	.header = {.length = sizeof route__links, .type = ROUTE__GET_LINK, .flags = ROUTE__DUMP},
	.mask_size = 8,
	.mask_type = ROUTE__LINK_MASK,
	.mask = ROUTE__NO_STATS,
};
static const struct {
	struct netlink_header header;
	struct route__addr_message about;
} route__addrs = {.header = {.length = sizeof route__addrs, .type = ROUTE__GET_ADDR, .flags = ROUTE__DUMP}};

struct route__link {
	uint32_t index;
	unsigned flags;
	char name[IF_NAMESIZE];
};

struct route__addr {
	uint32_t index;
	int prefix;
	struct os_addr addr;
};

/* What has been found: two lists that grow. */
struct route__machine {
	struct route__link *links;
	struct route__addr *addrs;
	size_t link_count, link_room, addr_count, addr_room;
};

/* The value of an attribute, at least `least` bytes, or NULL; `size` is what follows a message's fixed part. */
static const uint8_t *route__attribute(const uint8_t *data, size_t size, int type, size_t least, size_t *length)
{
	uint16_t head[2]; /* length with this head, type */

	while (size >= sizeof head) {
		memcpy(head, data, sizeof head);
		if (head[0] < sizeof head || head[0] > size)
			return NULL;
		*length = head[0] - sizeof head;
		if (head[1] == type)
			return *length >= least ? data + sizeof head : NULL;

		const size_t filled = ((size_t)head[0] + 3) & ~(size_t)3, step = filled < size ? filled : size;

		data += step;
		size -= step;
	}
	return NULL;
}

/* Room for one more. */
static void *route__grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room ? *room * 2 : 32;
	return realloc(list, *room * size);
}

static unsigned route__flags(uint32_t flags)
{
	return (flags & IFF_UP ? (unsigned)OS_INTERFACE_UP : 0) | (flags & IFF_LOOPBACK ? (unsigned)OS_INTERFACE_LOOPBACK : 0) |
	       (flags & IFF_MULTICAST ? (unsigned)OS_INTERFACE_MULTICAST : 0);
}

static int route__add_link(void *context, uint16_t type, const uint8_t *data, size_t size)
{
	struct route__machine *m = context;
	struct route__link_message from;
	const uint8_t *name;
	size_t length;

	if (type != ROUTE__NEW_LINK)
		return 0;
	if (size < sizeof from)
		return LIBSOCK_EPROTO;
	memcpy(&from, data, sizeof from);
	name = route__attribute(data + sizeof from, size - sizeof from, ROUTE__LINK_NAME, 1, &length);
	if (name == NULL || from.index <= 0)
		return LIBSOCK_EPROTO;

	struct route__link *links = route__grow(m->links, m->link_count, &m->link_room, sizeof *links);

	if (links == NULL)
		return LIBSOCK_ENOMEM;
	m->links = links;
	links += m->link_count++;
	*links = (struct route__link){.index = (uint32_t)from.index, .flags = route__flags(from.flags)};
	memcpy(links->name, name, length < sizeof links->name ? length : sizeof links->name - 1);
	return 0;
}

/* The address that a message tells of. What is neither IPv4 nor IPv6 has family 0. */
static int route__read_addr(const struct route__addr_message *from, const uint8_t *data, size_t size, struct os_addr *addr)
{
	const size_t length = from->family == AF_INET ? 4 : 16;
	const uint8_t *ip;
	size_t unused;

	*addr = (struct os_addr){0};
	if (from->family != AF_INET && from->family != AF_INET6)
		return 0;
	ip = route__attribute(data, size, ROUTE__ADDR_LOCAL, length, &unused);
	if (ip == NULL)
		ip = route__attribute(data, size, ROUTE__ADDR_PEER, length, &unused);
	if (ip == NULL)
		return LIBSOCK_EPROTO;
	memcpy(addr->ip, ip, length);
	addr->family = from->family == AF_INET ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6;
	if (from->family == AF_INET6 && ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
		addr->scope = from->index;
	return 0;
}

static int route__add_addr(void *context, uint16_t type, const uint8_t *data, size_t size)
{
	struct route__machine *m = context;
	struct route__addr_message from;
	struct os_addr addr;
	int err;

	if (type != ROUTE__NEW_ADDR)
		return 0;
	if (size < sizeof from)
		return LIBSOCK_EPROTO;
	memcpy(&from, data, sizeof from);
	err = route__read_addr(&from, data + sizeof from, size - sizeof from, &addr);
	if (err < 0 || addr.family == 0)
		return err;

	struct route__addr *addrs = route__grow(m->addrs, m->addr_count, &m->addr_room, sizeof *addrs);

	if (addrs == NULL)
		return LIBSOCK_ENOMEM;
	m->addrs = addrs;
	addrs[m->addr_count++] = (struct route__addr){.index = from.index, .prefix = from.prefix, .addr = addr};
	return 0;
}

/* One list, until it has not changed while it was read; one that is never still is as good at any moment. */
static int route__list(const struct netlink_header *request, netlink_found *found, struct route__machine *m,
		       size_t *count)
{
	int err = OS_EINTR;

	for (int tries = 0; err == OS_EINTR && tries < ROUTE__TRIES; tries++) {
		*count = 0;
		err = netlink_dump(ROUTE__NETLINK, request, found, m);
	}
	return err == OS_EINTR ? 0 : err;
}

static int route__look(struct route__machine *m)
{
	int err = route__list(&route__links.header, route__add_link, m, &m->link_count);

	return err < 0 ? err : route__list(&route__addrs.header, route__add_addr, m, &m->addr_count);
}

/* The link with the lowest index above `last`, or NULL. */
static const struct route__link *route__next(const struct route__machine *m, uint32_t last)
{
	const struct route__link *next = NULL;

	for (size_t i = 0; i < m->link_count; i++)
		if (m->links[i].index > last && (next == NULL || m->links[i].index < next->index))
			next = &m->links[i];
	return next;
}

static int route__tell(const struct route__machine *m, const struct route__link *link, os_interface_found *found, void *context)
{
	struct os_interface_addr to = {.name = link->name, .index = link->index, .flags = link->flags, .prefix = -1};
	bool bare = true;
	int err = 0;

	for (size_t i = 0; i < m->addr_count && err == 0; i++)
		if (m->addrs[i].index == link->index) {
			to.addr = m->addrs[i].addr;
			to.prefix = m->addrs[i].prefix;
			err = found(context, &to);
			bare = false;
		}
	return bare ? found(context, &to) : err;
}

int os_interfaces(os_interface_found *found, void *context)
{
	struct route__machine m = {0};
	int err = route__look(&m);

	for (const struct route__link *link = route__next(&m, 0); err == 0 && link; link = route__next(&m, link->index))
		err = route__tell(&m, link, found, context);
	free(m.links);
	free(m.addrs);
	return err;
}
