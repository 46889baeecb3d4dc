/* SPDX-License-Identifier: MIT */

/* Datagrams with control messages, Winsock's way. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <string.h>

enum { PACKET__PATIENCE_MS = 100 }; /* what is sent to oneself is there at once, or never */

/* A send may be told of an earlier datagram, too (Microsoft's page on WSASendMsg). */
void native_send_failed(SOCKET s)
{
	const int number = WSAGetLastError();
	const bool is_icmp = (number == WSAECONNRESET || number == WSAENETRESET) && os_is_datagram((intptr_t)s) > 0;

	WSASetLastError(number); /* as it was before the socket was asked */
	if (is_icmp)
		native_received(LIBSOCK_DGRAM, -1);
}

ptrdiff_t native_send_message(SOCKET s, const native_message *message, int flags)
{
	native_message copy = *message; /* not taken as const */
	DWORD n = 0;

	return WSASendMsg(s, &copy, (DWORD)flags, &n, NULL, NULL) == 0 ? (ptrdiff_t)n : -1;
}

/* No system call for many. */
int native_send_each(SOCKET s, const native_message *message, native_part parts[], int count, int flags)
{
	int sent = 0;

	for (; sent < count; sent++) {
		native_message one = *message;

		one.lpBuffers = &parts[sent];
		if (native_send_message(s, &one, flags) < 0)
			break;
	}
	return sent > 0 ? sent : -1;
}

/*
 * WSARecvMsg has to be asked for. Every time, since there is nowhere to keep it; the provider answers without a system
 * call.
 */
ptrdiff_t native_recv_message(SOCKET s, native_message *message, int flags)
{
	GUID guid = WSAID_WSARECVMSG;
	LPFN_WSARECVMSG receive;
	DWORD n = 0;

	if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &receive, sizeof receive, &n, NULL,
		     NULL) != 0)
		return -1;
	n = 0;
	message->dwFlags = (DWORD)flags;
	if (receive(s, message, &n, NULL, NULL) == 0)
		return (ptrdiff_t)n;
	if (WSAGetLastError() != WSAEMSGSIZE)
		return native_received(LIBSOCK_DGRAM, -1);
	message->dwFlags |= MSG_TRUNC; /* Wine does not say so itself */
	return (ptrdiff_t)message->lpBuffers->len;
}

/*
 * Systems overlook control messages that they do not know (Wine), so each is tried: what is sent to oneself must be
 * refused if it is to come from an address that no machine has (RFC 5737), or else arrive as it was sent.
 */
struct packet__trial {
	int field, type;     /* of enum sock_packet_field, and of the control message */
	int ask;             /* the option that has it told */
	int value;           /* unlike what the system puts there itself */
};

static const struct packet__trial packet__trials[] = {
	{LIBSOCK_PACKET_LOCAL, IP_PKTINFO, IP_PKTINFO, 0},
	{LIBSOCK_PACKET_ECN, NATIVE_ECN4, NATIVE_RECV_ECN4, 1},
	{LIBSOCK_PACKET_TTL, NATIVE_TTL4, IP_RECVTTL, 77},
};

union packet__control {
	native_cmsg head;
	char room[64];
};

static bool packet__send_trial(SOCKET s, const struct packet__trial *trial, struct sockaddr *to, int length)
{
	union packet__control control = {.head = {.cmsg_level = IPPROTO_IP, .cmsg_type = trial->type}};
	native_part nothing = native_make_part(&control, 0);
	native_message message;
	size_t size = sizeof trial->value;

	if (trial->field == LIBSOCK_PACKET_LOCAL)
		size = native_put_local4(native_cmsg_data(&control.head), (const uint8_t[]){192, 0, 2, 1}, 0);
	else
		memcpy(native_cmsg_data(&control.head), &trial->value, size);
	control.head.cmsg_len = native_cmsg_length(size);
	message = native_make_message(to, length, &nothing, &control, native_cmsg_space(size));
	return native_send_message(s, &message, 0) >= 0;
}

static bool packet__arrives(SOCKET s, const struct packet__trial *trial)
{
	struct os_wait_item item = {.fd = (intptr_t)s, .event = OS_READABLE};
	union packet__control control;
	native_part nothing = native_make_part(&control, 0);
	native_message message = native_make_message(NULL, 0, &nothing, &control, sizeof control);
	int value;

	if (os_wait(&item, 1, PACKET__PATIENCE_MS) <= 0 || native_recv_message(s, &message, 0) < 0)
		return false;
	if (message.Control.len < native_cmsg_length(sizeof value))
		return false;
	memcpy(&value, native_cmsg_data(&control.head), sizeof value);
	return value == trial->value;
}

static BOOL CALLBACK packet__try(INIT_ONCE *once, void *data, void **hears)
{
	const struct packet__trial *trial = data;
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *to = (struct sockaddr *)&self;
	int length = sizeof self, on = 1;
	bool heard;
	intptr_t s;

	(void)once;
	if (os_open(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &s) < 0)
		return FALSE;
	if (bind((SOCKET)s, to, length) != 0 || getsockname((SOCKET)s, to, &length) != 0) {
		os_close(s);
		return FALSE;
	}
	setsockopt((SOCKET)s, IPPROTO_IP, trial->ask, (const char *)&on, sizeof on);
	heard = packet__send_trial((SOCKET)s, trial, to, length);
	heard = trial->field == LIBSOCK_PACKET_LOCAL ? !heard : heard && packet__arrives((SOCKET)s, trial);
	*hears = heard ? (void *)((uintptr_t)1 << INIT_ONCE_CTX_RESERVED_BITS) : NULL; /* any pointer that may be kept */
	os_close(s);
	return TRUE;
}

bool native_hears(int field)
{
	static INIT_ONCE once[] = {INIT_ONCE_STATIC_INIT, INIT_ONCE_STATIC_INIT, INIT_ONCE_STATIC_INIT};
	void *hears = NULL;

	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
		if (packet__trials[i].field == field)
			InitOnceExecuteOnce(&once[i], packet__try, (void *)(uintptr_t)&packet__trials[i], &hears);
	return hears != NULL;
}

size_t native_put_local4(void *data, const uint8_t ip[4], uint32_t interface_index)
{
	IN_PKTINFO info = {.ipi_ifindex = interface_index};

	memcpy(&info.ipi_addr, ip, 4);
	memcpy(data, &info, sizeof info);
	return sizeof info;
}

uint32_t native_get_local4(const void *data, uint8_t ip[4])
{
	IN_PKTINFO info;

	memcpy(&info, data, sizeof info);
	memcpy(ip, &info.ipi_addr, 4);
	return (uint32_t)info.ipi_ifindex;
}
