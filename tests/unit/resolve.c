/* SPDX-License-Identifier: MIT */

/* Names, with the system's resolver replaced (by the linker: -Wl,--wrap) so that no test asks a name server. */

#include "native.h"

#include "os.h"
#include "os_job.h"
#include "testing.h"

#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* What the resolver says of each family. */
struct resolver {
	int answer, number; /* what getaddrinfo() returns, and errno */
	struct addrinfo *list;
	int calls, frees;
	int late_answer; /* what is let go gets the answer, else EAI_AGAIN */
	int is_stuck, waiting, let_go; /* it does not answer: each call waits until it, the oldest, is let go */
};
static struct resolver resolvers[3];
static struct resolver *const six = &resolvers[0], *const four = &resolvers[1], *const both = &resolvers[2];
static int reverse_calls;
static int resolver_is_forked; /* nobody waits here, whatever state lock and condition were copied in */
static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_changed = PTHREAD_COND_INITIALIZER;

static void resolver_stuck(struct resolver *r, int stuck)
{
	pthread_mutex_lock(&resolver_lock);
	r->is_stuck = stuck;
	r->waiting = r->let_go = 0;
	pthread_mutex_unlock(&resolver_lock);
}

static void both_stuck(int stuck)
{
	resolver_stuck(six, stuck);
	resolver_stuck(four, stuck);
}

/* Let all go that are there by now. A thread may begin after its caller has given up, so there may be more to come. */
static void resolver_let_go_on(void)
{
	pthread_mutex_lock(&resolver_lock);
	six->let_go = six->waiting;
	four->let_go = four->waiting;
	pthread_cond_broadcast(&resolver_changed);
	pthread_mutex_unlock(&resolver_lock);
}

/* What a call does, after it has waited if it is to be stuck. */
static int resolver_call(struct resolver *r, struct addrinfo **list)
{
	int stuck, mine, answer;

	if (resolver_is_forked)
		return r->answer;
	pthread_mutex_lock(&resolver_lock);
	stuck = r->is_stuck;
	mine = r->waiting++;
	pthread_cond_broadcast(&resolver_changed);
	while (stuck && r->let_go <= mine)
		pthread_cond_wait(&resolver_changed, &resolver_lock);
	r->calls++;
	*list = r->list;
	errno = r->number;
	answer = stuck && !r->late_answer ? EAI_AGAIN : r->answer;
	pthread_mutex_unlock(&resolver_lock);
	return answer;
}

/* Until so many calls of a family are in the resolver. */
static void until_asked(struct resolver *r, int calls)
{
	pthread_mutex_lock(&resolver_lock);
	while (r->waiting < calls)
		pthread_cond_wait(&resolver_changed, &resolver_lock);
	pthread_mutex_unlock(&resolver_lock);
}

static int resolver_calls(void)
{
	return six->calls + four->calls + both->calls + reverse_calls;
}

enum { SOME_STACK = 192 * 1024 }; /* more than glibc's resolver takes for the longest answer */

/* A program's thread-local variables. glibc takes them out of every thread's stack, from which a look-up needs its own. */
static _Thread_local volatile char locals[240 * 1024];

static void use_some_stack(void)
{
	volatile char stack[SOME_STACK];

	for (int i = SOME_STACK - 1; i >= 0; i -= 1024)
		stack[i] = 1;
	locals[0] = stack[1023];
}

/* The linker's names. */
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);
int __wrap_getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t host_size, char *service,
		       socklen_t service_size, int flags);

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	ck_assert_ptr_null(service);
	ck_assert_int_eq(hints->ai_flags, 0); /* neither AI_ADDRCONFIG nor AI_CANONNAME nor AI_V4MAPPED */
	use_some_stack();
	if (hints->ai_family == AF_UNSPEC) {
		ck_assert_str_eq(name, "short");
		return resolver_call(both, list);
	}
	ck_assert(strcmp(name, "a-name.example") == 0 || strcmp(name, "short.") == 0 || hints->ai_family == AF_INET);
	return resolver_call(hints->ai_family == AF_INET ? four : six, list);
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	pthread_mutex_lock(&resolver_lock);
	if (list)
		(list->ai_family == AF_INET ? four : six)->frees++;
	pthread_cond_broadcast(&resolver_changed);
	pthread_mutex_unlock(&resolver_lock);
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
	reverse_calls++;
	if (four->answer == 0)
		snprintf(host, host_size, "%s", resolver_name);
	return four->answer;
}

