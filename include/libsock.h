/* SPDX-License-Identifier: MIT */

/**
 * @file
 * @brief The whole public interface of libsock.
 *
 * Every name starts with `sock_` or `LIBSOCK_`, but for `struct sock` itself. The header includes nothing of the system
 * but <stddef.h> and <stdint.h>, and reads the same in C11 and C++11.
 *
 * For the linker every call has a longer name: sock_send() is the symbol `libsock_send`. A program's own function
 * `sock_send` is another one, in the program, in another library of it, or in what it loads. Where such a name stands
 * in a file that includes this header, the file defines `LIBSOCK_NO_SHORT_NAMES` first: the header then declares
 * libsock_send() and its like, and no call that begins with `sock_`. What looks a call up at run time (dlsym(), a
 * binding of another language) uses the long name.
 */

#ifndef LIBSOCK_H
#define LIBSOCK_H

#include <stddef.h>
#include <stdint.h>

#include "libsock_names.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @cond */
#if defined(__GNUC__) && !defined(_WIN32)
#define LIBSOCK_API __attribute__((visibility("default")))
#else
#define LIBSOCK_API /* a Windows DLL exports what its .def file lists */
#endif
/** @endcond */

/**
 * @defgroup types Values
 * @brief What the calls take and give: two small structs and three enums.
 *
 * Enum values differ from the operating system's constants of the same name. Passing `AF_INET` instead of
 * #LIBSOCK_AF_INET therefore fails at the first call.
 *
 * A number or a bit that a call does not know is #LIBSOCK_EINVAL, in every call that takes a number of an enum or bits
 * of one; for sock_has() it is 0. So later versions can give it a meaning, and a program can find out whether its
 * libsock knows it.
 * @{
 */

/** The address family of a socket. @since 0.1.0 */
enum sock_family {
	LIBSOCK_AF_UNSPEC = 3,   /**< IPv4 and IPv6: only where names are looked up, never of a socket. @since 0.1.0 */
	LIBSOCK_AF_INET = 4,  /**< IPv4. */
	LIBSOCK_AF_INET6 = 6, /**< IPv6, and IPv4 through it: a socket of this family is dual-stack. */
	LIBSOCK_AF_UNIX = 9   /**< Paths on this machine. Not on every OS: see sock_has(). */
};

/** The type of a socket. @since 0.1.0 */
enum sock_type {
	LIBSOCK_STREAM = 11, /**< A connection that carries bytes in order: TCP. */
	LIBSOCK_DGRAM = 12   /**< Single messages that arrive whole or not at all: UDP. */
};

/** Which direction sock_shutdown() ends. @since 0.1.0 */
enum sock_how {
	LIBSOCK_SHUT_RD = 21, /**< This side reads no more. */
	LIBSOCK_SHUT_WR = 22, /**< This side writes no more; the peer sees the end of file. */
	LIBSOCK_SHUT_RDWR = 23 /**< Both. */
};

/**
 * A socket: a small value, passed by value.
 *
 * `{0}` is "no socket". The calls that use a socket answer it with #LIBSOCK_EBADF; sock_native() and sock_release()
 * give −1, sock_wait() skips it, and sock_close() has nothing to do. Whether there is a socket is asked with
 * `s.family == 0`: there is none. Copies name the same socket; close one of them. There is nothing to free. Read the
 * members if you like, but let only libsock write them.
 * @since 0.1.0
 */
struct sock {
	intptr_t fd;       /**< The descriptor, or SOCKET on Windows; valid only while `family` is not 0. */
	int16_t family;    /**< One of enum sock_family, 0 for "no socket", or −1: see sock_from_descriptor(). */
	int16_t type;      /**< One of enum sock_type. */
	uint32_t reserved; /**< The library's own. */
};

/** The size of sock_addr::host: 253 bytes, the longest name that DNS can hold, and a NUL. @since 0.1.0 */
#define LIBSOCK_HOST_SIZE 254

/** The size of a buffer that every address fits in when sock_addr_text() writes it. @since 0.1.0 */
#define LIBSOCK_ADDR_SIZE 262

/**
 * An address: the tuple (host, port), as in Python.
 *
 * `host` is NUL-terminated text:
 * - an IPv4 literal: four decimal numbers without leading zeros, `192.0.2.1`;
 * - an IPv6 literal (RFC 4291), with a scope where one is needed, as a number or an interface's name, in UTF-8:
 *   `fe80::1%2`, `fe80::1%eth0`;
 * - a name, `www.example.org`: letters, digits, hyphens and underscores in labels of 1 to 63 bytes, at most 253 in all,
 *   a last label that is no number;
 * - on an #LIBSOCK_AF_UNIX socket a path, or `@name` for a name in Linux's abstract name space: where the socket's
 *   family is not known, a host with a slash anywhere or with `@` at its beginning is a path;
 * - empty: the wildcard when binding; elsewhere "unknown" or "unnamed".
 *
 * What libsock fills in from the system is a literal, a path, or empty: IPv6 as RFC 5952 wants it, a scope as a number,
 * IPv4 in dotted form also where the operating system shows it as v4-mapped IPv6, and `./` before a path that has no
 * slash. This text is canonical: two such addresses are equal exactly when their hosts are equal by strcmp() and their
 * ports are equal. What `host` has after its NUL means nothing, and no call clears it: do not compare, hash or send it.
 * @since 0.1.0
 */
struct sock_addr {
	char host[LIBSOCK_HOST_SIZE]; /**< Name, literal, path, or empty; NUL-terminated. */
	uint16_t port;               /**< 0 to 65535, in the machine's own byte order; 0 on a Unix-domain socket. */
};

/** @} */

/**
 * @defgroup time Time
 * @brief One absolute deadline instead of time-outs.
 *
 * Every call that waits for a peer takes a deadline as its last argument: a point of a monotonic clock, in
 * milliseconds. Make it once with sock_after() and pass the same one to every call of an exchange; then the exchange as
 * a whole is bounded. A deadline is never cut short, nothing extends it, and a call overshoots it by at most 10 ms (as
 * far as the scheduler lets the process run).
 *
 * A transfer that can complete at once does not check the deadline. A program that receives in a loop of its own, from
 * a peer that may send for ever, checks `sock_now() >= deadline` itself; loops inside a call, as in sock_recv_exact(),
 * do so.
 *
 * A deadline that has passed, a negative one included, still tries once; where that would have to wait, the answer is
 * #LIBSOCK_ETIMEDOUT.
 *
 * A duration is no deadline: write `sock_after(5000)`, not `5000`. The clock begins at 2^40, so every time is above
 * that. A number above 0 and below 2^40 is #LIBSOCK_EINVAL in every call that would have to wait. sock_connect() and
 * sock_dial() report it before they begin.
 * @{
 */

/** A deadline that never comes: wait as long as it takes. @since 0.1.0 */
#define LIBSOCK_FOREVER INT64_MAX

/** Not a time: do what goes without waiting, and answer #LIBSOCK_EAGAIN instead of waiting. @since 0.1.0 */
#define LIBSOCK_NOWAIT 0

/**
 * The monotonic clock.
 *
 * It counts milliseconds from an arbitrary point, is never set back, and means nothing outside this run of this
 * machine.
 * @return The time, above 2^40.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int64_t sock_now(void);

/**
 * The monotonic clock in microseconds, to measure how long something takes.
 *
 * It counts from another point than sock_now(), at the same pace. The difference of two values is the time between
 * them. No value is a deadline.
 * @return The time, above 0.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int64_t sock_stopwatch_us(void);

/**
 * The deadline that lies a while ahead.
 *
 * @param[in] ms Milliseconds from now. 0 and less give a deadline that has passed; what would be later than the clock
 *               can count gives #LIBSOCK_FOREVER.
 * @return The deadline: not before `ms` milliseconds are over in full, at most one later. Never below 2^40. Never
 *         INT64_MAX − 1, which is reserved.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int64_t sock_after(int64_t ms);

/** @} */

/**
 * @defgroup errors Errors
 * @brief One rule: 0 and above is success (a count where there is one), below 0 is a code of enum sock_error.
 *
 * The same event has the same code on every operating system. What has an errno name has that name here. An
 * operating-system error that libsock does not know keeps its number and is read back with sock_esys_number(). Neither
 * `errno` nor `WSAGetLastError` is part of the contract. An interrupted system call is no event: it is carried on with,
 * and no call returns EINTR, nor anything else that is neither in enum sock_error nor an operating-system error.
 * @{
 */

/**
 * Error codes, all negative.
 *
 * The numbers are libsock's own, the same on every platform, and will not change.
 * @since 0.1.0
 */
enum sock_error {
	LIBSOCK_EACCES = -1,         /**< Permission denied. */
	LIBSOCK_EADDRINUSE = -2,     /**< The address is in use, or no free port is left to bind. */
	LIBSOCK_EADDRNOTAVAIL = -3,  /**< Not an address of this machine, or no free port is left to connect from. */
	LIBSOCK_EAFNOSUPPORT = -4,   /**< An address of another family than the socket's. */
	LIBSOCK_EAGAIN = -5,         /**< It would have to wait. Only from #LIBSOCK_NOWAIT. */
	LIBSOCK_EALREADY = -6,       /**< A connection is being made already. */
	LIBSOCK_EBADF = -7,          /**< No open socket: zero, closed, or not a descriptor. */
	LIBSOCK_ECONNABORTED = -8,   /**< The connection was given up on this machine. */
	LIBSOCK_ECONNREFUSED = -9,   /**< The other side answered: nobody listens there. */
	LIBSOCK_ECONNRESET = -10,    /**< The peer dropped the connection. */
	LIBSOCK_EFAULT = -11,        /**< A pointer into memory that is not the program's. */
	LIBSOCK_EHOSTDOWN = -12,     /**< The host is down. */
	LIBSOCK_EHOSTUNREACH = -13,  /**< No way to the host. */
	LIBSOCK_EINPROGRESS = -14,   /**< The connection is being made; only sock_connect() with #LIBSOCK_NOWAIT. */
	/** An argument that this call does not take, a duration in place of a deadline, or a socket not in the state for it. */
	LIBSOCK_EINVAL = -15,
	LIBSOCK_EIO = -16,           /**< The hardware or the file system failed. */
	LIBSOCK_EISCONN = -17,       /**< The socket is connected already. */
	LIBSOCK_ELOOP = -18,         /**< Too many symbolic links in a path. */
	LIBSOCK_EMFILE = -19,        /**< The process has no descriptor left. */
	LIBSOCK_EMSGSIZE = -20,      /**< The datagram is longer than the buffer, or than a datagram can be. */
	LIBSOCK_ENAMETOOLONG = -21,  /**< A Unix-domain path longer than the OS takes (to bind on Linux: 107 bytes). */
	LIBSOCK_ENETDOWN = -22,      /**< The network is down. */
	LIBSOCK_ENETRESET = -23,     /**< The network dropped the connection. */
	LIBSOCK_ENETUNREACH = -24,   /**< No way to the network. */
	LIBSOCK_ENFILE = -25,        /**< The whole system has no descriptor left. */
	LIBSOCK_ENOBUFS = -26,       /**< No room in the OS's buffers or queues right now. */
	LIBSOCK_ENODEV = -27,        /**< No network interface of that name or number. */
	LIBSOCK_ENOENT = -28,        /**< No such path. */
	LIBSOCK_ENOMEM = -29,        /**< No memory. */
	LIBSOCK_ENOPROTOOPT = -30,   /**< An option that the protocol does not know. */
	LIBSOCK_ENOSPC = -31,        /**< No space on the device. */
	LIBSOCK_ENOTCONN = -32,      /**< No peer: connect first, or use sock_sendto(). */
	LIBSOCK_ENOTDIR = -33,       /**< A part of the path is no directory. */
	LIBSOCK_ENOTSOCK = -34,      /**< A descriptor, but not a socket. */
	LIBSOCK_ENOTSUP = -35,       /**< This operating system cannot do it. */
	LIBSOCK_EPERM = -36,         /**< Not permitted; on Linux also: a firewall rule drops it. */
	LIBSOCK_EPIPE = -37,         /**< Sending after the connection's end, the peer's or one's own. */
	LIBSOCK_EPROTO = -38,        /**< A protocol error. */
	LIBSOCK_EPROTOTYPE = -39,    /**< A stream call on a datagram socket, or the other way round. */
	LIBSOCK_EROFS = -40,         /**< A read-only file system. */
	LIBSOCK_ETIMEDOUT = -41,     /**< The caller's deadline passed. */
	LIBSOCK_ENAME = -42,         /**< A malformed host: it never reached the resolver. */
	LIBSOCK_EPORT = -43,         /**< A malformed port, or one that cannot be connected or sent to: 0. */
	LIBSOCK_EAI_NONAME = -44,    /**< The name has no address (of that family). Asking again will not help. */
	LIBSOCK_EAI_AGAIN = -45,     /**< The name servers did not answer. Asking again may help. */
	LIBSOCK_EAI_FAIL = -46,      /**< The name servers failed for good. */
	LIBSOCK_ECANCELED = -47,     /**< Given up because another attempt was first. Only in struct sock_attempt. @since 0.1.0 */
	LIBSOCK_EEOF = -48,          /**< The peer ended the stream before what was to be read. @since 0.1.0 */
	/** The OS gave up waiting for the peer (RFC 9293: the user timeout); the connection is over. @since 0.1.0 */
	LIBSOCK_ECONNTIMEDOUT = -49,
	LIBSOCK_ESYS = -1000         /**< The first of all others: #LIBSOCK_ESYS − n is the OS's error number n. */
};

/**
 * A sentence about an error, in English, for people.
 *
 * @param[in] err What any call returned, or any other value. 0 and above is "success".
 * @return A constant string: never NULL, nothing to free, valid for ever.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API const char *sock_strerror(ptrdiff_t err);

/**
 * The name of an error, for logs: `"ECONNREFUSED"`.
 *
 * @param[in] err What any call returned, or any other value.
 * @return A constant string: the name without its prefix, `"OK"` for 0 and above, `"ESYS"` for an operating-system
 *         error that libsock does not know, `"EUNKNOWN"` for a number that is no code. Never NULL.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API const char *sock_errname(ptrdiff_t err);

/**
 * The operating system's number of an error that libsock has no name for.
 *
 * @param[in] err What any call returned, or any other value.
 * @return The errno or WSA number, or 0 where `err` is a code with a name or no error.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int sock_esys_number(ptrdiff_t err);

/** @} */

/**
 * @defgroup version Version and features
 * @brief Which libsock this is, and what this operating system can do.
 * @{
 */

#define LIBSOCK_VERSION_MAJOR 0 /**< Of the header. Changes when programs must change. @since 0.1.0 */
#define LIBSOCK_VERSION_MINOR 1 /**< Of the header. Changes when calls are added. @since 0.1.0 */
#define LIBSOCK_VERSION_PATCH 0 /**< Of the header. Changes when bugs are fixed. @since 0.1.0 */

/**
 * The version of the header as one number: major × 10000 + minor × 100 + patch.
 *
 * It can be compared in one expression, also by the preprocessor: `#if LIBSOCK_VERSION_NUMBER >= 10200` is "1.2.0 or
 * later".
 * @since 0.1.0
 */
#define LIBSOCK_VERSION_NUMBER (LIBSOCK_VERSION_MAJOR * 10000 + LIBSOCK_VERSION_MINOR * 100 + LIBSOCK_VERSION_PATCH)

