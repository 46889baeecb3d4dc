/* SPDX-License-Identifier: MIT */

/* Names, with the system's resolver replaced (by the linker: -Wl,--wrap) so that no test asks a name server. */

#include "native.h"

#include "os.h"
#include "testing.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int resolver_calls, resolver_answer, resolver_errno;
static struct addrinfo *resolver_list;

/* A resolver that does not answer: each call waits until it, the oldest, is let go. */
static int resolver_is_stuck, resolver_waiting, resolver_let_go;
static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_changed = PTHREAD_COND_INITIALIZER;

static void resolver_stuck(int stuck)
{
	pthread_mutex_lock(&resolver_lock);
	resolver_is_stuck = stuck;
	resolver_waiting = resolver_let_go = 0;
	pthread_mutex_unlock(&resolver_lock);
}

/* Let all go that are there by now. A thread may begin after its caller has given up, so there may be more to come. */
static void resolver_let_go_on(void)
{
	pthread_mutex_lock(&resolver_lock);
	resolver_let_go = resolver_waiting;
	pthread_cond_broadcast(&resolver_changed);
	pthread_mutex_unlock(&resolver_lock);
}

/* Whether it was stuck. */
static int resolver_wait(void)
{
	int stuck, mine;

	pthread_mutex_lock(&resolver_lock);
	stuck = resolver_is_stuck;
	mine = resolver_waiting++;
	while (stuck && resolver_let_go <= mine)
		pthread_cond_wait(&resolver_changed, &resolver_lock);
	pthread_mutex_unlock(&resolver_lock);
	return stuck;
}

/* The linker's names. */
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);
int __wrap_getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t host_size, char *service,
		       socklen_t service_size, int flags);

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	if (resolver_wait())
		return EAI_AGAIN;
	ck_assert_str_eq(name, "a-name.example");
	ck_assert_ptr_null(service);
	ck_assert_int_eq(hints->ai_flags, 0); /* neither AI_ADDRCONFIG nor AI_CANONNAME nor AI_V4MAPPED */
	resolver_calls++;
	*list = resolver_list;
	errno = resolver_errno;
	return resolver_answer;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	ck_assert_ptr_eq(list, resolver_list);
	resolver_list = NULL;
}

static const char *resolver_name;

int __wrap_getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t host_size, char *service,
		       socklen_t service_size, int flags)
{
	ck_assert_int_eq(addr->sa_family, AF_INET);
	ck_assert_uint_eq(length, sizeof(struct sockaddr_in));
	ck_assert_ptr_null(service);
	ck_assert_uint_eq(service_size, 0);
	ck_assert_int_eq(flags, NI_NAMEREQD);
	if (resolver_answer == 0)
		snprintf(host, host_size, "%s", resolver_name);
	return resolver_answer;
}

static struct sockaddr_in ipv4 = {.sin_family = AF_INET};
static struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
static struct addrinfo answer4 = {.ai_family = AF_INET, .ai_addrlen = sizeof ipv4, .ai_addr = (struct sockaddr *)&ipv4};
static struct addrinfo answer6 = {.ai_family = AF_INET6, .ai_addrlen = sizeof ipv6, .ai_addr = (struct sockaddr *)&ipv6};

static int connect_by_name(int answer)
{
	struct sock s;
	struct sock_addr addr = {"a-name.example", 80};
	int err, again;

	resolver_answer = answer;
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	err = sock_connect(s, &addr, soon());
	again = sock_connect(s, &addr, LIBSOCK_FOREVER); /* in a thread, and in place */
	expect(again, err);
	sock_close(&s);
	return err;
}

START_TEST(the_resolvers_answers_are_told_apart)
{
	expect(connect_by_name(EAI_NONAME), LIBSOCK_EAI_NONAME);
#ifdef EAI_NODATA
	expect(connect_by_name(EAI_NODATA), LIBSOCK_EAI_NONAME);
#endif
#ifdef EAI_ADDRFAMILY
	expect(connect_by_name(EAI_ADDRFAMILY), LIBSOCK_EAI_NONAME);
#endif
	expect(connect_by_name(EAI_AGAIN), LIBSOCK_EAI_AGAIN);
	expect(connect_by_name(EAI_FAIL), LIBSOCK_EAI_FAIL);
	expect(connect_by_name(EAI_MEMORY), LIBSOCK_ENOMEM);
	expect(connect_by_name(EAI_BADFLAGS), LIBSOCK_EAI_FAIL);
	resolver_errno = EMFILE;
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EMFILE);
	resolver_errno = EINTR;
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EAI_AGAIN);
	resolver_errno = ECONNREFUSED; /* the name server's, not the peer's */
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EAI_FAIL);
	resolver_list = NULL;
	expect(connect_by_name(0), LIBSOCK_EAI_NONAME); /* found, but empty */
}
END_TEST