/* Some addresses of a family as getaddrinfo() gives them: of IPv4 127.0.0.x by the last number, of IPv6 ::x. */
enum { MOST = 8 };
static struct answer {
	struct addrinfo item[MOST];
	union {
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} addr[MOST];
} answers[3];

/* Of the resolver of both families the first, third and so on are IPv4. */
static void resolver_says(struct resolver *r, int answer, const char *last)
{
	struct answer *a = &answers[r - resolvers];
	memset(a, 0, sizeof *a);
	r->answer = answer;
	r->number = r->frees = 0;
	r->list = *last ? a->item : NULL;
	for (int i = 0; last[i]; i++) {
		const int family = r == four || (r == both && i % 2 == 0) ? AF_INET : AF_INET6;

		a->item[i] = (struct addrinfo){.ai_family = family, .ai_addr = (struct sockaddr *)&a->addr[i]};
		a->item[i].ai_addr->sa_family = (sa_family_t)family;
		a->item[i].ai_addrlen = family == AF_INET ? sizeof a->addr->four : sizeof a->addr->six;
		a->item[i].ai_next = last[i + 1] ? &a->item[i + 1] : NULL;
		a->addr[i].four.sin_addr.s_addr = htonl(0x7f000000U + (unsigned)(last[i] - '0'));
		if (family == AF_INET6) {
			memset(&a->addr[i].six.sin6_addr, 0, 16);
			a->addr[i].six.sin6_addr.s6_addr[15] = (uint8_t)(last[i] - '0');
		}
	}
}

/* ::1 leads somewhere where the machine has it; then IPv6 comes first. */
static int has_ip6(void)
{
	struct sock_addr addr = {"::1", 9};
	struct sock s;
	int err = sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM);

	if (err == 0)
		err = sock_connect(s, &addr, LIBSOCK_NOWAIT);
	sock_close(&s);
	return err == 0;
}

/* Every result has the port of the question, what is beyond the room is counted, and nothing is written there. */
static int resolve(const char *name, int family, struct sock_addr out[], int max, int64_t deadline)
{
	struct sock_addr addr = {"", 4711}, beyond;
	size_t size = strlen(name) + 1;
	int count;

	memcpy(addr.host, name, size < sizeof addr.host ? size : sizeof addr.host); /* without a NUL, if it is too long */
	memset(&beyond, '#', sizeof beyond);
	memset(out, '#', (size_t)max * sizeof *out);
	count = sock_resolve(&addr, family, out, max, deadline);
	for (int i = 0; i < max; i++)
		if (i < count)
			ck_assert_int_eq(out[i].port, 4711);
		else
			ck_assert_mem_eq(&out[i], &beyond, sizeof beyond);
	return count;
}

static int connect_by_name(int answer)
{
	struct sock s;
	struct sock_addr addr = {"a-name.example", 80};
	int err, again;

	four->answer = answer;
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
	four->number = EMFILE;
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EMFILE);
	four->number = EINTR;
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EAI_AGAIN);
	four->number = ECONNREFUSED; /* the name server's, not the peer's */
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EAI_FAIL);
	four->list = NULL;
	expect(connect_by_name(0), LIBSOCK_EAI_NONAME); /* found, but empty */
}
END_TEST

START_TEST(the_first_address_is_used_and_the_list_freed)
{
	struct sock_addr addr, peer;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s;

	resolver_says(four, 0, "12");
	expect(sock_addr_set(&addr, "a-name.example", addr.port), 0);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(s, &addr, soon()), 0);
	ck_assert_int_eq(four->frees, 1);
	expect(sock_peer_addr(s, &peer), 0);
	ck_assert_str_eq(peer.host, "127.0.0.1");
	ck_assert_int_eq(peer.port, addr.port);
	sock_close(&s);
	sock_close(&l);
}
END_TEST

