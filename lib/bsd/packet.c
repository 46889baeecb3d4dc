/* SPDX-License-Identifier: MIT */

/* Datagrams with control messages: what a packet says to what the system reads, and back. Segments. */

#include "native.h"
#include "native_time.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stdint.h>
#include <string.h>

enum {
	BSD_PACKET__CONTROL = 256, /* all that may be asked for, in both families at once */
	BSD_PACKET__BYTES = 65507  /* what a datagram can hold in IPv4, and the segments of one call together */
};

/* Whom a datagram goes to or comes from, and its control messages. */
struct bsd_packet__head {
	union bsd_addr peer;
	native_len length;
	size_t used;
	_Alignas(native_cmsg) char control[BSD_PACKET__CONTROL];
};

static void bsd_packet__put(struct bsd_packet__head *head, int level, int type, const void *data, size_t size)
{
	char *place = head->control + head->used;
	native_cmsg *item = (native_cmsg *)(void *)place;

	memset(place, 0, native_cmsg_space(size));
	item->cmsg_level = level;
	item->cmsg_type = type;
	item->cmsg_len = native_cmsg_length(size);
	memcpy(native_cmsg_data(item), data, size);
	head->used += native_cmsg_space(size);
}

/*
 * A number of the header of IPv4, of IPv6, or of whichever it will be: the system skips the other. LIBSOCK_ENOTSUP: it
 * cannot be told that.
 */
static int bsd_packet__put_ecn(struct bsd_packet__head *head, int family, int ecn)
{
	const native_ecn4 ecn4 = (native_ecn4)ecn;

	if (ecn <= 0)
		return 0;
	if (family != LIBSOCK_AF_INET6 && NATIVE_ECN4 >= 0)
		bsd_packet__put(head, IPPROTO_IP, NATIVE_ECN4, &ecn4, sizeof ecn4);
	if (family != LIBSOCK_AF_INET)
		bsd_packet__put(head, IPPROTO_IPV6, NATIVE_ECN6, &ecn, sizeof ecn);
	return family != LIBSOCK_AF_INET || NATIVE_ECN4 >= 0 ? 0 : LIBSOCK_ENOTSUP;
}

