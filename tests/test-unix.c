/* SPDX-License-Identifier: MIT */

/* Unix-domain sockets; where the system has none, every way to one is refused. */

#include "testing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A path in the current folder, which is this process's own; short, because the field is. */
static struct sock_addr path(const char *name)
{
	struct sock_addr addr = {"", 0};

	snprintf(addr.host, sizeof addr.host, "./%s", name);
	return addr;
}

static struct sock bound(int type, const struct sock_addr *addr)
{
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, type), 0);
	expect(sock_bind(s, addr), 0);
	return s;
}

START_TEST(streams_connect_by_path)
{
	struct sock_addr addr = path("stream"), peer = {"x", 1}, local;
	struct sock l = bound(LIBSOCK_STREAM, &addr), client, conn;
	char data[8];

	expect(sock_listen(l, 1), 0);
	expect(sock_local(l, &local), 0);
	ck_assert(sock_addr_equal(&local, &addr));
	for (int d = 0; d < 3; d++) {
		const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), LIBSOCK_NOWAIT};

		expect(sock_open(&client, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
		expect(sock_connect(client, &addr, deadlines[d]), 0);
		expect(sock_accept(l, &conn, &peer, soon()), 0);
		ck_assert_str_eq(peer.host, ""); /* a client without a name of its own */
		ck_assert_int_eq(peer.port, 0);
		expect(sock_peer(client, &peer), 0);
		ck_assert_str_eq(peer.host, addr.host);
		expect(sock_send(client, "hi", 2, soon()), 2);
		expect(sock_recv(conn, data, sizeof data, soon()), 2);
		expect(sock_recv(conn, data, sizeof data, sock_after(10)), LIBSOCK_ETIMEDOUT);
		sock_close(&client);
		expect(sock_recv(conn, data, sizeof data, soon()), 0);
		sock_close(&conn);
	}
	sock_close(&l);
	remove(addr.host);
}
END_TEST

START_TEST(a_stream_without_a_peer_receives_as_over_tcp)
{
	struct sock s = {0}, taken;
	struct sock_reader reader;
	char data[4], *line;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_recv(s, data, sizeof data, soon()), LIBSOCK_ENOTCONN);
	expect(sock_recv_all(s, data, sizeof data, LIBSOCK_NOWAIT, NULL), LIBSOCK_ENOTCONN);
	expect(sock_recvv(s, &(struct sock_room){data, sizeof data}, 1, LIBSOCK_FOREVER), LIBSOCK_ENOTCONN);
	expect(sock_recv_socket(s, &taken, soon()), LIBSOCK_ENOTCONN);
	expect(sock_reader_init(&reader, s, data, sizeof data), 0);
	expect(sock_read_line(&reader, &line, soon()), LIBSOCK_ENOTCONN);
	expect(sock_finish(&s, soon()), LIBSOCK_ENOTCONN);
}
END_TEST