/**
 * The version of the library that the program runs with, which may be newer than its header.
 *
 * @return A constant string, `"0.1.0"`.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API const char *sock_version(void);

/**
 * The version of the library that the program runs with, as one number.
 *
 * Compare it to #LIBSOCK_VERSION_NUMBER: a smaller number is a library that is older than the header.
 *
 * @return major × 10000 + minor × 100 + patch.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int sock_version_number(void);

/** What an operating system, as it runs, may or may not be able to do. @since 0.1.0 */
enum sock_feature {
	LIBSOCK_HAS_INET6 = 31,        /**< IPv6 sockets. */
	LIBSOCK_HAS_UNIX_STREAM = 32,  /**< #LIBSOCK_AF_UNIX with #LIBSOCK_STREAM. */
	LIBSOCK_HAS_UNIX_DGRAM = 33,   /**< #LIBSOCK_AF_UNIX with #LIBSOCK_DGRAM. */
	LIBSOCK_HAS_UNIX_ABSTRACT = 34, /**< `@name` addresses (Linux, unix(7)). */
	LIBSOCK_HAS_SEGMENT_OFFLOAD = 35, /**< It cuts the segments of sock_send_packet(); else libsock does. @since 0.1.0 */
	LIBSOCK_HAS_PACKET_COALESCED = 36, /**< #LIBSOCK_PACKET_COALESCED. @since 0.1.0 */
	LIBSOCK_HAS_PACKET_LOCAL = 37, /**< #LIBSOCK_PACKET_LOCAL, and sending from sock_packet::local. @since 0.1.0 */
	LIBSOCK_HAS_PACKET_ECN = 38,   /**< #LIBSOCK_PACKET_ECN, and sending with sock_packet::ecn. @since 0.1.0 */
	LIBSOCK_HAS_PACKET_TTL = 39,   /**< #LIBSOCK_PACKET_TTL, and sending with sock_packet::ttl. @since 0.1.0 */
	/**
	 * sock_send_socket(), sock_recv_socket() and the like of descriptors: also where only a channel that was inherited is
	 * left. @since 0.1.0
	 */
	LIBSOCK_HAS_SEND_SOCKET = 40,
	LIBSOCK_HAS_CONNECTIONS = 41,  /**< sock_connections(). @since 0.1.0 */
	LIBSOCK_HAS_PACKET_TIME = 42   /**< #LIBSOCK_PACKET_TIME. @since 0.1.0 */
};

/**
 * Can this operating system do it, here and now?
 *
 * It asks the system, by opening a socket and closing it or by asking for the first connection, not the version number:
 * a kernel may run without IPv6.
 *
 * @param[in] feature One of enum sock_feature. Any other number is 0: a library does not have what a newer header
 *                    names.
 * @return 1: yes. 0: no; the calls in question answer #LIBSOCK_ENOTSUP (but for #LIBSOCK_HAS_SEGMENT_OFFLOAD), or where a
 *         sandbox keeps a family from the program #LIBSOCK_EACCES or #LIBSOCK_EPERM. Also 0: it cannot be found out, because no descriptor or memory is
 *         left; the calls in question fail for the same reason.
 * @par Threads
 * Any thread, at any time.
 * @since 0.1.0
 */
LIBSOCK_API int sock_has(int feature);

/** @} */

/**
 * @defgroup addresses Addresses
 * @brief Making, reading and comparing (host, port). No call here asks the operating system or a name server.
 * @{
 */

/**
 * Make an address of a host and a port, with both checked for length and range.
 *
 * The host's form is not checked: it may be anything that struct sock_addr describes, a path included.
 *
 * @param[out] addr Receives the address; on error it stays as it was. Must not be NULL.
 * @param[in] host  NUL-terminated, at most 253 bytes. Must not be NULL; may be empty.
 * @param[in] port  0 to 65535.
 * @return 0, or: #LIBSOCK_EINVAL, a NULL; #LIBSOCK_ENAME, the host is over 253 bytes; #LIBSOCK_EPORT, the port is out
 *         of range.
 * @par Threads
 * Any thread; `addr` belongs to the caller.
 * @since 0.1.0
 */
LIBSOCK_API int sock_addr_set(struct sock_addr *addr, const char *host, long port);

/**
 * Read an address from text: `host:port`, `host`, `:port`, `[ipv6]:port`, `[ipv6]`, `ipv6`, or a Unix-domain path.
 *
 * The host must be a literal or a well-formed name (see struct sock_addr), or empty if there is a port. The port is one
 * to five decimal digits. A text with a slash anywhere, or with `@` at its beginning, is a path as a whole, and its
 * port is 0. For a path without a slash write `./name`.
 *
 * @param[out] addr         Receives the address; on error it stays as it was. Must not be NULL.
 * @param[in] text          NUL-terminated. Must not be NULL.
 * @param[in] default_port  The port, 0 to 65535, where the text has none. −1: the text must have one, or be a path.
 * @return 0, or: #LIBSOCK_EINVAL, a NULL, or a default port that is none; #LIBSOCK_ENAME, the host is malformed,
 *         over-long, or missing together with the port; #LIBSOCK_EPORT, the port is empty, no number, or above 65535,
 *         or it is missing and must not be.
 * @par Threads
 * Any thread; `addr` belongs to the caller.
 * @since 0.1.0
 */
LIBSOCK_API int sock_addr_parse(struct sock_addr *addr, const char *text, int default_port);

/**
 * Write an address as text: `host:port`, `[ipv6]:port`, the host alone where the port is 0 or the host is a path, and
 * `:0` for an empty host with port 0. From this text sock_addr_parse(), with a default port of 0, reads the same
 * address as the one that was read before, or that libsock filled in.
 *
 * An address that cannot be written is an empty text: NULL, a host without a NUL within its 254 bytes, or one that does
 * not fit. A part of an address is never written, because it may be another address.
 *
 * @param[in] addr  The address.
 * @param[out] text Receives the NUL-terminated text. May be the address's own host.
 * @param[in] size  The bytes in `text`; #LIBSOCK_ADDR_SIZE is always enough.
 * @return `text`, or an empty string where `text` is NULL or `size` is 0. Never NULL.
 * @par Threads
 * Any thread; `text` belongs to the caller.
 * @since 0.1.0
 */
LIBSOCK_API const char *sock_addr_text(const struct sock_addr *addr, char *text, size_t size);

/**
 * The family of the socket that an address needs, as far as its text says. A name is not looked up.
 *
 * @param[in] addr The address; its port does not matter. Must not be NULL.
 * @return #LIBSOCK_AF_INET, an IPv4 literal, in IPv6 notation (`0:0:0:0:0:ffff:192.0.2.1`) too; #LIBSOCK_AF_INET6,
 *         another IPv6 literal; #LIBSOCK_AF_UNIX, a path; #LIBSOCK_AF_UNSPEC, a name or an empty host; or:
 *         #LIBSOCK_ENAME, malformed; #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_addr_family(const struct sock_addr *addr);

/**
 * Do two addresses mean the same?
 *
 * Literals are compared by value (`::1` equals `0:0::1`, `127.0.0.1` equals `0:0:0:0:0:ffff:127.0.0.1`, a scope by name
 * never equals one by number), names case-insensitively (ASCII, RFC 4343), paths byte by byte. A name is not looked up.
 *
 * @param[in] a,b The addresses. NULL equals nothing.
 * @return 1: the same. 0: not.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_addr_equal(const struct sock_addr *a, const struct sock_addr *b);

/** @} */

/**
 * @defgroup core Core
 * @brief Python's calls: open, connect, bind, listen, accept, send, receive, close.
 *
 * `send`, `recv`, `sendto` and `recvfrom` are one system call each when they need not wait, with no other call beside
 * it, but for an error of a datagram and the end of a stream: there the system is asked what it was.
 *
 * **Blocking or not** is the business of whoever owns the descriptor. No call changes that for longer than it runs, and
 * each call is right in either mode, whoever changes it meanwhile (whose change may be lost, in a connect or accept;
 * and see sock_sendfile()): with #LIBSOCK_FOREVER it waits, with #LIBSOCK_NOWAIT it does not. sock_open() makes
 * blocking descriptors and sock_serve() a non-blocking one; on Windows, macOS and NetBSD, where a send cannot be told
 * not to wait, all are non-blocking, and sock_adopt() makes them so. One thing only a non-blocking descriptor can do:
 * if several processes or threads accept from one *blocking* listener within deadlines, one of them may wait longer
 * because another has taken the connection that it saw.
 *
 * **The end of a stream** is remembered: what ended by an error (a reset, the OS's time-out) never looks like an end of
 * file afterwards, whichever call reported the error. Over TCP Linux, which forgets the error itself, goes on with
 * #LIBSOCK_ECONNRESET, or where a call of libsock has reported that the OS gave up with #LIBSOCK_ECONNTIMEDOUT; of
 * Multipath TCP, which sock_adopt() may meet, an error is remembered only if a call of libsock has reported it. An
 * #LIBSOCK_AF_UNIX peer that closes without reading all is #LIBSOCK_ECONNRESET once, and then an end of file; see
 * docs/porting.md, also for systems that forget more.
 *
 * **Datagrams and ICMP.** Of what was sent earlier from a connected socket only the peer's refusal is reported
 * (#LIBSOCK_ECONNREFUSED, by the next call of any kind, which has done nothing else). What routers say ("too big",
 * "unreachable", and the like) may be forged by anybody and comes at any time, so a receive passes it over, and a send
 * is made again. The size of the path is learnt from it all the same: see #LIBSOCK_OPT_DONTFRAG. What comes every time
 * the OS is asked is no router's: a sandbox that refuses to receive, for example, is reported (#LIBSOCK_EACCES).
 *
 * **Threads.** Different sockets may be used from different threads freely. On one socket, one thread at a time may
 * read (recv, recvfrom, accept) and one may write (send, sendto); several threads may accept from one listener.
 * sock_shutdown() may be called while others wait, and wakes them. Close a socket only when no thread uses it: its
 * number may be given to another socket at once.
 *
 * **Deadlines** are those of @ref time. In every call here #LIBSOCK_ETIMEDOUT means that the deadline passed and
 * #LIBSOCK_EAGAIN that #LIBSOCK_NOWAIT would have had to wait, and the socket is as it was before; only an attempt to
 * connect goes on (see sock_connect_result()). A duration in place of a deadline is #LIBSOCK_EINVAL, and nothing has
 * begun.
 *
 * **Errors.** Every call with a socket can answer #LIBSOCK_EBADF (zero or closed), and #LIBSOCK_EINVAL for a NULL or a
 * number that it does not take. Others are listed with the call; an operating system may add to them.
 *
 * **Names.** Where an address is taken, its host may be a name. An #LIBSOCK_AF_INET socket uses its first IPv4 address.
 * An #LIBSOCK_AF_INET6 socket uses its first IPv6 address, or, where it has none or this machine has no way to it, its
 * first IPv4 address: it reaches by name what it reaches by literal. Literals and `localhost` never
 * reach the resolver; nor does a malformed name, which is #LIBSOCK_ENAME. A name without an address is
 * #LIBSOCK_EAI_NONAME, silent name servers are #LIBSOCK_EAI_AGAIN, failing ones #LIBSOCK_EAI_FAIL; the deadline covers
 * the look-up (see @ref names), except in sock_bind(), which has none. An address of
 * the wrong family is #LIBSOCK_EAFNOSUPPORT (dotted IPv4 is right on an #LIBSOCK_AF_INET6 socket without
 * #LIBSOCK_OPT_V6ONLY), an unknown interface in a scope #LIBSOCK_ENODEV, whether it is given by name or by number.
 * @{
 */

