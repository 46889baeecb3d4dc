/* SPDX-License-Identifier: MIT */

/* When a datagram came, POSIX's way. After native.h. */

#ifndef LIBSOCK_NATIVE_TIME_H
#define LIBSOCK_NATIVE_TIME_H

#include <sys/time.h>
#include <time.h>

/* The time of the clock that can be set, when it came: socket(7), getsockopt(2) of the BSDs. */
#ifdef SCM_TIMESTAMPNS
enum { NATIVE_RECV_TIME = SO_TIMESTAMPNS, NATIVE_TIME = SCM_TIMESTAMPNS };
typedef struct timespec native_time;
#else
enum { NATIVE_RECV_TIME = SO_TIMESTAMP, NATIVE_TIME = SCM_TIMESTAMP };
typedef struct timeval native_time;
#endif

static inline int64_t native_time_ns(const native_time *time)
{
#ifdef SCM_TIMESTAMPNS
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
#else
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
#endif
}

#endif