START_TEST(datagrams_say_from_where)
{
	struct sock_addr a_addr = path("a"), b_addr = path("b"), from;
	struct sock a = bound(LIBSOCK_DGRAM, &a_addr), b = bound(LIBSOCK_DGRAM, &b_addr), nameless;
	char data[8];

	expect(sock_sendto(a, "ping", 4, &b_addr, soon()), 4);
	expect(sock_recvfrom(b, data, sizeof data, &from, soon()), 4);
	ck_assert(sock_addr_equal(&from, &a_addr));
	expect(sock_sendto(b, "a longer one", 12, &from, soon()), 12);
	expect(sock_recvfrom(a, data, 4, &from, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_mem_eq(data, "a lo", 4);
	expect(sock_open(&nameless, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM), 0);
	expect(sock_sendto(nameless, "", 0, &a_addr, soon()), 0);
	expect(sock_recvfrom(a, data, sizeof data, &from, soon()), 0);
	ck_assert_str_eq(from.host, "");
	sock_close(&nameless);
	sock_close(&a);
	sock_close(&b);
	remove(a_addr.host);
	remove(b_addr.host);
}
END_TEST

START_TEST(a_datagram_socket_has_no_peer_after_a_failed_connect)
{
	struct sock_addr addr = path("a"), nobody = path("nobody"), peer;
	struct sock a = bound(LIBSOCK_DGRAM, &addr), s;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 2; i++) {
		char data[8];

		expect(sock_connect(s, &addr, soon()), 0);
		expect(sock_send(s, "x", 1, soon()), 1);
		expect(sock_recv(a, data, sizeof data, soon()), 1);
		expect(sock_connect(s, &nobody, soon()), LIBSOCK_ENOENT);
		expect(sock_peer(s, &peer), LIBSOCK_ENOTCONN);
		expect(sock_send(s, "x", 1, soon()), LIBSOCK_ENOTCONN);
	}
	sock_close(&s);
	sock_close(&a);
	remove(addr.host);
}
END_TEST

/* Row abstract-names of docs/porting.md. */
START_TEST(abstract_names_work_or_are_enotsup)
{
	struct sock_addr addr, local;
	struct sock l, client, conn;

	snprintf(addr.host, sizeof addr.host, "@libsock-test-%d", native_process_id()); /* the machine shares these */
	addr.port = 0;
	expect(sock_open(&l, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	if (!sock_has(LIBSOCK_HAS_UNIX_ABSTRACT)) {
		expect(sock_bind(l, &addr), LIBSOCK_ENOTSUP);
		sock_close(&l);
		return;
	}
	expect(sock_bind(l, &(struct sock_addr){"@", 0}), LIBSOCK_ENAME);
	expect(sock_bind(l, &addr), 0);
	expect(sock_listen(l, 1), 0);
	expect(sock_local(l, &local), 0);
	ck_assert_str_eq(local.host, addr.host);
	expect(sock_open(&client, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);

	/* Linux: the longest, a byte more than a path */
	snprintf(addr.host, sizeof addr.host, "@%0107d", native_process_id());
	l = bound(LIBSOCK_DGRAM, &addr);
	expect(sock_sendto(l, "x", 1, &addr, soon()), 1);
	expect(sock_recvfrom(l, (char[1]){0}, 1, &local, soon()), 1);
	ck_assert_str_eq(local.host, addr.host);
	sock_close(&l);
}
END_TEST

/* A full receiver leaves an unconnected sender "writable": no readiness can be waited for, and none must be spun for. */
START_TEST(sendto_a_full_receiver_gives_up_on_time_without_spinning)
{
	struct sock_addr addr = path("full-dgram");
	struct sock to = bound(LIBSOCK_DGRAM, &addr), s;
	int64_t start;
	clock_t cpu;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM), 0);
	while (sock_sendto(s, "x", 1, &addr, LIBSOCK_NOWAIT) == 1)
		;
	start = sock_now();
	cpu = clock();
	expect(sock_sendto(s, "x", 1, &addr, sock_after(300)), LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now() - start, 300);
	ck_assert_int_lt((clock() - cpu) * 1000 / CLOCKS_PER_SEC, 100);
	sock_close(&s);
	sock_close(&to);
	remove(addr.host);
}
END_TEST

START_TEST(a_path_that_begins_with_at_is_written_with_a_dot)
{
	struct sock_addr addr = {"./@libsock-test", 0}, bare = {"@libsock-test", 0}, local;
	struct sock s = bound(LIBSOCK_STREAM, &addr);

	expect(sock_local(s, &local), 0);
	ck_assert_str_eq(local.host, addr.host);
	ck_assert(!sock_addr_equal(&addr, &bare));
	sock_close(&s);
	remove(addr.host);
}
END_TEST

START_TEST(paths_of_every_critical_length)
{
	struct sock s;
	struct sock_addr addr = {"", 0};
	size_t most = 0;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), LIBSOCK_ENAME); /* empty */
	for (size_t length = 1; length < LIBSOCK_HOST_MAX; length++) {
		struct sock_addr local;
		int err;

		memset(addr.host, 'p', length);
		addr.host[length] = '\0';
		sock_close(&s);
		expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
		err = sock_bind(s, &addr);
		if (err == 0) {
			ck_assert_uint_eq(most, length - 1);
			most = length;
			expect(sock_local(s, &local), 0);
			ck_assert_str_eq(local.host, addr.host);
			remove(addr.host);
		} else {
			expect(err, LIBSOCK_ENAMETOOLONG);
		}
	}
	ck_assert_uint_ge(most, 91); /* the shortest field that POSIX knows of; Linux: 107 */
	memset(addr.host, 'p', sizeof addr.host);
	expect(sock_bind(s, &addr), LIBSOCK_ENAME); /* no NUL */
	sock_close(&s);
}
END_TEST

