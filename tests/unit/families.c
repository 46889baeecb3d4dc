/* SPDX-License-Identifier: MIT */

/*
 * sock_serve and sock_dial on machines that lack a family or an address, or that give a client the port of its server: the
 * platform's calls are replaced (by the linker: -Wl,--wrap). And what is said of an interface that is no more.
 */

#include "os.h"
#include "testing.h"

#include <string.h>

/* What this machine says of each family; 0: the system is asked. */
static struct machine {
	int open, bind;
} six, four, paths;
static int is_six_only;                /* as on OpenBSD */
static const struct sock_addr *to_self; /* a socket that is to connect has got this port */
static int self_family = LIBSOCK_AF_INET; /* if it is of this family */

/* The linker's names. */
int __real_libsock__os_open(int family, int type, intptr_t *fd);
int __real_libsock__os_open_stream(int family, intptr_t *fd);
int __real_libsock__os_bind(intptr_t fd, int type, const struct os_addr *to);
int __real_libsock__os_option_get(intptr_t fd, int family, int option, int64_t *value);
int __real_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms);
int __wrap_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms);
int __wrap_libsock__os_open(int family, int type, intptr_t *fd);
int __wrap_libsock__os_open_stream(int family, intptr_t *fd);
int __wrap_libsock__os_bind(intptr_t fd, int type, const struct os_addr *to);
int __wrap_libsock__os_option_get(intptr_t fd, int family, int option, int64_t *value);

int __real_libsock__os_interfaces(os_interface_found *found, void *context);
int __wrap_libsock__os_interfaces(os_interface_found *found, void *context);

static int is_without_interfaces;

int __wrap_libsock__os_interfaces(os_interface_found *found, void *context)
{
	return is_without_interfaces ? 0 : __real_libsock__os_interfaces(found, context);
}

static const struct machine *of_family(int family)
{
	return family == LIBSOCK_AF_INET ? &four : family == LIBSOCK_AF_INET6 ? &six : &paths;
}

int __wrap_libsock__os_open(int family, int type, intptr_t *fd)
{
	return of_family(family)->open < 0 ? of_family(family)->open : __real_libsock__os_open(family, type, fd);
}

int __wrap_libsock__os_open_stream(int family, intptr_t *fd)
{
	static const struct os_addr own[] = {{.family = LIBSOCK_AF_INET, .ip = {127, 0, 0, 1}},
					     {.family = LIBSOCK_AF_INET6, .ip = {[15] = 1}}};
	struct os_addr local = own[family == LIBSOCK_AF_INET6];
	int err = of_family(family)->open < 0 ? of_family(family)->open : __real_libsock__os_open_stream(family, fd);

	if (err == 0 && to_self && family == self_family) {
		local.port = to_self->port;
		expect(__real_libsock__os_bind(*fd, LIBSOCK_STREAM, &local), 0);
	}
	return err;
}

/* What every connect says; 0: the system is asked. */
static int connect_says;

int __wrap_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms)
{
	return connect_says < 0 ? connect_says : __real_libsock__os_connect(fd, type, to, wait_ms);
}

int __wrap_libsock__os_bind(intptr_t fd, int type, const struct os_addr *to)
{
	return of_family(to->family)->bind < 0 ? of_family(to->family)->bind : __real_libsock__os_bind(fd, type, to);
}

int __wrap_libsock__os_option_get(intptr_t fd, int family, int option, int64_t *value)
{
	if (option != LIBSOCK_OPT_V6ONLY || !is_six_only)
		return __real_libsock__os_option_get(fd, family, option, value);
	*value = 1;
	return 0;
}

static void whole_machine(void)
{
	six = four = paths = (struct machine){0, 0};
	is_six_only = 0;
	to_self = NULL;
	self_family = LIBSOCK_AF_INET;
}

static int has_ip6(void)
{
	struct sock_addr addr = {"::1", 0};
	struct sock s;
	int err;

	whole_machine();
	err = sock_serve(&s, LIBSOCK_STREAM, &addr, 1);
	sock_close(&s);
	return err == 0;
}