static int bsd_packet__put_ttl(struct bsd_packet__head *head, int family, int ttl)
{
	if (ttl <= 0)
		return 0;
	if (family != LIBSOCK_AF_INET6 && NATIVE_TTL4 >= 0)
		bsd_packet__put(head, IPPROTO_IP, NATIVE_TTL4, &ttl, sizeof ttl);
	if (family != LIBSOCK_AF_INET)
		bsd_packet__put(head, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
	return family != LIBSOCK_AF_INET || NATIVE_TTL4 >= 0 ? 0 : LIBSOCK_ENOTSUP;
}

/* Where to send from: an address, an interface, or both. */
static void bsd_packet__put_local(struct bsd_packet__head *head, const struct os_packet *packet)
{
	static const uint8_t any[16] = {0};
	const uint8_t *ip = packet->local.family != 0 ? packet->local.ip : any;
	uint32_t index = packet->interface_index;

	if (packet->local.family == 0 && index == 0)
		return;
	if (packet->family == LIBSOCK_AF_INET) {
		char data[32];
		size_t size = native_put_local4(data, ip, index);

		bsd_packet__put(head, IPPROTO_IP, NATIVE_LOCAL4, data, size);
	} else {
		struct in6_pktinfo info = {0};

		if (packet->local.family != 0 && packet->local.scope != 0)
			index = packet->local.scope;
		memcpy(&info.ipi6_addr, ip, 16);
		info.ipi6_ifindex = index;
		bsd_packet__put(head, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	}
}

/* Is all that the packet says heeded? */
static bool bsd_packet__is_heard(const struct os_packet *packet)
{
	return ((packet->local.family == 0 && packet->interface_index == 0) || native_hears(LIBSOCK_PACKET_LOCAL)) &&
	       (packet->ecn <= 0 || native_hears(LIBSOCK_PACKET_ECN)) &&
	       (packet->ttl <= 0 || native_hears(LIBSOCK_PACKET_TTL));
}

static int bsd_packet__head_make(struct bsd_packet__head *head, const struct os_packet *packet)
{
	int err = 0;

	head->length = 0;
	head->used = 0;
	if (packet->peer.family != 0)
		err = bsd_addr_put(&head->peer, &head->length, &packet->peer);
	if (err < 0)
		return err;
	bsd_packet__put_local(head, packet);
	err = bsd_packet__put_ecn(head, packet->family, packet->ecn);
	if (err == 0)
		err = bsd_packet__put_ttl(head, packet->family, packet->ttl);
	if (err < 0)
		return err;
	return bsd_packet__is_heard(packet) ? 0 : LIBSOCK_ENOTSUP;
}

static native_message bsd_packet__message(struct bsd_packet__head *head, native_part *part)
{
	return native_make_message(head->length > 0 ? &head->peer.any : NULL, head->length, part,
				   head->used > 0 ? head->control : NULL, head->used);
}

static ptrdiff_t bsd_packet__send_one(intptr_t fd, struct bsd_packet__head *head, const void *data, size_t size,
				      int flags)
{
	native_part part = native_make_part((void *)(uintptr_t)data, size);
	native_message message = bsd_packet__message(head, &part);
	ptrdiff_t n = native_send_message((native_socket)fd, &message, flags);

	return n >= 0 ? n : bsd_sendto_error(fd, head->length > 0);
}

/*
 * The system cuts. What that refuses for no fault of the datagrams is tried again without. But of what routers say of
 * earlier datagrams, forged or not, some has the same number: that comes once, and the refusal again.
 */
static ptrdiff_t bsd_packet__send_cut(intptr_t fd, struct bsd_packet__head *head, const void *data, size_t size,
				      int flags, struct os_packet *packet)
{
	const native_segment segment = (native_segment)packet->segment_size;
	const size_t used = head->used;
	ptrdiff_t n;

	bsd_packet__put(head, IPPROTO_UDP, NATIVE_SEGMENT, &segment, sizeof segment);
	n = bsd_packet__send_one(fd, head, data, size, flags);
	if (n == LIBSOCK_EMSGSIZE || n == LIBSOCK_ENOTSUP)
		n = bsd_packet__send_one(fd, head, data, size, flags);
	head->used = used;
	/* A device that computes no checksums (EIO), a segment too large for the path (EINVAL, later EMSGSIZE). */
	if (n == LIBSOCK_EIO || n == LIBSOCK_EINVAL || n == LIBSOCK_EMSGSIZE || n == LIBSOCK_ENOTSUP)
		packet->cuts = -1;
	return n;
}

static ptrdiff_t bsd_packet__send_each(intptr_t fd, struct bsd_packet__head *head, const void *data, size_t size,
				       int flags, size_t segment)
{
	native_part parts[OS_PACKET_MAX];
	native_message message = bsd_packet__message(head, parts);
	size_t offset = 0;
	int count = 0, sent;

	for (; count < OS_PACKET_MAX && offset < size; count++) {
		size_t part = size - offset < segment ? size - offset : segment;

		parts[count] = native_make_part((char *)(uintptr_t)data + offset, part);
		offset += part;
	}
	sent = native_send_each((native_socket)fd, &message, parts, count, flags);
	if (sent < 0)
		return bsd_sendto_error(fd, head->length > 0);
	return (ptrdiff_t)(sent == count ? offset : (size_t)sent * segment);
}

/* How many bytes the system is given to cut in one call, in whole segments but for the last. */
static size_t bsd_packet__most(size_t segment, size_t size)
{
	size_t count = BSD_PACKET__BYTES / segment;

	if (count > OS_PACKET_MAX)
		count = OS_PACKET_MAX;
	return size < count * segment ? size : count * segment;
}

ptrdiff_t os_send_packet(intptr_t fd, int family, const void *data, size_t size, int how, struct os_packet *packet)
{
	const int flags = bsd_flags(how) | NATIVE_SEND_FLAGS;
	const bool may_cut = !NATIVE_CUTS_ONLY_PLAIN || (packet->ecn <= 0 && packet->ttl <= 0);
	struct bsd_packet__head head;
	int err = bsd_packet__head_make(&head, packet);

	if (err < 0)
		return err;
	/* One segment is a datagram like any other: to say that it is one would only cost. */
	if (packet->segment_size == 0 || size <= packet->segment_size)
		return size <= INT_MAX ? bsd_packet__send_one(fd, &head, data, size, flags) : LIBSOCK_EMSGSIZE;
	/* Who does not know the control message would send all in one datagram: some systems, and AF_UNIX on all of them. */
	if (family == LIBSOCK_AF_UNIX)
		packet->cuts = -1;
	else if (packet->cuts == 0)
		packet->cuts = os_packet_cuts(fd) ? 1 : -1;
	if (packet->cuts > 0 && may_cut && packet->segment_size <= BSD_PACKET__BYTES / 2) {
		ptrdiff_t n = bsd_packet__send_cut(fd, &head, data, bsd_packet__most(packet->segment_size, size), flags,
						   packet);

		if (packet->cuts > 0)
			return n;
	}
	return bsd_packet__send_each(fd, &head, data, size, flags, packet->segment_size);
}

/* Numbers come as int or as a byte, as the system likes; one that was cut off for want of room is unknown. */
static int bsd_packet__number(native_cmsg *item, size_t size, int unknown)
{
	unsigned char byte;
	int number;

	if (size >= sizeof number) {
		memcpy(&number, native_cmsg_data(item), sizeof number);
		return number;
	}
	if (size != sizeof byte)
		return unknown;
	memcpy(&byte, native_cmsg_data(item), sizeof byte);
	return byte;
}

static int bsd_packet__ecn(native_cmsg *item, size_t size)
{
	int class = bsd_packet__number(item, size, -1);

	return class < 0 ? class : class & 3;
}

static void bsd_packet__tell4(struct os_packet *packet, native_cmsg *item, size_t size)
{
	const int type = item->cmsg_type;

	if (type == NATIVE_LOCAL4 && size >= NATIVE_LOCAL4_SIZE) {
		packet->local.family = LIBSOCK_AF_INET;
		packet->interface_index = native_get_local4(native_cmsg_data(item), packet->local.ip);
	} else if (type == IP_TTL || type == IP_RECVTTL) {
		packet->ttl = bsd_packet__number(item, size, -1);
	} else if (type == IP_TOS || type == NATIVE_RECV_ECN4 || type == NATIVE_ECN4) {
		packet->ecn = bsd_packet__ecn(item, size);
	}
}

static void bsd_packet__tell6(struct os_packet *packet, native_cmsg *item, size_t size)
{
	const int type = item->cmsg_type;
	struct in6_pktinfo info;

	if (type == IPV6_PKTINFO && size >= sizeof info) {
		memcpy(&info, native_cmsg_data(item), sizeof info);
		packet->local.family = LIBSOCK_AF_INET6;
		memcpy(packet->local.ip, &info.ipi6_addr, 16);
		packet->interface_index = (uint32_t)info.ipi6_ifindex;
		packet->local.scope = 0;
		/* Addresses of a link's reach say nothing without the link (RFC 4007). */
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) || IN6_IS_ADDR_MC_LINKLOCAL(&info.ipi6_addr))
			packet->local.scope = packet->interface_index;
	} else if (type == IPV6_HOPLIMIT) {
		packet->ttl = bsd_packet__number(item, size, -1);
	} else if (type == IPV6_TCLASS || type == NATIVE_ECN6) {
		packet->ecn = bsd_packet__ecn(item, size);
	}
}

