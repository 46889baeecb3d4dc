/* SPDX-License-Identifier: MIT */

/* How a TCP connection goes, as tcp(7) and linux/tcp.h have it. */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"
#include "os_state.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * struct tcp_info of linux/tcp.h in places, which are part of Linux's ABI: the C library's stops where the kernel's began,
 * and the kernel tells as much as it knows.
 */
struct statistics__info {
	union {
		uint8_t state; /* the first byte */
		char bytes[232];
	};
	socklen_t length;
};

enum {
	STATISTICS__MSS = 16, /* numbers of four bytes */
	STATISTICS__RTT = 68,
	STATISTICS__RTT_VARIATION = 72,
	STATISTICS__WINDOW = 80, /* in segments */
	STATISTICS__RECEIVE_ROOM = 96,
	STATISTICS__SEGMENTS_RESENT = 100,
	STATISTICS__NOT_SENT = 144,
	STATISTICS__RTT_MIN = 148,
	STATISTICS__BYTES_RECEIVED = 128, /* of eight */
	STATISTICS__RATE = 160,
	STATISTICS__BYTES_SENT = 200,
	STATISTICS__BYTES_RESENT = 208
};

static int64_t statistics__small(const struct statistics__info *info, size_t place)
{
	uint32_t number;

	if (place + sizeof number > info->length)
		return -1;
	memcpy(&number, info->bytes + place, sizeof number);
	return number;
}

static int64_t statistics__large(const struct statistics__info *info, size_t place)
{
	int64_t number;

	if (place + sizeof number > info->length)
		return -1;
	memcpy(&number, info->bytes + place, sizeof number);
	return number;
}

/* What has not been measured yet is 0, or of the shortest time all bits. */
static int64_t statistics__measured(int64_t number)
{
	return number > 0 && number < UINT32_MAX ? number : -1;
}

/* What is not acknowledged, but for what has not even been sent. */
static int64_t statistics__in_flight(int fd, const struct statistics__info *info)
{
	const int64_t not_sent = statistics__small(info, STATISTICS__NOT_SENT);
	int unacknowledged = 0;

	if (not_sent < 0 || ioctl(fd, TIOCOUTQ, &unacknowledged) == -1)
		return -1;
	return unacknowledged > not_sent ? unacknowledged - not_sent : 0;
}

static int statistics__ask(int fd, struct statistics__info *info)
{
	int result;

	do
		result = getsockopt(fd, IPPROTO_TCP, TCP_INFO, info->bytes, &info->length);
	while (result == -1 && errno == EINTR);
	return result;
}

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	struct statistics__info info = {.length = sizeof info.bytes};
	int64_t rate, window;

	if (statistics__ask((int)fd, &info) == -1)
		return os_error(errno);
	out->state = linux_state(info.state);
	if (out->state == LIBSOCK_STATE_LISTEN || statistics__small(&info, STATISTICS__RECEIVE_ROOM) == 0) /* never connected: see ending.c */
		return 0;
	out->rtt_us = statistics__measured(statistics__small(&info, STATISTICS__RTT));
	if (out->rtt_us >= 0)
		out->rtt_variation_us = statistics__small(&info, STATISTICS__RTT_VARIATION);
	out->rtt_min_us = statistics__measured(statistics__small(&info, STATISTICS__RTT_MIN));
	out->mss = statistics__small(&info, STATISTICS__MSS);
	window = statistics__small(&info, STATISTICS__WINDOW);
	if (window >= 0)
		out->congestion_window = window * out->mss; /* which is told before that */
	out->segments_resent = statistics__small(&info, STATISTICS__SEGMENTS_RESENT);
	out->bytes_received = statistics__large(&info, STATISTICS__BYTES_RECEIVED);
	out->bytes_sent = statistics__large(&info, STATISTICS__BYTES_SENT);
	out->bytes_resent = statistics__large(&info, STATISTICS__BYTES_RESENT);
	rate = statistics__large(&info, STATISTICS__RATE);
	if (rate > 0)
		out->delivery_rate = rate;
	out->bytes_in_flight = statistics__in_flight((int)fd, &info);
	return 0;
}