START_TEST(a_missing_path_is_enoent_and_a_dead_one_refuses)
{
	struct sock_addr addr = path("dead"), folder = {"./no-such-folder/x", 0};
	struct sock s, l;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_connect(s, &addr, soon()), LIBSOCK_ENOENT);
	expect(sock_bind(s, &folder), LIBSOCK_ENOENT);
	l = bound(LIBSOCK_STREAM, &addr);
	sock_close(&l); /* the path stays */
	expect(sock_connect(s, &addr, soon()), LIBSOCK_ECONNREFUSED);
	sock_close(&s);
	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_bind(s, &addr), LIBSOCK_EADDRINUSE);
	sock_close(&s);
	remove(addr.host);
}
END_TEST

/* Linux waits for room; the others refuse (row full-unix-backlog of docs/porting.md). Nobody exceeds the deadline. */
/* What sock_bind()'s documentation says to do. 0, or LIBSOCK_EADDRINUSE where a server is running. */
static int replace(struct sock *s, const struct sock_addr *addr)
{
	struct sock_addr beside = path("beside");
	struct sock probe;
	int err;

	expect(sock_open(&probe, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	err = sock_connect(probe, addr, soon());
	sock_close(&probe);
	if (err != LIBSOCK_ECONNREFUSED)
		return err == 0 ? LIBSOCK_EADDRINUSE : err;
	*s = bound(LIBSOCK_STREAM, &beside);
	expect(sock_listen(*s, 4), 0);
	return rename(beside.host, addr->host);
}

START_TEST(a_stale_path_is_replaced_as_documented_and_a_server_is_left_alone)
{
	struct sock_addr addr = path("replaced");
	struct sock old = bound(LIBSOCK_STREAM, &addr), l, client, conn;

	expect(sock_listen(old, 4), 0);
	expect(replace(&l, &addr), LIBSOCK_EADDRINUSE);
	sock_close(&old);
	expect(sock_open(&l, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_bind(l, &addr), LIBSOCK_EADDRINUSE); /* nobody is there, but the path is */
	sock_close(&l);
	expect(replace(&l, &addr), 0);
	expect(sock_open(&client, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);
	remove(addr.host);
}
END_TEST

START_TEST(connect_to_a_full_queue_gives_up_on_time)
{
	enum { MOST = 16 };
	struct sock_addr addr = path("full");
	struct sock l = bound(LIBSOCK_STREAM, &addr), s[MOST] = {{0}};
	int64_t start = 0;
	int err = 0, count = 0;

	expect(sock_listen(l, 1), 0);
	while (err == 0 && count < MOST) {
		expect(sock_open(&s[count], LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
		start = sock_now();
		err = sock_connect(s[count++], &addr, sock_after(100));
	}
	ck_assert_msg(err == LIBSOCK_ETIMEDOUT || err == LIBSOCK_ECONNREFUSED, "%s", sock_errname(err));
	if (err == LIBSOCK_ETIMEDOUT) {
		ck_assert_int_ge(sock_now() - start, 100);
		expect_ended(start);
		expect(sock_connect(s[count - 1], &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_connect(s[count - 1], &addr, -1), LIBSOCK_ETIMEDOUT);
	}
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	remove(addr.host);
}
END_TEST

/* Row unix-domain of docs/porting.md. */
START_TEST(without_unix_sockets_open_is_enotsup)
{
	struct sock s = {.family = 77};

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), LIBSOCK_ENOTSUP);
	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM), LIBSOCK_ENOTSUP);
	ck_assert_int_eq(s.family, 0);
	expect(sock_has(LIBSOCK_HAS_UNIX_ABSTRACT), 0);
}
END_TEST

int main(void)
{
	const struct testing_test with[] = {
		{streams_connect_by_path},
		{a_stream_without_a_peer_receives_as_over_tcp},
		{datagrams_say_from_where},
		{a_datagram_socket_has_no_peer_after_a_failed_connect},
		{abstract_names_work_or_are_enotsup},
		{sendto_a_full_receiver_gives_up_on_time_without_spinning},
		{a_path_that_begins_with_at_is_written_with_a_dot},
		{paths_of_every_critical_length},
		{a_missing_path_is_enoent_and_a_dead_one_refuses},
		{a_stale_path_is_replaced_as_documented_and_a_server_is_left_alone},
		{connect_to_a_full_queue_gives_up_on_time},
		{0},
	};
	const struct testing_test without[] = {
		{without_unix_sockets_open_is_enotsup},
		{0},
	};

	return testing_main("unix", sock_has(LIBSOCK_HAS_UNIX_STREAM) == 1 ? with : without);
}