static void bsd_packet__tell_time(struct os_packet *packet, native_cmsg *item, size_t size)
{
	native_time time;

	if (item->cmsg_type != NATIVE_TIME || size < sizeof time)
		return;
	memcpy(&time, native_cmsg_data(item), sizeof time);
	packet->time_ns = native_time_ns(&time);
}

static void bsd_packet__tell(struct os_packet *packet, native_cmsg *item, size_t size)
{
	if (item->cmsg_level == IPPROTO_IP)
		bsd_packet__tell4(packet, item, size);
	else if (item->cmsg_level == IPPROTO_IPV6)
		bsd_packet__tell6(packet, item, size);
	else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == NATIVE_SEGMENTS)
		packet->segment_size = (size_t)bsd_packet__number(item, size, 0);
	else if (item->cmsg_level == SOL_SOCKET)
		bsd_packet__tell_time(packet, item, size);
}

/* Not with CMSG_NXTHDR, whose arithmetic changes its sign in musl's headers and in MinGW's. */
static void bsd_packet__tell_all(struct os_packet *packet, struct bsd_packet__head *head)
{
	size_t place = 0, size;

	while (place + sizeof(native_cmsg) <= head->used) {
		native_cmsg *item = (native_cmsg *)(void *)(head->control + place);

		if (item->cmsg_len < native_cmsg_length(0) || item->cmsg_len > head->used - place)
			return;
		size = item->cmsg_len - native_cmsg_length(0);
		bsd_packet__tell(packet, item, size);
		place += native_cmsg_space(size);
	}
}