/* Serve, and say where; a socket's mode and options are as promised. */
static int served(const char *host, struct sock_addr *at)
{
	struct sock_addr addr = {"", 0};
	struct sock l, client, conn;
	int64_t on = 0;
	int err;

	expect(sock_addr_set(&addr, host, 0), 0);
	err = sock_serve(&l, LIBSOCK_STREAM, &addr, 4);
	if (err < 0) {
		ck_assert_int_eq(l.family, 0);
		return err;
	}
	expect(sock_local_addr(l, at), 0);
	expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	addr = loopback(LIBSOCK_AF_INET, at->port);
	if (strcmp(at->host, "::1") == 0)
		addr = *at;
	whole_machine();
	expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	expect(sock_get(client, LIBSOCK_OPT_NODELAY, &on), 0);
	ck_assert_int_eq(on, 1);
	on = 0;
	expect(sock_get(conn, LIBSOCK_OPT_NODELAY, &on), 0);
	ck_assert_int_eq(on, 1);
	sock_close(&client);
	sock_close(&conn);
	sock_close(&l);
	return 0;
}

static const int lacks_family[] = {LIBSOCK_ENOTSUP, LIBSOCK_EAFNOSUPPORT, LIBSOCK_EACCES, LIBSOCK_EPERM};
static const int lacks_address[] = {LIBSOCK_EADDRNOTAVAIL, LIBSOCK_EAFNOSUPPORT, LIBSOCK_ENOTSUP};
static const int unreachable[] = {LIBSOCK_EHOSTUNREACH, LIBSOCK_ENETUNREACH, LIBSOCK_EHOSTDOWN, LIBSOCK_ENETDOWN, LIBSOCK_ECONNREFUSED,
				  LIBSOCK_ECONNTIMEDOUT, LIBSOCK_EACCES};
enum { FAMILY_ERRORS = 4, ADDRESS_ERRORS = 3 };

START_TEST(localhost_is_served_where_the_machine_has_it)
{
	struct sock_addr at;

	whole_machine();
	expect(served("localhost", &at), 0);
	ck_assert_str_eq(at.host, "127.0.0.1");
	for (int i = 0; i < FAMILY_ERRORS; i++) {
		six.open = lacks_family[i];
		expect(served("x.localhost", &at), 0);
		ck_assert_str_eq(at.host, "127.0.0.1");
		if (!has_ip6())
			continue;
		four.open = lacks_family[i];
		expect(served("localhost", &at), 0);
		ck_assert_str_eq(at.host, "::1");
		four.bind = lacks_address[i % ADDRESS_ERRORS];
		expect(served("localhost", &at), 0);
		ck_assert_str_eq(at.host, "::1");
		four.open = lacks_family[i];
		six.open = LIBSOCK_ENOTSUP;
		expect(served("localhost", &at), lacks_family[i]); /* of the first one */
		whole_machine();
	}
}
END_TEST

START_TEST(the_wildcard_is_served_with_the_families_that_there_are)
{
	struct sock_addr at;

	for (int i = 0; i < FAMILY_ERRORS; i++) {
		six.open = lacks_family[i];
		expect(served("", &at), 0);
		ck_assert_str_eq(at.host, "0.0.0.0");
		six.bind = lacks_address[i % ADDRESS_ERRORS];
		expect(served("", &at), 0);
		ck_assert_str_eq(at.host, "0.0.0.0");
	}
	is_six_only = 1;
	expect(served("", &at), 0);
	ck_assert_str_eq(at.host, "0.0.0.0");
	whole_machine();
}
END_TEST

/* What a feature needs: any one of these families. */
static const struct {
	int feature;
	struct machine *needs[2];
} features[] = {
	{LIBSOCK_HAS_INET6, {&six}},
	{LIBSOCK_HAS_UNIX_STREAM, {&paths}},
	{LIBSOCK_HAS_UNIX_DGRAM, {&paths}},
	{LIBSOCK_HAS_UNIX_ABSTRACT, {&paths}},
	{LIBSOCK_HAS_SEGMENT_OFFLOAD, {&four, &six}},
	{LIBSOCK_HAS_PACKET_COALESCED, {&four, &six}},
	{LIBSOCK_HAS_PACKET_LOCAL, {&four, &six}},
	{LIBSOCK_HAS_PACKET_ECN, {&four, &six}},
	{LIBSOCK_HAS_PACKET_TTL, {&four, &six}},
	{LIBSOCK_HAS_SEND_SOCKET, {NULL}}, /* a channel may have been inherited */
};

