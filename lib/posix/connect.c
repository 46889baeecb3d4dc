/* SPDX-License-Identifier: MIT */

/* Connecting and accepting without waiting, for which POSIX has no flag, whatever mode the descriptor is in. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/stat.h>

/*
 * Linux, asked again, waits for the attempt that is under way, whomever that is to, and once it has succeeded says 0 as
 * if it had just been made (__inet_stream_connect). Others say what this says: -1, and EALREADY or EISCONN; or 0.
 */
static int connect__check_fresh(int fd)
{
#ifdef NATIVE_JOINS_ATTEMPTS
	uint8_t state = TCP_CLOSE; /* how struct tcp_info of tcp(7) begins */
	socklen_t size = sizeof state;
	int result;

	BSD_CALL(result, getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &size));
	if (result == 0 && state != TCP_CLOSE) {
		errno = state == TCP_SYN_SENT ? EALREADY : EISCONN;
		return -1;
	}
#else
	(void)fd;
#endif
	return 0;
}

/*
 * There is no flag for a connect that does not wait: the mode says it, for the moment. A Unix-domain one with a
 * deadline is tried again until there is room in the listener's queue, which no system reports (os.h).
 */
static int connect__connect_nonblocking(int fd, const struct sockaddr *to, socklen_t length)
{
	int flags, result, number, cancel;

	BSD_CALL(flags, fcntl(fd, F_GETFL));
	if (flags == -1 || flags & O_NONBLOCK)
		return flags == -1 ? -1 : connect(fd, to, length);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* or a thread that ends here leaves the mode switched */
	result = native_set_blocking(fd, false) == -1 ? -1 : connect(fd, to, length);
	number = errno;
	native_set_blocking(fd, true);
	pthread_setcancelstate(cancel, NULL);
	errno = number;
	return result;
}

/*
 * Has a signal come before anything had begun? It can where a supervisor holds the call (seccomp_unotify(2)), and with
 * a Unix-domain queue that is full. A datagram socket is connected at once or not at all.
 */
static bool connect__is_to_repeat(int fd, bool is_tcp)
{
	if (errno != EINTR)
		return false;
	if (!is_tcp)
		return true;
#ifdef NATIVE_JOINS_ATTEMPTS
	if (connect__check_fresh(fd) == 0)
		return true;
#else
	(void)fd;
#endif
	errno = EINPROGRESS; /* it goes on (connect(2)); calling again would not */
	return false;
}

int native_connect(int fd, int type, const struct sockaddr *to, socklen_t length, int wait_ms)
{
	const bool is_unix = to->sa_family == AF_UNIX, waits = wait_ms < 0 || type == LIBSOCK_DGRAM;
	const bool is_tcp = type == LIBSOCK_STREAM && !is_unix;
	int result = is_tcp ? connect__check_fresh(fd) : 0, tries = 0;

	if (result == -1)
		return -1;
	do {
		tries++;
		result = waits ? connect(fd, to, length) : connect__connect_nonblocking(fd, to, length);
	} while (result == -1 && connect__is_to_repeat(fd, is_tcp));
	if (result == -1 && errno == EISCONN && is_unix && tries > 1)
		return 0; /* the supervisor had made it when the signal came */
	if (result == -1 && !is_unix && errno == EAGAIN)
		errno = EADDRNOTAVAIL; /* Linux, when a datagram socket finds no free port */
	return result;
}

static int connect__accept(int fd, struct sockaddr *peer, socklen_t *length)
{
#ifdef SOCK_CLOEXEC
	return accept4(fd, peer, length, SOCK_CLOEXEC);
#else
	return accept(fd, peer, length);
#endif
}

/*
 * An accept that does not wait, in whichever mode the listener is and whoever changes that: it has something to accept
 * first, and only if that is taken by another acceptor in the same moment the mode matters. What does not listen is
 * writable, and told by accept itself. A Unix-domain listener that has been shut down is readable for ever, but a
 * non-blocking accept calls that EAGAIN (Linux, unix_accept).
 */
static int connect__accept_nowait(int fd, struct sockaddr *peer, socklen_t *length)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT | NATIVE_POLLRDHUP};
	int ready = native_poll(&polled, 1, 0), flags, conn, number, cancel;

	if (ready == 0)
		errno = EAGAIN;
	if (ready <= 0)
		return -1;
	BSD_CALL(flags, fcntl(fd, F_GETFL));
	if (flags == -1)
		return -1;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	conn = !(flags & O_NONBLOCK) && native_set_blocking(fd, false) == -1 ? -1 : connect__accept(fd, peer, length);
	number = errno;
	if (!(flags & O_NONBLOCK))
		native_set_blocking(fd, true);
	pthread_setcancelstate(cancel, NULL);
	errno = number == EAGAIN && polled.revents & (POLLHUP | NATIVE_POLLRDHUP) ? EINVAL : number;
	return conn;
}

/* The BSDs hand the listener's mode on to what it accepts. */
static bool connect__tame_accepted(int conn)
{
#ifdef SOCK_CLOEXEC
	return native_no_sigpipe(conn) == 0 && (NATIVE_BLOCKING || native_set_blocking(conn, false) == 0);
#else
	return native_tame(conn) == 0 && native_set_blocking(conn, NATIVE_BLOCKING) == 0;
#endif
}

int native_accept(int fd, struct sockaddr *peer, socklen_t *length, bool nowait)
{
	const socklen_t room = *length;
	int conn = nowait ? -1 : connect__accept(fd, peer, length);

	if (nowait || (conn == -1 && errno == EAGAIN)) {
		*length = room;
		conn = connect__accept_nowait(fd, peer, length);
	}
	/* A network error of the connection to accept(2), but not of ours, for "this system cannot" is told by others, too. */
	if (conn == -1 && errno == EOPNOTSUPP)
		errno = ECONNABORTED;
	/* macOS: a connection that is gone already has no peer, and setsockopt on it fails with EINVAL. */
	if (conn != -1 && (!connect__tame_accepted(conn) || *length == 0)) {
		os_close(conn);
		conn = -1;
		errno = ECONNABORTED;
	}
	return conn;
}

int os_remove_socket(const char *path)
{
	struct stat status;
	int result;

	BSD_CALL(result, lstat(path, &status));
	if (result == 0 && !S_ISSOCK(status.st_mode))
		return LIBSOCK_EADDRINUSE;
	if (result == 0)
		BSD_CALL(result, unlink(path));
	if (result == 0 || errno == ENOENT)
		return 0;
	return errno == EPERM ? LIBSOCK_EACCES : os_error(errno); /* another user's, in a folder like /tmp */
}
