/* SPDX-License-Identifier: MIT */

/* What the header says of its own numbers and structs, beside those of the system. */

#include "testing.h"

#include <limits.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
#else
#include <sys/socket.h>
#endif
#ifndef AF_UNIX
#define AF_UNIX 1
#endif

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

/* Whatever the system's names stand for, none is a number of ours: each is refused where it is passed by mistake. */
START_TEST(the_systems_numbers_are_refused_by_the_first_call)
{
	const int theirs[] = {AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX}, types[] = {SOCK_STREAM, SOCK_DGRAM},
		  hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};

	for (int f = 0; f < 2; f++) {
		struct sock s, a, b;
		struct sock_addr found;

		for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++) {
			expect(sock_open(&s, theirs[i], LIBSOCK_STREAM), LIBSOCK_EINVAL);
			expect(sock_resolve(&(struct sock_addr){"127.0.0.1", 0}, theirs[i], &found, 1, soon()), LIBSOCK_EINVAL);
		}
		for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
			expect(sock_open(&s, families[f], types[i]), LIBSOCK_EINVAL);
			expect(sock_pair((struct sock[2]){{0}}, types[i]), LIBSOCK_EINVAL);
			expect(sock_service_port("http", types[i]), LIBSOCK_EINVAL);
		}
		connected_pair(families[f], &a, &b);
		for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++)
			expect(sock_shutdown(a, hows[i]), LIBSOCK_EINVAL);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(any_family_is_none_of_a_socket)
{
	struct sock s;

	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++)
		expect(sock_open(&s, LIBSOCK_AF_UNSPEC, type), LIBSOCK_EINVAL);
}
END_TEST

