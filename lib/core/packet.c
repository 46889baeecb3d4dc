/* SPDX-License-Identifier: MIT */

/* Datagrams with all that goes with them. */

#include "addr.h"
#include "deadline.h"
#include "ip.h"
#include "libsock.h"
#include "os.h"
#include "resolve.h"
#include "socket.h"
#include "transfer.h"

#include <string.h>

enum {
	PACKET__FIELDS = LIBSOCK_PACKET_LOCAL | LIBSOCK_PACKET_ECN | LIBSOCK_PACKET_TTL | LIBSOCK_PACKET_COALESCED |
			 LIBSOCK_PACKET_TIME,
	PACKET__ECN_MAX = 3,
	PACKET__TTL_MAX = 255
};

static int packet__check(struct sock s, const void *data, size_t size)
{
	int err = socket_check(s, LIBSOCK_DGRAM);

	return err == 0 && data == NULL && size > 0 ? LIBSOCK_EINVAL : err;
}

/* A record that was received is fit to be sent; so nothing is told that sending could not say. */
static bool packet__can_answer(int fields)
{
	for (int field = LIBSOCK_PACKET_LOCAL; field <= LIBSOCK_PACKET_TTL; field *= 2)
		if (fields & field && !os_packet_heard(field))
			return false;
	return true;
}

int sock_packet_fields(struct sock *s, int fields)
{
	int err = s ? socket_check(*s, LIBSOCK_DGRAM) : LIBSOCK_EINVAL;

	if (err < 0)
		return err;
	if (fields & ~PACKET__FIELDS)
		return LIBSOCK_EINVAL;
	err = packet__can_answer(fields) ? os_packet_fields(s->fd, s->family, fields) : LIBSOCK_ENOTSUP;
	if (err < 0)
		os_packet_fields(s->fd, s->family, fields = 0);
	s->reserved = fields & LIBSOCK_PACKET_COALESCED ? SOCKET_COALESCES : 0;
	return err;
}

/* What IPv4 is, whichever socket it goes through. */
static void packet__unmap(struct os_addr *addr)
{
	if (addr->family == LIBSOCK_AF_INET6 && ip6_is_mapped(addr->ip)) {
		addr->family = LIBSOCK_AF_INET;
		memmove(addr->ip, addr->ip + 12, 4);
	}
}

/* Multicast, and the broadcast that needs no netmask to be known for one. */
static bool packet__is_group(int family, const uint8_t *ip)
{
	if (family == LIBSOCK_AF_INET6)
		return ip[0] == 0xff;
	return (ip[0] & 0xf0) == 0xe0 || memcmp(ip, "\xff\xff\xff\xff", 4) == 0;
}

/* The interface is for groups alone. Whether a connected socket's peer is one the system knows. */
static int packet__read_peer(struct sock s, const struct sock_packet *packet, int64_t deadline, struct os_packet *bits)
{
	const bool is_named = packet->peer.host[0] != '\0';
	const uint8_t *ip = bits->peer.ip;
	int err = 0;

	bits->peer.family = 0;
	bits->family = s.family != LIBSOCK_AF_INET6 ? s.family : 0;
	bits->interface_index = 0;
	if (is_named)
		err = resolve_for(s, RESOLVE_PEER | RESOLVE_UNCHECKED, &packet->peer, deadline, &bits->peer);
	else if (packet->interface_index != 0 && s.family != LIBSOCK_AF_UNIX)
		err = os_peer(s.fd, &bits->peer);
	if (err < 0 || s.family == LIBSOCK_AF_UNIX || bits->peer.family == 0)
		return err;
	bits->family = bits->peer.family;
	if (bits->family == LIBSOCK_AF_INET6 && ip6_is_mapped(ip)) {
		bits->family = LIBSOCK_AF_INET;
		ip += 12;
	}
	if (packet__is_group(bits->family, ip))
		bits->interface_index = packet->interface_index;
	if (!is_named)
		bits->peer.family = 0;
	return 0;
}

/* Whichever family it is: to an IPv6 socket's IPv4 peer an IPv6 address to send from means nothing, and the other way round. */
static int packet__ask_family(struct sock s, int *family)
{
	struct os_addr peer;
	int err = os_peer(s.fd, &peer);

	if (err < 0)
		return err;
	packet__unmap(&peer);
	*family = peer.family;
	return 0;
}

static int packet__read_local(struct sock s, const struct sock_packet *packet, int64_t deadline, struct os_packet *bits)
{
	int err;

	bits->local.family = 0;
	if (packet->local.host[0] == '\0')
		return 0;
	if (s.family == LIBSOCK_AF_UNIX)
		return LIBSOCK_ENOTSUP;
	err = resolve_for(s, RESOLVE_LOCAL | RESOLVE_UNCHECKED, &packet->local, deadline, &bits->local);
	if (err < 0)
		return err;
	packet__unmap(&bits->local);
	if (bits->family == 0 && (err = packet__ask_family(s, &bits->family)) < 0)
		return err;
	if (bits->family != bits->local.family)
		return LIBSOCK_EAFNOSUPPORT;
	if (packet__is_group(bits->family, bits->local.ip))
		bits->local.family = 0; /* one can be asked there, but not answer from there */
	return 0;
}

