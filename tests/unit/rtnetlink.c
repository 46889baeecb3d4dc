/* SPDX-License-Identifier: MIT */

/* What Linux tells of interfaces: from the kernel alone, and refused where it is cut off or garbage. */

#include "native.h"

/* The reader once more, under other names, with what is static in it. */
#undef netlink_dump
#define netlink_dump read_dump
#undef os_interfaces
#define os_interfaces read_interfaces
#include "../../lib/linux/netlink.c"
#undef netlink_dump
#define netlink_dump tell_restlessly
static int tell_restlessly(int protocol, const struct netlink_header *request, netlink_found *found, void *context);
#include "../../lib/linux/rtnetlink.c"
#undef netlink_dump
#undef os_interfaces

#include "testing.h"

struct told {
	int count, ended;
};

static int tell(void *context, uint16_t type, const uint8_t *data, size_t size)
{
	struct told *told = context;

	ck_assert_int_eq(type, ROUTE__NEW_LINK);
	ck_assert_uint_ge(size, sizeof(struct route__link_message));
	(void)data;
	told->count++;
	return told->ended;
}

static int ask(int fd)
{
	return send(fd, &route__links, sizeof route__links, 0) == (ssize_t)sizeof route__links;
}

/* A forged end of the list lies there before the kernel's answer does. */
START_TEST(only_the_kernel_is_believed)
{
	struct netlink__name to = {.family = AF_NETLINK};
	const struct {
		struct netlink_header header;
		int32_t number;
	} end = {{.length = sizeof end, .type = NETLINK__DONE}, 0};
	struct told told = {0, 0};
	uint8_t room[NETLINK__ROOM];
	struct netlink__dump dump = {.found = tell, .context = &told, .room = room};
	const int fd = netlink_open(ROUTE__NETLINK), forger = netlink_open(ROUTE__NETLINK);
	socklen_t length = sizeof to;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&to, &length), 0);
	if (sendto(forger, &end, sizeof end, 0, (struct sockaddr *)&to, sizeof to) == -1)
		ck_assert_int_eq(errno, EPERM); /* for root alone */
	ck_assert(ask(fd));
	expect(netlink__receive(&dump, fd), 0);
	ck_assert_int_gt(told.count, 0);
	close(forger);
	close(fd);
}
END_TEST

START_TEST(whoever_looks_may_end_it)
{
	struct told told = {0, 77};
	uint8_t room[NETLINK__ROOM];
	struct netlink__dump dump = {.found = tell, .context = &told, .room = room};
	const int fd = netlink_open(ROUTE__NETLINK);

	ck_assert(ask(fd));
	expect(netlink__receive(&dump, fd), 77);
	ck_assert_int_eq(told.count, 1);
	close(fd);
}
END_TEST

/* Read from memory of exactly that size, so that a tool can see who reads past it. */
static int read_copy(netlink_found *found, struct route__machine *m, uint16_t type, const void *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	int err;

	memcpy(copy, data, size);
	err = found(m, type, copy, size);
	free(copy);
	return err;
}

/* An interface, and an address of it, with an attribute that nobody knows before the one that matters. */
static const struct {
	struct route__link_message link;
	uint16_t other[4], name[2];
	char text[8];
} link_message = {{.index = 7, .flags = IFF_UP}, {8, 999}, {4 + 6, ROUTE__LINK_NAME}, "abcde"};
static const struct {
	struct route__addr_message addr;
	uint16_t other[4], local[2];
	uint8_t ip[4];
} addr_message = {{.family = AF_INET, .prefix = 24, .index = 7}, {8, 3}, {4 + 4, ROUTE__ADDR_LOCAL}, {192, 0, 2, 7}};