ptrdiff_t os_recv_packet(intptr_t fd, int family, void *data, size_t size, int how, struct os_packet *packet)
{
	struct bsd_packet__head head;
	/* A null is WSAEFAULT, whatever its size. */
	native_part part = native_make_part(data ? data : &head, size > INT_MAX ? INT_MAX : size);
	/* With room for control data an AF_UNIX socket would take in the descriptors that a stranger passes. */
	native_message message = native_make_message(&head.peer.any, sizeof head.peer, &part, head.control,
						     family != LIBSOCK_AF_UNIX ? sizeof head.control : 0);
	ptrdiff_t n = native_recv_message((native_socket)fd, &message, bsd_flags(how));

	if (n < 0)
		return bsd_receive_error();
	bsd_addr_get(&packet->peer, &head.peer, native_name_length(&message));
	packet->local.family = 0;
	packet->local.port = 0;
	packet->interface_index = 0;
	packet->ecn = packet->ttl = -1;
	packet->segment_size = 0;
	packet->time_ns = 0;
	packet->truncated = native_is_truncated(&message);
	head.used = native_control_size(&message);
	bsd_packet__tell_all(packet, &head);
	return n;
}

static const struct {
	int field, level, option;
} bsd_packet__options[] = {
	{LIBSOCK_PACKET_LOCAL, IPPROTO_IP, NATIVE_RECV_LOCAL4},
	{LIBSOCK_PACKET_LOCAL, IPPROTO_IPV6, NATIVE_RECV_LOCAL6},
	{LIBSOCK_PACKET_ECN, IPPROTO_IP, NATIVE_RECV_ECN4},
	{LIBSOCK_PACKET_ECN, IPPROTO_IPV6, NATIVE_RECV_ECN6},
	{LIBSOCK_PACKET_TTL, IPPROTO_IP, IP_RECVTTL},
	{LIBSOCK_PACKET_TTL, IPPROTO_IPV6, NATIVE_RECV_TTL6},
	{LIBSOCK_PACKET_COALESCED, IPPROTO_UDP, NATIVE_SEGMENTS},
	{LIBSOCK_PACKET_TIME, SOL_SOCKET, NATIVE_RECV_TIME},
};

/* An AF_INET6 socket gets both families', for it may receive IPv4; its own must be there. AF_UNIX is told nothing. */
int os_packet_fields(intptr_t fd, int family, int fields)
{
	const int other = family == LIBSOCK_AF_INET6 ? IPPROTO_IP : IPPROTO_IPV6;
	int told = 0, result;

	for (size_t i = 0; i < sizeof bsd_packet__options / sizeof bsd_packet__options[0]; i++) {
		const int field = bsd_packet__options[i].field, level = bsd_packet__options[i].level;
		const int option = bsd_packet__options[i].option;
		int value = !(fields & field) ? 0 : field == LIBSOCK_PACKET_COALESCED ? NATIVE_SEGMENTS_ON : 1;

		if ((level == other && family != LIBSOCK_AF_INET6) || (level == SOL_SOCKET && family == LIBSOCK_AF_UNIX))
			continue;
		BSD_CALL(result, setsockopt((native_socket)fd, level, option, (const void *)&value, sizeof value));
		if (result == 0)
			told |= level != other ? field : 0;
		else if (bsd_error() == LIBSOCK_EBADF || bsd_error() == LIBSOCK_ENOTSOCK)
			return bsd_error();
	}
	return (fields & ~told) == 0 ? 0 : LIBSOCK_ENOTSUP;
}

/* −1: the system does not know the option. */
static int bsd_packet__udp_option(intptr_t fd, int option)
{
	int value = 0;
	native_len length = sizeof value;
	int result;

	BSD_CALL(result, getsockopt((native_socket)fd, IPPROTO_UDP, option, (void *)&value, &length));
	return result == 0 ? value : -1;
}

bool os_packet_coalesces(intptr_t fd)
{
	return bsd_packet__udp_option(fd, NATIVE_SEGMENTS) > 0;
}

bool os_packet_cuts(intptr_t fd)
{
	return bsd_packet__udp_option(fd, NATIVE_SEGMENT) >= 0;
}

bool os_packet_heard(int field)
{
	if ((field == LIBSOCK_PACKET_ECN && NATIVE_ECN4 < 0) || (field == LIBSOCK_PACKET_TTL && NATIVE_TTL4 < 0))
		return false;
	return native_hears(field);
}
