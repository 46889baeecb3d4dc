/* SPDX-License-Identifier: MIT */

/* How a stream has ended, where the system reports that only once. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <netinet/tcp.h>
#include <string.h>

/*
 * Linux reports the error that ended a connection once, and an end of file from then on (tcp_recvmsg), so the head of what
 * was sent would look like all of it. What it still knows: a connection that is closed ended in order only if the peer's
 * end has come, which is told beside a receive as one more byte that waits (TCP_INQ, since 5.1). That it was the system
 * that gave up is lost with the error; so it is noted on the socket when it is told. The note is TCP_INQ itself, which
 * only adds to the control data of what is received, and here nothing more comes.
 */
#if defined(TCP_INFO) && defined(TCP_INQ) && defined(TCP_CM_INQ)
static int ending__set_note(int fd, int value)
{
	int result;

	BSD_CALL(result, setsockopt(fd, IPPROTO_TCP, TCP_INQ, &value, sizeof value));
	return result;
}

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

bool os_given_up(intptr_t fd)
{
	struct tcp_info info;

	if (!ending__ask((int)fd, &info) || info.tcpi_state != TCP_CLOSE || !ending__was_connected(&info))
		return false;
	ending__set_note((int)fd, 1);
	return true;
}

/* Has the peer's end come? For what cannot be asked: yes. `noted` is what os_end() is to know. */
static bool ending__has_end(int fd, int *noted)
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
	socklen_t size = sizeof *noted;

	BSD_CALL(result, getsockopt(fd, IPPROTO_TCP, TCP_INQ, noted, &size));
	if (result == -1 || ending__set_note(fd, 1) == -1)
		return true;
	BSD_CALL(result, (int)recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT));
	if (result == 0 && CMSG_FIRSTHDR(&message) && control.header.cmsg_type == TCP_CM_INQ)
		memcpy(&waiting, CMSG_DATA(&control.header), sizeof waiting);
	ending__set_note(fd, *noted);
	return waiting > 0;
}

int os_end(intptr_t fd)
{
	struct tcp_info info;
	int noted = 0;

	if (!ending__ask((int)fd, &info))
		return LIBSOCK_EEOF; /* AF_UNIX: what this side does not read the peer cannot send either */
	if (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_FIN_WAIT2)
		return 0;
	if (info.tcpi_state == TCP_CLOSE && !ending__was_connected(&info))
		return LIBSOCK_ENOTCONN; /* refused */
	if (info.tcpi_state != TCP_CLOSE || ending__has_end((int)fd, &noted))
		return LIBSOCK_EEOF;
	return noted ? LIBSOCK_ECONNTIMEDOUT : LIBSOCK_ECONNRESET;
}
#else
bool os_given_up(intptr_t fd)
{
	(void)fd;
	return false;
}

int os_end(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_EEOF;
}
#endif
