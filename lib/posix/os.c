/* SPDX-License-Identifier: MIT */

/* What POSIX does its own way: the clock, poll, close-on-exec, and a connect with a time limit. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

int64_t os_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock is there and the pointer is good */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1;
}

int native_set_blocking(int fd, bool blocking)
{
	int nonblocking = !blocking;

	return ioctl(fd, FIONBIO, &nonblocking); /* one call where fcntl needs two */
}

static int os__no_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#else
	(void)fd; /* MSG_NOSIGNAL on every send */
	return 0;
#endif
}

int native_tame(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? -1 : os__no_sigpipe(fd);
}

int native_ask_family(int fd, int *family)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof name;

	if (getsockname(fd, (struct sockaddr *)&name, &length) == -1)
		return -1;
	*family = name.ss_family;
	return 0;
}

static int os__family(int family)
{
	switch (family) {
	case LIBSOCK_AF_INET:
		return AF_INET;
	case LIBSOCK_AF_INET6:
		return AF_INET6;
	default:
		return AF_UNIX;
	}
}

/* A failing set-up call leaves its errno behind and no descriptor. */
static int os__give_up(int fd)
{
	int number = errno;

	close(fd);
	return os_error(number);
}

int os_open(int family, int type, intptr_t *result)
{
	int native_type = type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM, off = 0;
#ifdef SOCK_CLOEXEC
	int fd = socket(os__family(family), native_type | SOCK_CLOEXEC, 0);
	int tamed = fd == -1 ? 0 : os__no_sigpipe(fd);
#else
	int fd = socket(os__family(family), native_type, 0);
	int tamed = fd == -1 ? 0 : native_tame(fd);
#endif

	if (fd == -1) {
		switch (errno) {
		case EAFNOSUPPORT:
		case EPROTONOSUPPORT:
		case ESOCKTNOSUPPORT:
		case EPROTOTYPE:
			return LIBSOCK_ENOTSUP;
		default:
			return os_error(errno);
		}
	}
	if (tamed == -1 || (!NATIVE_BLOCKING && native_set_blocking(fd, false) == -1))
		return os__give_up(fd);
	/* Dual stack, set because the default is the administrator's (Linux: net.ipv6.bindv6only). OpenBSD cannot. */
	if (family == LIBSOCK_AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1) {
		close(fd);
		return LIBSOCK_ENOTSUP;
	}
	*result = fd;
	return 0;
}

int os_close(intptr_t fd)
{
	/* Interrupted or not, the descriptor is free (close(2), NOTES), and a second try might hit another thread's. */
	return close((int)fd) == -1 && errno != EINTR ? os_error(errno) : 0;
}

/*
 * A Unix-domain connect waits for room in the listener's queue, and Linux tells nobody when there is some: only the call
 * itself can wait, for as long as SO_SNDTIMEO says (socket(7)). Systems that refuse at once instead never get to wait.
 */
static int os__connect_unix(int fd, const struct sockaddr *to, socklen_t length, int wait_ms)
{
	const struct timeval limit = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
	struct timeval before;
	socklen_t size = sizeof before;

	if (getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &before, &size) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
		return -1;

	int result = connect(fd, to, length), number = errno;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &before, sizeof before);
	errno = number;
	return result;
}

/* A connect that does not wait. What listens by mistake stays as listeners are. */
static int os__connect_nonblocking(int fd, const struct sockaddr *to, socklen_t length)
{
	int result, number, listening = 0;
	socklen_t size = sizeof listening;

	if (native_set_blocking(fd, false) == -1)
		return -1;
	result = connect(fd, to, length);
	number = errno;
	if (result == -1 && number != EINPROGRESS)
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
	if (NATIVE_BLOCKING && !listening)
		native_set_blocking(fd, true);
	errno = number;
	return result;
}

int native_connect(int fd, int type, const struct sockaddr *to, socklen_t length, int wait_ms)
{
	const bool is_unix = to->sa_family == AF_UNIX, waits = wait_ms < 0 || type == LIBSOCK_DGRAM;
	int result;

	if (is_unix && wait_ms > 0)
		return os__connect_unix(fd, to, length, wait_ms);
	result = waits ? connect(fd, to, length) : os__connect_nonblocking(fd, to, length);
	if (result == -1 && !is_unix && errno == EINTR)
		errno = EINPROGRESS; /* it goes on (connect(2)); calling again would not */
	if (result == -1 && !is_unix && errno == EAGAIN)
		errno = EADDRNOTAVAIL; /* Linux, when a datagram socket finds no free port */
	return result;
}