START_TEST(the_first_address_is_used_and_the_list_freed)
{
	struct sock_addr addr, peer;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s;

	ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	resolver_list = &answer4;
	resolver_answer = 0;
	expect(sock_addr_set(&addr, "a-name.example", addr.port), 0);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(s, &addr, soon()), 0);
	ck_assert_ptr_null(resolver_list);
	expect(sock_peer(s, &peer), 0);
	ck_assert_str_eq(peer.host, "127.0.0.1");
	ck_assert_int_eq(peer.port, addr.port);
	sock_close(&s);
	sock_close(&l);
}
END_TEST

START_TEST(bind_takes_a_name_too)
{
	struct sock s;
	struct sock_addr addr = {"a-name.example", 0}, local;

	ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	resolver_list = &answer4;
	resolver_answer = 0;
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), 0);
	expect(sock_local(s, &local), 0);
	ck_assert_str_eq(local.host, "127.0.0.1");
	sock_close(&s);
}
END_TEST

START_TEST(literals_localhost_and_malformed_names_never_reach_it)
{
	static const char *const hosts[] = {"127.0.0.1", "::1",	   "::ffff:127.0.0.1", "localhost", "x.localhost.", "127.1",
					    "0x7f.1",	 "1.2.3.", "a..b",	       "a b",	    "",		    "fe80::1%9"};
	struct sock s;
	struct sock_addr addr;

	resolver_calls = 0;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
			expect(sock_addr_set(&addr, hosts[i], 9), 0);
			expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
			sock_sendto(s, "x", 1, &addr, LIBSOCK_NOWAIT);
			sock_bind(s, &addr);
			sock_close(&s);
		}
	ck_assert_int_eq(resolver_calls, 0);
}
END_TEST

START_TEST(resolve_gives_each_address_once_in_the_resolvers_order)
{
	static const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	struct sock_addr out[4];
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};

	for (int d = 0; d < 2; d++) {
		struct addrinfo second = answer4, third = answer6;

		ipv4.sin_addr.s_addr = htonl(0xc0000201);
		memcpy(&ipv6.sin6_addr, bytes, 16);
		ipv6.sin6_scope_id = 0;
		third = answer6;
		third.ai_next = NULL; /* the first one again */
		second.ai_next = &third;
		answer6.ai_next = &second;
		resolver_list = &answer6;
		resolver_answer = 0;
		expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 4, deadlines[d]), 2);
		ck_assert_str_eq(out[0].host, "2001:db8::1");
		ck_assert_str_eq(out[1].host, "192.0.2.1");
		ck_assert_int_eq(out[0].port, 0);
		resolver_list = &answer6;
		expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 1, deadlines[d]), 1);
		ck_assert_str_eq(out[0].host, "2001:db8::1");
		answer6.ai_next = NULL;
	}
}
END_TEST

