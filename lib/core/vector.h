/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_VECTOR_H
#define LIBSOCK_VECTOR_H

#include "libsock.h"
#include "names.h"

/* How many bytes they are together. LIBSOCK_EINVAL: a null, or more than a count can tell. */
int vector_size(const struct sock_const_buffer parts[], int count, size_t *bytes);

#endif