START_TEST(a_dual_stack_socket_reaches_by_name_what_it_reaches_by_literal)
{
	const struct sock_addr literal = {"127.0.0.1", 0};
	struct sock_addr addr, peer, own;
	struct sock l, u, s, d;
	struct sock_packet packet = {.peer = {"", 0}};
	char byte;

	if (!has_ip6())
		return;
	l = listener(LIBSOCK_AF_INET, 8, &addr);
	u = datagram(LIBSOCK_AF_INET, &own);
	resolver_says(six, EAI_NONAME, "");
	resolver_says(four, 0, "1");
	expect(sock_addr_set(&addr, "a-name.example", addr.port), 0);
	for (int i = 0; i < 2; i++) {
		const int64_t deadline = i ? soon() : LIBSOCK_FOREVER;

		expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
		expect(sock_connect(s, &addr, deadline), 0);
		expect(sock_peer_addr(s, &peer), 0);
		ck_assert_str_eq(peer.host, "127.0.0.1");
		sock_close(&s);
		expect(sock_open(&d, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		packet.peer = (struct sock_addr){"a-name.example", own.port};
		expect(sock_sendto(d, "x", 1, &packet.peer, deadline), 1);
		expect(sock_recv(u, &byte, 1, soon()), 1);
		expect(sock_send_packet(d, "x", 1, &packet, deadline), 1);
		expect(sock_recv(u, &byte, 1, soon()), 1);
		sock_close(&d);
		expect(sock_open(&d, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		expect(sock_bind(d, &(struct sock_addr){"a-name.example", 0}), 0);
		expect(sock_local_addr(d, &peer), 0);
		ck_assert_str_eq(peer.host, literal.host);
		sock_close(&d);
		expect(sock_open(&d, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		if (sock_set(d, LIBSOCK_OPT_V6ONLY, 1) == 0)
			expect(sock_connect(d, &addr, deadline), sock_connect(d, &(struct sock_addr){"127.0.0.1", addr.port}, deadline));
		sock_close(&d);
	}
	resolver_says(six, 0, "1");
	for (int nowhere = 0; nowhere < 2; nowhere++) {
		if (nowhere) /* link-local, without a scope */
			memcpy(&answers[0].addr[0].six.sin6_addr, (uint8_t[16]){0xfe, 0x80, [15] = 1}, 16);
		expect(sock_open(&d, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		expect(sock_connect(d, &addr, soon()), 0);
		expect(sock_peer_addr(d, &peer), 0);
		ck_assert_str_eq(peer.host, nowhere ? "127.0.0.1" : "::1");
		sock_close(&d);
	}
	sock_close(&u);
	sock_close(&l);
}
END_TEST

START_TEST(bind_takes_a_name_too)
{
	struct sock s;
	struct sock_addr addr = {"a-name.example", 0}, local;

	resolver_says(four, 0, "1");
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), 0);
	expect(sock_local_addr(s, &local), 0);
	ck_assert_str_eq(local.host, "127.0.0.1");
	sock_close(&s);
}
END_TEST

START_TEST(literals_localhost_and_malformed_names_never_reach_it)
{
	static const char *const hosts[] = {"127.0.0.1", "::1",	   "::ffff:127.0.0.1", "localhost", "x.localhost.", "127.1",
					    "0x7f.1",	 "1.2.3.", "a..b",	       "a b",	    "",		    "fe80::1%9"};
	const int before = resolver_calls();
	struct sock s;
	struct sock_addr addr;

	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
			expect(sock_addr_set(&addr, hosts[i], 9), 0);
			expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
			sock_sendto(s, "x", 1, &addr, LIBSOCK_NOWAIT);
			sock_bind(s, &addr);
			sock_close(&s);
		}
	ck_assert_int_eq(resolver_calls(), before);
}
END_TEST

/* 127.0.0.1 and ::1 at the same port, so far as the machine has both. */
static void listeners(struct sock *l4, struct sock *l6, struct sock_addr *addr)
{
	int err = LIBSOCK_EADDRINUSE;

	for (int64_t by = soon(); err == LIBSOCK_EADDRINUSE && sock_now() < by;) {
		*l4 = listener(LIBSOCK_AF_INET, 8, addr);
		*addr = loopback(LIBSOCK_AF_INET6, addr->port);
		err = has_ip6() ? sock_serve(l6, LIBSOCK_STREAM, addr, 8) : 0;
		if (err < 0)
			sock_close(l4);
	}
	expect(err, 0);
	expect(sock_addr_set(addr, "a-name.example", addr->port), 0);
}

START_TEST(resolve_gives_each_address_once_in_the_resolvers_order)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};
	const int four_at = has_ip6() ? 1 : 0;
	struct sock_addr out[4];

	resolver_says(six, 0, "11");
	resolver_says(four, 0, "2232");
	for (int d = 0; d < 2; d++) {
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), 3);
		ck_assert_str_eq(out[four_at ? 0 : 2].host, "::1");
		ck_assert_str_eq(out[four_at].host, "127.0.0.2");
		ck_assert_str_eq(out[four_at + 1].host, "127.0.0.3");
		expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 2, deadlines[d]), 2); /* each once */
		ck_assert_str_eq(out[1].host, "127.0.0.3");
		expect(resolve("a-name.example", LIBSOCK_AF_INET6, out, 2, deadlines[d]), 1);
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 2, deadlines[d]), 3); /* of which 2 are written */
		ck_assert_str_eq(out[four_at].host, "127.0.0.2");
		expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 1, deadlines[d]), 2);
		ck_assert_str_eq(out[0].host, "127.0.0.2");
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 0, deadlines[d]), 3);
	}
	ck_assert_int_eq(four->frees, 10);
	ck_assert_int_eq(six->frees, 8);
}
END_TEST

