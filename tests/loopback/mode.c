/* SPDX-License-Identifier: MIT */

/* A descriptor's mode, blocking or not, is its owner's: no call changes it for good, and every call is right in either. */

#include "testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int mode_of(struct sock s)
{
	return fcntl((int)sock_native(s), F_GETFL) & O_NONBLOCK;
}

static void set_mode(struct sock s, int mode)
{
	ck_assert_int_eq(fcntl((int)sock_native(s), F_SETFL, mode), 0);
}

static const int modes[] = {0, O_NONBLOCK};

/* A listener, a client not yet connected, and where to connect it, of a family. */
struct scene {
	struct sock l, client;
	struct sock_addr addr;
};

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};

static struct scene begin(int family, int backlog)
{
	struct scene scene;

	if (family == LIBSOCK_AF_UNIX) {
		expect(sock_addr_set(&scene.addr, "mode.sock", 0), 0);
		unlink(scene.addr.host);
		expect(sock_open(&scene.l, family, LIBSOCK_STREAM), 0);
		expect(sock_bind(scene.l, &scene.addr), 0);
		expect(sock_listen(scene.l, backlog), 0);
	} else {
		scene.l = listener(family, backlog, &scene.addr);
	}
	expect(sock_open(&scene.client, family, LIBSOCK_STREAM), 0);
	return scene;
}

static void end(struct scene *scene)
{
	sock_close(&scene->client);
	sock_close(&scene->l);
	unlink("mode.sock");
}

START_TEST(every_call_leaves_the_mode_as_it_was)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, 0 /* soon */, LIBSOCK_FOREVER};

	for (int i = 0; i < 3 * 2 * 3; i++) {
		const int mode = modes[i / 3 % 2];
		const int64_t deadline = i % 3 == 1 ? soon() : deadlines[i % 3];
		struct scene scene = begin(families[i / 6], 8);
		struct sock conn, all[2] = {scene.l, scene.client};
		struct sock_wait_item item = {.s = scene.l, .interest = LIBSOCK_READABLE};
		char data[4];
		int err;

		for (int k = 0; k < 2; k++)
			set_mode(all[k], mode);
		expect(sock_listen(scene.l, 4), 0);
		expect(sock_accept(scene.l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		err = sock_connect(scene.client, &scene.addr, deadline);
		ck_assert_int_eq(mode_of(scene.client), mode);
		ck_assert(err == 0 || err == LIBSOCK_EINPROGRESS);
		expect(sock_connect_result(scene.client, soon()), 0);
		expect(sock_wait(&item, 1, soon()), 1);
		expect(sock_accept(scene.l, &conn, NULL, deadline), 0);
		ck_assert_int_eq(mode_of(conn), 0); /* on systems where a flag says not to wait */
		set_mode(conn, mode);
		expect(sock_send(conn, "x", 1, deadline), 1);
		item = (struct sock_wait_item){.s = scene.client, .interest = LIBSOCK_READABLE};
		expect(sock_wait(&item, 1, soon()), 1);
		expect(sock_recv(scene.client, data, sizeof data, deadline), 1);
		expect(sock_recv(scene.client, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_shutdown(conn, LIBSOCK_SHUT_WR), 0);
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(mode_of(all[k]), mode);
		ck_assert_int_eq(mode_of(conn), mode);
		sock_close(&conn);
		end(&scene);
	}
}
END_TEST

START_TEST(fresh_descriptors_block_but_for_served_ones)
{
	for (int i = 0; i < 2; i++) {
		struct sock_addr addr = loopback(families[i], 0);
		struct sock l, s, conn, pair[2];

		expect(sock_open(&s, families[i], i ? LIBSOCK_STREAM : LIBSOCK_DGRAM), 0);
		ck_assert_int_eq(mode_of(s), 0);
		sock_close(&s);
		expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 4), 0);
		ck_assert_int_eq(mode_of(l), O_NONBLOCK);
		expect(sock_local_addr(l, &addr), 0);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
		expect(sock_accept(l, &conn, NULL, soon()), 0);
		ck_assert_int_eq(mode_of(s), 0);
		ck_assert_int_eq(mode_of(conn), 0);
		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
		ck_assert_int_eq(mode_of(pair[0]) | mode_of(pair[1]), 0);
		for (int k = 0; k < 2; k++)
			sock_close(&pair[k]);
		sock_close(&conn);
		sock_close(&s);
		expect(sock_serve(&s, LIBSOCK_DGRAM, &addr, 0), 0);
		expect(sock_dial(&conn, LIBSOCK_DGRAM, &addr, soon()), 0);
		ck_assert_int_eq(mode_of(s) | mode_of(conn), 0);
		sock_close(&conn);
		sock_close(&s);
		sock_close(&l);
	}
}
END_TEST