/**
 * Create a socket.
 *
 * It is close-on-exec (on Windows: not inheritable) from birth, raises no signal, and is dual-stack if it is
 * #LIBSOCK_AF_INET6 (until #LIBSOCK_OPT_V6ONLY is set).
 *
 * @param[out] s     Receives the socket, or `{0}` on error. Must not be NULL. What it held before is not closed.
 * @param[in] family #LIBSOCK_AF_INET, #LIBSOCK_AF_INET6 or #LIBSOCK_AF_UNIX.
 * @param[in] type   One of enum sock_type.
 * @return 0, or: #LIBSOCK_EINVAL, not a family or type; #LIBSOCK_ENOTSUP, this OS does not have the combination (see
 *         sock_has()); #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOBUFS, #LIBSOCK_ENOMEM, nothing left to make it of.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_open(struct sock *s, int family, int type);

/**
 * Connect to a peer; on a datagram socket, choose the only peer to send to and to hear from.
 *
 * What others had sent to a datagram socket before it was connected may still be received; sock_recvfrom() tells it
 * apart.
 *
 * The connection is tried once. A stream socket whose attempt has failed can only be closed. A datagram socket can be
 * connected again, but what the OS chose for its first peer may stay: the address to send from, on Linux the interface
 * of a link-local peer too. Another peer may be out of reach from there, which is an error (on Linux #LIBSOCK_EINVAL,
 * #LIBSOCK_EAFNOSUPPORT or #LIBSOCK_ENETUNREACH), or be connected and never answer: open another socket for another
 * peer. After a failure it has its last peer or none, by the OS; see docs/porting.md. A deadline that passes is no
 * failure: the attempt goes on, and sock_connect_result() reports its outcome (on #LIBSOCK_AF_UNIX nothing has begun,
 * and sock_connect() can be called again).
 *
 * @param[in] s        A stream socket that is not connected, or a datagram socket.
 * @param[in] addr     Whom to; a name is looked up. The port must not be 0. Must not be NULL.
 * @param[in] deadline When to give up.
 * @return 0, or: #LIBSOCK_ECONNREFUSED, nobody listens there (also where the system gave the stream that very port of
 *         this machine, so that it reached itself); #LIBSOCK_ETIMEDOUT, no answer by the deadline;
 *         #LIBSOCK_ECONNTIMEDOUT, none before the OS gave up (Linux: after about two minutes); #LIBSOCK_EHOSTUNREACH,
 *         #LIBSOCK_ENETUNREACH, no way there; #LIBSOCK_EINPROGRESS, with #LIBSOCK_NOWAIT: the connection is on its way,
 *         ask sock_connect_result(); #LIBSOCK_EAGAIN, with #LIBSOCK_NOWAIT: a Unix-domain listener's
 *         queue is full, nothing has begun; #LIBSOCK_EADDRNOTAVAIL, no free port on this side; #LIBSOCK_EISCONN,
 *         #LIBSOCK_EALREADY, connected or connecting already; #LIBSOCK_EMFILE, it is on its way, and cannot be waited
 *         for where the process may have no descriptor by now (RLIMIT_NOFILE); #LIBSOCK_EPORT, the port is 0;
 *         #LIBSOCK_ENOENT, #LIBSOCK_EACCES, #LIBSOCK_ENAMETOOLONG, of a path; and those of a name (see @ref core).
 * @par Threads
 * One thread; nobody else may use the socket meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_connect(struct sock s, const struct sock_addr *addr, int64_t deadline);

/**
 * Wait for a connection that sock_connect() has begun and not waited for to its end, and report its outcome once.
 *
 * @param[in] s        A stream socket on which sock_connect() answered #LIBSOCK_EINPROGRESS or #LIBSOCK_ETIMEDOUT.
 * @param[in] deadline When to stop waiting; the attempt itself goes on.
 * @return 0: connected. #LIBSOCK_EAGAIN, #LIBSOCK_ETIMEDOUT: not yet. #LIBSOCK_ENOTCONN: there is no attempt, or its
 *         failure has been reported. #LIBSOCK_EMFILE: it cannot be found out where the process may have no descriptor
 *         by now (RLIMIT_NOFILE), and is reported when it may again. Otherwise how the attempt failed, as from
 *         sock_connect(); of a stream that has reached itself every call says so.
 * @par Threads
 * One thread; nobody else may use the socket meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_connect_result(struct sock s, int64_t deadline);

/**
 * Give the socket an address of this machine.
 *
 * Nobody else can take a TCP address from a listener, and on POSIX it can be bound again right after a restart, while
 * old connections drain (SO_REUSEADDR). On Windows, where that option means theft, it may be #LIBSOCK_EADDRINUSE until
 * they have ended (SO_EXCLUSIVEADDRUSE): end them with sock_close_gracefully(). Datagram sockets share a port only if
 * all of them have #LIBSOCK_OPT_SHARE_PORT.
 *
 * A Unix-domain path stays behind when its socket is closed, and cannot be bound again: #LIBSOCK_EADDRINUSE.
 * sock_serve() replaces such a path. To replace one without a moment in which it is not there, and without taking it
 * from a server that runs:
 *
 * 1. Connect to it. If that succeeds, a server is running: leave it alone. #LIBSOCK_ECONNREFUSED: the path is stale.
 * 2. Bind to another path in the same folder, with the process id in its name for example, and listen.
 * 3. `rename()` that to the path (ISO C; on POSIX it replaces at once what was there).
 *
 * If two servers may be started at the same time, take a lock (`flock()` on a file beside it) before the first step.
 *
 * @param[in] s    A socket that is not bound.
 * @param[in] addr The address; a name is looked up, without a deadline. An empty host is the wildcard: every address,
 *                 on an #LIBSOCK_AF_INET6 socket of both families. Port 0 lets the OS choose, and so does the host `@` on an
 *                 #LIBSOCK_AF_UNIX socket, of abstract names (Linux); sock_local_addr() shows which. Must not be NULL.
 * @return 0, or: #LIBSOCK_EADDRINUSE; #LIBSOCK_EADDRNOTAVAIL, not an address of this machine; #LIBSOCK_EACCES, a port
 *         below 1024 (as a rule) or a path, without permission; #LIBSOCK_EINVAL, bound already;
 *         #LIBSOCK_ENAMETOOLONG, #LIBSOCK_ENOENT, #LIBSOCK_ENOTDIR, #LIBSOCK_EROFS, of a path; #LIBSOCK_ENAME, an
 *         empty path; #LIBSOCK_ENOTSUP, an abstract name on an OS without them; and those of a name.
 * @par Threads
 * One thread; nobody else may use the socket meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_bind(struct sock s, const struct sock_addr *addr);

/**
 * Let peers connect.
 *
 * @param[in] s       A bound stream socket. If several threads are to accept from it within deadlines, use
 *                    sock_serve(), or make the descriptor non-blocking (see @ref core).
 * @param[in] backlog How many connections may queue before sock_accept(); the OS rounds and limits it (Linux:
 *                    net.core.somaxconn). 0 asks for the OS's largest.
 * @return 0, or: #LIBSOCK_EINVAL, a negative backlog or a connected socket; #LIBSOCK_EADDRINUSE, another listener has
 *         the address; #LIBSOCK_EPROTOTYPE, a datagram socket.
 * @par Threads
 * One thread; nobody else may use the socket meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_listen(struct sock s, int backlog);

/**
 * Take the next connection from a listener's queue.
 *
 * Connections that died in the queue are skipped. When descriptors or memory are used up the connection stays queued
 * and the error comes back at once: make room before calling again, or the loop spins.
 *
 * @param[in] s        A listening socket.
 * @param[out] conn    Receives the connection, or `{0}` on error; close it. Must not be NULL.
 * @param[out] peer    Receives the peer's address; an unnamed Unix-domain peer has an empty host. May be NULL.
 * @param[in] deadline When to give up.
 * @return 0, or: #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, nobody came; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOBUFS,
 *         #LIBSOCK_ENOMEM; #LIBSOCK_EINVAL, not listening, or woken by sock_shutdown(); #LIBSOCK_EPROTOTYPE, a datagram
 *         socket.
 * @par Threads
 * Any number of threads may accept from one listener.
 * @since 0.1.0
 */
LIBSOCK_API int sock_accept(struct sock s, struct sock *conn, struct sock_addr *peer, int64_t deadline);

/**
 * Send bytes, or one datagram, to the peer.
 *
 * A stream may take only part of the data: go on with the rest. A datagram is sent whole or not at all.
 *
 * @param[in] s        A connected socket.
 * @param[in] data     What to send. May be NULL if `size` is 0.
 * @param[in] size     Bytes. At most INT_MAX are taken in one call. 0 sends an empty
 *                     datagram; on a stream it does nothing.
 * @param[in] deadline When to give up.
 * @return The bytes taken, or: #LIBSOCK_ECONNRESET, #LIBSOCK_EPIPE, the connection is over; #LIBSOCK_ETIMEDOUT,
 *         #LIBSOCK_EAGAIN, nothing was taken; #LIBSOCK_EMSGSIZE, longer than a datagram can be, or with
 *         #LIBSOCK_OPT_DONTFRAG than the path takes; #LIBSOCK_ENOTCONN, no peer (of a stream Linux says
 *         #LIBSOCK_EPIPE); #LIBSOCK_ECONNREFUSED, an earlier datagram found no listener, and this one has not been sent
 *         (the socket stays usable); #LIBSOCK_ENOBUFS, a queue is full; #LIBSOCK_ECONNTIMEDOUT, the OS has given the
 *         connection up.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_send(struct sock s, const void *data, size_t size, int64_t deadline);

/**
 * Receive bytes, or one datagram.
 *
 * Bytes that arrived before a reset come before the error; on Windows the reset may throw them away.
 *
 * @param[in] s        A connected socket, or a bound datagram socket.
 * @param[out] data    Receives; nothing is written past `size`. May be NULL on a datagram socket if `size` is 0.
 * @param[in] size     Bytes of room. What is above INT_MAX may be left out: a short count. On a stream 0 is
 *                     #LIBSOCK_EINVAL.
 * @param[in] deadline When to give up.
 * @return The bytes received; on a stream 0 means the end of file and nothing else, on a datagram socket an empty
 *         datagram. Or: #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, nothing came; #LIBSOCK_EMSGSIZE, the datagram is longer
 *         than `size`: its head is in `data`, the rest is lost; #LIBSOCK_ECONNRESET, the peer dropped the connection;
 *         #LIBSOCK_ECONNTIMEDOUT, the OS gave it up; #LIBSOCK_ECONNREFUSED, a connected datagram socket's peer does not
 *         listen (the socket stays usable); #LIBSOCK_ENOTCONN, a stream without a connection; #LIBSOCK_EINVAL, also:
 *         #LIBSOCK_PACKET_COALESCED has been chosen, and nothing has been received.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_recv(struct sock s, void *data, size_t size, int64_t deadline);

/**
 * Look at what the next receive would give, and leave it there.
 *
 * Of a stream these are the bytes that have come so far, of a datagram socket the next datagram. The answer is the same
 * until something is received, so this call does not wait for more than is there: to read up to an end that is somewhere
 * in the bytes, use a struct sock_reader.
 *
 * What a peek reports of a stream is not lost: the next receive reports it again, an end of file as well as the error
 * that has ended the connection (over TCP Linux goes on as @ref core says). The refusal of an earlier datagram is told
 * once, by whichever call comes first, which may be this one; so is the failure of an attempt to connect.
 *
 * @param[in] s        A connected socket, or a bound datagram socket.
 * @param[out] data    Receives a copy; nothing is written past `size`. May be NULL on a datagram socket if `size` is 0.
 * @param[in] size     Bytes of room. On a stream 0 is #LIBSOCK_EINVAL.
 * @param[in] deadline When to give up.
 * @return The bytes copied; on a stream 0 means the end of file and nothing else, on a datagram socket an empty
 *         datagram. Or: #LIBSOCK_EMSGSIZE, the datagram is longer than `size`: its head is in `data`, and all of it can
 *         still be received; and as from sock_recv().
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_peek(struct sock s, void *data, size_t size, int64_t deadline);

/**
 * How many bytes wait to be received.
 *
 * Of a stream: as many as a receive with enough room gives without waiting. More may have come by then. 0 says neither
 * that the peer has ended nor that it has not: wait for the socket, or receive.
 *
 * Of a datagram socket: a buffer of so many bytes is large enough for the next datagram. Some systems count what is
 * behind it, too. 0: there is none, or an empty one.
 *
 * It takes nothing, an error neither. Bytes in a struct sock_reader are not counted: see sock_reader_pending().
 *
 * @param[in] s A connected stream, or a datagram socket.
 * @return The bytes, or: #LIBSOCK_EINVAL, a listener.
 * @par Threads
 * Any thread; but only the reader knows that nobody receives meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_pending(struct sock s);

/**
 * Send one datagram to an address.
 *
 * @param[in] s        A datagram socket.
 * @param[in] data     What to send. May be NULL if `size` is 0.
 * @param[in] size     Bytes; 0 sends an empty datagram.
 * @param[in] to       Whom to; what sock_recvfrom() filled in fits. A name is looked up each time. The port must not be 0. Must not be NULL.
 * @param[in] deadline When to give up.
 * @return `size`, or: #LIBSOCK_EMSGSIZE, longer than a datagram can be; #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, the OS has
 *         no room; #LIBSOCK_ENOBUFS, a queue is full; #LIBSOCK_EHOSTUNREACH, #LIBSOCK_ENETUNREACH, no way there;
 *         #LIBSOCK_EADDRNOTAVAIL, no free port on this side; #LIBSOCK_EACCES, a broadcast address; #LIBSOCK_EPORT, the
 *         port is 0; #LIBSOCK_EPROTOTYPE, a stream socket; and those of a name.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_sendto(struct sock s, const void *data, size_t size, const struct sock_addr *to, int64_t deadline);

/**
 * Receive one datagram and learn where it came from.
 *
 * @param[in] s        A bound datagram socket.
 * @param[out] data    Receives; nothing is written past `size`. May be NULL if `size` is 0.
 * @param[in] size     Bytes of room.
 * @param[out] from    Receives the sender's address, also with #LIBSOCK_EMSGSIZE; an unnamed Unix-domain sender has an
 *                     empty host. May be NULL.
 * @param[in] deadline When to give up.
 * @return The datagram's length, 0 for an empty one, or: #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, nothing came;
 *         #LIBSOCK_EMSGSIZE, longer than `size`: its head is in `data`, the rest is lost; #LIBSOCK_ECONNREFUSED, only
 *         on a connected socket: the peer does not listen; #LIBSOCK_EPROTOTYPE, a stream socket; #LIBSOCK_EINVAL, also:
 *         #LIBSOCK_PACKET_COALESCED has been chosen, and nothing has been received.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_recvfrom(struct sock s, void *data, size_t size, struct sock_addr *from, int64_t deadline);

/**
 * End one direction of a connection, or both; whoever waits in it is woken (on #LIBSOCK_AF_UNIX under Linux a sender
 * that waits for room is woken by #LIBSOCK_SHUT_RDWR alone).
 *
 * @param[in] s   A connected stream socket; a listener, to wake its acceptors.
 * @param[in] how One of enum sock_how.
 * @return 0, or: #LIBSOCK_ENOTCONN, no connection (of an unconnected Unix-domain socket Linux says 0);
 *         #LIBSOCK_EPROTOTYPE, a datagram socket.
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_shutdown(struct sock s, int how);

/**
 * Close the socket.
 *
 * What was sent and not yet delivered is still delivered in the background, unless something that was received has not
 * been read: see sock_close_gracefully(). The socket is gone whatever is returned.
 *
 * @param[in,out] s The socket; `{0}` afterwards. Closing `{0}` does nothing. Must not be NULL.
 * @return 0, or the error that the OS reported while closing, for a log; there is nothing to do about it.
 * @par Threads
 * One thread, and no other may use the socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_close(struct sock *s);

/**
 * The socket's own address.
 *
 * @param[in] s     A bound or connected socket; another one has the wildcard, port 0, or on #LIBSOCK_AF_UNIX an empty
 *                  host.
 * @param[out] addr Receives it; on error it stays as it was. Must not be NULL.
 * @return 0, or #LIBSOCK_ENOBUFS, the OS is out of memory.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_local_addr(struct sock s, struct sock_addr *addr);

/**
 * The peer's address.
 *
 * @param[in] s     A connected socket.
 * @param[out] addr Receives it; on error it stays as it was. Must not be NULL.
 * @return 0, or #LIBSOCK_ENOTCONN, there is no peer.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_peer_addr(struct sock s, struct sock_addr *addr);

/**
 * The error of a socket that no other call has reported yet, for a program that a wait has told #LIBSOCK_ERROR and that
 * neither sends nor receives.
 *
 * Of a stream it is the error that has ended the connection, each time, whether or not a call has reported it before
 * (#LIBSOCK_AF_UNIX: until a receive has). Bytes that came before it can still be received, and then comes the error
 * (on Windows the reset may throw them away). Of a datagram socket it is the peer's refusal, and reported here it is
 * reported no more; what routers say is passed over.
 *
 * A connection that has not been made is none: how an attempt to connect ended, sock_connect_result() reports.
 *
 * @param[in] s A connected stream, or a datagram socket.
 * @return 0: no error. #LIBSOCK_ECONNRESET, the peer dropped the connection; #LIBSOCK_ECONNTIMEDOUT, the OS gave it up;
 *         #LIBSOCK_ECONNREFUSED, a connected datagram socket's peer does not listen; #LIBSOCK_ENOTCONN, a stream that
 *         never was connected, and nothing has been taken from sock_connect_result().
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_pending_error(struct sock s);

/**
 * The descriptor (on Windows the SOCKET), for calls that libsock does not have.
 *
 * The socket still owns it. Its mode may be changed (see @ref core); on Windows, macOS and NetBSD it must stay
 * non-blocking.
 *
 * @param[in] s The socket.
 * @return The descriptor, or −1 for `{0}`.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API intptr_t sock_native(struct sock s);

/**
 * Make a socket of a descriptor that the program owns already.
 *
 * Family and type are asked of the OS, and whether a datagram socket coalesces already: then it is as if
 * #LIBSOCK_PACKET_COALESCED had been chosen. The descriptor becomes close-on-exec. On Windows, macOS and NetBSD it
 * becomes non-blocking, and duplicates of it, in other processes too, share that. Nothing else about it changes.
 *
 * @param[out] s Receives the socket, which owns the descriptor from now on; `{0}` on error, and the descriptor is still
 *               the caller's. Must not be NULL.
 * @param[in] fd The descriptor (on Windows the SOCKET).
 * @return 0, or: #LIBSOCK_EBADF, #LIBSOCK_ENOTSOCK, no socket; #LIBSOCK_ENOTSUP, a family or type that libsock does not
 *         have.
 * @par Threads
 * One thread; nobody else may use the descriptor meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_adopt(struct sock *s, intptr_t fd);

/**
 * Give the descriptor back to the program, open.
 *
 * @param[in,out] s The socket; `{0}` afterwards.
 * @return The descriptor (on Windows the SOCKET), which the caller now owns, or −1 for `{0}` and NULL.
 * @par Threads
 * One thread, and no other may use the socket.
 * @since 0.1.0
 */
