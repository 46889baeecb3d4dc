/* SPDX-License-Identifier: MIT */

/* Names, with the system's resolver replaced (by the linker: -Wl,--wrap) so that no test asks a name server. */

#include "native.h"

#include "os.h"
#include "testing.h"

#include <string.h>

static int resolver_calls, resolver_answer;
static struct addrinfo *resolver_list;

/* The linker's names. */
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	ck_assert_str_eq(name, "a-name.example");
	ck_assert_ptr_null(service);
	ck_assert_int_eq(hints->ai_flags, 0); /* neither AI_ADDRCONFIG nor AI_CANONNAME nor AI_V4MAPPED */
	resolver_calls++;
	*list = resolver_list;
	return resolver_answer;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	ck_assert_ptr_eq(list, resolver_list);
	resolver_list = NULL;
}

static struct sockaddr_in ipv4 = {.sin_family = AF_INET};
static struct addrinfo answer4 = {.ai_family = AF_INET, .ai_addrlen = sizeof ipv4, .ai_addr = (struct sockaddr *)&ipv4};

static int connect_by_name(int answer)
{
	struct sock s;
	struct sock_addr addr = {"a-name.example", 80};
	int err;

	resolver_answer = answer;
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	err = sock_connect(s, &addr, soon());
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
	errno = EMFILE;
	expect(connect_by_name(EAI_SYSTEM), LIBSOCK_EMFILE);
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

int main(void)
{
	const struct testing_test tests[] = {
		{the_resolvers_answers_are_told_apart},
		{the_first_address_is_used_and_the_list_freed},
		{bind_takes_a_name_too},
		{literals_localhost_and_malformed_names_never_reach_it},
		{0},
	};

	return testing_main("resolve", tests);
}
