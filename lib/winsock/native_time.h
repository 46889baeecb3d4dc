/* SPDX-License-Identifier: MIT */

/* When a datagram came: not told. What SIO_TIMESTAMPING gives is of another clock, QueryPerformanceCounter's. */

#ifndef LIBSOCK_NATIVE_TIME_H
#define LIBSOCK_NATIVE_TIME_H

enum { NATIVE_RECV_TIME = -1, NATIVE_TIME = -1 };
typedef int64_t native_time;

static inline int64_t native_time_ns(const native_time *time)
{
	return *time;
}

#endif