LIBSOCK_API intptr_t sock_release(struct sock *s);

/** @} */

/**
 * @defgroup setup One-call set-up
 * @brief From a name to a connected socket, and from an address to a listener or a bound datagram socket, in one call
 *        each.
 *
 * **Unix-domain paths.** For these calls a host with a slash anywhere, or with `@` at its beginning, is a path:
 * `/run/x.sock`, `./x.sock`, `@x`. The socket is then of #LIBSOCK_AF_UNIX, and the port is ignored. `x.sock` is a name,
 * and a backslash does not make a path.
 * @{
 */

/**
 * The most addresses of one name that sock_dial() tries.
 *
 * An array of so many struct sock_attempt takes 9 KiB, which is much for the stack of a small thread.
 * @since 0.1.0
 */
#define LIBSOCK_DIAL_MAX 32

/** One attempt of sock_dial_report(). @since 0.1.0 */
struct sock_attempt {
	struct sock_addr addr; /**< Whom it was to. */
	int err;               /**< 0: this is the connection. Otherwise how it failed; #LIBSOCK_ECANCELED, another was first. */
	int32_t padding;       /**< 0. */
	int64_t reserved[2];   /**< 0, for later versions. */
};

/**
 * Open a socket and connect it to a name or a literal of either family, or to a path.
 *
 * **Streams** use Happy Eyeballs, version 2 (RFC 8305).
 * Both families are looked up at the same time, as by sock_resolve(). The first attempt starts as soon as there are
 * IPv6 addresses, or 50 ms after there are IPv4 ones (sooner where the deadline is near); what comes later joins in. So
 * a name server that keeps one of the answers to itself does not hold the call. Addresses are tried in the order of RFC
 * 6724, the families in turn, IPv6 first unless this machine has no way there. The next attempt starts 250 ms after the
 * last one, or at once when one fails; the first that succeeds wins and the others are closed. So a dead IPv6 path
 * costs a quarter of a second, not a time-out. One deadline covers the look-up and all attempts. #LIBSOCK_NOWAIT, and a
 * deadline that has passed, try each address of a literal or of `localhost` once.
 *
 * The connection has #LIBSOCK_OPT_NODELAY: what is sent is on its way at once.
 *
 * **Datagram sockets** are connected to the first address that this machine has a way to. The addresses are tried in
 * the same order, but `localhost` is 127.0.0.1 first, as it is for sock_serve(). Only the look-up can take time. No
 * packet is sent, so neither a dead path nor a peer that does not listen is noticed. To find one that answers, resolve
 * the name with sock_resolve() and ask each of its addresses.
 *
 * **A path** is tried once. A stream waits until the deadline if the listener's queue is full. A datagram that is sent
 * from a socket without a path of its own cannot be answered: to receive answers, use sock_open(), sock_bind() and
 * sock_connect().
 *
 * @param[out] s       Receives the connected socket, or `{0}` on error. Must not be NULL.
 * @param[in] type     One of enum sock_type.
 * @param[in] addr     Whom to. The port must not be 0, except for a path. Must not be NULL.
 * @param[in] deadline When to give up.
 * @return 0, or: the most informative of the attempts' errors, #LIBSOCK_ECONNREFUSED before #LIBSOCK_EHOSTUNREACH and
 *         #LIBSOCK_ENETUNREACH before #LIBSOCK_ETIMEDOUT and #LIBSOCK_ECONNTIMEDOUT, and all of them before that this
 *         program has no such family, as sock_open() says it; #LIBSOCK_EAI_NONAME, #LIBSOCK_EAI_AGAIN,
 *         #LIBSOCK_EAI_FAIL, #LIBSOCK_ENAME, #LIBSOCK_EPORT, #LIBSOCK_ENODEV, of the address; #LIBSOCK_ENOENT,
 *         #LIBSOCK_EACCES, #LIBSOCK_ENAMETOOLONG, #LIBSOCK_ENOTSUP, of a path; #LIBSOCK_EPROTOTYPE, the path is that of
 *         a socket of the other type; #LIBSOCK_EAGAIN, with #LIBSOCK_NOWAIT: it would have to wait, and nothing is left
 *         behind; #LIBSOCK_EINVAL, a NULL or not a type.
 * @par Threads
 * Any thread, which may be cancelled (POSIX: pthread_cancel, deferred) while it waits: no socket is left behind. The
 * look-up runs in threads of its own, see @ref names; the attempts do not.
 * @since 0.1.0
 */
LIBSOCK_API int sock_dial(struct sock *s, int type, const struct sock_addr *addr, int64_t deadline);

/**
 * sock_dial(), reporting what was tried.
 *
 * @param[out] s        As for sock_dial().
 * @param[in] type      As for sock_dial().
 * @param[in] addr      As for sock_dial().
 * @param[out] attempts Receives the attempts in the order in which they began. May be NULL if `room` is 0.
 * @param[in] room      The room in `attempts`; #LIBSOCK_DIAL_MAX is always enough.
 * @param[out] made     Receives how many were made, which may be more than the room. Must not be NULL.
 * @param[in] deadline  As for sock_dial().
 * @return As sock_dial().
 * @par Threads
 * As sock_dial().
 * @since 0.1.0
 */
LIBSOCK_API int sock_dial_report(struct sock *s, int type, const struct sock_addr *addr, struct sock_attempt attempts[],
				 int room, int *made, int64_t deadline);

/**
 * A stream listener: open, bind with safe reuse, listen. Or a bound datagram socket: open, bind.
 *
 * The listener's descriptor is non-blocking, and what it accepts has #LIBSOCK_OPT_NODELAY. A datagram socket is as
 * sock_open() makes it.
 *
 * **A stale path is replaced.** A Unix-domain path stays behind when its socket is closed. If no program has that
 * socket any more, the path is removed and bound again. If one has it, whether it listens or not, the answer is
 * #LIBSOCK_EADDRINUSE. What is no socket is never removed, nor is a link, nor a path that this program may not connect
 * to: #LIBSOCK_EADDRINUSE. If two programs replace the same path at the same moment, both may succeed, and the first
 * one is never reached. Where that can happen, take a lock (`flock()` on a file beside the path) before this call.
 *
 * @param[out] s      Receives the socket, or `{0}` on error. Must not be NULL.
 * @param[in] type    One of enum sock_type.
 * @param[in] addr    Where. An empty host is every address of both families, or of IPv4 alone where a socket cannot
 *                    have both. `localhost` is 127.0.0.1, or ::1 where the machine has no IPv4. Another name is looked
 *                    up without a deadline, and the first of its addresses is used that this machine has. Port 0 lets
 *                    the OS choose; sock_local_addr() shows which. Must not be NULL.
 * @param[in] backlog As for sock_listen(): 0, the OS's largest, unless a smaller queue is wanted. A datagram socket has
 *                    no queue of connections; the number is checked all the same.
 * @return 0, or as from sock_open(), sock_bind() and sock_listen(); #LIBSOCK_EINVAL, a NULL, not a type, or a negative
 *         backlog.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_serve(struct sock *s, int type, const struct sock_addr *addr, int backlog);

/** @} */

/**
 * @defgroup packets Packets
 * @brief Datagrams with their control information (local address, interface, ECN, TTL), and batches of datagrams.
 *
 * **Answering from the address that was asked.** A datagram socket that is bound to the wildcard answers from whatever
 * address the routes suggest, and a peer that asked another one drops the answer. Call sock_packet_fields() with
 * #LIBSOCK_PACKET_LOCAL once; then give the record that sock_recv_packet() filled to sock_send_packet():
 *
 *     sock_packet_fields(&s, LIBSOCK_PACKET_LOCAL);
 *     n = sock_recv_packet(s, data, sizeof data, &packet, LIBSOCK_FOREVER);
 *     sock_send_packet(s, answer, size, &packet, sock_after(1000));
 *
 * **Segments.** Most of what a datagram costs is the system call and the way through the network stack. With
 * sock_packet::segment_size above 0 one call sends a buffer as many datagrams, and with #LIBSOCK_PACKET_COALESCED one
 * call receives many; where the OS can do so (see sock_has()) they go through the stack as one. What arrives is the
 * same where it cannot.
 *
 * Threads, deadlines, errors and names are as in @ref core.
 * @{
 */

/** What sock_recv_packet() may be asked to report; combine them with `|`. @since 0.1.0 */
enum sock_packet_field {
	LIBSOCK_PACKET_LOCAL = 1,   /**< sock_packet::local and sock_packet::interface_index. */
	LIBSOCK_PACKET_ECN = 2,     /**< sock_packet::ecn. */
	LIBSOCK_PACKET_TTL = 4,     /**< sock_packet::ttl. */
	LIBSOCK_PACKET_COALESCED = 8, /**< Many datagrams may come at once: sock_packet::segment_size. */
	LIBSOCK_PACKET_TIME = 16     /**< sock_packet::time_ns. @since 0.1.0 */
};

/** How large a buffer must be for anything that sock_recv_packet() may receive over UDP. @since 0.1.0 */
#define LIBSOCK_PACKET_SIZE 65536

/**
 * A datagram without its bytes: filled by sock_recv_packet(), taken by sock_send_packet().
 *
 * For sending, `{0}` with a `peer` is enough, and what was received can be given back as it is, for an answer. What the
 * OS did not report is "unknown", and what is unknown is left to the OS when sending. Do not use one record in two
 * threads at once: sending writes to it, too.
 * @since 0.1.0
 */
struct sock_packet {
	/** Where it came from, or is to go. Sending with an empty host: to the peer of a connected socket. */
	struct sock_addr peer;
	/**
	 * The address that it was sent to, the port always 0, or an empty host: unknown. Of what was sent to a subnet's
	 * broadcast address it is this machine's address there, on Linux. Sending: the address to send from, which must
	 * be one of this machine's, of the family that the peer's is of; a multicast address, or 255.255.255.255, is
	 * left out.
	 */
	struct sock_addr local;
	/**
	 * The network interface that it came in by, or 0: unknown. Sending to a multicast address or to
	 * 255.255.255.255: the one to leave by. Other destinations go as they are routed, so that an answer finds its
	 * way.
	 */
	uint32_t interface_index;
	/**
	 * Explicit congestion notification (RFC 3168): 0 to 3, or −1: unknown. Sending: 1 to 3, which sets the rest of
	 * the traffic class to 0, and 0 and −1 leave it to the OS.
	 */
	int32_t ecn;
	/** Time to live, or hop limit: 0 to 255, or −1: unknown. Sending: 1 to 255, and 0 and −1 leave it to the OS. */
	int32_t ttl;
	/** 0: one datagram. Otherwise there are several, each of so many bytes, but for the last, which may have fewer. */
	uint32_t segment_size;
	/** 1: it was longer than the buffer. Sending does not look at it. */
	uint8_t truncated;
	/**
	 * Whether the OS cuts segments for this peer: 1, it does; −1, it does not or has refused to, libsock does; 0,
	 * as it is at first, find out. Written by sock_send_packet(). Set it to −1 to have libsock do so, or to 0 to
	 * ask again.
	 */
	int8_t segment_offload;
	uint8_t padding[6];  /**< 0. */
	/**
	 * When this machine took it in, by the clock that can be set: nanoseconds since 1970 in UTC, as fine as the OS
	 * tells. 0: unknown. Of several datagrams it is that of one of them. Sending does not look at it.
	 */
	int64_t time_ns;
	int64_t reserved[3]; /**< 0, for later versions. */
};

/**
 * Choose what sock_recv_packet() reports of each datagram beside its peer. Nothing, at first.
 *
 * #LIBSOCK_PACKET_COALESCED is noted in the value: sock_recv(), sock_recvfrom() and sock_recvv() through it are
 * #LIBSOCK_EINVAL, since they could not tell where one datagram ends. Copies that were made before do not have the
 * note, so choose before the socket is copied. Choosing again without it takes the note away.
 *
 * A datagram that came before #LIBSOCK_PACKET_TIME was chosen may have the time at which it was received.
 *
 * @param[in,out] s  A datagram socket. Must not be NULL.
 * @param[in] fields What of enum sock_packet_field, in place of what was chosen before; 0: nothing.
 * @return 0, or: #LIBSOCK_ENOTSUP, the OS does not report one of them (see sock_has()), or not with this family:
 *         nothing is chosen then; #LIBSOCK_EPROTOTYPE, a stream socket; #LIBSOCK_EINVAL, not a field.
 * @par Threads
 * One reader at a time on a socket, and no other thread may use the same struct sock meanwhile.
 * @since 0.1.0
 */
LIBSOCK_API int sock_packet_fields(struct sock *s, int fields);

/**
 * Send one datagram, or with sock_packet::segment_size many, and say more than where to.
 *
 * Segments are handed to the OS in order, up to 64 at a time. The receiver gets the same datagrams either way: if the
 * OS cannot segment the buffer, libsock does.
 *
 * @param[in] s          A datagram socket.
 * @param[in] data       What to send. May be NULL if `size` is 0.
 * @param[in] size       Bytes; 0 sends one empty datagram.
 * @param[in,out] packet Where to and how; only sock_packet::segment_offload is written. NULL: as sock_send().
 * @param[in] deadline   When to give up. One that has passed and #LIBSOCK_NOWAIT send at most 64 segments.
 * @return The bytes taken, in whole datagrams. Fewer than `size` only if there are segments and something came in the
 *         way after the first: call again with the rest to go on, or to learn what. Or, when nothing was taken, as from
 *         sock_sendto(), and: #LIBSOCK_ENOTCONN, no peer; #LIBSOCK_ENOTSUP, the OS cannot send so;
 *         #LIBSOCK_EAFNOSUPPORT, also: local is of another family than peer; #LIBSOCK_EADDRNOTAVAIL, local is no
 *         address of this machine; #LIBSOCK_ENODEV, also: no interface to leave by has that number; #LIBSOCK_EINVAL,
 *         also: ecn or ttl out of range, padding or reserved not 0.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_send_packet(struct sock s, const void *data, size_t size, struct sock_packet *packet,
				       int64_t deadline);

/**
 * Receive one datagram, or with #LIBSOCK_PACKET_COALESCED perhaps many of one sender's, and what the OS reports of it.
 *
 * Choose what that is with sock_packet_fields(). Once #LIBSOCK_PACKET_COALESCED is chosen, receive with this call
 * alone, and with #LIBSOCK_PACKET_SIZE bytes of room.
 *
 * @param[in] s        A bound datagram socket.
 * @param[out] data    Receives; nothing is written past `size`. May be NULL if `size` is 0.
 * @param[in] size     Bytes of room.
 * @param[out] packet  Receives the rest, also with #LIBSOCK_EMSGSIZE; otherwise on error it stays as it was. Must not
 *                     be NULL.
 * @param[in] deadline When to give up.
 * @return As from sock_recvfrom(); #LIBSOCK_EMSGSIZE is also reported by sock_packet::truncated.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_recv_packet(struct sock s, void *data, size_t size, struct sock_packet *packet, int64_t deadline);

/** @} */

/**
 * @defgroup streams Whole messages
 * @brief All of it or how much of it, several pieces at once, lines and records, an orderly end, and a pair of sockets.
 *
 * One deadline covers a call as a whole, however many transfers it takes. What has been done when it fails counts.
 *
 * A deadline that has passed makes one transfer; if that is not enough, the answer is #LIBSOCK_ETIMEDOUT. With
 * #LIBSOCK_NOWAIT sock_send_all(), sock_recv_exact(), sock_discard(), sock_sendv_all() and sock_sendfile() transfer all
 * that goes without waiting. The answer is #LIBSOCK_EAGAIN when the rest would have to wait, and `*done` is exact. A peer that
 * keeps up holds such a call until `size` is reached; pass a smaller size where others are to have their turn. Every
 * other call here makes one transfer with #LIBSOCK_NOWAIT.
 * @{
 */

