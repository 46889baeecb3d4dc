/* SPDX-License-Identifier: MIT */

/* What only a POSIX process can suffer: signals, fork and exec, large descriptor numbers, shutdown that wakes. */

#define _GNU_SOURCE 1

#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(sending_to_nobody_raises_no_signal)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct sock a, b;
		ptrdiff_t n;

		signal(SIGPIPE, SIG_DFL);
		connected_pair(LIBSOCK_AF_INET, &a, &b);
		reset(&b);
		do
			n = sock_send(a, "x", 1, LIBSOCK_FOREVER);
		while (n >= 0 || n == LIBSOCK_ECONNRESET);
		_exit(n == LIBSOCK_EPIPE ? 42 : 1);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 42);
}
END_TEST

START_TEST(no_signal_disposition_is_touched)
{
	struct sigaction before[NSIG], after;
	struct sock a, b;

	signal(SIGPIPE, SIG_DFL);
	for (int number = 1; number < NSIG; number++)
		sigaction(number, NULL, &before[number]);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send(a, "x", 1, soon()), 1);
	reset(&b);
	sock_close(&a);
	for (int number = 1; number < NSIG; number++)
		if (sigaction(number, NULL, &after) == 0) {
			ck_assert(before[number].sa_handler == after.sa_handler);
			ck_assert_int_eq(before[number].sa_flags, after.sa_flags);
		}
}
END_TEST

static int count_in_child(void)
{
	/* The shell counts what it was given; 0, 1, 2 and the folder that it reads. */
	FILE *pipe = popen("ls /proc/self/fd | wc -l", "r");
	int count = -1;

	ck_assert_ptr_nonnull(pipe);
	ck_assert_int_eq(fscanf(pipe, "%d", &count), 1);
	pclose(pipe);
	return count;
}

START_TEST(an_executed_program_inherits_nothing)
{
	if (access("/proc/self/fd", R_OK) != 0)
		return;

	int before = count_in_child();
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET6, 1, &addr), client, conn;

	expect(sock_open(&client, LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	ck_assert_int_eq(count_in_child(), before);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);
}
END_TEST

START_TEST(descriptors_above_1024_work_with_deadlines)
{
	struct rlimit limit;
	struct sock a, b;
	char data[4];
	int high;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 2000) {
		limit.rlim_cur = 2000;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	high = fcntl((int)sock_native(a), F_DUPFD_CLOEXEC, 1500);
	ck_assert_int_ge(high, 1500);
	sock_close(&a);
	expect(sock_adopt(&a, high), 0);
	expect(sock_recv(a, data, sizeof data, sock_after(20)), LIBSOCK_ETIMEDOUT);
	expect(sock_send(b, "x", 1, soon()), 1);
	expect(sock_recv(a, data, sizeof data, soon()), 1);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(descriptors_above_1024_are_waited_for_like_others)
{
	struct rlimit limit;
	struct sock pair[2], high[2];
	struct sock_poller poller;
	struct sock_event event;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 4000) {
		limit.rlim_cur = 4000;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_adopt(&high[i], fcntl((int)sock_native(pair[i]), F_DUPFD_CLOEXEC, 3000 + i)), 0);
		ck_assert_int_ge(sock_native(high[i]), 3000);
		sock_close(&pair[i]);
	}

	struct sock_wait_item item = {.s = high[0], .interest = LIBSOCK_READABLE};

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, high[0], LIBSOCK_READABLE, &item), 0);
	expect(sock_wait(&item, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_send(high[1], "x", 1, soon()), 1);
	expect(sock_wait(&item, 1, soon()), 1);
	expect(item.ready, LIBSOCK_READABLE);
	expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
	ck_assert_ptr_eq(event.data, &item);
	sock_poller_close(&poller);
	sock_close(&high[0]);
	sock_close(&high[1]);
}
END_TEST

static atomic_int signals; /* counted in a handler, looked at in a thread */

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

/* A thousand signals a second, without SA_RESTART. */
static void storm(int on)
{
	struct sigaction action = {.sa_handler = on ? on_alarm : SIG_IGN};
	struct itimerval every = {.it_interval.tv_usec = on ? 1000 : 0, .it_value.tv_usec = on ? 1000 : 0};

	signals = 0;
	if (on)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	if (!on)
		sigaction(SIGALRM, &action, NULL);
}

