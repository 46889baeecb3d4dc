/* SPDX-License-Identifier: MIT */

/* sendfile(2), which each system that has it has with other arguments. After native.h. */

#ifndef LIBSOCK_NATIVE_FILE_H
#define LIBSOCK_NATIVE_FILE_H

#if defined(NATIVE_SENDFILE_LINUX)
#include <sys/sendfile.h>
#define NATIVE_SENDFILE
#elif defined(NATIVE_SENDFILE_MACOS) || defined(NATIVE_SENDFILE_FREEBSD)
#define NATIVE_SENDFILE
#endif

#ifdef NATIVE_SENDFILE
/* The bytes sent, as by send(2): -1 only if there are none. */
static inline ssize_t native_sendfile(int fd, int file, size_t size, off_t offset)
{
#if defined(NATIVE_SENDFILE_LINUX)
	return sendfile(fd, file, &offset, NATIVE_SIZE(size));
#elif defined(NATIVE_SENDFILE_MACOS)
	off_t n = (off_t)size;
	int result = sendfile(file, fd, offset, &n, NULL, 0);

	if (result == 0)
		return (ssize_t)n;
	return (errno == EAGAIN || errno == EINTR) && n > 0 ? (ssize_t)n : -1; /* else it is as it was */
#else
	off_t n = 0;
	int result = sendfile(file, fd, offset, size, NULL, &n, 0);

	return result == 0 || n > 0 ? (ssize_t)n : -1;
#endif
}
#endif

#endif
