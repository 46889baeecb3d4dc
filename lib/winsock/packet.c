/* SPDX-License-Identifier: MIT */

/* Datagrams with control messages, Winsock's way. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <string.h>

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
		return native_received(s, LIBSOCK_DGRAM, -1);
	message->dwFlags |= MSG_TRUNC; /* Wine does not say so itself */
	return (ptrdiff_t)message->lpBuffers->len;
}

/* Send from an address that no machine has (RFC 5737). Who takes that does not read control messages: Wine 8. */
static BOOL CALLBACK packet__ask(INIT_ONCE *once, void *unused, void **hears)
{
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int length = sizeof self;
	struct {
		native_cmsg head;
		_Alignas(native_cmsg) IN_PKTINFO info;
	} control = {.head = {.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO}};
	native_part nothing = native_make_part(&control, 0);
	native_message message = native_make_message((struct sockaddr *)&self, length, &nothing, &control,
						     sizeof control);
	SOCKET s = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	BOOL asked = FALSE;

	(void)once;
	(void)unused;
	control.head.cmsg_len = native_cmsg_length(sizeof control.info);
	native_put_local4(&control.info, (const uint8_t[]){192, 0, 2, 1}, 0);
	if (bind(s, (struct sockaddr *)&self, length) == 0 && getsockname(s, (struct sockaddr *)&self, &length) == 0) {
		asked = TRUE;
		if (native_send_message(s, &message, 0) < 0)
			*hears = (void *)((uintptr_t)1 << INIT_ONCE_CTX_RESERVED_BITS); /* any pointer that may be kept */
	}
	closesocket(s);
	return asked;
}

bool native_hears_control(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	void *hears = NULL;

	return native_start() == 0 && InitOnceExecuteOnce(&once, packet__ask, NULL, &hears) && hears != NULL;
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