START_TEST(a_storm_of_signals_neither_shows_nor_extends_the_deadline)
{
	struct sock a, b, conn;
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr);
	int64_t by = soon(), least = INT64_MAX;
	char data[4];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	storm(1);
	for (int i = 0; i < 3 || (signals <= 100 && sock_now() < by); i++) {
		int64_t held = native_held_up(), start = sock_now(), took;

		expect(sock_recv(a, data, sizeof data, sock_after(200)), LIBSOCK_ETIMEDOUT);
		took = sock_now() - start;
		ck_assert_int_ge(took, 200);
		took -= native_held_up() - held; /* while others ran */
		least = took < least ? took : least;
	}
	ck_assert_int_gt(signals, 100);
	expect(sock_accept(l, &conn, NULL, sock_after(100)), LIBSOCK_ETIMEDOUT);
	storm(0);
	ck_assert_int_le(least, 210); /* the best one: the others may have met a busy machine */
	sock_close(&a);
	sock_close(&b);
	sock_close(&l);
}
END_TEST

static void *send_later(void *arg)
{
	struct sock *s = arg;

	while (signals < 50) /* the other thread has been interrupted often enough by then */
		sched_yield();
	sock_send(*s, "x", 1, soon());
	return NULL;
}

START_TEST(a_signal_ends_the_lingering_of_a_close)
{
	static const char data[65536];
	struct sock a, b;
	int64_t begun;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
		;
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 20000), 0);
	begun = sock_now();
	storm(1);
	expect(sock_close(&a), 0);
	storm(0);
	expect_ended(begun);
	sock_close(&b);
}
END_TEST

START_TEST(waiting_for_ever_survives_signals)
{
	struct sock a, b;
	char data[4];
	pthread_t thread;
	sigset_t alarm, before;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &before); /* the thread inherits this: only the reader is interrupted */
	ck_assert_int_eq(pthread_create(&thread, NULL, send_later, &b), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	storm(1);
	expect(sock_recv(a, data, sizeof data, LIBSOCK_FOREVER), 1);
	storm(0);
	pthread_join(thread, NULL);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

struct waiter {
	struct sock s;
	ptrdiff_t (*wait)(struct sock s);
	ptrdiff_t result;
};

static ptrdiff_t wait_recv(struct sock s)
{
	char data[4];

	return sock_recv(s, data, sizeof data, LIBSOCK_FOREVER);
}

static ptrdiff_t wait_recv_deadline(struct sock s)
{
	char data[4];

	return sock_recv(s, data, sizeof data, soon());
}

static ptrdiff_t wait_accept(struct sock s)
{
	struct sock conn;

	return sock_accept(s, &conn, NULL, LIBSOCK_FOREVER);
}

static void *wait_in_thread(void *arg)
{
	struct waiter *w = arg;

	w->result = w->wait(w->s);
	return NULL;
}

static ptrdiff_t result_after_shutdown(struct sock s, ptrdiff_t (*wait)(struct sock s), int how)
{
	struct waiter w = {.s = s, .wait = wait};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_thread, &w), 0);
	native_until_another_waits();
	expect(sock_shutdown(s, how), 0);
	pthread_join(thread, NULL);
	return w.result;
}

START_TEST(shutdown_wakes_whoever_waits)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(result_after_shutdown(a, wait_recv, LIBSOCK_SHUT_RD), 0);
	expect(result_after_shutdown(b, wait_recv_deadline, LIBSOCK_SHUT_RDWR), 0);
	expect(result_after_shutdown(l, wait_accept, LIBSOCK_SHUT_RDWR), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
	sock_close(&l);
}
END_TEST

START_TEST(running_out_of_descriptors_is_emfile_and_keeps_the_queue)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), client, conn, more;
	struct rlimit limit, small;
	int first_free;

	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	first_free = dup(0);
	ck_assert_int_ge(first_free, 0);
	close(first_free);
	small = limit;
	small.rlim_cur = (rlim_t)first_free;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
	expect(sock_accept(l, &conn, NULL, soon()), LIBSOCK_EMFILE);
	expect(sock_open(&more, LIBSOCK_AF_INET, LIBSOCK_STREAM), LIBSOCK_EMFILE);
	expect(sock_has(LIBSOCK_HAS_INET6), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&l);
}
END_TEST

