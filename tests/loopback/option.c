/* SPDX-License-Identifier: MIT */

/* Socket options: every one of them on all its values, and what the ones do that can be seen on one machine. */

#include "testing.h"

#include <string.h>

enum { ON_ALL, NOT_ON_WINDOWS, NOT_ON_WINE, NOT_ON_WINE_8 };

/* The kinds of sockets that have options. */
static const struct {
	int family, type;
} kinds[] = {
	{LIBSOCK_AF_INET, LIBSOCK_STREAM},
	{LIBSOCK_AF_INET, LIBSOCK_DGRAM},
	{LIBSOCK_AF_INET6, LIBSOCK_STREAM},
	{LIBSOCK_AF_INET6, LIBSOCK_DGRAM},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* What the header says of each option: its type, range, and default, −2 where that is different everywhere. */
static const struct option {
	int number, type, where;
	int64_t least, most, standard;
} options[] = {
	{LIBSOCK_OPT_NODELAY, LIBSOCK_STREAM, ON_ALL, 0, 1, 0},
	{LIBSOCK_OPT_SHARE_PORT, LIBSOCK_DGRAM, ON_ALL, 0, 1, 0},
	{LIBSOCK_OPT_BALANCE_PORT, 0, NOT_ON_WINDOWS, 0, 1, 0},
	{LIBSOCK_OPT_BROADCAST, LIBSOCK_DGRAM, ON_ALL, 0, 1, 0},
	{LIBSOCK_OPT_RECV_BUFFER, 0, ON_ALL, 1, INT32_MAX, -2},
	{LIBSOCK_OPT_SEND_BUFFER, 0, ON_ALL, 1, INT32_MAX, -2},
	{LIBSOCK_OPT_LINGER_MS, LIBSOCK_STREAM, ON_ALL, -1, 32767000, -1},
	{LIBSOCK_OPT_TTL, 0, ON_ALL, 1, 255, 64}, /* Windows: 128; not Wine */
	{LIBSOCK_OPT_TOS, 0, NOT_ON_WINDOWS, 0, 255, 0},
	{LIBSOCK_OPT_DONTFRAG, LIBSOCK_DGRAM, ON_ALL, 0, 1, 0},
	{LIBSOCK_OPT_KEEPALIVE, LIBSOCK_STREAM, ON_ALL, 0, 1, 0},
	{LIBSOCK_OPT_KEEPALIVE_IDLE_MS, LIBSOCK_STREAM, NOT_ON_WINE_8, 1, 32767000, 7200000},
	{LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS, LIBSOCK_STREAM, NOT_ON_WINE_8, 1, 32767000, -2},
	{LIBSOCK_OPT_KEEPALIVE_COUNT, LIBSOCK_STREAM, NOT_ON_WINE_8, 1, 127, -2},
	{LIBSOCK_OPT_USER_TIMEOUT_MS, LIBSOCK_STREAM, NOT_ON_WINE, 0, INT32_MAX, 0},
	{LIBSOCK_OPT_MULTICAST_LOOP, LIBSOCK_DGRAM, ON_ALL, 0, 1, 1},
	{LIBSOCK_OPT_MULTICAST_TTL, LIBSOCK_DGRAM, ON_ALL, 0, 255, 1},
	{LIBSOCK_OPT_MULTICAST_INTERFACE, LIBSOCK_DGRAM, ON_ALL, 0, UINT32_MAX, 0},
	{LIBSOCK_OPT_CORK, LIBSOCK_STREAM, NOT_ON_WINDOWS, 0, 1, 0},
	{LIBSOCK_OPT_INTERFACE, 0, ON_ALL, 0, UINT32_MAX, 0},
	{LIBSOCK_OPT_INHERIT, 0, ON_ALL, 0, 1, 0},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static int has_option(const struct option *o)
{
	switch (o->where) {
	case NOT_ON_WINDOWS:
		return !native_is_windows();
	case NOT_ON_WINE:
		return !native_is_wine();
	case NOT_ON_WINE_8:
		return native_is_wine() != 8;
	default:
		return 1;
	}
}

static struct sock opened(int family, int type)
{
	struct sock s;

	expect(sock_open(&s, family, type), 0);
	return s;
}

static int64_t option_of(struct sock s, int option)
{
	int64_t value = -77;

	expect(sock_get(s, option, &value), 0);
	return value;
}

/* Before anything is set: what the header says, and on an error nothing. */
static void expect_default(struct sock s, const struct option *o)
{
	int64_t value = -77;
	int err = sock_get(s, o->number, &value);
	int interest = o->type != 0 && o->type != s.type ? LIBSOCK_EPROTOTYPE : has_option(o) ? 0 : LIBSOCK_ENOTSUP;

	if (o->number == LIBSOCK_OPT_V6ONLY && s.family == LIBSOCK_AF_INET)
		interest = LIBSOCK_ENOPROTOOPT;
	ck_assert_msg(err == interest, "option %d: %s", o->number, sock_errname(err));
	if (err < 0)
		ck_assert_int_eq(value, -77);
	else if (o->standard == -2)
		ck_assert_msg(value >= o->least && value <= o->most, "option %d: %ld", o->number, (long)value);
	else
		ck_assert_msg(value == o->standard, "option %d: %ld", o->number, (long)value);
}

START_TEST(defaults_are_those_of_the_header)
{
	static const struct option v6only = {LIBSOCK_OPT_V6ONLY, 0, ON_ALL, 0, 1, 0};

	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < OPTIONS; i++)
			expect_default(s, &options[i]);
		expect_default(s, &v6only);
		sock_close(&s);
	}
}
END_TEST

