/* SPDX-License-Identifier: MIT */

/* What POSIX does its own way: the clock, poll, close-on-exec, and a connect with a time limit. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

int64_t os_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock is there and the pointer is good */
	return ((int64_t)now.tv_sec + 1) * 1000000 + now.tv_nsec / 1000;
}

int native_set_blocking(int fd, bool blocking)
{
	int nonblocking = !blocking, result;

	BSD_CALL(result, ioctl(fd, FIONBIO, &nonblocking)); /* one call where fcntl needs two */
	return result;
}

int native_no_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
	int on = 1, result;

	BSD_CALL(result, setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on));
	return result == -1 && errno == EINVAL ? 0 : result; /* macOS, of a stream that has ended both ways: none will come */
#else
	(void)fd; /* MSG_NOSIGNAL on every send */
	return 0;
#endif
}

int native_inherit(int fd, bool on)
{
	int result;

	BSD_CALL(result, fcntl(fd, F_SETFD, on ? 0 : FD_CLOEXEC));
	return result == -1 ? -1 : 0;
}

int native_inherits(int fd, int64_t *on)
{
	int flags;

	BSD_CALL(flags, fcntl(fd, F_GETFD));
	*on = flags != -1 && !(flags & FD_CLOEXEC);
	return flags == -1 ? -1 : 0;
}

int native_tame(int fd)
{
	return native_inherit(fd, false) == -1 ? -1 : native_no_sigpipe(fd);
}

int native_ask_family(int fd, int *family)
{
	struct sockaddr_storage name = {0};
	socklen_t length = sizeof name;
	int result;

	BSD_CALL(result, getsockname(fd, (struct sockaddr *)&name, &length));
	if (result == -1)
		return -1;
	*family = length == 0 ? AF_UNIX : name.ss_family; /* without a name: older OpenBSD, DragonFly */
	return 0;
}

/* A failing set-up call leaves its errno behind and no descriptor. */
static int os__give_up(int fd)
{
	int number = errno;

	os_close(fd);
	return os_error(number);
}

static int os__open_error(int number)
{
	switch (number) {
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
	case EPROTOTYPE:
		return LIBSOCK_ENOTSUP;
	default:
		return os_error(number);
	}
}

static int os__open(int family, int type, bool blocking, intptr_t *result)
{
	const int mode = blocking ? 0 : NATIVE_NONBLOCK,
		  native_type = (type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM) | NATIVE_CLOEXEC | mode;
	int fd, tamed;

	BSD_CALL(fd, socket(bsd_native_family(family), native_type, 0));
	if (fd == -1)
		return os__open_error(errno);
	tamed = NATIVE_CLOEXEC ? native_no_sigpipe(fd) : native_tame(fd);
	if (tamed == -1 || (!blocking && !mode && native_set_blocking(fd, false) == -1))
		return os__give_up(fd);
	*result = fd;
	return 0;
}