START_TEST(adopting_foreign_descriptors)
{
	struct sock s;
	int pipes[2], raw;

	ck_assert_int_eq(pipe(pipes), 0);
	expect(sock_adopt(&s, pipes[0]), LIBSOCK_ENOTSOCK);
	ck_assert_int_eq(close(pipes[0]), 0); /* still the caller's */
	close(pipes[1]);
	expect(sock_adopt(&s, 1999), LIBSOCK_EBADF);

	raw = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_ge(raw, 0);
	expect(sock_adopt(&s, raw), LIBSOCK_ENOTSUP);
	ck_assert_int_eq(s.family, 0);
	ck_assert_int_eq(close(raw), 0);

	raw = socket(AF_INET, SOCK_STREAM, 0); /* inheritable, and then not */
	ck_assert(native_is_inheritable(raw));
	expect(sock_adopt(&s, raw), 0);
	ck_assert(!native_is_inheritable(raw));
	sock_close(&s);
}
END_TEST

/* A log that has been read to its end, where there is one that may be read so: at no place, as a pipe, or with nothing yet. */
static void expect_nothing_yet(struct sock s)
{
	const int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log != -1 && lseek(log, 0, SEEK_END) != -1)
		ck_assert_int_eq(sock_esys_number(sock_sendfile(s, log, 0, 4096, NULL, LIBSOCK_FOREVER)), EAGAIN);
	close(log);
}

START_TEST(what_cannot_be_read_from_a_place_says_so_in_the_systems_words)
{
	int pipes[2], folder = open(".", O_RDONLY | O_CLOEXEC), written = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct sock a, b;
	uint64_t done = 7;
	int err;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(write(pipes[1], "x", 1), 1);
	ck_assert_int_eq(sock_esys_number(sock_sendfile(a, pipes[0], 0, 1, &done, soon())), ESPIPE);
	ck_assert_uint_eq(done, 0);
	ck_assert_int_eq(sock_esys_number(sock_sendfile(a, folder, 0, 1, NULL, soon())), EISDIR);
	expect(sock_sendfile(a, written, 0, 1, NULL, soon()), LIBSOCK_EBADF);
	err = sock_sendfile(a, sock_native(b), 0, 1, NULL, soon());
	ck_assert_msg(sock_esys_number(err) == ESPIPE, "%s", sock_errname(err));
	expect_nothing_yet(a);
	close(pipes[0]);
	close(pipes[1]);
	close(folder);
	close(written);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

/* The traffic class of what comes next, as the system tells it beside the datagram. */
static int class_of_next(struct sock s)
{
	union {
		struct cmsghdr header;
		char room[256];
	} control;
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	int class = -1;

	ck_assert_int_eq(recvmsg((int)sock_native(s), &message, 0), 1);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h))
		if (h->cmsg_level == IPPROTO_IPV6)
			memcpy(&class, CMSG_DATA(h), sizeof class);
		else if (h->cmsg_level == IPPROTO_IP)
			class = *CMSG_DATA(h);
	return class;
}

START_TEST(an_ecn_of_ones_own_sets_the_rest_of_the_class_to_0)
{
	const int ways[][2] = {{LIBSOCK_AF_INET, LIBSOCK_AF_INET}, {LIBSOCK_AF_INET6, LIBSOCK_AF_INET6},
			       {LIBSOCK_AF_INET6, LIBSOCK_AF_INET}};

	for (int i = 0; i < 3; i++) {
		struct sock_packet packet = {.ecn = 0};
		struct sock to = datagram(ways[i][1], &packet.peer), s;

		expect(sock_packet_fields(&to, LIBSOCK_PACKET_ECN), 0);
		expect(sock_open(&s, ways[i][0], LIBSOCK_DGRAM), 0);
		expect(sock_set(s, LIBSOCK_OPT_TOS, 0xb8), 0);
		for (packet.ecn = -1; packet.ecn <= 3; packet.ecn++) {
			expect(sock_send_packet(s, "x", 1, &packet, soon()), 1);
			ck_assert_int_eq(class_of_next(to), packet.ecn <= 0 ? 0xb8 : packet.ecn);
		}
		sock_close(&to);
		sock_close(&s);
	}
}
END_TEST