/* What a value becomes: times are whole seconds, and TCP's two bits of the traffic class are its own. */
static int64_t becomes(struct sock s, int option, int64_t value)
{
	switch (option) {
	case LIBSOCK_OPT_LINGER_MS:
	case LIBSOCK_OPT_KEEPALIVE_IDLE_MS:
	case LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS:
		return value > 0 ? (value + 999) / 1000 * 1000 : value;
	case LIBSOCK_OPT_TOS:
		return s.type == LIBSOCK_STREAM ? value & ~(int64_t)3 : value;
	default:
		return value;
	}
}

static void set_and_read(struct sock s, int option, int64_t value)
{
	int err = sock_set(s, option, value);

	ck_assert_msg(err == 0, "option %d = %ld: %s", option, (long)value, sock_errname(err));
	ck_assert_msg(option_of(s, option) == becomes(s, option, value), "option %d = %ld: %ld", option, (long)value,
		      (long)option_of(s, option));
}

/* All values of a small range; of a large one its ends, what lies around a second, and powers of two. */
static void try_values(struct sock s, const struct option *o)
{
	static const int64_t some[] = {2, 999, 1000, 1001, 1999, 2000, 2001, 59999, 60000, 7200000};

	for (int64_t v = o->least; v <= o->most && v <= o->least + 255; v++)
		set_and_read(s, o->number, v);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		if (some[i] >= o->least && some[i] <= o->most)
			set_and_read(s, o->number, some[i]);
	for (int64_t v = 1; v < o->most; v *= 2)
		if (v >= o->least)
			set_and_read(s, o->number, v);
	if (o->most - 999 > o->least)
		set_and_read(s, o->number, o->most - 999);
	set_and_read(s, o->number, o->most);
	set_and_read(s, o->number, o->least);
}

START_TEST(every_option_is_read_as_it_was_set_over_its_range)
{
	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < OPTIONS; i++)
			if (has_option(&options[i]) && (options[i].type == 0 || options[i].type == s.type) &&
			    options[i].most != UINT32_MAX && options[i].number != LIBSOCK_OPT_RECV_BUFFER &&
			    options[i].number != LIBSOCK_OPT_SEND_BUFFER)
				try_values(s, &options[i]);
		sock_close(&s);
	}
}
END_TEST

