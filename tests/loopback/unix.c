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
	expect(sock_local_addr(l, &local), 0);
	ck_assert(sock_addr_equal(&local, &addr));
	for (int d = 0; d < 3; d++) {
		const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), LIBSOCK_NOWAIT};

		expect(sock_open(&client, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
		expect(sock_connect(client, &addr, deadlines[d]), 0);
		expect(sock_accept(l, &conn, &peer, soon()), 0);
		ck_assert_str_eq(peer.host, ""); /* a client without a name of its own */
		ck_assert_int_eq(peer.port, 0);
		expect(sock_peer_addr(client, &peer), 0);
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
	expect(sock_recv_exact(s, data, sizeof data, NULL, LIBSOCK_NOWAIT), LIBSOCK_ENOTCONN);
	expect(sock_recvv(s, &(struct sock_buffer){data, sizeof data}, 1, LIBSOCK_FOREVER), LIBSOCK_ENOTCONN);
	expect(sock_recv_socket(s, &taken, soon()), LIBSOCK_ENOTCONN);
	expect(sock_reader_init(&reader, s, data, sizeof data), 0);
	expect(sock_reader_line(&reader, &line, soon()), LIBSOCK_ENOTCONN);
	expect(sock_close_gracefully(&s, soon()), LIBSOCK_ENOTCONN);
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

START_TEST(a_failed_connect_throws_no_datagram_away)
{
	struct sock_addr a_addr = path("a"), b_addr = path("b"), nobody = path("nobody");
	struct sock a = bound(LIBSOCK_DGRAM, &a_addr), b = bound(LIBSOCK_DGRAM, &b_addr);
	char data[8];

	expect(sock_connect(a, &b_addr, soon()), 0);
	expect(sock_sendto(b, "kept", 4, &a_addr, soon()), 4);
	expect(sock_connect(a, &nobody, soon()), LIBSOCK_ENOENT);
	expect(sock_recv(a, data, sizeof data, soon()), 4);
	expect(sock_connect(a, &b_addr, soon()), 0);
	expect(sock_send(a, "x", 1, soon()), 1);
	expect(sock_recv(b, data, sizeof data, soon()), 1);
	sock_close(&a);
	sock_close(&b);
	remove(a_addr.host);
	remove(b_addr.host);
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
	expect(sock_bind(l, &addr), 0);
	expect(sock_listen(l, 1), 0);
	expect(sock_local_addr(l, &local), 0);
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

	expect(sock_local_addr(s, &local), 0);
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
	for (size_t length = 1; length < LIBSOCK_HOST_SIZE; length++) {
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
			expect(sock_local_addr(s, &local), 0);
			ck_assert_mem_eq(local.host, "./", 2); /* without a slash it would be a name */
			ck_assert_str_eq(local.host + 2, addr.host);
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

START_TEST(a_path_is_dialled_and_served_in_one_call_each)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), -1, LIBSOCK_NOWAIT};
	struct sock_addr addr = path("dialled"), at;
	struct sock l, client, conn;
	char data[4];

	addr.port = 7; /* which means nothing here */
	expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 0), 0);
	ck_assert_int_eq(l.family, LIBSOCK_AF_UNIX);
	ck_assert_int_eq(l.type, LIBSOCK_STREAM);
	expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_local_addr(l, &at), 0);
	ck_assert_str_eq(at.host, addr.host);
	for (int i = 0; i < 4; i++) {
		struct sock_attempt attempts[1];
		int count = -1;

		expect(sock_dial_report(&client, LIBSOCK_STREAM, &addr, attempts, 1, &count, deadlines[i]), 0);
		ck_assert_int_eq(count, 1);
		expect(attempts[0].err, 0);
		ck_assert(sock_addr_equal(&attempts[0].addr, &at));
		ck_assert_int_eq(client.family, LIBSOCK_AF_UNIX);
		expect(sock_accept(l, &conn, NULL, soon()), 0);
		expect(sock_send(client, "hi", 2, soon()), 2);
		expect(sock_recv(conn, data, sizeof data, LIBSOCK_FOREVER), 2);
		sock_close(&client);
		sock_close(&conn);
	}
	sock_close(&l);
	expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ECONNREFUSED);
	ck_assert_int_eq(client.family, 0);
	remove(addr.host);
}
END_TEST