/* A socket that the program itself binds, to a path of `length` bytes that begins so, with a NUL only where there is room. */
static struct sock bound_by_program(int type, const char *begin, size_t length, char path[])
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t room = sizeof addr.sun_path;
	struct sock s;

	memset(path, 'p', length);
	memcpy(path, begin, strlen(begin));
	path[length] = '\0';
	memcpy(addr.sun_path, path, length);
	expect(sock_open(&s, LIBSOCK_AF_UNIX, type), 0);
	ck_assert_int_eq(bind((int)sock_native(s), (struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (length < room))), 0);
	return s;
}

static void expect_answers(struct sock s, struct sock peer)
{
	struct sock_addr from, again;
	struct sock_packet packet = {.peer = {"", 0}};
	char byte, text[LIBSOCK_ADDR_SIZE];

	expect(sock_recvfrom(s, &byte, 1, &from, soon()), 1);
	expect(sock_local_addr(peer, &again), 0);
	ck_assert_str_eq(from.host, again.host);
	ck_assert_str_eq(sock_addr_text(&from, text, sizeof text), from.host);
	expect(sock_addr_parse(&again, text, -1), 0);
	ck_assert(sock_addr_equal(&from, &again));
	expect(sock_sendto(s, "x", 1, &from, soon()), 1);
	expect(sock_recv(peer, &byte, 1, soon()), 1);
	expect(sock_recv_packet(s, &byte, 1, &packet, soon()), 1);
	expect(sock_send_packet(s, "x", 1, &packet, soon()), 1);
	expect(sock_recv(peer, &byte, 1, soon()), 1);
}

/* What a program bound by itself may be longer than what libsock binds, or begin as an abstract name does. */
START_TEST(whoever_sent_from_a_path_of_any_length_is_answered)
{
	static const char *const begins[] = {"", "@", "./@", "./"};
	struct sock_addr addr = {"./receiver", 0};
	const size_t most = sizeof((struct sockaddr_un *)0)->sun_path;
	char path[sizeof(struct sockaddr_un) + 1];

	for (int i = 0; i < 4; i++)
		for (size_t length = most - 5; length <= most; length++) {
			struct sock peer = bound_by_program(LIBSOCK_DGRAM, begins[i], length, path), s;

			expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM), 0);
			expect(sock_bind(s, &addr), 0);
			for (int k = 0; k < 2; k++)
				expect(sock_sendto(peer, "x", 1, &addr, soon()), 1);
			expect_answers(s, peer);
			sock_close(&peer);
			sock_close(&s);
			remove(path);
			remove(addr.host);
		}
}
END_TEST

