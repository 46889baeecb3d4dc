/* SPDX-License-Identifier: MIT */

/*
 * Descriptors that are no sockets, sent in the place of one: each is an error of its own, none is kept, and none holds the
 * receiver, not even a file whose close waits for a server (FUSE), made here in a namespace of the test's own. As root.
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
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void send_descriptor(struct sock channel, int fd, int count)
{
	char byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {.room = {0}};
	const int fds[] = {fd, fd};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof fd),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof fd);
	memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof fd);
	ck_assert_int_eq(sendmsg((int)sock_native(channel), &message, 0), 1);
}

/* A close may be under way still when the call that threw the descriptor away has returned. */
static void until_open(int count)
{
	for (int64_t by = soon(); native_open_descriptors() != count && sock_now() < by;)
		sched_yield();
	ck_assert_int_eq(native_open_descriptors(), count);
}

/* Receive it, alone and twice at once, with each deadline, through each kind of channel; `code` is what it is alone. */
static void take(int fd, int code)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};
	const int before = native_open_descriptors();

	for (int i = 0; i < 2 * 2 * 4; i++) {
		const int count = 1 + i / 2 % 2;
		struct sock channel[2], s = {.family = 7};

		expect(sock_pair(channel, i % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM), 0);
		send_descriptor(channel[0], fd, count);
		expect(sock_recv_socket(channel[1], &s, deadlines[i / 4]), count == 1 ? code : LIBSOCK_EPROTO);
		ck_assert_int_eq(s.family, 0);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
	until_open(before);
}

static void take_and_close(int fd, int code)
{
	ck_assert_int_ge(fd, 0);
	take(fd, code);
	close(fd);
}

START_TEST(what_is_no_socket_is_told_and_closed)
{
	int pipes[2], pid;

	ck_assert_int_eq(pipe(pipes), 0);
	take_and_close(pipes[0], LIBSOCK_ENOTSOCK);
	take_and_close(pipes[1], LIBSOCK_ENOTSOCK);
	take_and_close(open("/dev/null", O_RDWR), LIBSOCK_ENOTSOCK);
	take_and_close(open(".", O_RDONLY | O_DIRECTORY), LIBSOCK_ENOTSOCK);
	take_and_close(open("/proc/self/exe", O_RDONLY), LIBSOCK_ENOTSOCK);
	take_and_close(open("/proc/self/exe", O_PATH), LIBSOCK_ENOTSOCK); /* nothing can be done with it, but the channel is good */
	take_and_close(epoll_create1(0), LIBSOCK_ENOTSOCK);
	take_and_close(eventfd(0, 0), LIBSOCK_ENOTSOCK);
	take_and_close(socket(AF_NETLINK, SOCK_RAW, 0), LIBSOCK_ENOTSUP);
	take_and_close(socket(AF_UNIX, SOCK_SEQPACKET, 0), LIBSOCK_ENOTSUP);
	pid = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (pid >= 0) /* Linux 5.3 */
		take_and_close(pid, LIBSOCK_ENOTSOCK);
}
END_TEST

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

/* A namespace of mounts of one's own, with the file in it; or false. */
static int mount_file(struct server *server)
{
	char options[96];
	int file;

	if (unshare(CLONE_FS | CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return 0;
	server->device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	file = open("file", O_CREAT | O_RDWR, 0600);
	close(file);
	snprintf(options, sizeof options, "fd=%d,rootmode=100000,user_id=0,group_id=0", server->device);
	return server->device >= 0 && mount("test", "file", "fuse", 0, options) == 0;
}

START_TEST(a_file_whose_close_waits_does_not_hold_the_receiver)
{
	struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .device = -1};
	const int before = native_open_descriptors();
	pthread_t thread;

	if (mount_file(&server)) {
		struct sock channel[2], s;
		int64_t begun;
		int fd;

		ck_assert_int_eq(pthread_create(&thread, NULL, serve, &server), 0);
		fd = open("file", O_RDONLY);
		ck_assert_int_ge(fd, 0);
		for (int count = 1; count <= 2; count++) {
			expect(sock_pair(channel, LIBSOCK_STREAM), 0);
			send_descriptor(channel[0], fd, count);
			begun = sock_now();
			expect(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT), count == 1 ? LIBSOCK_ENOTSOCK : LIBSOCK_EPROTO);
			expect_ended(begun);
			sock_close(&channel[0]);
			sock_close(&channel[1]);
		}
		pthread_mutex_lock(&server.lock);
		while (server.held == 0) /* it is closed, but for the answer */
			pthread_cond_wait(&server.changed, &server.lock);
		server.let_go = 1;
		pthread_cond_broadcast(&server.changed);
		pthread_mutex_unlock(&server.lock);
		close(fd);
		until_open(before + 1);
		ck_assert_int_eq(umount2("file", MNT_DETACH), 0); /* the last close has no descriptor any more, and may still be at it */
		pthread_join(thread, NULL);
	}
	if (server.device >= 0)
		close(server.device);
	unlink("file");
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_is_no_socket_is_told_and_closed},
		{a_file_whose_close_waits_does_not_hold_the_receiver},
		{0},
	};

	return testing_main("odd", tests);
}