/* What the resolver completes from a search list is one host's for both families only if it is one question. */
START_TEST(a_name_without_a_dot_is_one_question_for_both_families)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};
	const int four_at = has_ip6() ? 1 : 0, six_at = has_ip6() ? 0 : 2;
	struct sock_addr out[4];

	resolver_says(six, EAI_FAIL, "");
	resolver_says(four, EAI_FAIL, "");
	for (int d = 0; d < 2; d++) {
		resolver_says(both, 0, "213121");
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), 3);
		ck_assert_str_eq(out[four_at].host, "127.0.0.2");
		ck_assert_str_eq(out[four_at + 1].host, "127.0.0.3");
		ck_assert_str_eq(out[six_at].host, "::1");
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 1, deadlines[d]), 3);
		ck_assert_str_eq(out[0].host, has_ip6() ? "::1" : "127.0.0.2");
		resolver_says(both, 0, "1");
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), 1);
		ck_assert_str_eq(out[0].host, "127.0.0.1");
		resolver_says(both, EAI_AGAIN, "");
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), LIBSOCK_EAI_AGAIN);
		resolver_says(both, 0, "");
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), LIBSOCK_EAI_NONAME);
		expect(resolve("short", LIBSOCK_AF_INET, out, 4, deadlines[d]), LIBSOCK_EAI_FAIL);
		expect(resolve("short.", LIBSOCK_AF_UNSPEC, out, 4, deadlines[d]), LIBSOCK_EAI_FAIL); /* completed by nobody */
	}
}
END_TEST

START_TEST(a_dial_to_a_name_without_a_dot_takes_the_host_that_it_is)
{
	struct sock l4, l6 = {0}, s;
	struct sock_addr addr, peer;

	listeners(&l4, &l6, &addr);
	expect(sock_addr_set(&addr, "short", addr.port), 0);
	resolver_says(six, 0, "1");
	resolver_says(four, EAI_NONAME, "");
	resolver_says(both, 0, "1");
	for (int i = 0; i < 2; i++) {
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, i ? soon() : LIBSOCK_FOREVER), 0);
		expect(sock_peer_addr(s, &peer), 0);
		ck_assert_str_eq(peer.host, "127.0.0.1");
		sock_close(&s);
	}
	sock_close(&l4);
	sock_close(&l6);
}
END_TEST

/* Whoever writes IPv4 into an AAAA record has not got IPv6: the A record is for that. */
START_TEST(a_mapped_address_is_none_of_ipv6)
{
	static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 127, 0, 0, 2};
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};
	struct sock_addr out[4];

	for (int i = 0; i < 4; i++) {
		resolver_says(six, 0, i % 2 ? "11" : "1");
		resolver_says(four, 0, "2");
		memcpy(&answers[0].addr[0].six.sin6_addr, mapped, 16);
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, deadlines[i / 2]), i % 2 ? 2 : 1);
		ck_assert_str_eq(out[i % 2 && has_ip6()].host, "127.0.0.2");
		expect(resolve("a-name.example", LIBSOCK_AF_INET6, out, 4, deadlines[i / 2]), i % 2 ? 1 : LIBSOCK_EAI_NONAME);
		ck_assert(i % 2 == 0 || strcmp(out[0].host, "::1") == 0);
		resolver_says(both, 0, "2221");
		memcpy(&answers[2].addr[1].six.sin6_addr, mapped, 16);
		expect(resolve("short", LIBSOCK_AF_UNSPEC, out, 4, deadlines[i / 2]), 2);
	}
}
END_TEST