START_TEST(whoever_listens_at_a_path_of_any_length_is_reached)
{
	static const char *const begins[] = {"", "@", "./@", "./"};
	const size_t most = sizeof((struct sockaddr_un *)0)->sun_path;
	char path[sizeof(struct sockaddr_un) + 1];

	for (int i = 0; i < 4; i++)
		for (size_t length = most - 5; length <= most; length++) {
			struct sock l = bound_by_program(LIBSOCK_STREAM, begins[i], length, path), a, b;
			struct sock_addr addr, peer;

			expect(sock_listen(l, 1), 0);
			expect(sock_local_addr(l, &addr), 0);
			expect(sock_open(&a, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
			expect(sock_connect(a, &addr, soon()), 0);
			expect(sock_peer_addr(a, &peer), 0);
			ck_assert_str_eq(peer.host, addr.host);
			expect(sock_accept(l, &b, NULL, soon()), 0);
			sock_close(&a);
			sock_close(&b);
			sock_close(&l);
			remove(path);
		}
}
END_TEST

/* Most programs could not connect to it. */
START_TEST(a_path_without_room_for_its_nul_is_not_bound)
{
	struct sock_addr addr = {"", 0};
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	memset(addr.host, 'p', sizeof((struct sockaddr_un *)0)->sun_path);
	expect(sock_bind(s, &addr), LIBSOCK_ENAMETOOLONG);
	expect(sock_connect(s, &addr, soon()), LIBSOCK_ENOENT);
	strcat(addr.host, "p");
	expect(sock_connect(s, &addr, soon()), LIBSOCK_ENAMETOOLONG);
	sock_close(&s);
}
END_TEST

static const struct sock_addr full_path = {"./full", 0};

static void *dial_full_path(void *deadline)
{
	struct sock s;

	sock_dial(&s, LIBSOCK_STREAM, &full_path, *(int64_t *)deadline);
	return NULL;
}

START_TEST(a_cancelled_dial_of_a_path_leaves_no_socket_behind)
{
	enum { MOST = 16 };
	struct sock l, s[MOST] = {{0}};
	int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};
	int count = 0, before;

	expect(sock_serve(&l, LIBSOCK_STREAM, &full_path, 1), 0);
	while (count < MOST && sock_dial(&s[count], LIBSOCK_STREAM, &full_path, LIBSOCK_NOWAIT) == 0)
		count++;
	before = native_open_descriptors();
	for (int i = 0; i < 2 * 10; i++) {
		pthread_t thread;
		void *result;

		ck_assert_int_eq(pthread_create(&thread, NULL, dial_full_path, &deadlines[i % 2]), 0);
		native_until_another_waits();
		pthread_cancel(thread);
		pthread_join(thread, &result);
		ck_assert_ptr_eq(result, PTHREAD_CANCELED);
		ck_assert_int_eq(native_open_descriptors(), before);
	}
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	unlink(full_path.host);
}
END_TEST

static void *dial_cancelled(void *arg)
{
	static const char *const hosts[] = {"./absent", "./full", "fe80::1%lo", "127.0.0.1"};
	struct sock_addr addr = {.port = 1};
	struct sock s;
	int *i = arg, unused;

	strcpy(addr.host, hosts[*i % 4]);
	pthread_cancel(pthread_self()); /* acts in the first call that is a cancellation point */
	sock_dial(&s, *i / 4 ? LIBSOCK_DGRAM : LIBSOCK_STREAM, &addr, sock_after(20));
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
	sock_close(&s);
	return NULL;
}

/* Whichever call it is that would act on it first, close(2) among them. */
START_TEST(a_dial_of_a_cancelled_thread_leaves_no_socket_behind)
{
	const int before = native_open_descriptors();

	for (int i = 0; i < 8; i++) {
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, dial_cancelled, &i), 0);
		pthread_join(thread, NULL);
		ck_assert_msg(native_open_descriptors() == before, "dial %d", i);
	}
}
END_TEST

/* Whether somebody has it cannot be asked then. Root may connect to anything, and is somebody else for this. */
START_TEST(a_stale_path_that_may_not_be_connected_to_counts_as_used)
{
	const struct sock_addr stale = {"./forbidden", 0};
	struct sock s;
	int status;
	pid_t child;

	expect(sock_serve(&s, LIBSOCK_STREAM, &stale, 0), 0);
	sock_close(&s);
	ck_assert_int_eq(chmod(stale.host, 0) | chmod(".", 0755), 0); /* the folder of a test is its user's alone */
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(2);
		_exit(sock_serve(&s, LIBSOCK_STREAM, &stale, 0) != LIBSOCK_EADDRINUSE);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	unlink(stale.host);
}
END_TEST

/* A link may lead to what others put there; a server that runs may be behind it. */
START_TEST(a_link_at_a_path_is_not_removed_to_serve_there)
{
	struct sock_addr stale = {"./stale", 0}, link = {"./link", 0};
	struct sock s, again;

	for (int i = 0; i < 2; i++) { /* somebody is behind it; nobody is */
		expect(sock_serve(&s, LIBSOCK_STREAM, &stale, 0), 0);
		ck_assert_int_eq(symlink("stale", "link"), 0);
		if (i == 1)
			sock_close(&s);
		expect(sock_serve(&again, LIBSOCK_STREAM, &link, 0), LIBSOCK_EADDRINUSE);
		sock_close(&s);
		ck_assert_int_eq(unlink("link"), 0);
	}
	ck_assert_int_eq(unlink("stale"), 0);
	ck_assert_int_eq(symlink("stale", "link"), 0); /* it leads nowhere */
	expect(sock_serve(&again, LIBSOCK_STREAM, &link, 0), LIBSOCK_EADDRINUSE);
	ck_assert_int_eq(unlink("link"), 0);
}
END_TEST

/*
 * A connect(2) that is over when it returns, though it was not to wait: of a socket that puts its first bytes into the
 * first segment, or where what is preloaded goes through a proxy.
 */