/* Something that a later version may know, and this one does not. */
static bool packet__has_more(const struct sock_packet *packet)
{
	static const struct sock_packet none;

	return memcmp(packet->padding, none.padding, sizeof none.padding) != 0 ||
	       memcmp(packet->reserved, none.reserved, sizeof none.reserved) != 0;
}

static int packet__read(struct sock s, const struct sock_packet *packet, int64_t deadline, struct os_packet *bits)
{
	int err;

	if (packet->ecn < -1 || packet->ecn > PACKET__ECN_MAX || packet->ttl < -1 || packet->ttl > PACKET__TTL_MAX)
		return LIBSOCK_EINVAL;
	if (packet__has_more(packet))
		return LIBSOCK_EINVAL;
	if (s.family == LIBSOCK_AF_UNIX && (packet->ecn > 0 || packet->ttl > 0))
		return LIBSOCK_ENOTSUP;
	bits->ecn = packet->ecn;
	bits->ttl = packet->ttl;
	bits->segment_size = packet->segment_size;
	bits->cuts = packet->segment_offload;
	err = packet__read_peer(s, packet, deadline, bits);
	return err < 0 ? err : packet__read_local(s, packet, deadline, bits);
}

/* Of a source that is not theirs systems say what they say of a bad route, too: only bind tells them apart. */
static ptrdiff_t packet__why(struct sock s, struct os_packet *bits, ptrdiff_t err)
{
	intptr_t fd;

	err = bits->peer.family != 0 ? resolve_why(s.fd, &bits->peer, err) : err;
	if (bits->local.family == 0 || err == LIBSOCK_ENODEV)
		return err;
	err = resolve_why(s.fd, &bits->local, err);
	if (err != LIBSOCK_EINVAL && err != LIBSOCK_ENETUNREACH && err != LIBSOCK_EHOSTUNREACH)
		return err;
	if (os_open(bits->local.family, LIBSOCK_DGRAM, &fd) < 0)
		return err;
	bits->local.port = 0;
	if (os_bind(fd, LIBSOCK_DGRAM, &bits->local) == LIBSOCK_EADDRNOTAVAIL)
		err = LIBSOCK_EADDRNOTAVAIL;
	os_close(fd);
	return err;
}

/* As many segments as the system takes at a time. */
static ptrdiff_t packet__send(struct sock s, const char *data, size_t size, struct os_packet *bits, int64_t deadline)
{
	ptrdiff_t n;
	struct transfer_tries tries = {0};

	do
		n = os_send_packet(s.fd, s.family, data, size, transfer_how(deadline), bits);
	while (n < 0 && transfer_send_again(s.fd, &n, deadline, &tries));
	return n;
}

ptrdiff_t sock_send_packet(struct sock s, const void *data, size_t size, struct sock_packet *packet, int64_t deadline)
{
	struct os_packet bits;
	size_t done;
	ptrdiff_t n = packet__check(s, data, size);

	if (n < 0)
		return n;
	if (packet == NULL)
		return sock_send(s, data, size, deadline);
	n = packet__read(s, packet, deadline, &bits);
	if (n < 0)
		return n;
	n = packet__send(s, data, size, &bits, deadline);
	done = n > 0 ? (size_t)n : 0;
	while (n > 0 && done < size && deadline_over(deadline) == 0) {
		n = packet__send(s, (const char *)data + done, size - done, &bits, deadline);
		done += n > 0 ? (size_t)n : 0;
	}
	packet->segment_offload = (int8_t)bits.cuts;
	if (n < 0 && done == 0)
		n = packet__why(s, &bits, n);
	return done > 0 ? (ptrdiff_t)done : n;
}

static void packet__write(struct sock_packet *packet, const struct os_packet *bits)
{
	addr_write(&packet->peer, &bits->peer);
	addr_write(&packet->local, &bits->local);
	packet->interface_index = bits->interface_index;
	packet->ecn = bits->ecn;
	packet->ttl = bits->ttl;
	packet->segment_size = (uint32_t)bits->segment_size;
	packet->truncated = bits->truncated;
	packet->time_ns = bits->time_ns;
	packet->segment_offload = 0;
	memset(packet->padding, 0, sizeof packet->padding);
	memset(packet->reserved, 0, sizeof packet->reserved);
}

ptrdiff_t sock_recv_packet(struct sock s, void *data, size_t size, struct sock_packet *packet, int64_t deadline)
{
	struct os_packet bits;
	ptrdiff_t n = packet__check(s, data, size);
	struct transfer_tries tries = {0};

	if (n < 0)
		return n;
	if (packet == NULL)
		return LIBSOCK_EINVAL;
	do
		n = os_recv_packet(s.fd, s.family, data, size, transfer_how_again(deadline, &tries), &bits);
	while (n < 0 && transfer_again(s.fd, &n, OS_READABLE, deadline, &tries));
	if (n < 0)
		return n;
	packet__write(packet, &bits);
	return bits.truncated ? LIBSOCK_EMSGSIZE : n;
}