START_TEST(datagrams_are_dialled_to_a_path_and_served_at_one)
{
	struct sock_addr addr = path("served"), from;
	struct sock s, client, other;
	char data[4];

	if (sock_has(LIBSOCK_HAS_UNIX_DGRAM) != 1)
		return;
	expect(sock_serve(&s, LIBSOCK_DGRAM, &addr, 0), 0);
	ck_assert_int_eq(s.type, LIBSOCK_DGRAM);
	expect(sock_dial(&client, LIBSOCK_DGRAM, &addr, LIBSOCK_NOWAIT), 0);
	expect(sock_send(client, "hi", 2, soon()), 2);
	expect(sock_recvfrom(s, data, sizeof data, &from, soon()), 2);
	ck_assert_str_eq(from.host, ""); /* whom nobody can answer */
	expect(sock_dial(&other, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_serve(&other, LIBSOCK_DGRAM, &addr, 0), LIBSOCK_EADDRINUSE);
	expect(sock_serve(&other, LIBSOCK_STREAM, &addr, 0), LIBSOCK_EADDRINUSE);
	sock_close(&client);
	sock_close(&s);
	for (int i = 0; i < 3; i++) { /* either type replaces either */
		const int type = i == 1 ? LIBSOCK_STREAM : LIBSOCK_DGRAM;

		expect(sock_serve(&s, type, &addr, 0), 0);
		expect(sock_dial(&client, type, &addr, soon()), 0);
		sock_close(&client);
		sock_close(&s);
	}
	remove(addr.host);
}
END_TEST

START_TEST(a_stale_path_is_served_again_and_nothing_else_is_touched)
{
	enum { MOST = 16 };
	struct sock_addr addr = path("stale");
	struct sock l, again = {.family = 77}, s[MOST] = {{0}}, conn;
	FILE *file;
	int count = 0;

	for (int i = 0; i < 2; i++) { /* the second time it is stale */
		expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 1), 0);
		expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 1), LIBSOCK_EADDRINUSE);
		ck_assert_int_eq(again.family, 0);
		if (native_is_windows()) { /* the server has seen it */
			expect(sock_accept(l, &conn, NULL, soon()), 0);
			sock_close(&conn);
		}
		expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_dial(&s[0], LIBSOCK_STREAM, &addr, soon()), 0);
		sock_close(&s[0]);
		if (i == 0)
			sock_close(&l);
	}
	while (count < MOST && sock_dial(&s[count], LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT) == 0)
		count++;
	if (!native_is_windows()) /* with a full queue */
		expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 1), LIBSOCK_EADDRINUSE);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	remove(addr.host);

	l = bound(LIBSOCK_STREAM, &addr);
	if (!native_is_windows()) /* that does not listen yet */
		expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 1), LIBSOCK_EADDRINUSE);
	sock_close(&l);
	remove(addr.host);

	file = fopen(addr.host, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 1), LIBSOCK_EADDRINUSE);
	expect(sock_serve(&again, LIBSOCK_STREAM, &(struct sock_addr){"./", 0}, 1), LIBSOCK_EADDRINUSE); /* a folder */
	file = fopen(addr.host, "r");
	ck_assert_ptr_nonnull(file); /* no socket: it stays */
	fclose(file);
	remove(addr.host);
	expect(sock_serve(&again, LIBSOCK_STREAM, &(struct sock_addr){"./no/such", 0}, 1), LIBSOCK_ENOENT);
	ck_assert_int_eq(again.family, 0);
}
END_TEST

START_TEST(a_dial_to_a_full_queue_gives_up_on_time)
{
	enum { MOST = 16 };
	struct sock_addr addr = path("full-dial");
	struct sock l, s[MOST] = {{0}}, none = {.family = 77};
	int64_t start = 0;
	int err = 0, count = 0;

	expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 1), 0);
	while (err == 0 && count < MOST) {
		start = sock_now();
		err = sock_dial(&s[count++], LIBSOCK_STREAM, &addr, sock_after(100));
	}
	ck_assert_msg(err == LIBSOCK_ETIMEDOUT || err == LIBSOCK_ECONNREFUSED, "%s", sock_errname(err));
	if (err == LIBSOCK_ETIMEDOUT) {
		ck_assert_int_ge(sock_now() - start, 100);
		expect_ended(start);
		expect(sock_dial(&none, LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_dial(&none, LIBSOCK_STREAM, &addr, -1), LIBSOCK_ETIMEDOUT);
		ck_assert_int_eq(none.family, 0);
	}
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	remove(addr.host);
}
END_TEST

START_TEST(what_is_no_path_to_anybody_is_not_dialled)
{
	static const int types[] = {LIBSOCK_STREAM, LIBSOCK_DGRAM};
	struct sock_addr missing = path("missing"), plain = {"missing", 0}, endless;
	struct sock s = {.family = 77};
	struct sock_attempt attempts[1];

	memset(endless.host, '/', sizeof endless.host);
	for (int i = 0; i < 2; i++) {
		int count = 1;

		expect(sock_dial_report(&s, types[i], &missing, attempts, 1, &count, soon()), LIBSOCK_ENOENT);
		ck_assert_int_eq(count, 1);
		expect(attempts[0].err, LIBSOCK_ENOENT);
		expect(sock_dial(&s, types[i], &endless, soon()), LIBSOCK_ENAME);
		expect(sock_serve(&s, types[i], &endless, 0), LIBSOCK_ENAME);
		endless.host[200] = '\0';
		count = 1;
		expect(sock_dial_report(&s, types[i], &endless, attempts, 1, &count, soon()), LIBSOCK_ENAMETOOLONG);
		ck_assert_int_eq(count, 0);
		expect(sock_serve(&s, types[i], &endless, 0), LIBSOCK_ENAMETOOLONG);
		endless.host[200] = '/';
		expect(sock_dial(&s, types[i], &plain, soon()), LIBSOCK_EPORT); /* a name */
		ck_assert_int_eq(s.family, 0);
	}
}
END_TEST

