/* SPDX-License-Identifier: MIT */

/* How a TCP connection goes, by SIO_TCP_INFO: since Windows 10 1703. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os_state.h"

#ifndef SIO_TCP_INFO
#define SIO_TCP_INFO _WSAIORW(IOC_VENDOR, 39)
#endif

/* TCP_INFO_v0 of mstcpip.h, which older headers lack. */
struct statistics__info {
	DWORD state;
	ULONG mss;
	ULONG64 connection_ms;
	BOOLEAN has_timestamps;
	ULONG rtt_us, rtt_min_us;
	ULONG in_flight, congestion_window, send_window, receive_window, receive_buffer;
	ULONG64 bytes_out, bytes_in;
	ULONG bytes_reordered, bytes_resent;
	ULONG fast_resent, duplicate_acks, timeouts;
	UCHAR syns_resent;
};

static const int statistics__states[] = {
	LIBSOCK_STATE_UNCONNECTED, LIBSOCK_STATE_LISTEN,     LIBSOCK_STATE_SYN_SENT,   LIBSOCK_STATE_SYN_RECEIVED,
	LIBSOCK_STATE_ESTABLISHED, LIBSOCK_STATE_FIN_WAIT_1, LIBSOCK_STATE_FIN_WAIT_2, LIBSOCK_STATE_CLOSE_WAIT,
	LIBSOCK_STATE_CLOSING,     LIBSOCK_STATE_LAST_ACK,   LIBSOCK_STATE_TIME_WAIT,
};

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	struct statistics__info info = {0};
	DWORD version = 0, size = 0;

	if (WSAIoctl((SOCKET)fd, SIO_TCP_INFO, &version, sizeof version, &info, sizeof info, &size, NULL, NULL) != 0)
		return bsd_error() == LIBSOCK_EINVAL ? LIBSOCK_ENOTSUP : bsd_error();
	if (size < sizeof info)
		return LIBSOCK_ENOTSUP;
	if (info.state < sizeof statistics__states / sizeof statistics__states[0])
		out->state = statistics__states[info.state];
	if (out->state <= LIBSOCK_STATE_LISTEN)
		return 0;
	out->rtt_us = info.rtt_us > 0 ? (int64_t)info.rtt_us : -1;
	out->rtt_min_us = info.rtt_min_us > 0 && info.rtt_min_us != UINT32_MAX ? (int64_t)info.rtt_min_us : -1;
	out->bytes_sent = (int64_t)info.bytes_out;
	out->bytes_received = (int64_t)info.bytes_in;
	out->bytes_resent = info.bytes_resent;
	out->bytes_in_flight = info.in_flight;
	out->congestion_window = info.congestion_window;
	out->mss = info.mss;
	return 0;
}