/**
 * Send all of the data.
 *
 * @param[in] s        A connected stream.
 * @param[in] data     What to send. May be NULL if `size` is 0.
 * @param[in] size     Bytes.
 * @param[out] done    Receives how many bytes were taken, on failure too: go on there. May be NULL.
 * @param[in] deadline When to give up.
 * @return 0: all was taken. Otherwise, when `*done` bytes had been: #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN;
 *         #LIBSOCK_ECONNRESET, #LIBSOCK_EPIPE, the connection is over; #LIBSOCK_ENOTCONN; #LIBSOCK_EPROTOTYPE, a
 *         datagram socket. As with sock_send(), that bytes were taken does not mean that the peer has them.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_send_all(struct sock s, const void *data, size_t size, size_t *done, int64_t deadline);

/**
 * Receive exactly so many bytes.
 *
 * @param[in] s        A connected stream.
 * @param[out] data    Receives. May be NULL if `size` is 0.
 * @param[in] size     Bytes.
 * @param[out] done    Receives how many bytes came, on failure too: they are in `data`. May be NULL.
 * @param[in] deadline When to give up.
 * @return 0: all of them. Otherwise, when `*done` had come: #LIBSOCK_EEOF, the end of file; #LIBSOCK_ETIMEDOUT,
 *         #LIBSOCK_EAGAIN; #LIBSOCK_ECONNRESET, the peer dropped the connection; #LIBSOCK_ENOTCONN;
 *         #LIBSOCK_EPROTOTYPE, a datagram socket.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_recv_exact(struct sock s, void *data, size_t size, size_t *done, int64_t deadline);

/**
 * Receive so many bytes and throw them away: a body that nobody wants, up to what follows it.
 *
 * No buffer is needed, and over TCP Linux does not even copy them. Bytes in a struct sock_reader are not seen: read
 * those first.
 *
 * @param[in] s        A connected stream.
 * @param[in] size     Bytes.
 * @param[out] done    Receives how many were thrown away, on failure too. May be NULL.
 * @param[in] deadline When to give up.
 * @return 0: all of them. Otherwise as from sock_recv_exact().
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_discard(struct sock s, uint64_t size, uint64_t *done, int64_t deadline);

/** The most parts that are not empty in one sock_sendv() or sock_recvv(). @since 0.1.0 */
#define LIBSOCK_BUFFERS_MAX 64

/** A piece of memory to send from. @since 0.1.0 */
struct sock_const_buffer {
	const void *data; /**< May be NULL if `size` is 0. */
	size_t size;      /**< Bytes. */
};

/** A piece of memory to receive into. @since 0.1.0 */
struct sock_buffer {
	void *data;  /**< May be NULL if `size` is 0. */
	size_t size; /**< Bytes. */
};

/**
 * Send several pieces of memory one after another, as one: one system call, one datagram.
 *
 * @param[in] s        A connected socket.
 * @param[in] buffers  The pieces; empty ones are skipped. May be NULL if `count` is 0.
 * @param[in] count    How many. On a stream what follows the first #LIBSOCK_BUFFERS_MAX that are not empty is left out:
 *                     a short count. A datagram cannot have more.
 * @param[in] deadline When to give up.
 * @return The bytes taken, which on a stream may be only a part, also of a piece; or as from sock_send(), and:
 *         #LIBSOCK_EMSGSIZE, too many parts for a datagram; #LIBSOCK_EINVAL, a NULL, a negative count, or more than
 *         PTRDIFF_MAX bytes in all.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_sendv(struct sock s, const struct sock_const_buffer buffers[], int count, int64_t deadline);

/**
 * sock_send_all() of several pieces of memory, however many.
 *
 * @param[in] s        A connected stream.
 * @param[in] buffers  The pieces, which are not written to. May be NULL if `count` is 0.
 * @param[in] count    How many.
 * @param[out] done    Receives how many bytes were taken, on failure too. May be NULL.
 * @param[in] deadline When to give up.
 * @return As from sock_send_all(); #LIBSOCK_EINVAL as from sock_sendv().
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_sendv_all(struct sock s, const struct sock_const_buffer buffers[], int count, size_t *done,
			       int64_t deadline);

/**
 * Receive into several pieces of memory, one after another: one system call, one datagram.
 *
 * @param[in] s        A connected socket, or a bound datagram socket.
 * @param[out] buffers The pieces; empty ones are skipped. May be NULL if `count` is 0, on a datagram socket.
 * @param[in] count    How many. On a stream only the first #LIBSOCK_BUFFERS_MAX that are not empty are used.
 * @param[in] deadline When to give up.
 * @return The bytes received, as from sock_recv(): on a stream 0 is the end of file. Or as from sock_recv(), and:
 *         #LIBSOCK_EINVAL, a NULL, a negative count, more than PTRDIFF_MAX bytes in all, no room at all on a stream, or
 *         more than #LIBSOCK_BUFFERS_MAX that are not empty on a datagram socket, or one for which
 *         #LIBSOCK_PACKET_COALESCED has been chosen: nothing has been received then.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_recvv(struct sock s, const struct sock_buffer buffers[], int count, int64_t deadline);

/**
 * Send a piece of a file.
 *
 * Neither the file's size nor the position at which the program reads it matters. On POSIX that position stays as it
 * is; on Windows it does not.
 *
 * Linux, macOS and FreeBSD send more than 2 KiB by themselves, with one system call for a MiB (sendfile(2)). There only
 * a descriptor's mode says that a call must not wait. So with a deadline, #LIBSOCK_NOWAIT too, the system does so where
 * the descriptor is non-blocking (see @ref core); whoever makes it block meanwhile can have the call wait for as long
 * as the peer likes. The bytes may be read when they leave the machine: do not change them in the file before the peer
 * has them (sendfile(2), NOTES). On Linux SIGPIPE is blocked in this thread for as long as the system sends, or for good
 * where a sandbox refuses rt_sigtimedwait(2) and the peer is gone.
 *
 * Elsewhere the file is read and sent. For the time of the call that takes 64 KiB from the heap; where there are none
 * it goes in smaller steps.
 *
 * @param[in] s        A connected stream.
 * @param[in] file     An open file: a descriptor (`fileno(f)`), on Windows a HANDLE (`_get_osfhandle(_fileno(f))`).
 * @param[in] offset   Where in the file to begin.
 * @param[in] size     How many bytes; with `offset` at most INT64_MAX.
 * @param[out] done    Receives how many bytes were taken, on failure too: go on at `offset` plus that. May be NULL.
 * @param[in] deadline When to give up. Reading the file is not bounded by it.
 * @return As from sock_send_all(), and: #LIBSOCK_EEOF, the file ends before `size` bytes; #LIBSOCK_EBADF, also: no open
 *         file; #LIBSOCK_EINVAL, too large a place; #LIBSOCK_EIO, the file cannot be read, or its server reached; or
 *         what the OS says of reading it, see sock_esys_number(): a pipe or a folder for example, or a device that has
 *         nothing yet and was opened not to wait.
 * @par Threads
 * One writer at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_sendfile(struct sock s, intptr_t file, uint64_t offset, uint64_t size, uint64_t *done,
			      int64_t deadline);

/**
 * A stream being read by lines and records, through a buffer of the caller's.
 *
 * Read from the socket only through the reader once it is in use: it receives more than it gives at once. It does not
 * own socket or buffer; there is nothing to close. Read the members if you like, but let only libsock write them. Bytes
 * that were received and not given yet wait in the buffer: see sock_reader_pending().
 * @since 0.1.0
 */
struct sock_reader {
	struct sock s;    /**< Where the bytes come from. */
	char *buffer;     /**< The caller's. */
	size_t size;      /**< Of the buffer. */
	size_t begin;     /**< Where in the buffer the bytes begin that have been received and not given. */
	size_t end;       /**< Where they end. */
	int32_t err;      /**< How the stream ended, #LIBSOCK_EEOF or an error, for every later call. 0: it goes on. */
	uint8_t partial;  /**< 1: what the last call gave has no delimiter, because the stream ended there. */
	uint8_t overlong; /**< 1: a call was #LIBSOCK_EMSGSIZE, and what was too long has not been skipped or read yet. */
	intptr_t reserved[4]; /**< The library's own. */
};

/**
 * Begin to read a stream through a buffer.
 *
 * @param[out] reader The reader, or `{0}` on error. Must not be NULL.
 * @param[in] s       A connected stream.
 * @param[in] buffer  For the reader alone, as long as it is used. Must not be NULL.
 * @param[in] size    Bytes in `buffer`, at least 2. One is for a NUL; a line with its ending, or a record with its
 *                    delimiter, may have the others.
 * @return 0, or: #LIBSOCK_EPROTOTYPE, a datagram socket; #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_reader_init(struct sock_reader *reader, struct sock s, void *buffer, size_t size);

/**
 * Read a line, which ends with LF or CR LF.
 *
 * What follows the line stays for the next call. If the stream ends within a line, what there is of it is given as a
 * line with sock_reader::partial set, as it is (a CR at its end included); the end of file comes with the call after.
 *
 * A line that is too long for the buffer is #LIBSOCK_EMSGSIZE, as soon as that is known. Two ways lead on: the next
 * sock_reader_line() or sock_reader_until() skips the rest of it, up to that call's own delimiter, and gives what
 * follows; or sock_reader_read() gives it in pieces, from its beginning and as the program has left it.
 *
 * @param[in,out] reader The reader.
 * @param[out] line      Receives where in the buffer the line is, without its ending, NUL-terminated (it may hold NULs
 *                       of its own: see the length); valid until the next call with the reader, and the program may
 *                       write to it. With #LIBSOCK_EMSGSIZE the head of the line, all of the buffer; with other errors
 *                       NULL. Must not be NULL.
 * @param[in] deadline   When to give up. What has come of the line stays for the next call.
 * @return The length of the line, 0 for an empty one, or: #LIBSOCK_EEOF, the end of file, nothing is left;
 *         #LIBSOCK_EMSGSIZE, see above; #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, no whole line came; #LIBSOCK_ECONNRESET
 *         and others, as from sock_recv(): the head of a line that an error cuts off is not given, but
 *         sock_reader_read() gives it.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_reader_line(struct sock_reader *reader, char **line, int64_t deadline);

/**
 * Read up to a delimiter, like sock_reader_line().
 *
 * @param[in,out] reader The reader.
 * @param[in] delimiter  The bytes that end a record. Must not be NULL.
 * @param[in] length     How many, at least 1, less than the buffer's size.
 * @param[out] record    As the line of sock_reader_line(): without the delimiter, NUL-terminated. Must not be NULL. The
 *                       head that comes with #LIBSOCK_EMSGSIZE may be written to if the next call's delimiter has at
 *                       most 13 bytes; what begins in it of a longer one might not be found.
 * @param[in] deadline   When to give up.
 * @return The length of the record without the delimiter, or as from sock_reader_line().
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_reader_until(struct sock_reader *reader, const void *delimiter, size_t length, char **record,
				      int64_t deadline);

/**
 * Receive bytes: first those that wait in the buffer, without a system call, then from the socket straight into `data`.
 *
 * @param[in,out] reader The reader.
 * @param[out] data      Receives; nothing is written past `size`. Must not be NULL.
 * @param[in] size       Bytes of room, at least 1.
 * @param[in] deadline   When to give up.
 * @return The bytes received; 0 means the end of file and nothing else. Or as from sock_recv().
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_reader_read(struct sock_reader *reader, void *data, size_t size, int64_t deadline);

/**
 * How many bytes wait in the reader's buffer: received, and not given yet. Those of a record that was too long count
 * until they have been read or skipped.
 *
 * Neither sock_wait() nor a poller reports them, because the socket no longer has them. Before a program waits for the
 * socket, it reads from the reader until the answer is #LIBSOCK_EAGAIN. Pending bytes need not be a whole line.
 *
 * @param[in] reader The reader.
 * @return The bytes, less than the buffer's size; 0 for `{0}` and for NULL.
 * @par Threads
 * One reader at a time on a socket.
 * @since 0.1.0
 */
LIBSOCK_API size_t sock_reader_pending(const struct sock_reader *reader);

/**
 * End a connection in order: send the end of file, wait for the peer's, close.
 *
 * sock_close() alone resets a connection on which something was received and not read, and a reset can destroy what was
 * sent last before the peer has read it. Here whatever still comes is read and thrown away.
 *
 * @param[in,out] s    A connected stream; closed, and `{0}`, afterwards whatever is returned. Must not be NULL.
 * @param[in] deadline When to close without having seen the peer's end. With #LIBSOCK_FOREVER a peer that never ends
 *                     holds the call for ever.
 * @return 0: the peer has ended, too, so it has read what was sent if it reads to the end of file before it ends; of
 *         one that had ended before this call that is not known. Otherwise it is not known to have read everything:
 *         #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN; #LIBSOCK_ECONNRESET, it dropped the connection, also after its own end;
 *         #LIBSOCK_ECONNTIMEDOUT, the OS gave it up; #LIBSOCK_ENOTCONN, there was none, or both sides had ended it
 *         already, or another call has reported that the peer dropped it after its own end, or this side reads no more,
 *         after a sock_shutdown() (#LIBSOCK_SHUT_RD on #LIBSOCK_AF_UNIX ends the peer's direction as well: 0);
 *         #LIBSOCK_EPROTOTYPE, a datagram socket, closed.
 * @par Threads
 * One thread, and no other may use the socket.
 * @since 0.1.0
 */
LIBSOCK_API int sock_close_gracefully(struct sock *s, int64_t deadline);

/**
 * Two sockets, connected to each other, that no other process can get into.
 *
 * On POSIX they are #LIBSOCK_AF_UNIX and have no names; on Windows they are #LIBSOCK_AF_INET on the loopback.
 *
 * @param[out] pair Receives both, or twice `{0}` on error; close both. Must not be NULL.
 * @param[in] type  #LIBSOCK_STREAM or #LIBSOCK_DGRAM.
 * @return 0, or: #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOBUFS, #LIBSOCK_ENOMEM, as from sock_open();
 *         #LIBSOCK_ETIMEDOUT, #LIBSOCK_ECONNABORTED, only on Windows: something is in the way on the loopback;
 *         #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_pair(struct sock pair[2], int type);

/** @} */