enum { LONG = 600, LEAST_COUNTED = 64 };

START_TEST(as_many_addresses_arrive_as_there_is_room_for)
{
	static struct answer many[LONG];
	static struct sock_addr out[LONG];

	for (int i = 0; i < LONG; i++) {
		resolver_says(four, 0, "1");
		many[i] = answers[1];
		many[i].addr[0].four.sin_addr.s_addr = htonl(0x7f000001U + (unsigned)i);
		many[i].item[0].ai_addr = (struct sockaddr *)&many[i].addr[0];
		many[i].item[0].ai_next = i + 1 < LONG ? many[i + 1].item : NULL;
	}
	four->list = many[0].item;
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 10, soon()), LEAST_COUNTED);
	ck_assert_str_eq(out[9].host, "127.0.0.10");
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 100, soon()), 100);
	ck_assert_str_eq(out[99].host, "127.0.0.100");
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, LONG, soon()), LONG);
	ck_assert_str_eq(out[LONG - 1].host, "127.0.2.88");
}
END_TEST

/* IPv6 that leads nowhere, and what RFC 6724 puts behind IPv4. */
START_TEST(resolve_puts_last_what_leads_nowhere)
{
	static const uint8_t unique_local[16] = {0xfd, 0x77, [15] = 1}, nowhere[16] = {0xfe, 0x80, [15] = 1};
	struct sock_addr out[4];

	resolver_says(six, 0, "1");
	resolver_says(four, 0, "1");
	for (int i = 0; i < 2; i++) {
		memcpy(&answers[0].addr[0].six.sin6_addr, i == 0 ? unique_local : nowhere, 16);
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, soon()), 2);
		ck_assert_str_eq(out[0].host, "127.0.0.1");
	}
}
END_TEST

START_TEST(the_families_answers_are_put_together)
{
	static const struct {
		int six, four, interest;
	} rows[] = {
		{EAI_NONAME, EAI_NONAME, LIBSOCK_EAI_NONAME}, {EAI_NONAME, EAI_AGAIN, LIBSOCK_EAI_AGAIN},
		{EAI_AGAIN, EAI_NONAME, LIBSOCK_EAI_AGAIN},   {EAI_FAIL, EAI_AGAIN, LIBSOCK_EAI_AGAIN},
		{EAI_AGAIN, EAI_FAIL, LIBSOCK_EAI_AGAIN},     {EAI_FAIL, EAI_NONAME, LIBSOCK_EAI_FAIL},
		{EAI_NONAME, EAI_MEMORY, LIBSOCK_ENOMEM},     {EAI_NONAME, 0, 1},
		{EAI_AGAIN, 0, 1},                            {0, EAI_FAIL, 1},
		{0, EAI_NONAME, 1},                           {0, 0, 2},
	};
	struct sock_addr out[4];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (int d = 0; d < 2; d++) {
			resolver_says(six, rows[i].six, "1");
			resolver_says(four, rows[i].four, "1");
			expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, d ? soon() : LIBSOCK_FOREVER), rows[i].interest);
		}
}
END_TEST