/* Numbers of this list are in programs that have been built, and in their logs. */
START_TEST(numbers_that_programs_have_been_built_with_stay)
{
	static const int numbers[][2] = {
		{LIBSOCK_AF_UNSPEC, 3},	       {LIBSOCK_AF_INET, 4},	      {LIBSOCK_AF_INET6, 6},
		{LIBSOCK_AF_UNIX, 9},	       {LIBSOCK_STREAM, 11},	      {LIBSOCK_DGRAM, 12},
		{LIBSOCK_SHUT_RD, 21},	       {LIBSOCK_SHUT_WR, 22},	      {LIBSOCK_SHUT_RDWR, 23},
		{LIBSOCK_HAS_INET6, 31},       {LIBSOCK_HAS_UNIX_STREAM, 32}, {LIBSOCK_HAS_UNIX_DGRAM, 33},
		{LIBSOCK_HAS_UNIX_ABSTRACT, 34}, {LIBSOCK_HAS_SEGMENT_OFFLOAD, 35}, {LIBSOCK_HAS_PACKET_COALESCED, 36},
		{LIBSOCK_HAS_PACKET_LOCAL, 37}, {LIBSOCK_HAS_PACKET_ECN, 38}, {LIBSOCK_HAS_PACKET_TTL, 39},
		{LIBSOCK_HAS_SEND_SOCKET, 40},    {LIBSOCK_HAS_CONNECTIONS, 41}, {LIBSOCK_HAS_PACKET_TIME, 42},
		{LIBSOCK_NOWAIT, 0},
		{LIBSOCK_HOST_SIZE, 254},       {LIBSOCK_ADDR_SIZE, 262},     {LIBSOCK_DIAL_MAX, 32},
		{LIBSOCK_SERVICE_SIZE, 64},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		ck_assert_int_eq(numbers[i][0], numbers[i][1]);
	ck_assert(LIBSOCK_FOREVER == INT64_MAX);
	ck_assert_uint_eq(sizeof((struct sock_addr *)NULL)->host, 254);
	ck_assert_uint_le(sizeof(struct sock_addr), 256);
	ck_assert_uint_eq(sizeof(struct sock), sizeof(intptr_t) + 8);
}
END_TEST

/* Each call that takes a number of an enum or bits of one, with the rest of its arguments good. */
static struct unknown {
	struct sock stream, datagram;
	struct sock_poller poller;
} with;

static ptrdiff_t open_family(int number)
{
	struct sock s = {0};
	int err = sock_open(&s, number, LIBSOCK_DGRAM);

	sock_close(&s);
	return err;
}

static ptrdiff_t open_type(int number)
{
	struct sock s = {0};
	int err = sock_open(&s, LIBSOCK_AF_INET, number);

	sock_close(&s);
	return err;
}

static ptrdiff_t pair_type(int number)
{
	struct sock pair[2] = {{0}};
	int err = sock_pair(pair, number);

	sock_close(&pair[0]);
	sock_close(&pair[1]);
	return err;
}

static ptrdiff_t shut_how(int number)
{
	return sock_shutdown(with.stream, number);
}

static ptrdiff_t packet_field(int number)
{
	return sock_packet_fields(&with.datagram, number);
}

static ptrdiff_t wait_interest(int number)
{
	return sock_wait(&(struct sock_wait_item){.s = with.stream, .interest = number}, 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t add_interest(int number)
{
	return sock_poller_add(&with.poller, with.stream, number, NULL);
}

static ptrdiff_t modify_interest(int number)
{
	return sock_poller_modify(&with.poller, with.stream, number, NULL);
}

static ptrdiff_t resolve_family(int number)
{
	return sock_resolve(&(struct sock_addr){"127.0.0.1", 0}, number, NULL, 0, LIBSOCK_NOWAIT);
}

static ptrdiff_t port_type(int number)
{
	return sock_service_port("http", number);
}

static ptrdiff_t name_type(int number)
{
	return sock_service_name(80, number, (char[64]){0}, 64);
}

static ptrdiff_t set_option(int number)
{
	return sock_set(with.datagram, number, 1);
}

static ptrdiff_t get_option(int number)
{
	return sock_get(with.datagram, number, &(int64_t){0});
}

/* A byte of what a record keeps for later versions. */
static ptrdiff_t packet_reserved(int number)
{
	const int padding = (int)sizeof((struct sock_packet *)NULL)->padding;
	struct sock_packet packet = {0};

	if (number < padding)
		packet.padding[number] = 1;
	else
		((char *)packet.reserved)[number - padding] = 1;
	return sock_send_packet(with.datagram, "x", 1, &packet, LIBSOCK_NOWAIT);
}

static const struct {
	const char *name;
	ptrdiff_t (*call)(int number);
	int known[2]; /* the first and the last number, or 0 and all bits */
} takers[] = {
	{"sock_open, family", open_family, {LIBSOCK_AF_INET, LIBSOCK_AF_UNIX}},
	{"sock_open, type", open_type, {LIBSOCK_STREAM, LIBSOCK_DGRAM}},
	{"sock_pair", pair_type, {LIBSOCK_STREAM, LIBSOCK_DGRAM}},
	{"sock_shutdown", shut_how, {LIBSOCK_SHUT_RD, LIBSOCK_SHUT_RDWR}},
	{"sock_packet_fields", packet_field, {0, LIBSOCK_PACKET_TIME * 2 - 1}},
	{"sock_wait", wait_interest, {0, LIBSOCK_READABLE | LIBSOCK_WRITABLE}},
	{"sock_poller_add", add_interest, {0, LIBSOCK_READABLE | LIBSOCK_WRITABLE}},
	{"sock_poller_modify", modify_interest, {0, LIBSOCK_READABLE | LIBSOCK_WRITABLE}},
	{"sock_resolve", resolve_family, {LIBSOCK_AF_UNSPEC, LIBSOCK_AF_INET6}},
	{"sock_service_port", port_type, {LIBSOCK_STREAM, LIBSOCK_DGRAM}},
	{"sock_service_name", name_type, {LIBSOCK_STREAM, LIBSOCK_DGRAM}},
	{"sock_set", set_option, {LIBSOCK_OPT_NODELAY, LIBSOCK_OPT_INHERIT}},
	{"sock_get", get_option, {LIBSOCK_OPT_NODELAY, LIBSOCK_OPT_INHERIT}},
	{"sock_send_packet", packet_reserved, {6 + 3 * 8, -1}},
};

static void expect_unknown(size_t t, int number)
{
	ptrdiff_t err = takers[t].call(number);

	ck_assert_msg(err == LIBSOCK_EINVAL, "%s of %d: %ld", takers[t].name, number, (long)err);
}

/* The neighbours of the known, and each known one with a bit too many, for then it may be known to a later version. */
START_TEST(a_number_or_a_bit_that_is_not_known_is_einval_in_every_call)
{
	connected_pair(LIBSOCK_AF_INET, &with.stream, &with.datagram);
	sock_close(&with.datagram);
	expect(sock_open(&with.datagram, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_poller_open(&with.poller), 0);
	expect(sock_poller_add(&with.poller, with.stream, 0, NULL), 0);
	for (size_t t = 0; t < sizeof takers / sizeof takers[0]; t++) {
		const int first = takers[t].known[0], last = takers[t].known[1];

		for (int number = last < 0 ? 0 : -100; number < (last < 0 ? first : 400); number++)
			if (last < 0 || number < first || number > last)
				expect_unknown(t, number);
		for (int number = first; number <= last; number++)
			for (int bit = 9; bit < 32; bit++)
				expect_unknown(t, (int)((unsigned)number | 1U << bit));
	}
	sock_poller_close(&with.poller);
	sock_close(&with.datagram);
	sock_close(&with.stream);
}
END_TEST

START_TEST(opening_writes_over_what_was_there_and_closes_nothing)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b, copy;
		char data[4];

		connected_pair(families[f], &a, &b);
		copy = a;
		expect(sock_open(&a, families[f], LIBSOCK_STREAM), 0);
		ck_assert_int_ne(sock_native(a), sock_native(copy));
		expect(sock_send(copy, "x", 1, soon()), 1);
		expect(sock_recv(b, data, sizeof data, soon()), 1);
		sock_close(&a);
		sock_close(&copy);
		sock_close(&b);
	}
}
END_TEST

START_TEST(a_copy_is_the_same_socket)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b, copy;
		struct sock_addr addr, again;
		char data[4];

		connected_pair(families[f], &a, &b);
		copy = a;
		expect(sock_local_addr(a, &addr), 0);
		expect(sock_local_addr(copy, &again), 0);
		ck_assert(sock_addr_equal(&addr, &again));
		expect(sock_send(b, "xy", 2, soon()), 2);
		expect(sock_recv(a, data, 1, soon()), 1);
		expect(sock_recv(copy, data, sizeof data, soon()), 1);
		ck_assert_int_eq(data[0], 'y');
		expect(sock_close(&copy), 0); /* one of them is enough: the harness counts descriptors */
		sock_close(&b);
	}
}
END_TEST

/* What a socket says of itself is what it was opened as, and the members are right there. */
START_TEST(the_members_say_what_the_socket_is)
{
	for (int f = 0; f < 2; f++)
		for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
			struct sock s;

			expect(sock_open(&s, families[f], type), 0);
			ck_assert_int_eq(s.family, families[f]);
			ck_assert_int_eq(s.type, type);
			ck_assert_int_eq(s.fd, sock_native(s));
			expect(sock_close(&s), 0);
			ck_assert_int_eq(s.family, 0);
			ck_assert_int_eq(sock_native(s), -1);
		}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{the_systems_numbers_are_refused_by_the_first_call},
		{any_family_is_none_of_a_socket},
		{numbers_that_programs_have_been_built_with_stay},
		{a_number_or_a_bit_that_is_not_known_is_einval_in_every_call},
		{opening_writes_over_what_was_there_and_closes_nothing},
		{a_copy_is_the_same_socket},
		{the_members_say_what_the_socket_is},
		{0},
	};

	return testing_main("values", tests);
}
