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
 * end has come, which is told beside a receive as one more byte that waits (TCP_INQ, since 5.1). The error itself is
 * lost; retransmissions or probes that nobody has answered mean that the system gave up.
 */
#if defined(TCP_INFO) && defined(TCP_INQ) && defined(TCP_CM_INQ)
struct ending__tcp_info {
	uint8_t state, congestion, retransmits, probes; /* how struct tcp_info of tcp(7) begins */
};

static bool ending__tcp_info(int fd, struct ending__tcp_info *info)
{
	socklen_t size = sizeof *info;
	int result;

	BSD_CALL(result, getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size));
	return result == 0 && size == sizeof *info;
}

/* Has the peer's end come? For what cannot be asked: yes. */
static bool ending__has_end(int fd)
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
	const int on = 1;
	int before = 0, waiting = 1, result;
	socklen_t size = sizeof before;

	BSD_CALL(result, getsockopt(fd, IPPROTO_TCP, TCP_INQ, &before, &size));
	if (result == 0)
		BSD_CALL(result, setsockopt(fd, IPPROTO_TCP, TCP_INQ, &on, sizeof on));
	if (result == -1)
		return true;
	BSD_CALL(result, (int)recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT));
	if (result == 0 && CMSG_FIRSTHDR(&message) && control.header.cmsg_type == TCP_CM_INQ)
		memcpy(&waiting, CMSG_DATA(&control.header), sizeof waiting);
	BSD_CALL(result, setsockopt(fd, IPPROTO_TCP, TCP_INQ, &before, sizeof before));
	return waiting > 0;
}

int os_end(intptr_t fd)
{
	struct ending__tcp_info info;

	if (!ending__tcp_info((int)fd, &info))
		return LIBSOCK_EEOF; /* AF_UNIX: what this side does not read the peer cannot send either */
	if (info.state == TCP_ESTABLISHED || info.state == TCP_FIN_WAIT1 || info.state == TCP_FIN_WAIT2)
		return 0;
	if (info.state != TCP_CLOSE || ending__has_end((int)fd))
		return LIBSOCK_EEOF;
	return info.retransmits > 0 || info.probes > 0 ? LIBSOCK_ECONNTIMEDOUT : LIBSOCK_ECONNRESET;
}
#else
int os_end(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_EEOF;
}
#endif