START_TEST(a_value_out_of_range_changes_nothing)
{
	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < OPTIONS; i++) {
			const struct option *o = &options[i];
			const int64_t bad[] = {o->least - 1, o->most + 1, INT64_MIN, INT64_MAX, (int64_t)1 << 32,
					       ((int64_t)1 << 32) + o->least, -2};
			int64_t before = 0, after = 0;
			int known = sock_get(s, o->number, &before);

			if (o->type != 0 && o->type != s.type)
				continue;
			for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++)
				if (bad[j] < o->least || bad[j] > o->most)
					expect(sock_set(s, o->number, bad[j]), LIBSOCK_EINVAL);
			expect(sock_get(s, o->number, &after), known);
			ck_assert_int_eq(before, after);
		}
		sock_close(&s);
	}
}
END_TEST

START_TEST(what_a_system_does_not_have_is_enotsup)
{
	int64_t value = 33;

	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < OPTIONS; i++) {
			if (has_option(&options[i]) || (options[i].type != 0 && options[i].type != s.type))
				continue;
			expect(sock_set(s, options[i].number, options[i].most), LIBSOCK_ENOTSUP);
			expect(sock_get(s, options[i].number, &value), LIBSOCK_ENOTSUP);
		}
		sock_close(&s);
	}
	ck_assert_int_eq(value, 33);
}
END_TEST

START_TEST(an_option_of_the_other_type_is_eprototype)
{
	int64_t value = 33;

	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < OPTIONS; i++)
			if (options[i].type != 0 && options[i].type != s.type) {
				expect(sock_set(s, options[i].number, 1), LIBSOCK_EPROTOTYPE);
				expect(sock_get(s, options[i].number, &value), LIBSOCK_EPROTOTYPE);
			}
		sock_close(&s);
	}
	ck_assert_int_eq(value, 33);
}
END_TEST

START_TEST(what_is_no_option_is_einval)
{
	/* SO_REUSEADDR, SO_BROADCAST and others of the systems', and what lies beside ours */
	static const int bad[] = {0, -1, 1, 2, 4, 6, 16, 32, 200, 223, 0xffff, INT32_MAX, INT32_MIN};
	struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);
	const struct sock none = {0};
	int64_t value = 33;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		expect(sock_set(s, bad[i], 1), LIBSOCK_EINVAL);
		expect(sock_get(s, bad[i], &value), LIBSOCK_EINVAL);
	}
	expect(sock_get(s, LIBSOCK_OPT_NODELAY, NULL), LIBSOCK_EINVAL);
	expect(sock_set(none, LIBSOCK_OPT_NODELAY, 1), LIBSOCK_EBADF);
	expect(sock_get(none, LIBSOCK_OPT_NODELAY, &value), LIBSOCK_EBADF);
	ck_assert_int_eq(value, 33);
	sock_close(&s);
}
END_TEST

START_TEST(a_unix_socket_has_buffers_and_its_inheritance_and_nothing_else)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock s;
		int64_t value = 33;

		if (sock_open(&s, LIBSOCK_AF_UNIX, type) != 0)
			return; /* shown in test-unix.c */
		for (int option = LIBSOCK_OPT_NODELAY; option <= LIBSOCK_OPT_INTERFACE; option++) {
			int interest = LIBSOCK_ENOPROTOOPT;

			for (int i = 0; i < OPTIONS; i++) /* of what is wrong about it the type comes first */
				if (options[i].number == option && options[i].type != 0 && options[i].type != type)
					interest = LIBSOCK_EPROTOTYPE;
			if (option == LIBSOCK_OPT_SEND_BUFFER || option == LIBSOCK_OPT_RECV_BUFFER)
				continue;
			expect(sock_set(s, option, 1), interest);
			expect(sock_get(s, option, &value), interest);
			ck_assert_int_eq(value, 33);
		}
		expect(sock_set(s, LIBSOCK_OPT_SEND_BUFFER, 65536), 0);
		ck_assert_int_ge(option_of(s, LIBSOCK_OPT_SEND_BUFFER), 65536);
		ck_assert_int_gt(option_of(s, LIBSOCK_OPT_RECV_BUFFER), 0);
		set_and_read(s, LIBSOCK_OPT_INHERIT, 1);
		set_and_read(s, LIBSOCK_OPT_INHERIT, 0);
		sock_close(&s);
	}
}
END_TEST