START_TEST(resolve_answers_literals_and_localhost_itself)
{
	struct sock_addr out[4];

	resolver_calls = 0;
	expect(sock_resolve("localhost", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), 2);
	ck_assert_str_eq(out[0].host, "::1");
	ck_assert_str_eq(out[1].host, "127.0.0.1");
	expect(sock_resolve("localhost", LIBSOCK_AF_ANY, out, 1, LIBSOCK_NOWAIT), 1);
	expect(sock_resolve("x.LOCALHOST.", LIBSOCK_AF_INET, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "127.0.0.1");
	expect(sock_resolve("::ffff:192.0.2.1", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "192.0.2.1");
	expect(sock_resolve("0:0::1", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "::1");
	expect(sock_resolve("fe80::1%7", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "fe80::1%7");
	expect(sock_resolve("::1", LIBSOCK_AF_INET, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAFNOSUPPORT);
	expect(sock_resolve("fe80::1%no-such", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
	expect(sock_resolve("", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	expect(sock_resolve("127.1", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 4, -1), LIBSOCK_ETIMEDOUT);
	expect(sock_resolve(NULL, LIBSOCK_AF_ANY, out, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve("localhost", LIBSOCK_AF_ANY, NULL, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve("localhost", LIBSOCK_AF_ANY, out, 0, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve("localhost", LIBSOCK_AF_UNIX, out, 4, soon()), LIBSOCK_EINVAL);
	ck_assert_int_eq(resolver_calls, 0);
}
END_TEST

START_TEST(reverse_takes_only_wellformed_names)
{
	static const char *const bad[] = {"", "192.0.2.1", "a b.example", "a..b", "x\n", "::1", "1.2"};
	struct sock_addr addr = {"192.0.2.1", 443}, name = {"before", 1};

	resolver_answer = 0;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		resolver_name = bad[i];
		expect(sock_reverse(&addr, &name, soon()), LIBSOCK_EAI_NONAME);
		ck_assert_str_eq(name.host, "before");
	}
	resolver_name = "host.example";
	expect(sock_reverse(&addr, &name, soon()), 0);
	ck_assert_str_eq(name.host, "host.example");
	ck_assert_int_eq(name.port, 443);
	expect(sock_reverse(&addr, &addr, LIBSOCK_FOREVER), 0);
	ck_assert_str_eq(addr.host, "host.example");
	expect(sock_reverse(&addr, &name, soon()), LIBSOCK_ENAME); /* no longer a literal */
	expect(sock_reverse(NULL, &name, soon()), LIBSOCK_EINVAL);
	expect(sock_reverse(&addr, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_addr_set(&addr, "192.0.2.1", 1), 0);
	resolver_answer = EAI_NONAME;
	expect(sock_reverse(&addr, &name, soon()), LIBSOCK_EAI_NONAME);
	resolver_answer = EAI_AGAIN;
	expect(sock_reverse(&addr, &name, soon()), LIBSOCK_EAI_AGAIN);
}
END_TEST

/* Threads of this process, as the system counts them. */
static int threads(void)
{
	char line[256];
	int count = -1;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof line, file))
		sscanf(line, "Threads: %d", &count);
	if (file)
		fclose(file);
	return count;
}

static int threads_at_first;

static void until_no_lookup_is_left(void)
{
	if (threads() < 0)
		return; /* a system that does not tell */
	for (int64_t by = soon(); threads() > threads_at_first;) {
		ck_assert_msg(sock_now() < by, "%d threads are left", threads());
		resolver_let_go_on();
		sched_yield();
	}
}

START_TEST(a_stuck_resolver_does_not_hold_the_caller)
{
	enum { TIMES = 2000 };
	struct sock_addr out[1];
	int64_t late = 0;

	resolver_stuck(1);
	for (int i = 0; i < TIMES; i++) {
		int64_t start = sock_now();

		expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 1, sock_after(1)), LIBSOCK_ETIMEDOUT);
		ck_assert_int_ge(sock_now() - start, 1);
		late += sock_now() - start - 1;
		resolver_let_go_on(); /* what was given up ends now, on its own */
	}
	ck_assert_int_lt(late / TIMES, 10);
	until_no_lookup_is_left();
	resolver_stuck(0);
}
END_TEST

START_TEST(too_many_stuck_lookups_are_eai_again)
{
	struct sock_addr out[1];
	int given_up = 0, err;

	resolver_stuck(1);
	while ((err = sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 1, sock_after(1))) == LIBSOCK_ETIMEDOUT)
		given_up++;
	expect(err, LIBSOCK_EAI_AGAIN);
	ck_assert_int_ge(given_up, OS_JOB_MAX); /* more, where a deadline passed before the thread was begun */
	until_no_lookup_is_left();
	resolver_stuck(0); /* there is room again */
	resolver_answer = EAI_FAIL;
	expect(sock_resolve("a-name.example", LIBSOCK_AF_ANY, out, 1, soon()), LIBSOCK_EAI_FAIL);
	until_no_lookup_is_left();
}
END_TEST

/* The deadlines of the calls that take a name cover the look-up. */
START_TEST(connect_and_sendto_and_dial_give_up_within_the_lookup)
{
	struct sock s, u;
	struct sock_addr addr = {"a-name.example", 80};

	resolver_stuck(1);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_open(&u, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_connect(s, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_sendto(u, "x", 1, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_sendto(u, "x", 1, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&s);
	expect(sock_dial(&s, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_dial(&s, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	ck_assert_int_eq(s.family, 0);
	sock_close(&u);
	until_no_lookup_is_left();
	resolver_stuck(0);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{the_resolvers_answers_are_told_apart},
		{the_first_address_is_used_and_the_list_freed},
		{bind_takes_a_name_too},
		{literals_localhost_and_malformed_names_never_reach_it},
		{resolve_gives_each_address_once_in_the_resolvers_order},
		{resolve_answers_literals_and_localhost_itself},
		{reverse_takes_only_wellformed_names},
		{a_stuck_resolver_does_not_hold_the_caller},
		{too_many_stuck_lookups_are_eai_again},
		{connect_and_sendto_and_dial_give_up_within_the_lookup},
		{0},
	};

	threads_at_first = threads();
#ifdef __SANITIZE_THREAD__
	threads_at_first++; /* its own, which begins with the first of ours */
#endif
	return testing_main("resolve", tests);
}
