/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_PAIR_H
#define LIBSOCK_PAIR_H

#include "libsock.h"
#include "names.h"

/* What sock_pair() does on a system without pairs; `pair` holds two times {0}, as it does again on error. */
int pair_loopback(struct sock pair[2], int type);

#endif