START_TEST(a_buffer_is_read_as_what_it_became)
{
	static const int sides[] = {LIBSOCK_OPT_RECV_BUFFER, LIBSOCK_OPT_SEND_BUFFER};
	static const int64_t sizes[] = {1, 4096, 65536, 200000, INT32_MAX};

	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		for (int i = 0; i < 2; i++) {
			int64_t last = 0;

			for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
				expect(sock_set(s, sides[i], sizes[j]), 0);
				ck_assert_int_ge(option_of(s, sides[i]), last);
				last = option_of(s, sides[i]);
				ck_assert_int_gt(last, 0);
			}
			expect(sock_set(s, sides[i], 65536), 0);
			ck_assert_int_eq(option_of(s, sides[i]), native_is_windows() ? 65536 : 2 * 65536);
		}
		sock_close(&s);
	}
}
END_TEST

/* At the same port, which each of them has free for its own family. */
static int bind_both(struct sock six, struct sock four)
{
	struct sock_addr any;

	expect(sock_addr_set(&any, "", 0), 0);
	expect(sock_bind(six, &any), 0);
	expect(sock_listen(six, 1), 0);
	expect(sock_local_addr(six, &any), 0);
	any.host[0] = '\0';
	return sock_bind(four, &any);
}

START_TEST(v6only_keeps_ipv4_out_and_comes_before_bind)
{
	struct sock six = opened(LIBSOCK_AF_INET6, LIBSOCK_STREAM), four = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);
	int64_t value, by = soon();
	int err;

	expect(sock_get(four, LIBSOCK_OPT_V6ONLY, &value), LIBSOCK_ENOPROTOOPT);
	expect(sock_set(four, LIBSOCK_OPT_V6ONLY, 0), LIBSOCK_ENOPROTOOPT);
	ck_assert_int_eq(option_of(six, LIBSOCK_OPT_V6ONLY), 0);
	expect(sock_set(six, LIBSOCK_OPT_V6ONLY, 2), LIBSOCK_EINVAL);
	set_and_read(six, LIBSOCK_OPT_V6ONLY, 0);
	set_and_read(six, LIBSOCK_OPT_V6ONLY, 1);
	while ((err = bind_both(six, four)) == LIBSOCK_EADDRINUSE && sock_now() < by) { /* another program's IPv4 */
		sock_close(&six);
		six = opened(LIBSOCK_AF_INET6, LIBSOCK_STREAM);
		set_and_read(six, LIBSOCK_OPT_V6ONLY, 1);
	}
	expect(err, 0); /* the other one has left IPv4 alone */
	expect(sock_set(six, LIBSOCK_OPT_V6ONLY, 0), LIBSOCK_EINVAL);
	set_and_read(six, LIBSOCK_OPT_TTL, 7); /* which IPv4 must not get in the way of */
	sock_close(&six);
	sock_close(&four);
}
END_TEST

START_TEST(a_port_of_datagrams_is_shared_by_those_who_all_want_it)
{
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += LIBSOCK_AF_INET6 - LIBSOCK_AF_INET) {
		struct sock_addr addr = loopback(family, 0);
		struct sock a = opened(family, LIBSOCK_DGRAM), b = opened(family, LIBSOCK_DGRAM);

		expect(sock_set(a, LIBSOCK_OPT_SHARE_PORT, 1), 0);
		expect(sock_bind(a, &addr), 0);
		expect(sock_local_addr(a, &addr), 0);
		expect(sock_bind(b, &addr), LIBSOCK_EADDRINUSE);
		sock_close(&b);
		b = opened(family, LIBSOCK_DGRAM);
		expect(sock_set(b, LIBSOCK_OPT_SHARE_PORT, 1), 0);
		expect(sock_bind(b, &addr), 0);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(a_port_of_datagrams_is_ones_own_without_reuse)
{
	struct sock_addr addr;
	struct sock a = datagram(LIBSOCK_AF_INET, &addr), b = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);

	expect(sock_set(b, LIBSOCK_OPT_SHARE_PORT, 1), 0);
	ck_assert_int_lt(sock_bind(b, &addr), 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(reuseport_shares_a_listeners_address_where_there_is_one)
{
	struct sock_addr addr = loopback(LIBSOCK_AF_INET, 0);
	struct sock l[2];

	for (int i = 0; i < 2; i++) {
		l[i] = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);
		expect(sock_set(l[i], LIBSOCK_OPT_BALANCE_PORT, 1), native_is_windows() ? LIBSOCK_ENOTSUP : 0);
		if (native_is_windows())
			continue;
		expect(sock_bind(l[i], &addr), 0);
		expect(sock_listen(l[i], 1), 0);
		expect(sock_local_addr(l[i], &addr), 0);
	}
	sock_close(&l[0]);
	sock_close(&l[1]);
}
END_TEST

START_TEST(broadcasts_need_their_option)
{
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) { /* IPv6 has none, but IPv4 peers */
		struct sock_addr addr;
		struct sock s = opened(family, LIBSOCK_DGRAM), to = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);
		char data[4];

		expect(sock_addr_set(&addr, "", 0), 0);
		expect(sock_bind(to, &addr), 0);
		expect(sock_local_addr(to, &addr), 0);
		expect(sock_addr_set(&addr, "127.255.255.255", addr.port), 0);
		expect(sock_sendto(s, "x", 1, &addr, soon()), LIBSOCK_EACCES);
		expect(sock_set(s, LIBSOCK_OPT_BROADCAST, 1), 0);
		expect(sock_sendto(s, "x", 1, &addr, soon()), 1);
		expect(sock_recv(to, data, sizeof data, soon()), 1);
		sock_close(&s);
		sock_close(&to);
	}
}
END_TEST