START_TEST(fresh_descriptors_at_a_path_block_but_for_listeners)
{
	struct sock_addr addr = {"./mode", 0};
	struct sock l, s;

	for (int i = 0; i < 2; i++) {
		const int type = i ? LIBSOCK_DGRAM : LIBSOCK_STREAM;

		expect(sock_serve(&l, type, &addr, 4), 0);
		ck_assert_int_eq(mode_of(l), i ? 0 : O_NONBLOCK);
		expect(sock_dial(&s, type, &addr, soon()), 0);
		ck_assert_int_eq(mode_of(s), 0);
		sock_close(&s);
		sock_close(&l);
	}
	remove(addr.host);
}
END_TEST

START_TEST(adopted_taken_and_released_descriptors_keep_their_mode)
{
	for (int i = 0; i < 2; i++) {
		struct sock_addr addr;
		struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), again, channel[2];
		intptr_t fd;

		set_mode(l, modes[i]);
		fd = sock_release(&l);
		expect(sock_adopt(&again, fd), 0);
		ck_assert_int_eq(mode_of(again), modes[i]);
		expect(sock_pair(channel, LIBSOCK_STREAM), 0);
		expect(sock_send_socket(channel[0], again, soon()), 0);
		expect(sock_recv_socket(channel[1], &l, soon()), 0);
		ck_assert_int_eq(mode_of(again), modes[i]);
		ck_assert_int_eq(mode_of(l), modes[i]);
		sock_close(&l);
		sock_close(&again);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

/* Another thread, or another process that has a duplicate, changes the mode all the time. */
static atomic_int flipping;

static void *flip(void *arg)
{
	const int fd = *(int *)arg;

	while (flipping) {
		fcntl(fd, F_SETFL, 0);
		sched_yield();
		fcntl(fd, F_SETFL, O_NONBLOCK);
		sched_yield();
	}
	return NULL;
}

START_TEST(nowait_and_deadlines_hold_whoever_changes_the_mode)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), d = datagram(LIBSOCK_AF_INET, &addr), pair[2], conn;
	struct scene scene = begin(LIBSOCK_AF_UNIX, 1);
	char data[4];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	while (sock_send(pair[0], "full", 4, LIBSOCK_NOWAIT) > 0)
		;

	const struct sock watched[] = {l, scene.l, d, pair[0]};

	for (size_t k = 0; k < sizeof watched / sizeof watched[0]; k++) {
		int fd = dup((int)sock_native(watched[k]));
		pthread_t thread;

		flipping = 1;
		ck_assert_int_eq(pthread_create(&thread, NULL, flip, &fd), 0);
		for (int i = 0; i < 3000; i++) {
			const int64_t deadline = i % 100 ? LIBSOCK_NOWAIT : sock_after(1);
			const ptrdiff_t over = i % 100 ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT;

			if (k < 2)
				expect(sock_accept(watched[k], &conn, NULL, deadline), over);
			else if (k == 2)
				expect(sock_recv(watched[k], data, sizeof data, deadline), over);
			else
				expect(sock_send(watched[k], "full", 4, deadline), over);
		}
		flipping = 0;
		pthread_join(thread, NULL);
		close(fd);
	}
	sock_close(&l);
	sock_close(&d);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	end(&scene);
}
END_TEST