/**
 * @defgroup readiness Readiness
 * @brief Waiting for several sockets at once: sock_wait() for a few, a poller for thousands.
 *
 * A call that takes a deadline waits by itself; this is for programs that have more than one thing to wait for.
 * Readiness is level-triggered: a socket that is ready and has not been used is reported again by the next wait. Use
 * #LIBSOCK_NOWAIT with a socket that was reported ready, because "ready" can be false: another thread was quicker, a
 * datagram was damaged.
 *
 * What is reported has the same meaning on every OS:
 *
 * | what happens | reported |
 * | --- | --- |
 * | bytes, a datagram, or a connection to accept has come | #LIBSOCK_READABLE |
 * | there is room to send; a #LIBSOCK_NOWAIT connect has succeeded | #LIBSOCK_WRITABLE |
 * | the peer has sent its end of file | #LIBSOCK_READABLE and #LIBSOCK_PEER_ENDED |
 * | a connect was refused or failed; the connection was reset | #LIBSOCK_READABLE, #LIBSOCK_WRITABLE and #LIBSOCK_ERROR |
 *
 * #LIBSOCK_READABLE and #LIBSOCK_WRITABLE alone are reported only where they are of interest, and #LIBSOCK_PEER_ENDED only
 * where #LIBSOCK_READABLE is, at the latest when everything before the end has been received; some systems report it as
 * soon as the end has come, so go on receiving until 0. #LIBSOCK_ERROR is reported whatever the interest (where there
 * is none, it may take a tenth of a second after both sides have ended), and never together with #LIBSOCK_PEER_ENDED; which
 * error it is, sock_connect_result() reports, or the next send or receive. It stays when that has reported it, as the
 * end of a stream is remembered (see @ref core). Of a datagram socket these may find that it was none of theirs and go
 * on.
 *
 * For a stream that neither listens nor was ever connected, one whose refusal has been reported included, the result is
 * unspecified: systems differ.
 *
 * **Out of descriptors.** A connection that sock_accept() has no descriptor for (#LIBSOCK_EMFILE, #LIBSOCK_ENFILE,
 * #LIBSOCK_ENOBUFS, #LIBSOCK_ENOMEM) stays in the queue, and its listener stays readable: a loop that goes on looking
 * spins. Stop watching the listener, and watch it again when a socket has been closed, or after a while.
 * @{
 */

/** What a socket can be ready for; combine them with `|`. @since 0.1.0 */
enum sock_readiness {
	LIBSOCK_READABLE = 1, /**< Receiving or accepting would not wait. */
	LIBSOCK_WRITABLE = 2, /**< Sending would not wait, or an attempt to connect is over. */
	LIBSOCK_PEER_ENDED = 4,   /**< The peer sends no more. Reported, never asked for. */
	LIBSOCK_ERROR = 8     /**< The connection failed. Reported, never asked for. */
};

/** The most sockets in one sock_wait(). @since 0.1.0 */
#define LIBSOCK_WAIT_MAX 64

/** One socket of a sock_wait(). @since 0.1.0 */
struct sock_wait_item {
	struct sock s;  /**< The socket; `{0}` is skipped. */
	int32_t interest; /**< #LIBSOCK_READABLE, #LIBSOCK_WRITABLE, both, or 0 for errors alone. */
	int32_t ready;   /**< Receives what is true of enum sock_readiness, or 0. */
};

/**
 * Wait until at least one of a few sockets is ready.
 *
 * @param[in,out] items The sockets; `ready` of each is written, on errors too unless `count` is bad. May be NULL if
 *                      `count` is 0.
 * @param[in] count     How many, at most #LIBSOCK_WAIT_MAX. Without any the call only waits for the deadline.
 * @param[in] deadline  When to give up. #LIBSOCK_NOWAIT: look once.
 * @return How many items have something to report, at least 1, or: #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, none before the
 *         deadline; #LIBSOCK_EBADF, an item's socket has been closed; #LIBSOCK_EMFILE, there are more of them than
 *         the process may have open by now (RLIMIT_NOFILE); #LIBSOCK_EINVAL, a NULL, a bad count, or something in
 *         `interest` that cannot be.
 * @par Threads
 * Any thread. Waiting for a socket does not count as reading from or writing to it.
 * @since 0.1.0
 */
LIBSOCK_API int sock_wait(struct sock_wait_item items[], int count, int64_t deadline);

/**
 * Have a descriptor that is no socket waited for together with sockets: a terminal, a pipe, a timer.
 *
 * What it makes is for sock_wait() and the pollers, and for sock_native(). Any other call answers #LIBSOCK_ENOTSOCK, also
 * where the descriptor is a socket, of a family that libsock does not know for example. The program reads and writes
 * with the system's own calls.
 *
 * The descriptor stays the program's, and nothing about it changes. sock_close() gives only the value back, and
 * sock_release() the descriptor, too. Remove it from a poller before it is closed.
 *
 * #LIBSOCK_READABLE and #LIBSOCK_WRITABLE mean that the system's read or write would not wait. A pipe that nobody writes
 * to any more is #LIBSOCK_READABLE and #LIBSOCK_PEER_ENDED, and one that nobody reads is told as a failed connection. What
 * the OS cannot wait for, a regular file or `/dev/null`, is always ready for what is of interest.
 *
 * @param[out] s Receives the value; `{0}` on error. Must not be NULL.
 * @param[in] fd The descriptor.
 * @return 0, or: #LIBSOCK_EBADF, it is not open; #LIBSOCK_ENOTSUP, this OS waits for sockets alone (Windows).
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_from_descriptor(struct sock *s, intptr_t fd);

/**
 * Waits for any number of sockets: epoll, kqueue, poll or WSAPoll, chosen when libsock is built.
 *
 * `{0}` is "no poller". Pass its address; do not copy it. Only libsock reads and writes the members. After fork() only
 * one of the two processes may use it; the other may close it.
 * @since 0.1.0
 */
struct sock_poller {
	intptr_t os;         /**< The operating system's part. */
	struct sock wake[2]; /**< Through which sock_poller_wake() reaches sock_poller_wait(). */
	intptr_t reserved[4]; /**< For later versions. */
};

/** What sock_poller_wait() reports of one socket. @since 0.1.0 */
struct sock_event {
	void *data;   /**< The pointer given with the socket. */
	int32_t ready; /**< Of enum sock_readiness, not 0. */
	int32_t reserved; /**< 0. */
};

/**
 * Make a poller.
 *
 * @param[out] poller Receives it, or `{0}` on error; close it with sock_poller_close(). Must not be NULL.
 * @return 0, or: #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOBUFS, #LIBSOCK_ENOMEM, nothing left to make it of;
 *         #LIBSOCK_ENOTSUP; #LIBSOCK_EINVAL; and as from sock_pair().
 * @par Threads
 * Any thread. The poller is used by one thread at a time, but for sock_poller_wake().
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_open(struct sock_poller *poller);

/**
 * Wait for one socket more.
 *
 * If the socket is there already, its interest and its pointer are replaced.
 *
 * @param[in,out] poller The poller.
 * @param[in] s          The socket, which stays the caller's. Remove it before closing it.
 * @param[in] interest     #LIBSOCK_READABLE, #LIBSOCK_WRITABLE, both, or 0 for errors alone.
 * @param[in] data       Comes back with every event of this socket. May be NULL.
 * @return 0, or: #LIBSOCK_EBADF, no poller or no socket, or a closed one; #LIBSOCK_ENOMEM; #LIBSOCK_EINVAL, a NULL or
 *         something in `interest` that cannot be; or as the OS says, such as its limit on watched sockets.
 * @par Threads
 * As sock_poller_open() says.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_add(struct sock_poller *poller, struct sock s, int interest, void *data);

/**
 * Wait for something else on a socket that was added.
 *
 * @param[in,out] poller The poller.
 * @param[in] s          The socket.
 * @param[in] interest     As for sock_poller_add(), in place of the former interest.
 * @param[in] data       In place of the pointer.
 * @return As from sock_poller_add(), and: #LIBSOCK_ENOENT, the socket was never added, or has been removed.
 * @par Threads
 * As sock_poller_open() says.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_modify(struct sock_poller *poller, struct sock s, int interest, void *data);

/**
 * Wait for a socket no longer.
 *
 * No later sock_poller_wait() reports it. What the last one reported is in the caller's array and stays there: when one
 * event makes a program close another socket, it must not take up that socket's own event from the same array any more.
 *
 * @param[in,out] poller The poller.
 * @param[in] s          The socket. sock_close() removes it, too, also while another process has it open: no later wait
 *                       reports it (beyond 4096 descriptors in the program: unless it comes back from there under
 *                       the same number). Remove it before sock_release(), and before another copy of libsock or the
 *                       program itself closes it.
 * @return 0, or: #LIBSOCK_ENOENT, it is not there; #LIBSOCK_EBADF, no poller or no socket, or a closed one;
 *         #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * As sock_poller_open() says.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_remove(struct sock_poller *poller, struct sock s);

/**
 * Wait until sockets are ready, or somebody wakes.
 *
 * It allocates nothing, and no socket that is ready is passed over for ever because others are ready, too.
 *
 * @param[in,out] poller The poller.
 * @param[out] events    Receives one entry for each socket that is ready, in no certain order. Must not be NULL.
 * @param[in] max        The room in `events`, at least 1. More than 256 is never filled at once.
 * @param[in] deadline   When to give up. #LIBSOCK_NOWAIT: look once.
 * @return How many events there are; 0: sock_poller_wake() was called, and nothing else has happened. Or:
 *         #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, nothing before the deadline; #LIBSOCK_EBADF, no poller;
 *         #LIBSOCK_EINVAL, a NULL or no room; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOMEM, on Linux: sockets that
 *         others have open were closed, and there is nothing to make a poller without them of.
 * @par Threads
 * As sock_poller_open() says.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_wait(struct sock_poller *poller, struct sock_event events[], int max, int64_t deadline);

/**
 * Make sock_poller_wait() return: the one that waits now, or else the next one.
 *
 * Several wakes before a return may be one. The return may also bring events; so whatever the wake was for is to be
 * looked at after every return.
 *
 * @param[in] poller The poller.
 * @return 0, or: #LIBSOCK_EBADF, no poller; #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * Any thread, while the poller is open.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_wake(const struct sock_poller *poller);

/**
 * Give up a poller. The sockets stay open.
 *
 * @param[in,out] poller The poller; `{0}` afterwards. One that is `{0}` already is fine. Must not be NULL.
 * @return 0, or: #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * As sock_poller_open() says; nobody may wake it any more.
 * @since 0.1.0
 */
LIBSOCK_API int sock_poller_close(struct sock_poller *poller);

/** @} */

/**
 * @defgroup handover Between processes
 * @brief Who the other process is, and sockets that it has made.
 * @{
 */

/**
 * Who is at the other end of a Unix-domain connection. What the OS does not tell is −1.
 * @since 0.1.0
 */
struct sock_credentials {
	int64_t pid;         /**< The process. */
	int64_t uid;         /**< Its user, the effective one. */
	int64_t gid;         /**< Its group, the effective one. */
	int64_t reserved[5]; /**< 0. */
};

/**
 * Who is at the other end of a Unix-domain connection, by the OS's word and not by the peer's.
 *
 * The OS notes it once, and what is noted does not change. A server learns who called sock_connect(), a client who called
 * sock_listen() or sock_serve(), each as it was then, and both ends of a sock_pair() who made it. Whoever was given the
 * socket later is not told.
 *
 * A process that has ended is still told, and its number may be another's by then: decide by the user; the process is
 * for a log. One that this process is not to see is −1 (Linux: of another PID namespace). Windows tells the process
 * alone.
 *
 * @param[in] s            A connected #LIBSOCK_AF_UNIX stream.
 * @param[out] credentials Receives it; on error it stays as it was. Must not be NULL.
 * @return 0, or: #LIBSOCK_ENOTCONN, no peer, or a listener; #LIBSOCK_EPROTOTYPE, a Unix-domain datagram socket, which may
 *         hear from anybody; #LIBSOCK_ENOTSUP, a socket of another family.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_peer_credentials(struct sock s, struct sock_credentials *credentials);

/**
 * Give a socket to the process at the other end of a channel.
 *
 * The other process gets a descriptor of its own for the same socket; this one's stays open, and is to be closed when
 * it is no longer wanted here. One byte, a NUL, goes along, because a stream carries nothing without data (unix(7)); if
 * the channel is used for other data, too, both sides must know which comes when.
 *
 * @param[in] channel  A connected #LIBSOCK_AF_UNIX socket, one of sock_pair() for example.
 * @param[in] s        The socket to give, of any family and type.
 * @param[in] deadline When to give up.
 * @return 0: it is on its way, and stays open there even if it is closed here now. Otherwise nothing was given:
 *         #LIBSOCK_ENOTSUP, the channel is of another family, or the OS cannot do it (Windows; see sock_has());
 *         #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN; #LIBSOCK_EPIPE, #LIBSOCK_ECONNRESET, #LIBSOCK_ECONNREFUSED, the other
 *         process has closed the channel; #LIBSOCK_ENOTCONN; #LIBSOCK_EBADF.
 * @par Threads
 * One writer at a time on the channel.
 * @since 0.1.0
 */
LIBSOCK_API int sock_send_socket(struct sock channel, struct sock s, int64_t deadline);

/**
 * Take a socket from the process at the other end of a channel.
 *
 * @param[in] channel  A connected #LIBSOCK_AF_UNIX socket. That the other end of one of datagrams has been closed Linux
 *                     does not tell: there the call waits up to its deadline.
 * @param[out] s       Receives the socket, close-on-exec, in the mode in which it was (see sock_adopt()); `{0}` on
 *                     error. Close it. Must not be NULL.
 * @param[in] deadline When to give up.
 * @return 0, or: #LIBSOCK_EEOF, the channel is a stream and has ended; #LIBSOCK_EPROTO, a byte or a datagram came
 *         without a socket, or with several; #LIBSOCK_EMFILE, this process has no descriptor left for it;
 *         #LIBSOCK_ENOTSOCK, #LIBSOCK_ENOTSUP, what came is no socket that libsock knows, or as from
 *         sock_send_socket(). Whatever came with an error has been closed, without waiting for what
 *         #LIBSOCK_OPT_LINGER_MS was set to on it; that is −1 then for whoever else has the socket. What may wait all
 *         the same, a file of a server or a Unix-domain socket with descriptors in its queue, is closed in a thread
 *         like those of look-ups (see @ref names); while 256 of these wait, more stay open, and where the program may
 *         have no threads it is closed in place. #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN: nothing came.
 * @par Threads
 * One reader at a time on the channel.
 * @since 0.1.0
 */
LIBSOCK_API int sock_recv_socket(struct sock channel, struct sock *s, int64_t deadline);

/** The most descriptors in one sock_send_descriptors(). @since 0.1.0 */
#define LIBSOCK_DESCRIPTORS_MAX 128

/**
 * Send bytes, or one datagram, and descriptors of any kind beside them, as other programs do (Python's
 * `socket.send_fds`).
 *
 * The other process gets descriptors of its own for the same files and sockets; this one's stay open. On a stream they
 * go with the first byte, so a part is sent with all of them: go on with the rest of the data by sock_send().
 *
 * @param[in] channel  A connected #LIBSOCK_AF_UNIX socket.
 * @param[in] data     What to send. Must not be NULL.
 * @param[in] size     Bytes, at least 1.
 * @param[in] fds      The descriptors, sock_native() of a socket for example. May be NULL if `count` is 0.
 * @param[in] count    How many, at most #LIBSOCK_DESCRIPTORS_MAX.
 * @param[in] deadline When to give up.
 * @return The bytes taken, or, and nothing was given: #LIBSOCK_EBADF, one of them is not open; or as from
 *         sock_send_socket().
 * @par Threads
 * One writer at a time on the channel.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_send_descriptors(struct sock channel, const void *data, size_t size, const intptr_t fds[], int count,
				int64_t deadline);

/**
 * Receive bytes, or one datagram, and the descriptors that came beside them.
 *
 * A receive on a stream ends behind the bytes that descriptors came with, and they come with the first of these. Bytes
 * that were sent before may come with them, so a message says how many descriptors it has.
 *
 * Nothing is kept open that there is no room for: whatever came with an error has been closed, as sock_recv_socket()
 * does, and the bytes are lost.
 *
 * @param[in] channel   A connected #LIBSOCK_AF_UNIX socket.
 * @param[out] data     Receives. Must not be NULL.
 * @param[in] size      Bytes of room, at least 1.
 * @param[out] fds      Receives the descriptors, close-on-exec, in the order in which they were sent; the caller closes
 *                      them. May be NULL if `room` is 0.
 * @param[in] room      The room in `fds`, 0 or more.
 * @param[out] count    Receives how many came, at most `room`; 0 on error. Must not be NULL.
 * @param[in] deadline  When to give up.
 * @return The bytes received; on a stream 0 is the end of file. Or: #LIBSOCK_EPROTO, more descriptors than room;
 *         #LIBSOCK_EMSGSIZE, a datagram that is longer than `size`; #LIBSOCK_EMFILE, this process has no descriptor left
 *         for them; #LIBSOCK_ENOTSUP, as from sock_send_socket(); #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, nothing came.
 * @par Threads
 * One reader at a time on the channel.
 * @since 0.1.0
 */