START_TEST(linger_of_zero_resets_the_connection)
{
	struct sock a, b;
	char data[4];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 0), 0);
	expect(sock_close(&a), 0);
	expect(sock_recv(b, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
	sock_close(&b);
}
END_TEST

START_TEST(linger_lets_close_deliver_and_always_closes)
{
	struct sock a, b;
	char data[4];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 10000), 0);
	expect(sock_send(a, "x", 1, soon()), 1);
	expect(sock_close(&a), 0); /* that it is closed, the count of descriptors tells */
	expect(sock_recv(b, data, sizeof data, soon()), 1);
	expect(sock_recv(b, data, sizeof data, soon()), 0);
	sock_close(&b);
}
END_TEST

/* Nobody reads what is sent: all that there is room for is taken, and does not arrive. */
START_TEST(linger_waits_as_long_as_told)
{
	static char data[1 << 20];
	struct sock a, b;
	int64_t begun;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 1000), 0);
	while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
		;
	begun = sock_now();
	expect(sock_close(&a), 0);
	if (!native_is_wine()) /* which may send the rest in the background and not wait */
		ck_assert_int_ge(sock_now() - begun, 900); /* the system counts in ticks of its own */
	expect_ended(begun);
	sock_close(&b);
}
END_TEST

START_TEST(an_adopted_socket_has_options_too)
{
	struct sock s = opened(LIBSOCK_AF_INET6, LIBSOCK_DGRAM), adopted;
	intptr_t fd = sock_release(&s);

	expect(sock_adopt(&adopted, fd), 0);
	set_and_read(adopted, LIBSOCK_OPT_TTL, 9);
	sock_close(&adopted);
}
END_TEST

/* Linux says how much it doubles and where it cuts. */
START_TEST(linux_doubles_buffers_up_to_its_most_and_down_to_its_least)
{
	static const struct {
		int option;
		const char *path;
	} sides[] = {{LIBSOCK_OPT_RECV_BUFFER, "/proc/sys/net/core/rmem_max"}, {LIBSOCK_OPT_SEND_BUFFER, "/proc/sys/net/core/wmem_max"}};

	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(sides[i].path, "r");
		long most = 0;

		if (file == NULL)
			return; /* another system, or a container that hides it */
		ck_assert_int_eq(fscanf(file, "%ld", &most), 1);
		fclose(file);
		for (int k = 0; k < KINDS && !native_is_windows(); k++) {
			struct sock s = opened(kinds[k].family, kinds[k].type);

			expect(sock_set(s, sides[i].option, INT32_MAX), 0);
			ck_assert_int_eq(option_of(s, sides[i].option), 2 * most);
			expect(sock_set(s, sides[i].option, 1), 0);
			ck_assert_int_gt(option_of(s, sides[i].option), 2);
			sock_close(&s);
		}
	}
}
END_TEST