START_TEST(a_feature_goes_with_its_families)
{
	struct machine *const machines[] = {&six, &four, &paths};
	const int ip6 = has_ip6();

	for (size_t f = 0; f < sizeof features / sizeof features[0]; f++) {
		whole_machine();
		const int whole = sock_has(features[f].feature);

		for (int i = 0; i < FAMILY_ERRORS * 8; i++) {
			bool lacks = features[f].needs[0] != NULL;

			for (int m = 0; m < 3; m++)
				machines[m]->open = i % 8 & 1 << m || (m == 0 && !ip6) ? lacks_family[i / 8] : 0;
			for (int n = 0; n < 2 && features[f].needs[n]; n++)
				lacks = lacks && features[f].needs[n]->open < 0;
			expect(sock_has(features[f].feature), lacks ? 0 : whole);
		}
		for (int n = 0; n < 2 && whole && features[f].needs[n]; n++) {
			six.open = four.open = paths.open = LIBSOCK_EMFILE; /* it could not be found out */
			expect(sock_has(features[f].feature), 0);
		}
	}
	whole_machine();
}
END_TEST

/* A sandbox's refusal of one family says nothing of the peer, which the other one was tried for. */
START_TEST(a_family_that_is_missing_hides_no_other_error)
{
	struct sock_addr addr = {"localhost", 9};
	struct sock s;

	for (int i = 0; i < FAMILY_ERRORS * 2; i++)
		for (size_t e = 0; e < sizeof unreachable / sizeof unreachable[0]; e++) {
			whole_machine();
			*(i % 2 ? &four : &six) = (struct machine){.open = lacks_family[i / 2]};
			connect_says = unreachable[e];
			expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), unreachable[e]);
			expect(sock_dial(&s, LIBSOCK_DGRAM, &addr, soon()), unreachable[e]);
			connect_says = 0;
			(i % 2 ? &six : &four)->open = LIBSOCK_EMFILE;
			expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_EMFILE);
			expect(sock_dial(&s, LIBSOCK_DGRAM, &addr, soon()), LIBSOCK_EMFILE);
		}
	whole_machine();
}
END_TEST

/* Another address is no way out of what is wrong with this one. */
START_TEST(what_is_not_a_lack_is_an_error)
{
	static const int opens[] = {LIBSOCK_EMFILE, LIBSOCK_ENFILE, LIBSOCK_ENOBUFS, LIBSOCK_ENOMEM};
	static const int binds[] = {LIBSOCK_EADDRINUSE, LIBSOCK_EACCES, LIBSOCK_ENOBUFS, LIBSOCK_EPERM};
	static const char *const hosts[] = {"", "localhost"};
	struct sock_addr at;

	for (int i = 0; i < 4 * 2; i++) {
		six.open = four.open = opens[i / 2];
		expect(served(hosts[i % 2], &at), opens[i / 2]);
		six = four = (struct machine){.bind = binds[i / 2]};
		expect(served(hosts[i % 2], &at), binds[i / 2]);
		six.bind = 0;
		if (i % 2) /* not on ::1, because 127.0.0.1 is in use */
			expect(served(hosts[i % 2], &at), binds[i / 2]);
	}
	whole_machine();
	for (int i = 0; i < FAMILY_ERRORS; i++) {
		six.open = lacks_family[i];
		expect(served("::1", &at), lacks_family[i]);
	}
	whole_machine();
}
END_TEST

/* Windows has no peer at 0.0.0.0, and Wine 10 does not tell which one it was (docs/porting.md). */
static int reaches_itself_by_the_wildcard(void)
{
	struct sock_addr addr, peer = {"", 0};
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s;
	int err;

	expect(sock_addr_set(&addr, "0.0.0.0", addr.port), 0);
	err = sock_dial(&s, LIBSOCK_STREAM, &addr, soon());
	if (err == 0)
		expect(sock_peer_addr(s, &peer), 0);
	sock_close(&s);
	sock_close(&l);
	return err == 0 && (native_is_wine() < 10 || !sock_addr_equal(&peer, &addr));
}

/* A socket's own port of 127.0.0.1 or ::1, where nobody listens, by an address that means it. */
static void own_peer(int family, const char *host, int64_t deadline)
{
	struct sock_addr addr = loopback(family, 0);
	struct sock s;

	expect(sock_open(&s, family, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), 0);
	expect(sock_local_addr(s, &addr), 0);
	expect(sock_addr_set(&addr, host, addr.port), 0);
	expect(sock_connect(s, &addr, deadline), LIBSOCK_ECONNREFUSED);
	sock_close(&s);
	to_self = &addr;
	self_family = family;
	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, deadline), LIBSOCK_ECONNREFUSED);
	ck_assert_int_eq(s.family, 0);
	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT), LIBSOCK_ECONNREFUSED);
	to_self = NULL;
}

