/* SPDX-License-Identifier: MIT */

/*
 * A file whose close waits for a server (FUSE), sent in the place of a socket, does not hold the receiver. It is made here in a
 * namespace of the test's own, as root.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The server of a file system that is one file. Until it is let go it answers no close. */
struct server {
	int device;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int held;   /* closes that wait for their answer */
	int let_go; /* or too late: nothing waits here for ever */
};

static void answer(int device, uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {.len = (uint32_t)(sizeof header + size), .error = error, .unique = unique};
	const struct iovec parts[] = {{&header, sizeof header}, {(void *)(uintptr_t)data, size}};

	if (writev(device, parts, 2) < 0)
		return; /* whoever asked has gone */
}

static void hold(struct server *server)
{
	struct timespec by;

	clock_gettime(CLOCK_REALTIME, &by);
	by.tv_sec += 8;
	pthread_mutex_lock(&server->lock);
	server->held++;
	pthread_cond_broadcast(&server->changed);
	while (!server->let_go && pthread_cond_timedwait(&server->changed, &server->lock, &by) == 0)
		;
	pthread_mutex_unlock(&server->lock);
}

static void *serve(void *context)
{
	static const struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
	static const struct fuse_attr_out attributes = {.attr = {.ino = 1, .mode = S_IFREG | 0600, .nlink = 1}};
	static const struct fuse_open_out opened = {.fh = 1};
	struct server *server = context;
	_Alignas(8) char data[65536];
	struct fuse_in_header in;

	while (read(server->device, data, sizeof data) >= (ssize_t)sizeof in) {
		memcpy(&in, data, sizeof in);
		if (in.opcode == FUSE_INIT)
			answer(server->device, in.unique, 0, &init, sizeof init);
		else if (in.opcode == FUSE_GETATTR)
			answer(server->device, in.unique, 0, &attributes, sizeof attributes);
		else if (in.opcode == FUSE_OPEN)
			answer(server->device, in.unique, 0, &opened, sizeof opened);
		else if (in.opcode == FUSE_FLUSH)
			hold(server);
		if (in.opcode == FUSE_FLUSH || in.opcode == FUSE_RELEASE)
			answer(server->device, in.unique, 0, NULL, 0);
		else if (in.opcode != FUSE_INIT && in.opcode != FUSE_GETATTR && in.opcode != FUSE_OPEN && in.opcode != FUSE_FORGET &&
			 in.opcode != FUSE_INTERRUPT)
			answer(server->device, in.unique, -ENOSYS, NULL, 0);
	}
	return NULL; /* it has been unmounted */
}

/* The device of a file system that is mounted at a path, with or without anybody who answers for it; or -1. */
static int mount_at(const char *path, int mode)
{
	char options[96];
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(options, sizeof options, "fd=%d,rootmode=%o,user_id=0,group_id=0", device, (unsigned)mode);
	if (device >= 0 && mount("test", path, "fuse", 0, options) != 0) {
		close(device);
		return -1;
	}
	return device;
}

/* A namespace of mounts of one's own, in which such a file system can be mounted. */
static int enter_namespace(void)
{
	int device;

	if (unshare(CLONE_FS | CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	device = mount_at("/tmp", S_IFDIR);
	if (device < 0)
		return -1;
	umount2("/tmp", MNT_DETACH);
	return close(device);
}

static void receive_and_throw_away(int fd, int count)
{
	struct sock channel[2], s;
	int64_t begun;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	native_send_rights(channel[0], fd, count);
	begun = sock_now();
	expect(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT), count == 1 ? LIBSOCK_ENOTSOCK : LIBSOCK_EPROTO);
	expect_ended(begun);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}

/* Close all descriptors of the file that `fd` is open for. How many there were. */
static int close_all_of(int fd)
{
	struct stat wanted, other;
	int count = 0;

	ck_assert_int_eq(fstat(fd, &wanted), 0);
	for (int i = 3; i < 2048; i++)
		if (fstat(i, &other) == 0 && other.st_dev == wanted.st_dev && other.st_ino == wanted.st_ino) {
			close(i);
			count++;
		}
	return count;
}

START_TEST(a_file_whose_close_waits_does_not_hold_the_receiver)
{
	struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	enum { THREADS = 256 };
	const int before = native_open_descriptors(), counts[] = {1, 2, 250}; /* Linux: at most 253 */
	pthread_t thread;
	int fd;

	close(open("file", O_CREAT | O_RDWR, 0600));
	server.device = mount_at("file", S_IFREG);
	ck_assert_int_ge(server.device, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &server), 0);
	fd = open("file", O_RDONLY);
	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 3; i++)
		receive_and_throw_away(fd, counts[i]);
	for (int i = 0; i < THREADS; i++)
		receive_and_throw_away(fd, 1);
	pthread_mutex_lock(&server.lock);
	while (server.held == 0) /* it is closed, but for the answer */
		pthread_cond_wait(&server.changed, &server.lock);
	server.let_go = 1;
	pthread_cond_broadcast(&server.changed);
	pthread_mutex_unlock(&server.lock);
	native_await_descriptors(before + 2 + 3); /* three were beyond the most that wait at a time */
	ck_assert_int_eq(close_all_of(fd), 1 + 3);
	ck_assert_int_eq(umount2("file", MNT_DETACH), 0); /* the last close has no descriptor any more, and may still be at it */
	pthread_join(thread, NULL);
	close(server.device);
	unlink("file");
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_file_whose_close_waits_does_not_hold_the_receiver},
		{0},
	};

	if (enter_namespace() != 0) {
		printf("1..0 # SKIP no file system of one's own here\n");
		return 0;
	}
	return testing_main("held", tests);
}
