/* SPDX-License-Identifier: MIT */

/* Files: read from any place, and sent by the system itself where it can. */

#include "native.h"
#include "native_file.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

_Static_assert(sizeof(off_t) == sizeof(int64_t), "any place in a file");

/*
 * What a file says in the words of a connection must not be taken for the stream's that it goes to: a file system whose
 * server is gone (NFS, SMB, FUSE), or a device that has nothing yet and was opened not to wait for it.
 */
static int file__error(int number)
{
	switch (number) {
	case EAGAIN:
		return LIBSOCK_ESYS - number;
	case ECONNABORTED:
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETRESET:
	case ENETUNREACH:
	case ENOTCONN:
	case EPIPE:
	case ESHUTDOWN:
	case ETIMEDOUT:
		return LIBSOCK_EIO;
	default:
		return os_error(number);
	}
}

ptrdiff_t os_file_read(intptr_t file, void *data, size_t size, uint64_t offset)
{
	ssize_t n;

	if ((intptr_t)(int)file != file)
		return LIBSOCK_EBADF;
	n = pread((int)file, data, NATIVE_SIZE(size), (off_t)offset);
	return n >= 0 ? n : file__error(errno);
}

#ifdef NATIVE_SENDFILE

/* sendfile(2) is no cancellation point (pthreads(7)), and one that blocks may wait for ever. */
static ssize_t file__send_for(int fd, int file, size_t size, off_t offset, int how)
{
	ssize_t n;
	int before;

	if (how & OS_NOWAIT)
		return native_sendfile(fd, file, size, offset);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	n = native_sendfile(fd, file, size, offset);
	pthread_setcanceltype(before, &before);
	return n;
}

#ifdef SO_NOSIGPIPE /* on the socket */
static ssize_t file__send_quietly(int fd, int file, size_t size, off_t offset, int how)
{
	return file__send_for(fd, file, size, offset, how);
}
#else
/*
 * Take out the signal that the kernel has raised, as if kill(2) had been called by this process (send_sig). Whoever else
 * has sent one meant the program. False: it cannot be taken out (a sandbox), and is still waiting if there was one.
 */
static bool file__take_sigpipe(const sigset_t *sigpipe)
{
	const struct timespec none = {0};
	siginfo_t info;
	int taken;

	BSD_CALL(taken, sigtimedwait(sigpipe, &info, &none));
	if (taken == SIGPIPE && info.si_code == SI_TKILL)
		pthread_kill(pthread_self(), SIGPIPE);
	else if (taken == SIGPIPE && (info.si_code != SI_USER || info.si_pid != getpid()))
		kill(getpid(), SIGPIPE);
	return taken == SIGPIPE || errno == EAGAIN;
}

/* 0, or ENOSYS: this thread may not block SIGPIPE, or one is waiting already, and two would become one. */
static int file__hold_sigpipe(const sigset_t *sigpipe, sigset_t *before)
{
	sigset_t pending;

	if (pthread_sigmask(SIG_BLOCK, sigpipe, before) != 0)
		return ENOSYS;
	return sigismember(before, SIGPIPE) && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) ? ENOSYS : 0;
}

/*
 * Linux has no flag for sendfile(2) as send(2) has: to a stream that is over it raises SIGPIPE, also behind bytes that it
 * has sent and counts. The signal is this thread's, so it is blocked here and taken out; where that cannot be, it stays
 * blocked.
 */
static ssize_t file__send_quietly(int fd, int file, size_t size, off_t offset, int how)
{
	sigset_t sigpipe, before;
	bool is_clear = true;
	ssize_t n;
	int number;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	errno = file__hold_sigpipe(&sigpipe, &before);
	if (errno != 0)
		return -1;
	n = file__send_for(fd, file, size, offset, how);
	number = errno;
	if (n == -1 ? number == EPIPE : (size_t)n < size)
		is_clear = file__take_sigpipe(&sigpipe);
	if (is_clear && !sigismember(&before, SIGPIPE))
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = number;
	return n;
}
#endif

/* Only its mode tells sendfile(2) not to wait, and the mode is the descriptor's owner's. */
static bool file__blocks(int fd)
{
	int mode;

	BSD_CALL(mode, fcntl(fd, F_GETFL));
	return mode == -1 || !(mode & O_NONBLOCK);
}

ptrdiff_t os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how)
{
	ssize_t n;

	if ((intptr_t)(int)file != file)
		return LIBSOCK_EBADF;
	if (how & OS_NOWAIT && file__blocks((int)fd))
		return LIBSOCK_ENOTSUP;
	n = file__send_quietly((int)fd, (int)file, size, (off_t)offset, how);
	if (n >= 0)
		return n;
	return errno == ENOSYS ? LIBSOCK_ENOTSUP : bsd_error();
}
#else
ptrdiff_t os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how)
{
	(void)fd;
	(void)file;
	(void)size;
	(void)offset;
	(void)how;
	return LIBSOCK_ENOTSUP;
}
#endif