START_TEST(resolve_answers_literals_and_localhost_itself)
{
	const int before = resolver_calls();
	struct sock_addr out[4], addr = {"localhost", 80};
	char longer[300];

	expect(resolve("localhost", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), 2);
	ck_assert_str_eq(out[!has_ip6()].host, "::1");
	ck_assert_str_eq(out[has_ip6()].host, "127.0.0.1");
	expect(resolve("localhost", LIBSOCK_AF_UNSPEC, out, 1, LIBSOCK_NOWAIT), 2);
	expect(resolve("x.LOCALHOST.", LIBSOCK_AF_INET, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "127.0.0.1");
	expect(resolve("::ffff:192.0.2.1", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "192.0.2.1");
	expect(resolve("::ffff:192.0.2.1", LIBSOCK_AF_INET, out, 4, LIBSOCK_NOWAIT), 1);
	expect(resolve("::ffff:192.0.2.1", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAFNOSUPPORT);
	expect(resolve("192.0.2.1", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAFNOSUPPORT);
	expect(resolve("0:0::1", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "::1");
	expect(resolve("fe80::1%1", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), 1);
	ck_assert_str_eq(out[0].host, "fe80::1%1");
	expect(resolve("fe80::1%4294967295", LIBSOCK_AF_INET6, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
	expect(resolve("::1", LIBSOCK_AF_INET, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAFNOSUPPORT);
	expect(resolve("fe80::1%no-such", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
	expect(resolve("", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	expect(resolve("127.1", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	for (size_t i = 0; i < sizeof longer; i++)
		longer[i] = i % 3 < 2 ? 'a' : '.';
	longer[254] = '\0';
	expect(resolve(longer, LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	longer[253] = '\0';
	expect(resolve(longer, LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, -1), LIBSOCK_ETIMEDOUT);
	expect(resolve("/path", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	expect(resolve("@name", LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_NOWAIT), LIBSOCK_ENAME);
	expect(resolve("localhost", LIBSOCK_AF_UNIX, out, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve(NULL, LIBSOCK_AF_UNSPEC, out, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve(&addr, LIBSOCK_AF_UNSPEC, NULL, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve(&addr, LIBSOCK_AF_UNSPEC, out, -1, soon()), LIBSOCK_EINVAL);
	expect(sock_resolve(&addr, LIBSOCK_AF_UNSPEC, NULL, 0, LIBSOCK_NOWAIT), 2);
	expect(sock_resolve(&addr, LIBSOCK_AF_INET, &addr, 1, LIBSOCK_NOWAIT), 1); /* in its own place */
	ck_assert_str_eq(addr.host, "127.0.0.1");
	ck_assert_int_eq(addr.port, 80);
	ck_assert_int_eq(resolver_calls(), before);
}
END_TEST

START_TEST(reverse_takes_only_wellformed_names)
{
	static const char *const bad[] = {"", "192.0.2.1", "a b.example", "a..b", "x\n", "::1", "1.2"};
	struct sock_addr addr = {"192.0.2.1", 443}, name = {"before", 1};

	resolver_says(four, 0, "");
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
	four->answer = EAI_NONAME;
	expect(sock_reverse(&addr, &name, soon()), LIBSOCK_EAI_NONAME);
	four->answer = EAI_AGAIN;
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

	both_stuck(1);
	for (int i = 0; i < TIMES; i++) {
		int64_t start = sock_now();

		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 1, sock_after(1)), LIBSOCK_ETIMEDOUT);
		ck_assert_int_ge(sock_now() - start, 1);
		late += sock_now() - start - 1;
		resolver_let_go_on(); /* what was given up ends now, on its own */
	}
	ck_assert_int_lt(late / TIMES, 10);
	until_no_lookup_is_left();
	both_stuck(0);
}
END_TEST

START_TEST(too_many_stuck_lookups_are_eai_again)
{
	struct sock_addr out[1];
	int given_up = 0, err;

	both_stuck(1);
	while ((err = resolve("a-name.example", LIBSOCK_AF_INET, out, 1, sock_after(1))) == LIBSOCK_ETIMEDOUT)
		given_up++;
	expect(err, LIBSOCK_EAI_AGAIN);
	ck_assert_int_ge(given_up, OS_JOB_MAX); /* more, where a deadline passed before the thread was begun */
	until_no_lookup_is_left();
	both_stuck(0); /* there is room again */
	four->answer = EAI_FAIL;
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 1, soon()), LIBSOCK_EAI_FAIL);
	until_no_lookup_is_left();
}
END_TEST

/* The deadlines of the calls that take a name cover the look-up. */
START_TEST(connect_and_sendto_and_dial_give_up_within_the_lookup)
{
	struct sock s, u;
	struct sock_addr addr = {"a-name.example", 80};

	both_stuck(1);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_open(&u, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_connect(s, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_sendto(u, "x", 1, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_sendto(u, "x", 1, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&s);
	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, sock_after(5)), LIBSOCK_ETIMEDOUT);
	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	ck_assert_int_eq(s.family, 0);
	sock_close(&u);
	until_no_lookup_is_left();
	both_stuck(0);
}
END_TEST

/* RFC 8305, section 3. The silent family is silent until the call has returned, whatever the clock says. */
START_TEST(a_silent_family_does_not_hold_a_dial)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), sock_after(20000)};
	struct sock l4, l6 = {0}, s;
	struct sock_addr addr, peer;

	listeners(&l4, &l6, &addr);
	for (int i = 0; i < 6; i++) {
		struct resolver *silent = i % 2 ? four : six, *other = i % 2 ? six : four;

		if (other == six && !has_ip6())
			continue;
		resolver_says(other, 0, "1");
		resolver_stuck(silent, 1);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, deadlines[i / 2]), 0);
		expect(sock_peer_addr(s, &peer), 0);
		ck_assert_str_eq(peer.host, other == six ? "::1" : "127.0.0.1");
		sock_close(&s);
		until_no_lookup_is_left();
		resolver_stuck(silent, 0);
	}
	sock_close(&l4);
	sock_close(&l6);
}
END_TEST

static void *let_go_when_refused(void *unused)
{
	(void)unused;
	until_asked(six, 1);
	pthread_mutex_lock(&resolver_lock);
	while (four->frees == 0) /* the other family's answer has been taken */
		pthread_cond_wait(&resolver_changed, &resolver_lock);
	six->is_stuck = 0;
	pthread_mutex_unlock(&resolver_lock);
	resolver_let_go_on();
	return NULL;
}

START_TEST(a_late_family_joins_the_dial)
{
	struct sock_addr addr;
	struct sock l, s, holder;
	pthread_t thread;

	if (!has_ip6())
		return;
	l = listener(LIBSOCK_AF_INET6, 1, &addr);
	expect(sock_open(&holder, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	addr = loopback(LIBSOCK_AF_INET, addr.port);
	if (sock_bind(holder, &addr) == 0) { /* else the port is somebody's */
		expect(sock_addr_set(&addr, "a-name.example", addr.port), 0);
		resolver_says(four, 0, "1");
		resolver_says(six, 0, "1");
		six->late_answer = 1;
		resolver_stuck(six, 1);
		ck_assert_int_eq(pthread_create(&thread, NULL, let_go_when_refused, NULL), 0);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
		ck_assert_int_eq(s.family, LIBSOCK_AF_INET6);
		sock_close(&s);
		pthread_join(thread, NULL);
		six->late_answer = 0;
	}
	until_no_lookup_is_left();
	both_stuck(0);
	sock_close(&holder);
	sock_close(&l);
}
END_TEST

START_TEST(resolve_gives_what_has_come_by_the_deadline)
{
	struct sock_addr out[4];

	for (int i = 0; i < 2; i++) {
		struct resolver *silent = i ? four : six, *other = i ? six : four;
		int64_t begun = sock_now();

		resolver_says(other, 0, "1");
		resolver_stuck(silent, 1);
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, sock_after(100)), 1);
		ck_assert_int_ge(sock_now() - begun, 100);
		expect_ended(begun);
		ck_assert_str_eq(out[0].host, i ? "::1" : "127.0.0.1");
		resolver_says(other, EAI_NONAME, "");
		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, sock_after(100)), LIBSOCK_ETIMEDOUT);
		until_no_lookup_is_left();
		resolver_stuck(silent, 0);
	}
}
END_TEST

START_TEST(nowait_asks_nobody)
{
	const int before = resolver_calls(), threads_before = threads();
	struct sock_addr out[4], addr = {"a-name.example", 80}, literal = {"192.0.2.1", 80};
	struct sock s;

	for (int i = 0; i < 2; i++) {
		const int64_t deadline = i ? -1 : LIBSOCK_NOWAIT;
		const int interest = i ? LIBSOCK_ETIMEDOUT : LIBSOCK_EAGAIN;

		expect(resolve("a-name.example", LIBSOCK_AF_UNSPEC, out, 4, deadline), interest);
		expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 4, deadline), interest);
		expect(sock_reverse(&literal, &out[0], deadline), interest);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, deadline), interest);
	}
	ck_assert_int_eq(threads(), threads_before);
	ck_assert_int_eq(resolver_calls(), before);
}
END_TEST

/* Calls to be cancelled in; each has somebody to wait for. */
static struct sock_addr full; /* a listener that takes nobody */

static void *look_up_for_ever(void *out)
{
	sock_resolve(&(struct sock_addr){"a-name.example", 0}, LIBSOCK_AF_UNSPEC, out, 4, LIBSOCK_FOREVER);
	return NULL;
}

static void *look_up_soon(void *out)
{
	sock_resolve(&(struct sock_addr){"a-name.example", 0}, LIBSOCK_AF_INET, out, 4, soon());
	return NULL;
}

static void *dial_for_ever(void *unused)
{
	struct sock s;

	(void)unused;
	sock_dial(&s, LIBSOCK_STREAM, &full, LIBSOCK_FOREVER);
	return NULL;
}

/* Without an answer to anybody from now on. */
static struct sock full_listener(struct sock waiting[], int most)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr);
	int count = 0;

	while (count < most && sock_dial(&waiting[count], LIBSOCK_STREAM, &addr, sock_after(50)) == 0)
		count++;
	expect(sock_addr_set(&full, "a-name.example", addr.port), 0);
	return l;
}

START_TEST(a_cancelled_caller_leaves_nothing_behind)
{
	void *(*const calls[])(void *) = {look_up_for_ever, look_up_soon, dial_for_ever, dial_for_ever};
	struct sock waiting[MOST] = {{0}}, l = full_listener(waiting, MOST);
	struct sock_addr out[4];
	const int descriptors = native_open_descriptors();
	pthread_t thread;
	void *result;

	for (int i = 0; i < 4 * 50; i++) {
		both_stuck(1);
		resolver_stuck(four, i % 4 < 3);
		resolver_says(four, 0, "1");
		ck_assert_int_eq(pthread_create(&thread, NULL, calls[i % 4], out), 0);
		until_asked(i % 4 < 3 ? four : six, 1);
		while (i % 4 == 3 && i % 8 != 7 && native_open_descriptors() == descriptors)
			sched_yield(); /* until it connects */
		pthread_cancel(thread);
		pthread_join(thread, &result);
		ck_assert_ptr_eq(result, PTHREAD_CANCELED);
		until_no_lookup_is_left();
	}
	both_stuck(0);
	resolver_says(four, EAI_FAIL, "");
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 1, soon()), LIBSOCK_EAI_FAIL);
	for (int i = 0; i < MOST; i++)
		sock_close(&waiting[i]);
	sock_close(&l);
}
END_TEST

static pid_t process_number; /* what getpid() says, or 0: the truth */
pid_t __wrap_getpid(void);
pid_t __real_getpid(void);

pid_t __wrap_getpid(void)
{
	return process_number ? process_number : __real_getpid();
}

/* In a child that is called `number`: is a look-up made? Not where there are too many already. */
static int child_looks_up(pid_t number)
{
	struct sock_addr out[1];
	pid_t child = fork();
	int status;

	if (child == 0) {
		resolver_is_forked = 1;
		process_number = number;
		four->answer = EAI_FAIL;
		if (resolve("a-name.example", LIBSOCK_AF_INET, out, 1, soon()) == LIBSOCK_EAI_FAIL)
			execlp("true", "true", (char *)NULL); /* success, whatever valgrind would say of threads that are not here */
		execlp("false", "false", (char *)NULL);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status == 0;
}

/* But one that has its parent's number, as the first process of its own PID namespace, cannot know that it is a child. */
START_TEST(a_forked_child_has_no_look_ups)
{
	struct sock_addr out[1];

#ifdef __SANITIZE_THREAD__
	return; /* which starts no threads in a forked child */
#endif
	both_stuck(1);
	while (resolve("a-name.example", LIBSOCK_AF_INET, out, 1, sock_after(1)) == LIBSOCK_ETIMEDOUT)
		;
	until_asked(four, OS_JOB_MAX);
	ck_assert(child_looks_up(0));
	ck_assert(!child_looks_up(getpid()));
	expect(resolve("a-name.example", LIBSOCK_AF_INET, out, 1, soon()), LIBSOCK_EAI_AGAIN); /* here there are */
	until_no_lookup_is_left();
	both_stuck(0);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{the_resolvers_answers_are_told_apart},
		{the_first_address_is_used_and_the_list_freed},
		{a_dual_stack_socket_reaches_by_name_what_it_reaches_by_literal},
		{bind_takes_a_name_too},
		{literals_localhost_and_malformed_names_never_reach_it},
		{resolve_gives_each_address_once_in_the_resolvers_order},
		{a_name_without_a_dot_is_one_question_for_both_families},
		{a_dial_to_a_name_without_a_dot_takes_the_host_that_it_is},
		{a_mapped_address_is_none_of_ipv6},
		{as_many_addresses_arrive_as_there_is_room_for},
		{resolve_puts_last_what_leads_nowhere},
		{the_families_answers_are_put_together},
		{resolve_answers_literals_and_localhost_itself},
		{a_silent_family_does_not_hold_a_dial},
		{a_late_family_joins_the_dial},
		{resolve_gives_what_has_come_by_the_deadline},
		{nowait_asks_nobody},
		{a_cancelled_caller_leaves_nothing_behind},
		{a_forked_child_has_no_look_ups},
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
