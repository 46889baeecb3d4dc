/* SPDX-License-Identifier: MIT */

/* What POSIX does its own way: the clock, poll, close-on-exec, and a connect with a time limit. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
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
	/* Dual stack, set because the default is the administrator's (Linux: net.ipv6.bindv6only) or off (OpenBSD: for good). */
	if (tamed == 0 && family == LIBSOCK_AF_INET6)
		tamed = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (tamed == -1)
		return os__give_up(fd);
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
	const struct timeval limit = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000}, none = {0};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
		return -1;

	int result = connect(fd, to, length), number = errno;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
	errno = number;
	return result;
}

int native_connect(int fd, int type, const struct sockaddr *to, socklen_t length, int wait_ms)
{
	int result, number;

	if (wait_ms < 0 || type == LIBSOCK_DGRAM) {
		result = connect(fd, to, length);
		if (result == -1 && errno == EINTR && to->sa_family != AF_UNIX)
			errno = EINPROGRESS; /* it goes on (connect(2)); calling again would not */
		return result;
	}
	if (wait_ms > 0 && to->sa_family == AF_UNIX)
		return os__connect_unix(fd, to, length, wait_ms);
	if (native_set_blocking(fd, false) == -1)
		return -1;
	result = connect(fd, to, length);
	number = errno;
	native_set_blocking(fd, true);
	errno = number;
	return result;
}

int native_accept(int fd, struct sockaddr *peer, socklen_t *length)
{
#ifdef SOCK_CLOEXEC
	int conn = accept4(fd, peer, length, SOCK_CLOEXEC);
	bool tamed = conn == -1 || os__no_sigpipe(conn) == 0;
#else
	int conn = accept(fd, peer, length);
	bool tamed = conn == -1 || (native_tame(conn) == 0 && native_set_blocking(conn, true) == 0);
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

int os_wait(intptr_t fd, int event, int wait_ms)
{
	struct pollfd item = {.fd = (int)fd, .events = event == OS_READABLE ? POLLIN : POLLOUT};
	int ready = poll(&item, 1, wait_ms);

	return ready < 0 ? os_error(errno) : ready;
}

int os_interface_index(const char *name, uint32_t *index)
{
	*index = if_nametoindex(name);
	return *index > 0 ? 0 : LIBSOCK_ENODEV;
}