START_TEST(messages_are_read_whole_or_not_at_all)
{
	struct route__machine m = {0};
	const size_t name_end = offsetof(__typeof__(link_message), text) + 6;

	for (size_t size = 0; size < name_end; size++)
		expect(read_copy(route__add_link, &m, ROUTE__NEW_LINK, &link_message, size), LIBSOCK_EPROTO);
	for (size_t size = 0; size < sizeof addr_message; size++)
		expect(read_copy(route__add_addr, &m, ROUTE__NEW_ADDR, &addr_message, size), LIBSOCK_EPROTO);
	ck_assert_uint_eq(m.link_count + m.addr_count, 0);
	expect(read_copy(route__add_link, &m, ROUTE__NEW_ADDR, &link_message, 1), 0); /* none of its messages */
	expect(read_copy(route__add_addr, &m, ROUTE__NEW_LINK, &addr_message, 1), 0);
	expect(read_copy(route__add_link, &m, ROUTE__NEW_LINK, &link_message, sizeof link_message), 0);
	expect(read_copy(route__add_addr, &m, ROUTE__NEW_ADDR, &addr_message, sizeof addr_message), 0);
	ck_assert_str_eq(m.links[0].name, "abcde");
	ck_assert_uint_eq(m.links[0].index, 7);
	ck_assert_uint_eq(m.links[0].flags, OS_INTERFACE_UP);
	ck_assert_uint_eq(m.addrs[0].index, 7);
	ck_assert_int_eq(m.addrs[0].prefix, 24);
	ck_assert_mem_eq(m.addrs[0].addr.ip, addr_message.ip, 4);
	free(m.links);
	free(m.addrs);
}
END_TEST

static int note(void *context, const struct os_interface_addr *row)
{
	char *text = context;

	sprintf(text + strlen(text), "%s%u/%d ", row->name, (unsigned)row->addr.ip[0], row->prefix);
	return 0;
}

/* In the kernel's place: two lists that are never still while they are read. */
static int tell_restlessly(int protocol, const struct netlink_header *request, netlink_found *found, void *context)
{
	ck_assert_int_eq(protocol, ROUTE__NETLINK);
	if (request->type == ROUTE__GET_LINK)
		expect(found(context, ROUTE__NEW_LINK, (const void *)&link_message, sizeof link_message), 0);
	else
		expect(found(context, ROUTE__NEW_ADDR, (const void *)&addr_message, sizeof addr_message), 0);
	return OS_EINTR;
}

START_TEST(while_interfaces_come_and_go_each_has_its_addresses)
{
	char text[100] = "";

	expect(read_interfaces(note, text), 0);
	ck_assert_str_eq(text, "abcde192/24 ");
}
END_TEST

/* The kernel lists links in any order, and addresses by themselves. */
START_TEST(rows_come_by_rising_index_and_then_as_they_appeared)
{
	struct route__link links[] = {{9, 0, "c"}, {1, 0, "a"}, {UINT32_MAX, 0, "d"}, {4, 0, "b"}};
	struct route__addr addrs[] = {{4, 64, {.family = LIBSOCK_AF_INET6, .ip = {7}}},
				      {1, 8, {.family = LIBSOCK_AF_INET, .ip = {127}}},
				      {5, 8, {.family = LIBSOCK_AF_INET, .ip = {99}}},
				      {4, 24, {.family = LIBSOCK_AF_INET, .ip = {6}}}};
	const struct route__machine m = {.links = links, .addrs = addrs, .link_count = 4, .addr_count = 4};
	char text[100] = "";

	for (const struct route__link *link = route__next(&m, 0); link; link = route__next(&m, link->index))
		expect(route__tell(&m, link, note, text), 0);
	ck_assert_str_eq(text, "a127/8 b7/64 b6/24 c0/-1 d0/-1 ");
}
END_TEST

START_TEST(garbage_does_no_harm)
{
	struct route__machine m = {0};
	unsigned seed = 1;

	for (int i = 0; i < 200000; i++) {
		uint8_t data[sizeof link_message];
		const size_t size = i % 2 ? sizeof link_message : sizeof addr_message;

		memcpy(data, i % 2 ? (const void *)&link_message : &addr_message, size);
		for (int c = 0; c < 3; c++) {
			seed = seed * 1103515245U + 12345U;
			data[(seed >> 16) % size] = (uint8_t)(seed >> 8);
		}
		if (i % 1000 == 0)
			m.link_count = m.addr_count = 0;
		read_copy(i % 2 ? route__add_link : route__add_addr, &m, i % 2 ? ROUTE__NEW_LINK : ROUTE__NEW_ADDR, data, size);
	}
	free(m.links);
	free(m.addrs);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{only_the_kernel_is_believed},
		{whoever_looks_may_end_it},
		{messages_are_read_whole_or_not_at_all},
		{rows_come_by_rising_index_and_then_as_they_appeared},
		{while_interfaces_come_and_go_each_has_its_addresses},
		{garbage_does_no_harm},
		{0},
	};

	return testing_main("rtnetlink", tests);
}
