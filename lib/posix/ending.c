/* SPDX-License-Identifier: MIT */

/* How a stream has ended, where the system reports that only once. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"

#include <netinet/tcp.h>
#include <string.h>

enum { ENDING__TRIES = 8 };

/* SO_ERROR, which takes it: but of what routers say of a datagram the next one is asked for, a few times. */
static int ending__take(int fd, int type)
{
	int number, result, tries = 0;
	socklen_t size = sizeof number;

	do {
		number = 0;
		BSD_CALL(result, getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size));
		if (result == -1)
			return bsd_error();
		errno = number;
	} while (number != 0 && type == LIBSOCK_DGRAM && native_is_path_error() && ++tries < ENDING__TRIES);
	return number != 0 && tries < ENDING__TRIES ? os_error(number) : 0;
}

/*
 * Linux reports the error that ended a connection once, and an end of file from then on (tcp_recvmsg), so the head of
 * what was sent would look like all of it. What it still knows: a connection that is closed ended in order only if the
 * peer's end has come, which is told beside a receive as one more byte that waits (TCP_INQ, since 5.1). Which error it
 * was is lost, and of MPTCP that it was one (mptcp_inq_hint); so an error that is told is noted on the socket. The note
 * is the error's code in TCP_NOTSENT_LOWAT, tcp(7), which no program sets so high, and which means nothing where
 * nothing is sent any more.
 */
#if defined(TCP_INFO) && defined(TCP_INQ) && defined(TCP_CM_INQ) && defined(TCP_NOTSENT_LOWAT)

enum { ENDING__MULTIPATH = 262 }; /* IPPROTO_MPTCP, which the C library may not know */

/* Of what is TCP. */
static bool ending__ask(int fd, struct tcp_info *info)
{
	socklen_t size = sizeof *info;
	int result;

	BSD_CALL(result, getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size));
	return result == 0 && size >= offsetof(struct tcp_info, tcpi_rcv_space) + sizeof info->tcpi_rcv_space;
}

/* Room to receive is given to what is established (tcp_init_buffer_space), and to nothing else. */
static bool ending__was_connected(const struct tcp_info *info)
{
	return info->tcpi_rcv_space > 0;
}

static int ending__option(int fd, int level, int name)
{
	int value = 0, result;
	socklen_t size = sizeof value;

	BSD_CALL(result, getsockopt(fd, level, name, &value, &size));
	return result == 0 ? value : 0;
}

static int ending__set(int fd, int name, int value)
{
	int result;

	BSD_CALL(result, setsockopt(fd, IPPROTO_TCP, name, &value, sizeof value));
	return result;
}

/* The error that ended it, or 0: none was noted. */
static int ending__noted(int fd)
{
	const int note = ending__option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT);

	return note == LIBSOCK_ECONNRESET || note == LIBSOCK_ECONNTIMEDOUT ? note : 0;
}

int os_ended_by(intptr_t fd, int err)
{
	struct tcp_info info;

	if (!ending__ask((int)fd, &info) || info.tcpi_state != TCP_CLOSE || !ending__was_connected(&info))
		return err;
	if (err == LIBSOCK_ENOTCONN) { /* MPTCP, of what was reset */
		const int note = ending__noted((int)fd);

		return note < 0 ? note : LIBSOCK_ECONNRESET;
	}
	if (err == LIBSOCK_EPIPE) /* a reset after the peer's end (tcp_reset) */
		err = LIBSOCK_ECONNRESET;
	if (err != LIBSOCK_ECONNRESET)
		err = LIBSOCK_ECONNTIMEDOUT;
	ending__set((int)fd, TCP_NOTSENT_LOWAT, err);
	return err;
}

/*
 * What stands next in a closed connection: LIBSOCK_EAGAIN, bytes; LIBSOCK_EEOF, the peer's end, and so for what cannot
 * be asked; LIBSOCK_ECONNRESET, neither. TCP_INQ stays on: it only adds to the control data of what is received, here
 * nothing more comes, and to take it away would take it from another thread that asks the same.
 */
static int ending__next(int fd)
{
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	int waiting = 1, result;

	if (ending__set(fd, TCP_INQ, 1) == -1)
		return LIBSOCK_EEOF;
	BSD_CALL(result, (int)recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT));
	if (result == 0 && CMSG_FIRSTHDR(&message) && control.header.cmsg_type == TCP_CM_INQ)
		memcpy(&waiting, CMSG_DATA(&control.header), sizeof waiting);
	if (result > 0)
		return LIBSOCK_EAGAIN;
	return result == 0 && waiting > 0 ? LIBSOCK_EEOF : LIBSOCK_ECONNRESET;
}