START_TEST(abstract_names_are_dialled_and_served)
{
	struct sock_addr addr = {"", 0};
	struct sock l, again, client;

	snprintf(addr.host, sizeof addr.host, "@libsock-test-dial-%d", native_process_id());
	if (!sock_has(LIBSOCK_HAS_UNIX_ABSTRACT)) {
		expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 0), LIBSOCK_ENOTSUP);
		expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ENOTSUP);
		return;
	}
	for (int i = 0; i < 2; i++) { /* nothing is left behind */
		expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 0), 0);
		expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 0), LIBSOCK_EADDRINUSE);
		expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), 0);
		sock_close(&client);
		sock_close(&l);
	}
	expect(sock_serve(&l, LIBSOCK_STREAM, &(struct sock_addr){"@", 0}, 0), 0); /* of a name that the kernel chooses */
	expect(sock_local_addr(l, &addr), 0);
	expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), 0);
	sock_close(&client);
	sock_close(&l);
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
	for (int i = 0; i < 2; i++) {
		struct sock_addr addr = {"", 0};

		expect(sock_addr_set(&addr, i ? "./x" : "@x", 0), 0);
		s.family = 77;
		expect(sock_serve(&s, LIBSOCK_STREAM, &addr, 0), LIBSOCK_ENOTSUP);
		expect(sock_dial(&s, LIBSOCK_DGRAM, &addr, soon()), LIBSOCK_ENOTSUP);
		ck_assert_int_eq(s.family, 0);
	}
}
END_TEST

START_TEST(the_kernel_chooses_a_name_where_there_are_abstract_ones)
{
	static const struct sock_addr any = {"@", 0};

	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock s[2], client;
		struct sock_addr addr[2];

		if (sock_open(&s[0], LIBSOCK_AF_UNIX, type) != 0)
			return; /* shown above */
		if (!sock_has(LIBSOCK_HAS_UNIX_ABSTRACT)) {
			expect(sock_bind(s[0], &any), LIBSOCK_ENOTSUP);
			sock_close(&s[0]);
			continue;
		}
		expect(sock_open(&s[1], LIBSOCK_AF_UNIX, type), 0);
		for (int i = 0; i < 2; i++) {
			expect(sock_local_addr(s[i], &addr[i]), 0);
			ck_assert_int_eq(addr[i].host[0], '\0');
			expect(sock_bind(s[i], &any), 0);
			expect(sock_local_addr(s[i], &addr[i]), 0);
			ck_assert(addr[i].host[0] == '@' && addr[i].host[1] != '\0' && addr[i].port == 0);
			expect(sock_bind(s[i], &any), LIBSOCK_EINVAL); /* it has one */
		}
		ck_assert(!sock_addr_equal(&addr[0], &addr[1]));
		expect(sock_open(&client, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_connect(client, &any, soon()), LIBSOCK_ENAME); /* it is nobody's */
		if (type == LIBSOCK_STREAM) {
			expect(sock_listen(s[0], 1), 0);
			expect(sock_connect(client, &addr[0], soon()), 0);
		} else {
			expect(sock_sendto(client, "x", 1, &any, soon()), LIBSOCK_ENAME);
			expect(sock_sendto(client, "x", 1, &addr[0], soon()), 1);
			expect(sock_recv(s[0], &(char){0}, 1, soon()), 1);
		}
		sock_close(&client);
		sock_close(&s[0]);
		sock_close(&s[1]);
	}
}
END_TEST

int main(void)
{
	const struct testing_test with[] = {
		{streams_connect_by_path},
		{a_stream_without_a_peer_receives_as_over_tcp},
		{datagrams_say_from_where},
		{a_failed_connect_throws_no_datagram_away},
		{abstract_names_work_or_are_enotsup},
		{sendto_a_full_receiver_gives_up_on_time_without_spinning},
		{a_path_that_begins_with_at_is_written_with_a_dot},
		{paths_of_every_critical_length},
		{a_missing_path_is_enoent_and_a_dead_one_refuses},
		{a_stale_path_is_replaced_as_documented_and_a_server_is_left_alone},
		{connect_to_a_full_queue_gives_up_on_time},
		{a_path_is_dialled_and_served_in_one_call_each},
		{datagrams_are_dialled_to_a_path_and_served_at_one},
		{a_stale_path_is_served_again_and_nothing_else_is_touched},
		{a_dial_to_a_full_queue_gives_up_on_time},
		{what_is_no_path_to_anybody_is_not_dialled},
		{abstract_names_are_dialled_and_served},
		{the_kernel_chooses_a_name_where_there_are_abstract_ones},
		{0},
	};
	const struct testing_test without[] = {
		{without_unix_sockets_open_is_enotsup},
		{0},
	};

	return testing_main("unix", sock_has(LIBSOCK_HAS_UNIX_STREAM) ? with : without);
}