LIBSOCK_API ptrdiff_t sock_recv_descriptors(struct sock channel, void *data, size_t size, intptr_t fds[], int room,
				int *count, int64_t deadline);

/**
 * The sockets that the service manager opened before it started this process (systemd's socket activation,
 * sd_listen_fds(3)).
 *
 * It reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` of the environment and changes none of them; a program that
 * starts others may want to remove them. Asked again it gives the same sockets again, not new ones: close each once.
 *
 * @param[in] name Which: those that the manager's configuration calls so (`FileDescriptorName=`). NULL: all.
 * @param[out] out Receives the sockets, in the manager's order, close-on-exec. May be NULL if `room` is 0.
 * @param[in] room The room in `out`. Sockets beyond it are counted, and left alone; all that is asked of them is
 *                 whether they are open.
 * @return How many there are, which may be more than `room`; 0 where none were passed to this very process, and always
 *         on Windows: then open your own. Or: #LIBSOCK_EINVAL, a number in the environment is malformed, or an
 *         argument; #LIBSOCK_EBADF, #LIBSOCK_ENOTSOCK, #LIBSOCK_ENOTSUP, one of them is not open or no socket that
 *         libsock knows.
 * @par Threads
 * Any thread, while no other changes the environment.
 * @since 0.1.0
 */
LIBSOCK_API int sock_activation_sockets(const char *name, struct sock out[], int room);

/** @} */

/**
 * @defgroup names Names
 * @brief What hosts, services and interfaces are called.
 *
 * Literals and `localhost` (with all below it, RFC 6761) are answered without a resolver, and malformed names are
 * refused without one. Everything else is the system's resolver's answer: its files, its servers, its order.
 *
 * **Deadlines.** The system's resolver cannot be told how long to take. So it is called in detached threads: one for
 * each family where both are asked for, and with a real deadline one otherwise; with #LIBSOCK_FOREVER a single family
 * is looked up in place, and so is what there is no thread for. When the deadline passes the call returns
 * #LIBSOCK_ETIMEDOUT at once, and the threads, which block all signals, end by themselves whenever the resolver gives
 * up (on Linux see resolv.conf(5): 5 s twice for each server). At most 256 such threads exist at a time in a process;
 * then look-ups with a deadline are #LIBSOCK_EAI_AGAIN. #LIBSOCK_NOWAIT never starts one: #LIBSOCK_EAGAIN, unless no
 * resolver is needed.
 *
 * A caller may be cancelled (POSIX: pthread_cancel, deferred) while it waits for such a thread, and nothing is lost; in
 * place that is put off until the resolver returns. A child of fork() has none of the threads, and counts none; but on
 * Linux it counts its parent's if it has the same process number, in a PID namespace of its own. The first thread makes
 * the module stay that libsock is in, a plug-in for example: to unload it is then without effect (Windows: while
 * threads run).
 * @{
 */

/**
 * All addresses of a name, as literals, in the order in which to try them (RFC 6724): by family, IPv6 first unless this
 * machine has no way there, and in each as the resolver has them.
 *
 * #LIBSOCK_AF_UNSPEC asks for both families at the same time. If only one has answered when the deadline passes, its
 * addresses are the result. A name without a dot, which a machine's search list may complete to several hosts' names,
 * is asked for in one question, so that both families' addresses are one host's. Where the list completes names with
 * dots, too, each family may have its own completion: a name that is whole is safe with a dot at its end.
 *
 * @param[in] addr     A name, or a literal, which is its own only address; and a port, which may be 0. Must not be
 *                     NULL.
 * @param[in] family   #LIBSOCK_AF_UNSPEC, #LIBSOCK_AF_INET or #LIBSOCK_AF_INET6: that of the addresses. A v4-mapped
 *                     literal (`0:0:0:0:0:ffff:192.0.2.1`) is one of IPv4.
 * @param[out] out     Receives the addresses, each once, with the port of `addr`; v4-mapped ones in the place of IPv6
 *                     are left out. May be `addr` itself, and NULL if `room` is 0.
 * @param[in] room     The room in `out`. Addresses beyond it are counted, and not written.
 * @param[in] deadline When to give up.
 * @return How many there are, at least 1, which may be more than `room`; of a family at most 64 are counted, or `room` if
 *         that is more (up to 4096).
 *         Or: #LIBSOCK_EAI_NONAME, no address of that family; #LIBSOCK_EAI_AGAIN, the name servers do not answer, or
 *         too many look-ups at a time; #LIBSOCK_EAI_FAIL, they failed; #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN;
 *         #LIBSOCK_ENAME, malformed, empty or a path; #LIBSOCK_EAFNOSUPPORT, a literal of the other family;
 *         #LIBSOCK_ENODEV, an unknown interface in a scope; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, no descriptor to ask for
 *         it (Linux); #LIBSOCK_ENOMEM; #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread, any number at a time.
 * @since 0.1.0
 */
LIBSOCK_API int sock_resolve(const struct sock_addr *addr, int family, struct sock_addr out[], int room, int64_t deadline);

/**
 * The name of an address. What comes back is what the address' owner wrote into the DNS: not a proof of anything.
 * 127.0.0.1 and ::1 are `localhost`, whatever a file of the machine's may say, as `localhost` is them.
 *
 * @param[in] addr     A literal; the port does not matter. Must not be NULL.
 * @param[out] name    Receives the name as host, and the same port; may be `addr` itself. On error it stays as it was.
 *                     Must not be NULL.
 * @param[in] deadline When to give up.
 * @return 0, or: #LIBSOCK_EAI_NONAME, it has none, or a malformed one; #LIBSOCK_EAI_AGAIN, #LIBSOCK_EAI_FAIL,
 *         #LIBSOCK_ETIMEDOUT, #LIBSOCK_EAGAIN, #LIBSOCK_ENOMEM, as from sock_resolve(); #LIBSOCK_ENAME, not a literal;
 *         #LIBSOCK_ENODEV, an unknown interface in a scope; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, as from sock_resolve();
 *         #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * Any thread, any number at a time.
 * @since 0.1.0
 */
LIBSOCK_API int sock_reverse(const struct sock_addr *addr, struct sock_addr *name, int64_t deadline);

/** The size of a buffer that every service's name fits in when sock_service_name() writes it. @since 0.1.0 */
#define LIBSOCK_SERVICE_SIZE 64

/**
 * The port of a service: `"http"` is 80.
 *
 * The machine's database (`/etc/services`) comes first, then a built-in table of the common ones (IANA). Case does not
 * matter, but for a name that the database itself has in capitals: on most systems that is found as it stands there
 * only.
 *
 * @param[in] service The service's name, or a port in decimal digits, which stands for itself. Must not be NULL.
 * @param[in] type    #LIBSOCK_STREAM or #LIBSOCK_DGRAM.
 * @return The port, 0 to 65535, or: #LIBSOCK_EAI_NONAME, unknown; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, #LIBSOCK_ENOMEM,
 *         the database cannot be asked now, where the system says so; #LIBSOCK_EPORT, a number above 65535;
 *         #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_service_port(const char *service, int type);

/**
 * The service of a port: 80 is `"http"`. The database first, then the built-in table, as for sock_service_port().
 *
 * @param[in] port  0 to 65535.
 * @param[in] type  #LIBSOCK_STREAM or #LIBSOCK_DGRAM.
 * @param[out] name Receives the NUL-terminated name; an empty one on error. Must not be NULL.
 * @param[in] size  The bytes in `name`, at least 1; #LIBSOCK_SERVICE_SIZE is enough.
 * @return 0, or: #LIBSOCK_EAI_NONAME, no known service; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE,
 *         #LIBSOCK_ENOMEM, as from sock_service_port(); #LIBSOCK_EMSGSIZE, it does not fit; #LIBSOCK_EPORT, not a port;
 *         #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_service_name(long port, int type, char *name, size_t size);

/** The size of sock_interface_addr::name: Windows has the longest, 255 bytes and a NUL. @since 0.1.0 */
#define LIBSOCK_INTERFACE_SIZE 256

/**
 * One address of one network interface.
 *
 * It may become longer in later versions: do not assign it to one that an older header declared.
 * @since 0.1.0
 */
struct sock_interface_addr {
	char name[LIBSOCK_INTERFACE_SIZE]; /**< `eth0`; on Windows the name that people see, UTF-8. NUL-terminated. */
	uint32_t index;                   /**< Above 0: what a scope's number means. */
	int32_t prefix_length;            /**< Bits that its network (of a point-to-point link its peer's) shares, 0 to 128. −1: not reported. */
	uint8_t up;                       /**< 1: in use. */
	uint8_t loopback;                 /**< 1: it leads back to this machine. */
	uint8_t multicast;                /**< 1: it can carry multicast. */
	uint8_t reserved;                 /**< 0. */
	struct sock_addr addr;            /**< Port 0; the host is empty where the interface has no address. */
};

/**
 * Look at the network interfaces of this machine: a row for each address, and one for an interface without any. A label
 * that an address has (`eth0:1`) is not reported.
 *
 * @param[in] found   Is called with `context` and each row, those of one interface together, by rising index; the row
 *                    is valid during the call. It returns 0 to go on; anything else ends the search. It may call
 *                    libsock. Must not be NULL.
 * @param[in] context Whatever `found` needs. May be NULL.
 * @return 0, all have been shown; what `found` returned, if that was not 0; or: #LIBSOCK_ENOMEM, #LIBSOCK_EMFILE,
 *         #LIBSOCK_ENFILE, none has been shown; #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * Any thread, any number at a time. `found` is called in the same thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_interfaces(int (*found)(void *context, const struct sock_interface_addr *row), void *context);

/**
 * The index of a network interface, as scopes, options and groups take it.
 *
 * @param[in] name The interface's name, as in sock_interface_addr::name. Must not be NULL.
 * @return The index, above 0, or: #LIBSOCK_ENODEV, there is none of that name, or its index is above INT_MAX;
 *         #LIBSOCK_EMFILE, #LIBSOCK_ENFILE, no descriptor to ask for it (Linux); #LIBSOCK_EINVAL, a NULL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_interface_index(const char *name);

/**
 * The name that this machine gives itself. It need not be known to any name server.
 *
 * @param[out] name Receives the NUL-terminated name; an empty one on error. Must not be NULL.
 * @param[in] size  The bytes in `name`, at least 1; #LIBSOCK_HOST_SIZE is enough.
 * @return 0, or: #LIBSOCK_EMSGSIZE, it does not fit; #LIBSOCK_EINVAL.
 * @par Threads
 * Any thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_hostname(char *name, size_t size);

/** @} */

/**
 * @defgroup options Options and multicast
 * @brief What a socket can be set to do differently, and the groups that it listens to.
 *
 * A value means the same on every system: a switch is 0 or 1, times are milliseconds, interfaces are numbers as in
 * sock_interface_addr::index. An #LIBSOCK_AF_INET6 socket is set for its IPv4 peers at the same time.
 * @{
 */

/**
 * The options of sock_set() and sock_get().
 *
 * "Stream" and "datagram" say which type of socket has the option: the other is #LIBSOCK_EPROTOTYPE. Only the two
 * buffers and #LIBSOCK_OPT_INHERIT exist on #LIBSOCK_AF_UNIX, and #LIBSOCK_OPT_V6ONLY only on #LIBSOCK_AF_INET6:
 * elsewhere, on the right type, they are #LIBSOCK_ENOPROTOOPT. Defaults are the system's, on Linux unless something else
 * is said.
 * @since 0.1.0
 */
enum sock_option {
	/**
	 * Stream. 1: send what is to be sent at once (no Nagle algorithm, RFC 896). 0, the default: hold a small piece
	 * back while an earlier one is on its way.
	 */
	LIBSOCK_OPT_NODELAY = 201,

	/**
	 * Datagram, before sock_bind(). 1: share the port with every other socket that has this set, as the receivers
	 * of a multicast group on one machine do. A datagram to a group reaches all of them, one to the machine itself
	 * reaches any one: whoever shares can take what is meant for the others. 0, the default: the port is one's own.
	 *
	 * A stream needs no such option: sock_bind() sees to it that it can be bound again after a restart. To have it
	 * otherwise, bind through sock_native().
	 */
	LIBSOCK_OPT_SHARE_PORT = 202,

	/**
	 * Stream or datagram, before sock_bind(). 1: several sockets of one user at one address, and the system shares
	 * out what comes, each connection or sender to one of them. 0, the default. Linux, FreeBSD; #LIBSOCK_ENOTSUP
	 * elsewhere, where the like-named option shares out nothing.
	 */
	LIBSOCK_OPT_BALANCE_PORT = 203,

	/** Datagram. 1: sending to a broadcast address is allowed. 0, the default: it is #LIBSOCK_EACCES. */
	LIBSOCK_OPT_BROADCAST = 204,

	/**
	 * The room for what has come and was not received, in bytes, 1 to 2147483647. The system makes its own of it,
	 * and that is what is read: Linux doubles it, for what it notes beside the data, has a smallest size, and cuts
	 * at net.core.rmem_max. On macOS and the BSDs more than the system's most is #LIBSOCK_ENOBUFS. A set size no
	 * longer grows with a fast connection; the default does.
	 */
	LIBSOCK_OPT_RECV_BUFFER = 205,

	/** The room for what was sent and has not left, as #LIBSOCK_OPT_RECV_BUFFER (Linux: net.core.wmem_max). */
	LIBSOCK_OPT_SEND_BUFFER = 206,

	/**
	 * Stream. What sock_close() does with data that the peer has not acknowledged. −1, the default: it returns at
	 * once, the system goes on. 0: throws the data away and resets the connection. 1 to 32767000 ms, rounded up to
	 * whole seconds: sock_close() waits until all is there, at most so long (macOS and NetBSD: it does not wait). A
	 * signal that is caught ends the wait, for a close cannot be made twice. sock_close_gracefully() is the better
	 * way to know.
	 */
	LIBSOCK_OPT_LINGER_MS = 207,

	/** How many routers a packet may pass, 1 to 255: IPv4's time to live, IPv6's hop limit. The default is 64. */
	LIBSOCK_OPT_TTL = 208,

	/**
	 * IPv4's "type of service", IPv6's "traffic class", 0, the default, to 255: six bits of DSCP, two of ECN. TCP
	 * keeps the lowest two bits for itself, on Linux: they are read as 0. #LIBSOCK_ENOTSUP on Windows, which sends
	 * none.
	 */
	LIBSOCK_OPT_TOS = 209,

