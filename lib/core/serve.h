/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_SERVE_H
#define LIBSOCK_SERVE_H

#include "names.h"

#include <stdint.h>

/* Make a bound stream socket a listener as sock_serve() has them. */
int serve_listen(intptr_t fd, int family, int backlog);

#endif