START_TEST(a_stream_that_is_its_own_peer_was_refused)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), sock_after(30000)};
	const int families = has_ip6() ? 2 : 1;
	struct sock_addr addr;
	struct sock s;

	whole_machine();
	for (int i = 0; i < 3 * families; i++) {
		own_peer(i % families ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, i % families ? "::1" : "127.0.0.1", deadlines[i / families]);
		if (reaches_itself_by_the_wildcard())
			own_peer(i % families ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, i % families ? "::" : "0.0.0.0", deadlines[i / families]);
	}
	addr = loopback(LIBSOCK_AF_INET, 0);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), 0); /* the port is free for its server, at once */
	expect(sock_local_addr(s, &addr), 0);
	if (sock_connect(s, &addr, LIBSOCK_NOWAIT) == LIBSOCK_EINPROGRESS)
		expect(sock_connect_result(s, soon()), LIBSOCK_ECONNREFUSED);
	sock_close(&s);
}
END_TEST

START_TEST(a_dial_goes_on_after_its_own_port)
{
	struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
	struct sock_addr addr;
	struct sock l, s;
	int count = LIBSOCK_DIAL_MAX;

	if (!has_ip6())
		return;
	l = listener(LIBSOCK_AF_INET6, 4, &addr);
	expect(sock_addr_set(&addr, "localhost", addr.port), 0);
	to_self = &addr;
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, LIBSOCK_DIAL_MAX, &count, soon()), 0);
	ck_assert_int_eq(s.family, LIBSOCK_AF_INET6);
	sock_close(&s);
	sock_close(&l);
	whole_machine();
}
END_TEST

/* Whatever is decided at once is looked at, also without time. */
START_TEST(a_dial_without_time_tries_every_address)
{
	struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
	struct sock_addr addr;
	struct sock l, s;

	whole_machine();
	for (int i = 0; i < 4; i++) {
		const int64_t deadline = i % 2 ? -1 : LIBSOCK_NOWAIT;
		int count = LIBSOCK_DIAL_MAX;

		if (i / 2 && !has_ip6())
			continue;
		l = listener(i / 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, 4, &addr);
		expect(sock_addr_set(&addr, "localhost", addr.port), 0);
		expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, LIBSOCK_DIAL_MAX, &count, deadline), 0);
		ck_assert_int_eq(s.family, i / 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET);
		ck_assert_int_le(count, 2);
		expect(attempts[count - 1].err, 0);
		sock_close(&s);
		sock_close(&l);
	}
}
END_TEST

START_TEST(a_family_that_is_missing_does_not_hold_a_dial)
{
	struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
	struct sock_addr addr;
	struct sock l, s;

	for (int i = 0; i < FAMILY_ERRORS; i++) {
		int count = LIBSOCK_DIAL_MAX;

		whole_machine();
		l = listener(LIBSOCK_AF_INET, 4, &addr);
		expect(sock_addr_set(&addr, "localhost", addr.port), 0);
		six.open = lacks_family[i];
		expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, LIBSOCK_DIAL_MAX, &count, soon()), 0);
		ck_assert_int_eq(count, 1); /* what has no way does not come first */
		ck_assert_str_eq(attempts[0].addr.host, "127.0.0.1");
		sock_close(&s);
		sock_close(&l);
	}
	whole_machine();
}
END_TEST

static int has_ipv4(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	return sock_addr_family(&row->addr) == LIBSOCK_AF_INET ? (int)row->index : 0;
}

/* The system goes on naming it. */
START_TEST(an_interface_that_has_gone_is_enodev)
{
	whole_machine();

	const int first = sock_interfaces(has_ipv4, NULL);

	ck_assert_int_gt(first, 0);
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
		struct sock s;
		int64_t index = 77;

		expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
		expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), 0);
		ck_assert_int_eq(index, 0);
		expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, first), 0);
		is_without_interfaces = 1;
		expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), LIBSOCK_ENODEV);
		ck_assert_int_eq(index, 0);
		is_without_interfaces = 0;
		expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), 0);
		ck_assert_int_eq(index, first);
		sock_close(&s);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{localhost_is_served_where_the_machine_has_it},
		{the_wildcard_is_served_with_the_families_that_there_are},
		{a_feature_goes_with_its_families},
		{a_family_that_is_missing_hides_no_other_error},
		{what_is_not_a_lack_is_an_error},
		{a_stream_that_is_its_own_peer_was_refused},
		{a_dial_goes_on_after_its_own_port},
		{a_dial_without_time_tries_every_address},
		{a_family_that_is_missing_does_not_hold_a_dial},
		{an_interface_that_has_gone_is_enodev},
		{0},
	};

	return testing_main("families", tests);
}
