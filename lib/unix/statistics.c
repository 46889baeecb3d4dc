/* SPDX-License-Identifier: MIT */

/* How a TCP connection goes: tcp(4) of the BSDs and of macOS. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os_state.h"

#include <netinet/tcp.h>

#if defined(TCP_CONNECTION_INFO) || defined(TCP_INFO)

/* TCPS_ of netinet/tcp_fsm.h, the same on all of them. */
static const int statistics__states[] = {
	LIBSOCK_STATE_UNCONNECTED, LIBSOCK_STATE_LISTEN,     LIBSOCK_STATE_SYN_SENT,   LIBSOCK_STATE_SYN_RECEIVED,
	LIBSOCK_STATE_ESTABLISHED, LIBSOCK_STATE_CLOSE_WAIT, LIBSOCK_STATE_FIN_WAIT_1, LIBSOCK_STATE_CLOSING,
	LIBSOCK_STATE_LAST_ACK,    LIBSOCK_STATE_FIN_WAIT_2, LIBSOCK_STATE_TIME_WAIT,
};

static int statistics__state(unsigned number)
{
	return number < sizeof statistics__states / sizeof statistics__states[0] ? statistics__states[number] :
										   LIBSOCK_STATE_UNKNOWN;
}

#ifdef TCP_CONNECTION_INFO /* macOS: times in milliseconds */

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	struct tcp_connection_info info = {0};
	socklen_t length = sizeof info;
	int err = bsd_sockopt_get(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &length);

	if (err < 0)
		return err;
	if (length < sizeof info)
		return LIBSOCK_ENOTSUP;
	out->state = statistics__state(info.tcpi_state);
	if (out->state <= LIBSOCK_STATE_LISTEN)
		return 0;
	if (info.tcpi_srtt > 0) {
		out->rtt_us = (int64_t)info.tcpi_srtt * 1000;
		out->rtt_variation_us = (int64_t)info.tcpi_rttvar * 1000;
	}
	out->bytes_sent = (int64_t)info.tcpi_txbytes;
	out->bytes_received = (int64_t)info.tcpi_rxbytes;
	out->bytes_resent = (int64_t)info.tcpi_txretransmitbytes;
	out->segments_resent = (int64_t)info.tcpi_txretransmitpackets;
	out->congestion_window = info.tcpi_snd_cwnd;
	out->mss = info.tcpi_maxseg;
	return 0;
}

#else /* FreeBSD, NetBSD, OpenBSD */

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	int err = bsd_sockopt_get(fd, IPPROTO_TCP, TCP_INFO, &info, &length);

	if (err < 0)
		return err;
	if (length < offsetof(struct tcp_info, tcpi_snd_rexmitpack) + sizeof info.tcpi_snd_rexmitpack)
		return LIBSOCK_ENOTSUP;
	out->state = statistics__state(info.tcpi_state);
	if (out->state <= LIBSOCK_STATE_LISTEN)
		return 0;
	if (info.tcpi_rtt > 0) {
		out->rtt_us = info.tcpi_rtt;
		out->rtt_variation_us = info.tcpi_rttvar;
	}
	out->segments_resent = info.tcpi_snd_rexmitpack;
	out->congestion_window = info.tcpi_snd_cwnd;
	out->mss = info.tcpi_snd_mss;
	return 0;
}

#endif
#else

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	(void)fd;
	(void)out;
	return LIBSOCK_ENOTSUP;
}

#endif
