/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_VECTOR_H
#define LIBSOCK_VECTOR_H

#include "libsock.h"

struct vector_sum {
	size_t bytes; /* of all parts: at most PTRDIFF_MAX */
	int filled;   /* how many parts are not empty */
};

/* LIBSOCK_EINVAL: a null, or more bytes than a count can tell. */
int vector_check(const struct sock_part parts[], int count, struct vector_sum *sum);

/* sock_sendv() of what has been checked. */
ptrdiff_t vector_send(struct sock s, const struct sock_part parts[], int count, int64_t deadline);

#endif