int native_accept(int fd, struct sockaddr *peer, socklen_t *length)
{
#ifdef SOCK_CLOEXEC
	int conn = accept4(fd, peer, length, SOCK_CLOEXEC);
	bool tamed = conn == -1 || (os__no_sigpipe(conn) == 0 && (NATIVE_BLOCKING || native_set_blocking(conn, false) == 0));
#else
	int conn = accept(fd, peer, length);
	bool tamed = conn == -1 || (native_tame(conn) == 0 && native_set_blocking(conn, NATIVE_BLOCKING) == 0);
#endif

	/* macOS: a connection that is gone already has no peer, and setsockopt on it fails with EINVAL. */
	if (conn != -1 && (!tamed || *length == 0)) {
		close(conn);
		conn = -1;
		errno = ECONNABORTED;
	}
	return conn;
}

ssize_t native_receive(int fd, void *data, size_t size, int flags, struct sockaddr *from, socklen_t *length)
{
	if (NATIVE_TELLS_LENGTH)
		return recvfrom(fd, data, size, flags | NATIVE_TELLS_LENGTH, from, length);

	struct iovec part = {.iov_base = data, .iov_len = NATIVE_SIZE(size)};
	struct msghdr message = {.msg_name = from, .msg_namelen = length ? *length : 0, .msg_iov = &part, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &message, flags);

	if (length)
		*length = message.msg_namelen;
	return n >= 0 && (message.msg_flags & MSG_TRUNC) ? (ssize_t)size + 1 : n;
}

/* Both are a pointer and a length, so that vectors need no conversion. */
#define OS__IS_IOVEC(type)                                                                                              \
	(sizeof(struct type) == sizeof(struct iovec) && offsetof(struct type, data) == offsetof(struct iovec, iov_base) && \
	 offsetof(struct type, size) == offsetof(struct iovec, iov_len))
_Static_assert(OS__IS_IOVEC(sock_part) && OS__IS_IOVEC(sock_room), "our vectors are the system's");

ptrdiff_t os_sendv(intptr_t fd, const struct sock_part *parts, int count, int how)
{
	const struct msghdr message = {.msg_iov = (void *)(uintptr_t)parts, .msg_iovlen = (uint8_t)count /* int or size_t */};
	ssize_t n = sendmsg((int)fd, &message, (how & OS_NOWAIT ? MSG_DONTWAIT : 0) | NATIVE_SEND_FLAGS);

	return n >= 0 ? n : os_error(errno);
}

ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_room *rooms, int count, int how)
{
	struct msghdr message = {.msg_iov = (void *)(uintptr_t)rooms, .msg_iovlen = (uint8_t)count /* int or size_t */};
	ssize_t n = native_received(type, recvmsg((int)fd, &message, how & OS_NOWAIT ? MSG_DONTWAIT : 0));

	if (n >= 0 && type == LIBSOCK_DGRAM && (message.msg_flags & MSG_TRUNC))
		return LIBSOCK_EMSGSIZE;
	return n >= 0 ? n : os_error(errno);
}

_Static_assert(sizeof(off_t) == sizeof(int64_t), "any place in a file");

ptrdiff_t os_file_read(intptr_t file, void *data, size_t size, uint64_t offset)
{
	ssize_t n;

	if ((intptr_t)(int)file != file)
		return LIBSOCK_EBADF;
	n = pread((int)file, data, NATIVE_SIZE(size), (off_t)offset);
	return n >= 0 ? n : os_error(errno);
}

int os_pair(int type, intptr_t result[2])
{
	const int native_type = type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM;
	int fd[2], number;
	bool tamed = true;
#ifdef SOCK_CLOEXEC
	if (socketpair(AF_UNIX, native_type | SOCK_CLOEXEC, 0, fd) == -1)
		return os_error(errno);
#else
	if (socketpair(AF_UNIX, native_type, 0, fd) == -1)
		return os_error(errno);
#endif

	for (int i = 0; i < 2; i++) {
		tamed = tamed && native_tame(fd[i]) == 0 && (NATIVE_BLOCKING || native_set_blocking(fd[i], false) == 0);
		result[i] = fd[i];
	}
	if (tamed)
		return 0;
	number = errno;
	close(fd[0]);
	close(fd[1]);
	return os_error(number);
}

int os_wait(struct os_wait_item items[], int count, int wait_ms)
{
	struct pollfd polled[OS_WAIT_MAX];
	int ready;

	for (int i = 0; i < count; i++)
		polled[i] = (struct pollfd){.fd = (int)items[i].fd, .events = items[i].event == OS_READABLE ? POLLIN : POLLOUT};
	ready = poll(polled, (nfds_t)count, wait_ms);
	if (ready < 0)
		return os_error(errno);
	for (int i = 0; i < count; i++)
		items[i].ready = polled[i].revents != 0;
	return ready;
}

bool native_at_end(int fd)
{
	char byte;
	int type = 0;
	socklen_t size = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 || type != SOCK_STREAM)
		return false;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int native_identity(int fd, uint64_t *identity)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return -1;
	*identity = status.st_ino;
	return 0;
}

int os_interface_index(const char *name, uint32_t *index)
{
	*index = if_nametoindex(name);
	if (*index > 0)
		return 0;
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? os_error(errno) : LIBSOCK_ENODEV;
}
