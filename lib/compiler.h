/* SPDX-License-Identifier: MIT */

/* What C11 has no word for. Nothing depends on it but speed. */

#ifndef LIBSOCK_COMPILER_H
#define LIBSOCK_COMPILER_H

/* NOINLINE: a function that its callers are quicker without. COLD: and that is seldom called. */
#ifdef __GNUC__
#define NOINLINE __attribute__((noinline))
#define COLD __attribute__((noinline, cold))
#else
#define NOINLINE
#define COLD
#endif

#endif