/* What ends a call that waits for ever on a non-blocking descriptor. */
static void *connect_later(void *arg)
{
	struct scene *scene = arg;

	sched_yield();
	return sock_connect(scene->client, &scene->addr, soon()) == 0 ? arg : NULL;
}

START_TEST(forever_waits_on_a_descriptor_that_does_not)
{
	for (int i = 0; i < 3; i++) {
		struct scene scene = begin(families[i], 4);
		struct sock conn;
		pthread_t thread;
		void *result;

		set_mode(scene.l, O_NONBLOCK);
		ck_assert_int_eq(pthread_create(&thread, NULL, connect_later, &scene), 0);
		expect(sock_accept(scene.l, &conn, NULL, LIBSOCK_FOREVER), 0);
		pthread_join(thread, &result);
		ck_assert_ptr_nonnull(result);
		sock_close(&conn);
		end(&scene);
	}
}
END_TEST

static void *connect_cancelled(void *arg)
{
	struct scene *scene = arg;
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_cancel(pthread_self()); /* waits for the first call that can be cancelled */
	pthread_setcancelstate(before, NULL);
	sock_connect(scene->client, &scene->addr, soon());
	return NULL;
}

START_TEST(a_cancelled_connect_leaves_the_mode_as_it_was)
{
	for (int i = 0; i < 3; i++) {
		struct scene scene = begin(families[i], 4);
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, connect_cancelled, &scene), 0);
		pthread_join(thread, NULL);
		ck_assert_int_eq(mode_of(scene.client), 0);
		end(&scene);
	}
}
END_TEST

struct queue {
	struct sock l, waiting[64];
	struct sock_addr addr;
	int count;
};

static struct queue full_queue(void)
{
	struct queue queue = {.count = 0};
	struct scene scene = begin(LIBSOCK_AF_UNIX, 1);

