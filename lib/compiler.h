/* SPDX-License-Identifier: MIT */

/* What C11 has no word for. Nothing depends on it but speed. */

#ifndef LIBSOCK_COMPILER_H
#define LIBSOCK_COMPILER_H

/* A function that is seldom called: not worth a place in its caller. */
#ifdef __GNUC__
#define COLD __attribute__((noinline, cold))
#else
#define COLD
#endif

#endif