int os_end(intptr_t fd)
{
	struct tcp_info info;
	int end, note;

	if (!ending__ask((int)fd, &info))
		return LIBSOCK_EEOF; /* AF_UNIX: what this side does not read the peer cannot send either */
	if (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_FIN_WAIT2)
		return 0;
	if (info.tcpi_state != TCP_CLOSE)
		return LIBSOCK_EEOF;
	if (!ending__was_connected(&info))
		return LIBSOCK_ENOTCONN; /* refused */
	end = ending__next((int)fd);
	if (end == LIBSOCK_EEOF && ending__option((int)fd, SOL_SOCKET, SO_PROTOCOL) != ENDING__MULTIPATH)
		return end;
	note = ending__noted((int)fd);
	return note < 0 ? note : end;
}

/* Of a connection: what is told while it lives, a router has said. */
static int ending__of_connection(int fd, bool is_over)
{
	int err = ending__take(fd, LIBSOCK_STREAM), note;

	if (err == LIBSOCK_EBADF)
		return err;
	if (err < 0) /* EPIPE: a reset after the peer's end (tcp_reset) */
		err = os_ended_by(fd, err == LIBSOCK_EPIPE ? LIBSOCK_ECONNRESET : err);
	if (err == 0 && is_over) {
		note = ending__noted(fd);
		err = note < 0 ? note : os_end(fd);
	}
	return err == LIBSOCK_ECONNRESET || err == LIBSOCK_ECONNTIMEDOUT ? err : 0;
}

/* Is there an error to be told? It stays. */
static bool ending__has_error(int fd)
{
	native_pollfd item = {.fd = fd};

	return native_poll(&item, 1, 0) == 1 && item.revents & POLLERR;
}

/* A Unix-domain stream has no other error than a reset, and remembers none that was taken. */
int os_pending_error(intptr_t fd, int family, int type)
{
	struct tcp_info info;
	struct os_addr peer;
	int err;

	if (type == LIBSOCK_DGRAM)
		return ending__take((int)fd, type);
	if (family == LIBSOCK_AF_UNIX) {
		err = os_peer(fd, &peer);
		return err == 0 && ending__has_error((int)fd) ? LIBSOCK_ECONNRESET : err;
	}
	if (!ending__ask((int)fd, &info))
		return bsd_error();
	if (!ending__was_connected(&info))
		return LIBSOCK_ENOTCONN;
	return ending__of_connection((int)fd, info.tcpi_state == TCP_CLOSE);
}

/*
 * A receive takes the error of a Unix-domain stream, also one that only looks (unix_stream_read_generic), and nothing
 * remembers it then, as TCP does. So where no bytes wait nothing is received: poll knows it all.
 */
ptrdiff_t native_look(int fd)
{
	native_pollfd item = {.fd = fd, .events = POLLIN | NATIVE_POLLRDHUP};
	int bytes = 0;

	if (native_pending(fd, &bytes) != 0 || bytes > 0 || native_poll(&item, 1, 0) < 0)
		return 1;
	if (item.revents & POLLERR)
		return LIBSOCK_ECONNRESET;
	if (item.revents & NATIVE_POLLRDHUP)
		return 0;
	return item.revents & POLLHUP ? LIBSOCK_ENOTCONN : LIBSOCK_EAGAIN;
}
#else
int os_ended_by(intptr_t fd, int err)
{
	(void)fd;
	return err;
}

int os_end(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_EEOF;
}

/* Before a connection is made, and after it was reset, there is no peer: the system does not say which. */
int os_pending_error(intptr_t fd, int family, int type)
{
	struct os_addr peer;
	int err = ending__take((int)fd, type);

	(void)family;
	if (type == LIBSOCK_DGRAM || (err < 0 && err != LIBSOCK_EPIPE))
		return err;
	return err == LIBSOCK_EPIPE ? LIBSOCK_ECONNRESET : os_peer(fd, &peer);
}

/* The BSDs leave the error where it is (soreceive_generic). */
ptrdiff_t native_look(int fd)
{
	(void)fd;
	return 1;
}
#endif