/* Each datagram to one of them, whoever that is, and those of one sender to the same one. */
START_TEST(reuseport_shares_out_datagrams_by_their_sender)
{
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6 && !native_is_windows(); family += 2) {
		struct sock_addr addr = loopback(family, 0), own;
		struct sock s[2];
		int got[2] = {0}, rounds = 0;

		for (int i = 0; i < 2; i++) {
			s[i] = opened(family, LIBSOCK_DGRAM);
			expect(sock_set(s[i], LIBSOCK_OPT_BALANCE_PORT, 1), 0);
			expect(sock_bind(s[i], &addr), 0);
			expect(sock_local_addr(s[i], &addr), 0);
		}
		for (; rounds < 200 && (rounds < 8 || got[0] == 0 || got[1] == 0); rounds++) {
			struct sock from = datagram(family, &own);
			struct sock_wait_item items[] = {{.s = s[0], .interest = LIBSOCK_READABLE}, {.s = s[1], .interest = LIBSOCK_READABLE}};
			char data[4];
			int whose;

			for (int n = 0; n < 3; n++)
				expect(sock_sendto(from, "x", 1, &addr, soon()), 1);
			expect(sock_wait(items, 2, soon()), 1);
			whose = items[1].ready != 0;
			for (int n = 0; n < 3; n++)
				expect(sock_recv(s[whose], data, sizeof data, soon()), 1);
			expect(sock_recv(s[!whose], data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			got[whose]++;
			sock_close(&from);
		}
		ck_assert_int_gt(got[0], 0);
		ck_assert_int_gt(got[1], 0);
		sock_close(&s[0]);
		sock_close(&s[1]);
	}
}
END_TEST

/* What goes to the machine itself reaches one of those who share, never both. */
START_TEST(a_shared_port_takes_each_datagram_once)
{
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
		struct sock_addr addr, own;
		struct sock s[2], from = datagram(family, &own), holder = datagram(family, &addr);
		int got = 0;

		sock_close(&holder); /* a port that nobody shares already */
		for (int i = 0; i < 2; i++) {
			s[i] = opened(family, LIBSOCK_DGRAM);
			expect(sock_set(s[i], LIBSOCK_OPT_SHARE_PORT, 1), 0);
			expect(sock_bind(s[i], &addr), 0);
			expect(sock_local_addr(s[i], &addr), 0);
		}
		for (int n = 0; n < 8; n++) {
			struct sock_wait_item items[] = {{.s = s[0], .interest = LIBSOCK_READABLE}, {.s = s[1], .interest = LIBSOCK_READABLE}};
			char data[4];

			expect(sock_sendto(from, "x", 1, &addr, soon()), 1);
			expect(sock_wait(items, 2, soon()), 1);
			for (int i = 0; i < 2; i++)
				got += sock_recv(s[i], data, sizeof data, LIBSOCK_NOWAIT) == 1;
			ck_assert_int_eq(got, n + 1);
		}
		sock_close(&s[0]);
		sock_close(&s[1]);
		sock_close(&from);
	}
}
END_TEST

/* Nobody reads what is sent: closing leaves that to the system. */
START_TEST(close_returns_at_once_unless_told_otherwise)
{
	static char data[1 << 20];

	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
		struct sock a, b;
		int64_t begun;

		connected_pair(family, &a, &b);
		while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
			;
		begun = sock_now();
		expect(sock_close(&a), 0);
		expect_ended(begun);
		ck_assert_int_gt(sock_recv(b, data, sizeof data, soon()), 0);
		sock_close(&b);
	}
}
END_TEST

START_TEST(the_keepalive_defaults_are_the_systems_own)
{
	const int windows = native_is_windows() && !native_is_wine();

	for (int k = 0; k < KINDS && native_is_wine() != 8; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		if (s.type == LIBSOCK_STREAM) {
			ck_assert_int_eq(option_of(s, LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS), windows ? 1000 : 75000);
			ck_assert_int_eq(option_of(s, LIBSOCK_OPT_KEEPALIVE_COUNT), windows ? 10 : 9);
		}
		sock_close(&s);
	}
}
END_TEST