int os_open(int family, int type, intptr_t *result)
{
	int off = 0, dual, err = os__open(family, type, NATIVE_BLOCKING, result);

	/* Dual stack, set because the default is the administrator's (Linux: net.ipv6.bindv6only). OpenBSD refuses. */
	if (err == 0 && family == LIBSOCK_AF_INET6)
		BSD_CALL(dual, setsockopt((int)*result, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
	return err;
}

int os_open_stream(int family, intptr_t *result)
{
	return os__open(family, LIBSOCK_STREAM, false, result);
}

int os_close(intptr_t fd)
{
	int before, err;

	os_forget(fd); /* first: once it is free, the number is another thread's next socket */

	/* close(2) is where a cancellation that is pending acts, before it has closed anything (pthreads(7)). */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	/* Interrupted or not, the descriptor is free (close(2), NOTES), and a second try might hit another thread's. */
	err = close((int)fd) == -1 && errno != EINTR ? os_error(errno) : 0;
	pthread_setcancelstate(before, NULL);
	return err;
}

int os_has_descriptor(intptr_t fd)
{
	int flags = -1;

	errno = EBADF;
	if ((intptr_t)(int)fd == fd)
		BSD_CALL(flags, fcntl((int)fd, F_GETFD));
	return flags == -1 ? bsd_error() : 0;
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
_Static_assert(OS__IS_IOVEC(sock_const_buffer) && OS__IS_IOVEC(sock_buffer), "our vectors are the system's");

/* No piece at all is EMSGSIZE to macOS (sendmsg(2), recvmsg(2)): then there is one, of no bytes. */
static struct msghdr os__message(const void *parts, int count, struct iovec *none)
{
	*none = (struct iovec){.iov_base = none};
	return (struct msghdr){
		.msg_iov = count > 0 ? (void *)(uintptr_t)parts : none,
		.msg_iovlen = (uint8_t)(count > 0 ? count : 1), /* int or size_t */
	};
}

ptrdiff_t os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how)
{
	struct iovec none;
	const struct msghdr message = os__message(parts, count, &none);
	ssize_t n = sendmsg((int)fd, &message, bsd_flags(how) | NATIVE_SEND_FLAGS);

	return n >= 0 ? n : bsd_send_error(fd);
}

ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_buffer *rooms, int count, int how)
{
	struct iovec none;
	struct msghdr message = os__message(rooms, count, &none);
	ssize_t n = native_received(type, recvmsg((int)fd, &message, bsd_flags(how)));

	if (n < 0)
		return type == LIBSOCK_DGRAM ? bsd_receive_error() : bsd_error();
	return type == LIBSOCK_DGRAM && (message.msg_flags & MSG_TRUNC) ? LIBSOCK_EMSGSIZE : n;
}

int os_pair(int type, intptr_t result[2])
{
	const int native_type = (type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM) | NATIVE_CLOEXEC;
	int fd[2], number, made;
	bool tamed = true;

	BSD_CALL(made, socketpair(AF_UNIX, native_type, 0, fd));
	if (made == -1)
		return os_error(errno);
	for (int i = 0; i < 2; i++) {
		tamed = tamed && native_tame(fd[i]) == 0 && (NATIVE_BLOCKING || native_set_blocking(fd[i], false) == 0);
		result[i] = fd[i];
	}
	if (tamed)
		return 0;
	number = errno;
	os_close(fd[0]);
	os_close(fd[1]);
	return os_error(number);
}

/*
 * A sandbox allows no descriptors by RLIMIT_NOFILE, and poll waits for no more than that (native_poll). What is to be
 * received or sent is called ready then: the core tries, and as it was not, once a millisecond. A connection is not,
 * for its attempt's end is not known. Nor is a pause over (`count` is 0): whoever refuses that refuses poll as a whole.
 */
COLD static int os__wait_failed(struct os_wait_item items[], int count)
{
	if (errno != EMFILE || count == 0 || items->event == OS_CONNECTED)
		return bsd_error();
	for (int i = 0; i < count; i++)
		items[i].ready = true;
	return count;
}

int os_wait(struct os_wait_item items[], int count, int wait_ms)
{
	struct pollfd polled[OS_WAIT_MAX];
	int ready;

	for (int i = 0; i < count; i++)
		polled[i] = (struct pollfd){.fd = (int)items[i].fd, .events = items[i].event == OS_READABLE ? POLLIN : POLLOUT};
	ready = native_poll(polled, (unsigned)count, wait_ms);
	if (ready < 0)
		return os__wait_failed(items, count);
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

int native_pending(int fd, int *bytes)
{
	int result;

	BSD_CALL(result, ioctl(fd, FIONREAD, bytes));
	return result;
}

int native_identity(int fd, uint64_t *identity)
{
	struct stat status;
	int result;

	BSD_CALL(result, fstat(fd, &status));
	if (result == -1)
		return -1;
	*identity = status.st_ino;
	return 0;
}