START_TEST(a_connect_that_is_over_at_once_is_made_at_any_deadline)
{
#ifdef __linux__
	enum { FASTOPEN_CONNECT = 30 /* TCP_FASTOPEN_CONNECT, tcp(7) */, FASTOPEN_NO_COOKIE = 34 };
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), LIBSOCK_NOWAIT};
	const int on = 1;
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr), s;

	for (int i = 0; i < 3; i++) {
		expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		if (setsockopt((int)sock_native(s), IPPROTO_TCP, FASTOPEN_CONNECT, &on, sizeof on) == 0) {
			setsockopt((int)sock_native(s), IPPROTO_TCP, FASTOPEN_NO_COOKIE, &on, sizeof on);
			expect(sock_connect(s, &addr, deadlines[i]), 0);
			expect(sock_connect(s, &addr, deadlines[i]), LIBSOCK_EALREADY);
		}
		sock_close(&s);
	}
	sock_close(&l);
#endif
}
END_TEST

/* Larger than what any two buffers hold. */
static int large_file(void)
{
	char name[] = "./large-XXXXXX";
	int file = mkstemp(name);

	ck_assert_int_ge(file, 0);
	unlink(name);
	ck_assert_int_eq(ftruncate(file, 32 << 20), 0);
	return file;
}

/* Takes some bytes and goes, with others unread. */
static void *take_some_and_go(void *arg)
{
	struct sock *s = arg;
	static char data[2000000];

	sock_recv_exact(*s, data, sizeof data, NULL, soon());
	sock_close(s);
	return NULL;
}

/* In a child whose SIGPIPE kills: how many files ended otherwise than in an error of the connection. */
static int send_files_to_who_goes(int file, int family, int mode)
{
	int bad = 0;

	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 20; i++) {
		struct sock a, b, pair[2];
		uint64_t done;
		pthread_t thread;
		int err;

		if (family == LIBSOCK_AF_UNIX) {
			expect(sock_pair(pair, LIBSOCK_STREAM), 0);
			a = pair[0], b = pair[1];
		} else
			connected_pair(family, &a, &b);
		fcntl((int)sock_native(a), F_SETFL, mode);
		pthread_create(&thread, NULL, take_some_and_go, &b);
		err = sock_sendfile(a, file, 0, 32 << 20, &done, i % 2 ? LIBSOCK_FOREVER : soon());
		bad += (err != LIBSOCK_ECONNRESET && err != LIBSOCK_EPIPE) || done < 2000000;
		err = sock_sendfile(a, file, 0, 4096, &done, i % 2 ? LIBSOCK_FOREVER : soon());
		bad += (err != LIBSOCK_EPIPE && err != LIBSOCK_ECONNRESET) || done > 0;
		pthread_join(thread, NULL);
		sock_close(&a);
	}
	return bad;
}

START_TEST(a_file_for_a_peer_that_goes_raises_no_signal)
{
	static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};
	int file = large_file(), status;

	for (int i = 0; i < 3 * 2; i++) {
		pid_t child = fork();

		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(send_files_to_who_goes(file, families[i / 2], i % 2 ? O_NONBLOCK : 0));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(status == 0, "family %d, mode %d: %#x", families[i / 2], i % 2, (unsigned)status);
	}
	close(file);
}
END_TEST

static int is_pending(int number)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, number);
}

