/* SPDX-License-Identifier: MIT */

/* Datagrams with control messages, where POSIX systems have their own ways. */

#include "native.h"

#include "os.h"

#include <string.h>

enum { PACKET__AT_ONCE = 22 }; /* messages: as many as the stack of a small thread has room for */

/*
 * A socket that was given no port gets one when it sends. That there is none is EAGAIN on Linux (inet_send_prepare), as
 * if it were worth waiting for the socket; also where there is no peer either, which is looked for afterwards.
 */
void native_send_failed(int fd, bool has_address)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} own;
	socklen_t length = sizeof own;

	if (errno != EAGAIN)
		return;
	if (getsockname(fd, &own.any, &length) == 0 && (own.any.sa_family == AF_INET || own.any.sa_family == AF_INET6) &&
	    own.in.sin_port == 0) /* at the same place in both */
		errno = has_address ? EADDRNOTAVAIL : ENOTCONN;
	else
		errno = EAGAIN;
}

/* One call for several where there is one: MSG_WAITFORONE came with sendmmsg and recvmmsg (Linux, FreeBSD, NetBSD). */
static int packet__send_many(int fd, const native_message *message, native_part parts[], int count, int flags)
{
#ifdef MSG_WAITFORONE
	struct mmsghdr each[PACKET__AT_ONCE];

	for (int i = 0; i < count; i++) {
		each[i].msg_hdr = *message;
		each[i].msg_hdr.msg_iov = &parts[i];
	}
	return (int)sendmmsg(fd, each, (unsigned)count, flags);
#else
	(void)fd;
	(void)message;
	(void)parts;
	(void)count;
	(void)flags;
	errno = ENOSYS;
	return -1;
#endif
}

static int packet__send_one(int fd, const native_message *message, native_part *part, int flags)
{
	native_message one = *message;

	one.msg_iov = part;
	return sendmsg(fd, &one, flags) == -1 ? -1 : 1;
}

/* A short count ends it: what stopped that one is for the next call to say. */
int native_send_each(int fd, const native_message *message, native_part parts[], int count, int flags)
{
	int sent = 0, n, most;

	do {
		most = count - sent < PACKET__AT_ONCE ? count - sent : PACKET__AT_ONCE;
		n = packet__send_many(fd, message, parts + sent, most, flags);
		if (n == -1 && errno == ENOSYS) {
			most = 1;
			n = packet__send_one(fd, message, parts + sent, flags);
		}
		sent += n > 0 ? n : 0;
	} while (n == most && sent < count);
	return sent > 0 ? sent : -1;
}

#ifdef IP_PKTINFO

size_t native_put_local4(void *data, const uint8_t ip[4], uint32_t interface_index)
{
	struct in_pktinfo info = {0};

	memcpy(&info.ipi_spec_dst, ip, 4);
	memcpy(&info.ipi_ifindex, &interface_index, sizeof info.ipi_ifindex); /* int or unsigned */
	memcpy(data, &info, sizeof info);
	return sizeof info;
}

uint32_t native_get_local4(const void *data, uint8_t ip[4])
{
	struct in_pktinfo info;
	bool is_group;

	memcpy(&info, data, sizeof info);
	is_group = IN_MULTICAST(ntohl(info.ipi_addr.s_addr)) || info.ipi_addr.s_addr == INADDR_BROADCAST;
	/* Linux also tells which address to answer from (ip(7)): that one, but for a subnet's broadcast. Others leave it 0. */
	memcpy(ip, is_group || info.ipi_spec_dst.s_addr == INADDR_ANY ? &info.ipi_addr : &info.ipi_spec_dst, 4);
	return (uint32_t)info.ipi_ifindex;
}

#else

size_t native_put_local4(void *data, const uint8_t ip[4], uint32_t interface_index)
{
	(void)interface_index; /* there is only IP_MULTICAST_IF to say it with */
	memcpy(data, ip, 4);
	return 4;
}

uint32_t native_get_local4(const void *data, uint8_t ip[4])
{
	memcpy(ip, data, 4);
	return 0;
}

#endif