	queue.l = scene.l;
	queue.addr = scene.addr;
	sock_close(&scene.client);
	do
		expect(sock_open(&queue.waiting[queue.count], LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	while (sock_connect(queue.waiting[queue.count++], &queue.addr, LIBSOCK_NOWAIT) == 0 && queue.count < 64);
	return queue;
}

static void *accept_one(void *arg)
{
	struct queue *queue = arg;
	struct sock conn;

	sched_yield();
	if (sock_accept(queue->l, &conn, NULL, soon()) == 0)
		sock_close(&conn);
	return NULL;
}

START_TEST(a_unix_connect_waits_for_room_in_either_mode_without_spinning)
{
	for (int i = 0; i < 2; i++) {
		struct queue queue = full_queue();
		struct sock last = queue.waiting[queue.count - 1];
		int64_t used = native_processor_ms(), begun = sock_now();
		pthread_t thread;

		set_mode(last, modes[i]);
		expect(sock_connect(last, &queue.addr, sock_after(300)), LIBSOCK_ETIMEDOUT);
		ck_assert_int_ge(sock_now() - begun, 300);
		ck_assert_int_le(native_processor_ms() - used, 150);
		ck_assert_int_eq(mode_of(last), modes[i]);
		ck_assert_int_eq(pthread_create(&thread, NULL, accept_one, &queue), 0);
		expect(sock_connect(last, &queue.addr, LIBSOCK_FOREVER), 0);
		pthread_join(thread, NULL);
		ck_assert_int_eq(mode_of(last), modes[i]);
		for (int k = 0; k < queue.count; k++)
			sock_close(&queue.waiting[k]);
		sock_close(&queue.l);
		unlink("mode.sock");
	}
}
END_TEST

/* More than any two buffers hold. */
enum { FILE_SIZE = 32 << 20 };

static FILE *large_file(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(ftruncate(fileno(file), FILE_SIZE), 0);
	return file;
}

static uint64_t receive_all(struct sock s)
{
	static char data[65536];
	uint64_t sum = 0;
	ptrdiff_t n;

	while ((n = sock_recv(s, data, sizeof data, soon())) > 0)
		sum += (uint64_t)n;
	expect(n, 0);
	return sum;
}

static void *receive_in_a_thread(void *s)
{
	return (void *)(uintptr_t)receive_all(*(struct sock *)s);
}

static void stream_pair(int family, struct sock pair[2])
{
	if (family == LIBSOCK_AF_UNIX)
		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	else
		connected_pair(family, &pair[0], &pair[1]);
}

START_TEST(a_file_goes_as_far_as_the_deadline_in_either_mode)
{
	FILE *file = large_file();

	for (int i = 0; i < 3 * 2; i++) {
		const int64_t begun = sock_now(), deadlines[] = {LIBSOCK_NOWAIT, sock_after(50), -1, 5000, LIBSOCK_NOWAIT};
		const int errs[] = {LIBSOCK_EAGAIN, LIBSOCK_ETIMEDOUT, LIBSOCK_ETIMEDOUT, LIBSOCK_EINVAL, LIBSOCK_EAGAIN};
		struct sock pair[2];
		uint64_t done = 0, sum = 0;

		stream_pair(families[i / 2], pair);
		set_mode(pair[0], modes[i % 2]);
		for (int k = 0; k < 5; k++) {
			expect(sock_sendfile(pair[0], fileno(file), sum, FILE_SIZE - sum, &done, deadlines[k]), errs[k]);
			ck_assert(k > 0 || done > 0);
			ck_assert_int_eq(mode_of(pair[0]), modes[i % 2]);
			sum += done;
		}
		expect_ended(begun);
		expect(sock_shutdown(pair[0], LIBSOCK_SHUT_WR), 0);
		ck_assert_uint_eq(receive_all(pair[1]), sum);
		sock_close(&pair[0]);
		sock_close(&pair[1]);
	}
	fclose(file);
}
END_TEST

START_TEST(a_file_goes_as_a_whole_in_either_mode_where_there_is_time)
{
	FILE *file = large_file();

	for (int i = 0; i < 3 * 2 * 2; i++) {
		struct sock pair[2];
		uint64_t done = 0;
		pthread_t thread;
		void *sum;

		stream_pair(families[i / 4], pair);
		set_mode(pair[0], modes[i / 2 % 2]);
		ck_assert_int_eq(pthread_create(&thread, NULL, receive_in_a_thread, &pair[1]), 0);
		expect(sock_sendfile(pair[0], fileno(file), 0, FILE_SIZE, &done, i % 2 ? LIBSOCK_FOREVER : soon()), 0);
		ck_assert_uint_eq(done, FILE_SIZE);
		ck_assert_int_eq(mode_of(pair[0]), modes[i / 2 % 2]);
		expect(sock_shutdown(pair[0], LIBSOCK_SHUT_WR), 0);
		pthread_join(thread, &sum);
		ck_assert_uint_eq((uintptr_t)sum, FILE_SIZE);
		sock_close(&pair[0]);
		sock_close(&pair[1]);
	}
	fclose(file);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_call_leaves_the_mode_as_it_was},
		{fresh_descriptors_block_but_for_served_ones},
		{fresh_descriptors_at_a_path_block_but_for_listeners},
		{adopted_taken_and_released_descriptors_keep_their_mode},
		{nowait_and_deadlines_hold_whoever_changes_the_mode},
		{forever_waits_on_a_descriptor_that_does_not},
		{a_cancelled_connect_leaves_the_mode_as_it_was},
		{a_unix_connect_waits_for_room_in_either_mode_without_spinning},
		{a_file_goes_as_far_as_the_deadline_in_either_mode},
		{a_file_goes_as_a_whole_in_either_mode_where_there_is_time},
		{0},
	};

	return testing_main("mode", tests);
}