	/** #LIBSOCK_AF_INET6, before sock_bind() and sock_connect(). 1: no IPv4. 0, the default: both families. */
	LIBSOCK_OPT_V6ONLY = 210,

	/**
	 * Datagram. 1: no router is to cut a datagram up; one that is too long for the path is #LIBSOCK_EMSGSIZE once
	 * that is known. 0, the default: as the system does by itself.
	 */
	LIBSOCK_OPT_DONTFRAG = 211,

	/**
	 * Stream. 1: ask a silent peer now and then whether it is still there. One that does not answer ends the
	 * connection with #LIBSOCK_ECONNTIMEDOUT. 0, the default.
	 */
	LIBSOCK_OPT_KEEPALIVE = 212,

	/**
	 * Stream. Idle time before the first keep-alive probe, 1 to 32767000 ms, rounded up to whole seconds. The
	 * default is two hours. #LIBSOCK_ENOTSUP on OpenBSD and before Windows 10 1709.
	 */
	LIBSOCK_OPT_KEEPALIVE_IDLE_MS = 213,

	/** Stream. Interval between two probes, as #LIBSOCK_OPT_KEEPALIVE_IDLE_MS. The default is 75 s, on Windows 1 s. */
	LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS = 214,

	/**
	 * Stream. Number of unanswered probes before the connection is given up, 1 to 127. The default is 9, on
	 * Windows 10. #LIBSOCK_ENOTSUP on OpenBSD and before Windows 10 1703.
	 */
	LIBSOCK_OPT_KEEPALIVE_COUNT = 215,

	/**
	 * Stream. How long sent data may go without the peer's acknowledgement before the connection is given up with
	 * #LIBSOCK_ECONNTIMEDOUT, up to 2147483647 ms. 0, the default: as long as the system tries (on Linux about 15
	 * minutes). TCP_USER_TIMEOUT (RFC 5482) on Linux; TCP_MAXRT on Windows, TCP_RXT_CONNDROPTIME on macOS,
	 * TCP_MAXUNACKTIME on FreeBSD 14, all rounded up to whole seconds; #LIBSOCK_ENOTSUP elsewhere.
	 */
	LIBSOCK_OPT_USER_TIMEOUT_MS = 216,

	/**
	 * Datagram. 1, the default: what is sent to a group reaches its members on this machine too. 0: not. On Windows
	 * it is the receiver who decides that.
	 */
	LIBSOCK_OPT_MULTICAST_LOOP = 217,

	/**
	 * Datagram. #LIBSOCK_OPT_TTL of what is sent to a group, 0 to 255. The default is 1: no router; 0 is this
	 * machine.
	 */
	LIBSOCK_OPT_MULTICAST_TTL = 218,

	/**
	 * Datagram. Where to send what goes to a group: an interface's index, or 0, the default: the system chooses. An
	 * unknown index is #LIBSOCK_ENODEV. For IPv4 an interface is known by its first address: one that has none is
	 * #LIBSOCK_EADDRNOTAVAIL on #LIBSOCK_AF_INET, and on #LIBSOCK_AF_INET6 is used for IPv6 alone; of two that
	 * share it the system takes either.
	 */
	LIBSOCK_OPT_MULTICAST_INTERFACE = 219,

	/**
	 * Stream. 1: hold back what does not fill a segment, whatever #LIBSOCK_OPT_NODELAY is, so that a head and what
	 * follows it (sock_sendfile(), for example) leave together. Linux holds nothing for longer than 0.2 s. 0, the
	 * default: what was held leaves at once. TCP_CORK on Linux, TCP_NOPUSH on macOS and the BSDs (tcp(4); on macOS
	 * what was held may leave later); #LIBSOCK_ENOTSUP on Windows and NetBSD. @since 0.1.0
	 */
	LIBSOCK_OPT_CORK = 220,

	/**
	 * Stream or datagram, before sock_bind() and sock_connect(). The interface to send by, as an index, whatever the
	 * routes say; 0, the default: by the routes. An unknown index is #LIBSOCK_ENODEV. On Linux what comes by another
	 * interface is not received either, and who lacks CAP_NET_RAW can set this once, which later is #LIBSOCK_EPERM
	 * (before Linux 5.7 always). #LIBSOCK_ENOTSUP on FreeBSD, OpenBSD and NetBSD. @since 0.1.0
	 */
	LIBSOCK_OPT_INTERFACE = 221,

	/**
	 * Any socket. 1: a program that this one starts has it, too, under the same number (on Windows: with
	 * CreateProcess() and `bInheritHandles`), and makes a socket of it with sock_adopt(). Every program that is started
	 * meanwhile has it, by other threads as well. 0, the default: no other program has it. @since 0.1.0
	 */
	LIBSOCK_OPT_INHERIT = 222
};

/**
 * Set an option.
 *
 * @param[in] s      The socket.
 * @param[in] option One of enum sock_option.
 * @param[in] value  What enum sock_option says of it.
 * @return 0, or: #LIBSOCK_EINVAL, no option, or a value that it does not take, or too late (#LIBSOCK_OPT_V6ONLY after
 *         sock_bind()); #LIBSOCK_EPROTOTYPE, #LIBSOCK_ENOPROTOOPT, not of this type or family; #LIBSOCK_ENOTSUP, this
 *         OS does not have it; and what is said of the option. The socket is as it was, but an #LIBSOCK_AF_INET6 one
 *         may have been set for IPv6 already.
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_set(struct sock s, int option, int64_t value);

/**
 * Read an option: what a set one has become, or the system's default.
 *
 * @param[in] s      The socket.
 * @param[in] option One of enum sock_option.
 * @param[out] value Receives the value; on error it stays as it was. Must not be NULL.
 * @return 0, or as from sock_set(); #LIBSOCK_ENODEV, #LIBSOCK_OPT_MULTICAST_INTERFACE of an interface that has gone.
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_get(struct sock s, int option, int64_t *value);

/**
 * Join a multicast group: from now on the socket receives what is sent to the group and to the port that it is bound
 * to.
 *
 * A socket may join several groups. It receives from those that it has joined and not, as Linux would have it, from
 * those that others on the machine have joined. It leaves them all when it is closed.
 *
 * @param[in] s      A datagram socket, bound to the wildcard (to receive) or not bound yet. An #LIBSOCK_AF_INET6 socket
 *                   without #LIBSOCK_OPT_V6ONLY can join IPv4 groups too.
 * @param[in] group  A literal in 224.0.0.0/4 or ff00::/8; the port does not matter. Must not be NULL.
 * @param[in] source The only sender to hear, a literal of the group's family (source-specific multicast, RFC 4607);
 *                   join again for another one. The port does not matter. NULL: whoever sends.
 * @param[in] interface_index The interface on which to join, as in sock_interface_addr::index. 0: the one that the
 *                   group's address names (`ff02::1%2`), or else the system's choice; that fails without a route.
 * @return 0, or: #LIBSOCK_EADDRINUSE, joined already; #LIBSOCK_ENODEV, no such interface, or none to choose;
 *         #LIBSOCK_EADDRNOTAVAIL, the interface has no IPv4 address (where IPv4 needs one); #LIBSOCK_ENOTSUP, sources
 *         on an OS without them; #LIBSOCK_ENOBUFS, the OS allows no more groups (Linux: net.ipv4.igmp_max_memberships,
 *         20); #LIBSOCK_EAFNOSUPPORT, the group's family is not the socket's, or not the source's; #LIBSOCK_ENAME, no
 *         literal; #LIBSOCK_EPROTOTYPE, a stream; #LIBSOCK_ENOPROTOOPT, a Unix-domain socket; #LIBSOCK_EINVAL, no
 *         group's address, a source that is a group, two different interfaces, or a source for a group that is joined
 *         for all (on Linux, where neither `interface_index` nor a scope says on which interface, it then becomes
 *         joined for that source alone).
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_join_group(struct sock s, const struct sock_addr *group, const struct sock_addr *source, uint32_t interface_index);

/**
 * Leave a multicast group.
 *
 * @param[in] s      The socket that has joined it.
 * @param[in] group  As it was joined.
 * @param[in] source As it was joined.
 * @param[in] interface_index As it was joined.
 * @return 0, or: #LIBSOCK_EADDRNOTAVAIL, it is not a member; or as from sock_join_group().
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_leave_group(struct sock s, const struct sock_addr *group, const struct sock_addr *source,
			   uint32_t interface_index);

/** @} */

/**
 * @defgroup connections Connections
 * @brief What `netstat` shows: the TCP and UDP sockets of the whole machine, whoever they belong to.
 * @{
 */

/** How far a connection has come. The names are those of TCP (RFC 9293). @since 0.1.0 */
enum sock_state {
	LIBSOCK_STATE_UNKNOWN = 80,      /**< The OS does not report it: Windows of UDP. */
	LIBSOCK_STATE_UNCONNECTED = 81,  /**< No peer: UDP that takes from whoever sends; TCP that is closed. */
	LIBSOCK_STATE_LISTEN = 82,       /**< Waiting for connections. */
	LIBSOCK_STATE_SYN_SENT = 83,     /**< Connecting, no answer yet. */
	LIBSOCK_STATE_SYN_RECEIVED = 84, /**< Being connected to. */
	LIBSOCK_STATE_ESTABLISHED = 85,  /**< Connected; of UDP: sock_connect() has chosen a peer. */
	LIBSOCK_STATE_FIN_WAIT_1 = 86,   /**< Has ended its direction, which the peer's machine has not confirmed. */
	LIBSOCK_STATE_FIN_WAIT_2 = 87,   /**< Has ended its direction; the peer may still send. */
	LIBSOCK_STATE_CLOSE_WAIT = 88,   /**< The peer has ended its direction. If they pile up, nobody closes. */
	LIBSOCK_STATE_CLOSING = 89,      /**< Both have ended theirs at the same time. */
	LIBSOCK_STATE_LAST_ACK = 90,     /**< Has ended its direction after the peer, who has not confirmed it. */
	LIBSOCK_STATE_TIME_WAIT = 91     /**< Over; the addresses are kept until stray segments have died out. */
};

/**
 * One TCP or UDP socket of this machine.
 *
 * The library owns it. It may become longer in later versions, so do not copy one into a struct sock_connection of your
 * program's: copy the members that you need.
 * @since 0.1.0
 */
struct sock_connection {
	int32_t type;            /**< #LIBSOCK_STREAM, TCP, or #LIBSOCK_DGRAM, UDP. */
	int32_t family;          /**< #LIBSOCK_AF_INET or #LIBSOCK_AF_INET6, of the socket: a dual-stack one is the latter. */
	int32_t state;           /**< One of enum sock_state. */
	int32_t reserved;        /**< 0. */
	struct sock_addr local;  /**< This side: a literal, the wildcard being `0.0.0.0` or `::`. */
	struct sock_addr peer; /**< The peer: a literal; an empty host and port 0 where there is none or none is reported. */
	/**
	 * Bytes that wait to be received; of a listener, connections that wait for sock_accept(). −1: not reported.
	 */
	int64_t recv_queue;
	/**
	 * Bytes sent but not confirmed (UDP: not yet gone); of a listener, how many connections may wait. −1: not
	 * reported.
	 */
	int64_t send_queue;
	int64_t uid; /**< The user who opened it. −1: not reported, or no process holds it (any more, or yet). */
	int64_t pid; /**< The process. −1: not reported. */
};

/**
 * Look at every TCP and UDP socket of this machine, IPv4 and IPv6.
 *
 * The list is not an atomic snapshot: sockets may appear and disappear while it is made. One that began or ended
 * meanwhile may be missing, and its neighbours in the kernel's tables, which moved, may be missing or there twice.
 * Sockets that have no address yet are not in it, and a TCP socket that is only bound, neither listening nor connected,
 * may not be (netstat(8) leaves it out, too). On Linux the machine is the calling thread's network namespace.
 *
 * @param[in] found   Is called with `context` and each socket, in no order that means anything; the row is valid during
 *                    the call. It returns 0 to go on; anything else ends the search. It may call libsock. Must not be
 *                    NULL.
 * @param[in] context Whatever `found` needs. May be NULL.
 * @return 0, all have been shown; what `found` returned, if that was not 0; or: #LIBSOCK_ENOTSUP, this OS does not
 *         report them (see #LIBSOCK_HAS_CONNECTIONS); #LIBSOCK_EACCES, #LIBSOCK_EPERM, not to this program;
 *         #LIBSOCK_EPROTO, in a form that libsock does not understand; #LIBSOCK_EMFILE, #LIBSOCK_ENFILE,
 *         #LIBSOCK_ENOBUFS, #LIBSOCK_ENOMEM; #LIBSOCK_EINVAL, a NULL. Sockets may have been shown before an error.
 * @par Threads
 * Any thread, any number at a time. `found` is called in the same thread.
 * @since 0.1.0
 */
LIBSOCK_API int sock_connections(int (*found)(void *context, const struct sock_connection *connection), void *context);

/**
 * How one TCP connection goes, filled by sock_statistics().
 *
 * −1: the OS does not tell, or has not measured it yet. Numbers of bytes are those of data; the beginning and the end of
 * the connection may count as one each. A connection that has ended has its last numbers, where the OS keeps them.
 * @since 0.1.0
 */
struct sock_statistics {
	int64_t rtt_us;            /**< How long a segment's acknowledgement takes (RFC 6298), smoothed, in microseconds. */
	int64_t rtt_variation_us;  /**< How much that varies, in microseconds. */
	int64_t rtt_min_us;        /**< The shortest that was measured lately, in microseconds. */
	int64_t bytes_sent;        /**< Bytes sent, each as often as it was sent. */
	int64_t bytes_received;    /**< Bytes received in order. */
	int64_t bytes_resent;      /**< Bytes that were sent again. */
	int64_t bytes_in_flight;   /**< Bytes sent and not acknowledged. */
	int64_t segments_resent;   /**< Segments that were sent again. */
	int64_t congestion_window; /**< How many bytes may be in flight for the network's sake (RFC 5681). */
	int64_t mss;               /**< The most bytes of data that are sent in one segment. */
	int64_t delivery_rate;     /**< At which rate data lately reached the peer, in bytes a second. */
	int32_t state;             /**< One of enum sock_state. */
	int32_t padding;           /**< 0. */
	int64_t reserved[4];       /**< 0, for later versions. */
};

/**
 * Ask the OS how a TCP connection goes: TCP_INFO on Linux and the BSDs, TCP_CONNECTION_INFO on macOS, SIO_TCP_INFO on
 * Windows.
 *
 * @param[in] s    A stream. One that has no connection, a listener for example, has sock_statistics::state alone.
 * @param[out] out Receives the numbers; on error it stays as it was. Must not be NULL.
 * @return 0, or: #LIBSOCK_ENOTSUP, this OS does not tell (see docs/porting.md);
 *         #LIBSOCK_EPROTOTYPE, a datagram socket; #LIBSOCK_ENOPROTOOPT, a Unix-domain socket.
 * @par Threads
 * Any thread, also while others read or write.
 * @since 0.1.0
 */
LIBSOCK_API int sock_statistics(struct sock s, struct sock_statistics *out);

/** @} */

#ifdef __cplusplus
}
#endif

#ifdef LIBSOCK_NO_SHORT_NAMES
#include "libsock_names.h" /* takes the short names away again */
#endif

#endif