/* IPv4 is of another family then, in every call and whatever the system says of it. */
START_TEST(dotted_ipv4_is_of_the_wrong_family_on_a_socket_of_ipv6_alone)
{
	const struct sock_addr peer = {"127.0.0.1", 9}, own = {"127.0.0.1", 0}, group = {"239.1.2.3", 0};
	const int types[] = {LIBSOCK_STREAM, LIBSOCK_DGRAM};
	struct sock s;

	for (int i = 0; i < 2; i++) {
		expect(sock_open(&s, LIBSOCK_AF_INET6, types[i]), 0);
		expect(sock_set(s, LIBSOCK_OPT_V6ONLY, 1), 0);
		expect(sock_bind(s, &own), LIBSOCK_EAFNOSUPPORT);
		expect(sock_connect(s, &peer, soon()), LIBSOCK_EAFNOSUPPORT);
		sock_close(&s);
	}
	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_set(s, LIBSOCK_OPT_V6ONLY, 1), 0);
	expect(sock_sendto(s, "x", 1, &peer, soon()), LIBSOCK_EAFNOSUPPORT);
	expect(sock_send_packet(s, "x", 1, &(struct sock_packet){.peer = peer}, soon()), LIBSOCK_EAFNOSUPPORT);
	expect(sock_send_packet(s, "x", 1, &(struct sock_packet){.peer = peer, .local = own}, soon()), LIBSOCK_EAFNOSUPPORT);
	expect(sock_join_group(s, &group, NULL, 1), LIBSOCK_EAFNOSUPPORT);
	expect(sock_leave_group(s, &group, NULL, 1), LIBSOCK_EAFNOSUPPORT);
	sock_close(&s);
}
END_TEST

/* The indices of the machine's interfaces, the loopback's first; at most 8, of which there is one. */
struct indices {
	int count;
	int64_t index[8];
};

static int add_index(void *context, const struct sock_interface_addr *row)
{
	struct indices *all = context;
	const int at = row->loopback ? 0 : all->count;

	if (all->count < 8 && (all->count == 1 || row->index != all->index[all->count - 1]))
		all->index[at] = row->index, all->count += at > 0;
	return 0;
}

static struct indices interfaces(void)
{
	struct indices all = {.count = 1};

	expect(sock_interfaces(add_index, &all), 0);
	ck_assert_int_gt(all.index[0], 0);
	return all;
}

/* Wine passes the number on to Linux, which expects it in another byte order: then no interface is that one. */
static int keeps_to_interfaces(int k)
{
	return kinds[k].family == LIBSOCK_AF_INET || !native_is_wine();
}

START_TEST(an_interface_is_read_as_it_was_set_and_0_undoes_it)
{
	const struct indices all = interfaces();

	for (int k = 0; k < KINDS; k++) {
		struct sock s = opened(kinds[k].family, kinds[k].type);

		if (!keeps_to_interfaces(k)) {
			expect(sock_set(s, LIBSOCK_OPT_INTERFACE, all.index[0]), LIBSOCK_ENOTSUP);
			ck_assert_int_eq(option_of(s, LIBSOCK_OPT_INTERFACE), 0);
			sock_close(&s);
			continue;
		}

		for (int i = 0; i < all.count; i++)
			set_and_read(s, LIBSOCK_OPT_INTERFACE, all.index[i]);
		expect(sock_set(s, LIBSOCK_OPT_INTERFACE, 0x7ffffff0), LIBSOCK_ENODEV);
		expect(sock_set(s, LIBSOCK_OPT_INTERFACE, UINT32_MAX), LIBSOCK_ENODEV);
		ck_assert_int_eq(option_of(s, LIBSOCK_OPT_INTERFACE), all.index[all.count - 1]);
		set_and_read(s, LIBSOCK_OPT_INTERFACE, 0);
		sock_close(&s);
	}
}
END_TEST