/* What the program has blocked, and what waits for it, is as it was, of SIGPIPE too. */
START_TEST(a_file_leaves_the_threads_signals_as_they_were)
{
	const struct timespec none = {0};
	sigset_t sigpipe, other, before, mask;
	int file = large_file();

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigemptyset(&other);
	sigaddset(&other, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &other, &before);
	for (int i = 0; i < 3; i++) { /* SIGPIPE is let through; is blocked; is blocked and waits */
		struct sock a, b;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		if (i > 0)
			pthread_sigmask(SIG_BLOCK, &sigpipe, NULL);
		if (i > 1)
			pthread_kill(pthread_self(), SIGPIPE);
		expect(sock_sendfile(a, file, 0, 4096, NULL, LIBSOCK_FOREVER), 0);
		reset(&b);
		while (sock_sendfile(a, file, 0, 4096, NULL, LIBSOCK_FOREVER) != LIBSOCK_EPIPE)
			;
		ck_assert_int_eq(is_pending(SIGPIPE), i > 1);
		pthread_sigmask(SIG_BLOCK, NULL, &mask);
		ck_assert_int_eq(sigismember(&mask, SIGPIPE), i > 0);
		ck_assert_int_eq(sigismember(&mask, SIGUSR2), 1);
		sock_close(&a);
	}
	ck_assert_int_eq(sigtimedwait(&sigpipe, NULL, &none), SIGPIPE);
	ck_assert_int_eq(is_pending(SIGPIPE), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(file);
}
END_TEST

struct sending {
	struct sock s;
	int file;
	int64_t deadline;
	int err;
};

static void *send_large_file(void *arg)
{
	struct sending *sending = arg;

	sending->err = sock_sendfile(sending->s, sending->file, 0, 32 << 20, NULL, sending->deadline);
	return NULL;
}

/* In the system's own call as in a wait of libsock's. */
START_TEST(a_thread_that_sends_a_file_is_cancelled_where_it_waits)
{
	struct sending sending = {.file = large_file()};

	for (int i = 0; i < 4; i++) {
		struct sock peer;
		pthread_t thread;
		void *result;

		connected_pair(LIBSOCK_AF_INET, &sending.s, &peer);
		fcntl((int)sock_native(sending.s), F_SETFL, i / 2 ? O_NONBLOCK : 0);
		sending.deadline = i % 2 ? LIBSOCK_FOREVER : soon();
		ck_assert_int_eq(pthread_create(&thread, NULL, send_large_file, &sending), 0);
		native_until_another_waits();
		pthread_cancel(thread);
		pthread_join(thread, &result);
		ck_assert_ptr_eq(result, PTHREAD_CANCELED);
		sock_close(&sending.s);
		sock_close(&peer);
	}
	close(sending.file);
}
END_TEST

/* In a child whose SIGPIPE kills: the stream is ended while the system has a piece of the file in hand and waits. */
static int end_while_a_file_goes(struct sending *sending, int family)
{
	struct sock pair[2];
	pthread_t thread;

	signal(SIGPIPE, SIG_DFL);
	if (family == LIBSOCK_AF_UNIX)
		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	else
		connected_pair(family, &pair[0], &pair[1]);
	sending->s = pair[0];
	pthread_create(&thread, NULL, send_large_file, sending);
	native_until_another_waits();
	sock_shutdown(sending->s, LIBSOCK_SHUT_WR);
	pthread_join(thread, NULL);
	return sending->err == LIBSOCK_EPIPE ? 0 : 1;
}

START_TEST(a_file_whose_stream_is_ended_meanwhile_raises_no_signal)
{
	static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};
	struct sending sending = {.file = large_file(), .deadline = LIBSOCK_FOREVER};
	int status;

	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(end_while_a_file_goes(&sending, families[i]));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(status == 0, "family %d: %#x", families[i], (unsigned)status);
	}
	close(sending.file);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{sending_to_nobody_raises_no_signal},
		{no_signal_disposition_is_touched},
		{an_executed_program_inherits_nothing},
		{descriptors_above_1024_work_with_deadlines},
		{descriptors_above_1024_are_waited_for_like_others},
		{a_storm_of_signals_neither_shows_nor_extends_the_deadline},
		{a_signal_ends_the_lingering_of_a_close},
		{waiting_for_ever_survives_signals},
		{shutdown_wakes_whoever_waits},
		{running_out_of_descriptors_is_emfile_and_keeps_the_queue},
		{adopting_foreign_descriptors},
		{what_cannot_be_read_from_a_place_says_so_in_the_systems_words},
		{whoever_sent_from_a_path_of_any_length_is_answered},
		{whoever_listens_at_a_path_of_any_length_is_reached},
		{a_path_without_room_for_its_nul_is_not_bound},
		{a_stale_path_that_may_not_be_connected_to_counts_as_used},
		{a_link_at_a_path_is_not_removed_to_serve_there},
		{a_cancelled_dial_of_a_path_leaves_no_socket_behind},
		{a_dial_of_a_cancelled_thread_leaves_no_socket_behind},
		{a_connect_that_is_over_at_once_is_made_at_any_deadline},
		{an_ecn_of_ones_own_sets_the_rest_of_the_class_to_0},
		{a_file_for_a_peer_that_goes_raises_no_signal},
		{a_file_leaves_the_threads_signals_as_they_were},
		{a_thread_that_sends_a_file_is_cancelled_where_it_waits},
		{a_file_whose_stream_is_ended_meanwhile_raises_no_signal},
		{0},
	};

	return testing_main("posix", tests);
}