/* Of both families: an IPv6 socket has its IPv4 peers by it, too. */
START_TEST(what_goes_by_the_interface_that_was_set_arrives)
{
	const struct indices all = interfaces();

	for (int k = 0; k < KINDS; k++)
		for (int family = LIBSOCK_AF_INET; family <= kinds[k].family && keeps_to_interfaces(k); family += 2) {
			struct sock s = opened(kinds[k].family, kinds[k].type), to;
			struct sock_addr addr;
			char byte;

			to = kinds[k].type == LIBSOCK_STREAM ? listener(family, 1, &addr) : datagram(family, &addr);
			set_and_read(s, LIBSOCK_OPT_INTERFACE, all.index[0]);
			expect(sock_connect(s, &addr, soon()), 0);
			expect(sock_send(s, "x", 1, soon()), 1);
			if (kinds[k].type == LIBSOCK_DGRAM)
				expect(sock_recv(to, &byte, 1, soon()), 1);
			sock_close(&s);
			sock_close(&to);
		}
}
END_TEST

/* Linux does so for 0.2 s; what takes as long to look at is tried again. */
START_TEST(what_is_held_back_leaves_as_one_and_not_never)
{
	struct sock a, b;
	char data[16];
	int64_t begun = 0;
	ptrdiff_t n = 1;
	int is_late;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	if (native_is_windows()) {
		expect(sock_set(a, LIBSOCK_OPT_CORK, 1), LIBSOCK_ENOTSUP);
		goto end;
	}
	for (int nodelay = 0; nodelay < 2; nodelay++) {
		expect(sock_set(a, LIBSOCK_OPT_NODELAY, nodelay), 0);
		expect(sock_set(a, LIBSOCK_OPT_CORK, 1), 0);
		for (int tries = 0; tries < 20 && n != LIBSOCK_EAGAIN; tries++) {
			begun = sock_now();
			expect(sock_send(a, "head", 4, soon()), 4);
			n = sock_recv(b, data, sizeof data, LIBSOCK_NOWAIT);
			if (n > 0)
				ck_assert_int_gt(sock_now() - begun, 100);
		}
		expect(n, LIBSOCK_EAGAIN);
		expect(sock_send(a, "body", 4, soon()), 4);
		is_late = sock_now() - begun > 100;
		if (nodelay)
			expect(sock_set(a, LIBSOCK_OPT_CORK, 0), 0);
		n = sock_recv(b, data, sizeof data, soon()); /* the first time after a while */
		ck_assert(n == 8 || is_late);
		if (n < 8)
			expect(sock_recv_exact(b, data + n, (size_t)(8 - n), NULL, soon()), 0);
		ck_assert_mem_eq(data, "headbody", 8);
		n = 1;
	}
end:
	sock_close(&a);
	sock_close(&b);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{defaults_are_those_of_the_header},
		{what_is_held_back_leaves_as_one_and_not_never},
		{every_option_is_read_as_it_was_set_over_its_range},
		{a_value_out_of_range_changes_nothing},
		{what_a_system_does_not_have_is_enotsup},
		{an_option_of_the_other_type_is_eprototype},
		{what_is_no_option_is_einval},
		{a_unix_socket_has_buffers_and_its_inheritance_and_nothing_else},
		{a_buffer_is_read_as_what_it_became},
		{v6only_keeps_ipv4_out_and_comes_before_bind},
		{a_port_of_datagrams_is_shared_by_those_who_all_want_it},
		{a_port_of_datagrams_is_ones_own_without_reuse},
		{reuseport_shares_a_listeners_address_where_there_is_one},
		{broadcasts_need_their_option},
		{linger_of_zero_resets_the_connection},
		{linger_lets_close_deliver_and_always_closes},
		{linger_waits_as_long_as_told},
		{an_adopted_socket_has_options_too},
		{linux_doubles_buffers_up_to_its_most_and_down_to_its_least},
		{reuseport_shares_out_datagrams_by_their_sender},
		{a_shared_port_takes_each_datagram_once},
		{close_returns_at_once_unless_told_otherwise},
		{the_keepalive_defaults_are_the_systems_own},
		{dotted_ipv4_is_of_the_wrong_family_on_a_socket_of_ipv6_alone},
		{an_interface_is_read_as_it_was_set_and_0_undoes_it},
		{what_goes_by_the_interface_that_was_set_arrives},
		{0},
	};

	return testing_main("option", tests);
}
