/* SPDX-License-Identifier: MIT */

/* Descriptors from one process to another: SCM_RIGHTS of unix(7). */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_job.h"
#include "os_process.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

enum { HANDOVER__CLOSE_MS = 5 }; /* how long a close may hold a call that was not to wait */

/* Room for more than any system sends at once (Linux: 253), so that no descriptor is cut off: some systems would leak it. */
enum { HANDOVER__FD_MAX = 512 };

union handover__control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(HANDOVER__FD_MAX * sizeof(int))];
	int fds[HANDOVER__FD_MAX]; /* what handover__gather() makes of it */
};

#ifdef MSG_CMSG_CLOEXEC
enum { HANDOVER__BORN_TAME = true };
#else
#define MSG_CMSG_CLOEXEC 0
enum { HANDOVER__BORN_TAME = false }; /* macOS: close-on-exec a moment later */
#endif

struct handover__closing {
	struct os_job job;
	int count;
	int fds[];
};

static void handover__close(struct os_job *job, int part)
{
	const struct handover__closing *closing = (struct handover__closing *)job;

	(void)part;
	for (int i = 0; i < closing->count; i++)
		close(closing->fds[i]);
}

/*
 * In a thread, for as long as that takes. Nearly always it is done at once, and then nothing is left when this returns.
 * While the most that there may be are held, more descriptors stay open: who sent them cannot hold this call. Where the
 * program may have no threads at all, they are closed in place, or a few messages would use up what it may open.
 */
static void handover__close_aside(struct handover__closing *closing)
{
	int before, err;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before); /* or the job outlives a thread that is cancelled here */
	err = closing->count > 0 ? os_job_start(&closing->job, 0) : 0;
	if (err == 0 && closing->count > 0)
		os_job_wait(&closing->job, 0, HANDOVER__CLOSE_MS);
	else if (err != LIBSOCK_ENOBUFS)
		handover__close(&closing->job, 0);
	os_job_drop(&closing->job);
	pthread_setcancelstate(before, NULL);
}

/*
 * A socket is closed at once when it does not linger. But with one of the Unix domain go the descriptors in its queue,
 * a lingering one among them; and what is no socket may be a file whose close asks its server (FUSE, NFS) and waits for
 * the answer, for ever if that likes.
 */
static bool handover__closes_at_once(int fd)
{
	const struct linger none = {0};
	int result, family = AF_UNIX;

	BSD_CALL(result, setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none));
	return result == 0 && native_ask_family(fd, &family) == 0 && family != AF_UNIX;
}

static void handover__discard(const int fds[], int count)
{
	struct handover__closing *closing =
		(void *)os_job_new(sizeof *closing + (size_t)count * sizeof *fds, handover__close, OS_JOB_CLOSE);

	for (int i = 0; i < count; i++)
		if (closing == NULL || handover__closes_at_once(fds[i]))
			close(fds[i]);
		else
			closing->fds[closing->count++] = fds[i];
	if (closing)
		handover__close_aside(closing);
}

void os_discard(intptr_t fd)
{
	const int one = (int)fd;

	handover__discard(&one, 1);
}

bool os_has_handover(void)
{
	return true;
}

static int handover__flags(int how)
{
	return how & OS_NOWAIT ? MSG_DONTWAIT : 0;
}

ptrdiff_t os_send_fds(intptr_t channel, const void *data, size_t size, const intptr_t fds[], int count, int how)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(LIBSOCK_DESCRIPTORS_MAX * sizeof(int))];
	} control = {.room = {0}};
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = NATIVE_SIZE(size)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	const size_t length = (size_t)count * sizeof(int);
	ssize_t n;

	if (count > 0) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(length);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(length);
	}
	for (int i = 0; i < count; i++) {
		const int fd = (int)fds[i];

		if (fd != fds[i])
			return LIBSOCK_EBADF;
		memcpy(CMSG_DATA(&control.header) + (size_t)i * sizeof fd, &fd, sizeof fd);
	}
	n = sendmsg((int)channel, &message, handover__flags(how) | NATIVE_SEND_FLAGS);
	return n >= 0 ? n : os_error(errno);
}

/*
 * Who shares the channel may have had it tell of the sending process by a descriptor (SO_PASSPIDFD, Linux 6.5), which
 * comes with every message. Nobody here has asked for it. The number is not in the headers of older systems.
 */
static bool handover__is_process(const struct cmsghdr *header)
{
	enum { PIDFD = 4 /* SCM_PIDFD */ };

	return NATIVE_ABSTRACT_NAMES && header->cmsg_level == SOL_SOCKET && header->cmsg_type == PIDFD &&
	       header->cmsg_len == CMSG_LEN(sizeof(int));
}

/* The descriptors that came, to the front of the room that they lie in: none is written over unread. How many. */
static int handover__gather(struct msghdr *message, union handover__control *control)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message), *next;
	int count = 0, got;

	for (; header; header = next) {
		const bool rights = header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS;
		const size_t size = header->cmsg_len - CMSG_LEN(0);

		next = CMSG_NXTHDR(message, header);
		if (handover__is_process(header)) {
			memcpy(&got, CMSG_DATA(header), sizeof got);
			close(got);
		}
		for (size_t at = 0; rights && at + sizeof got <= size; at += sizeof got) {
			memcpy(&got, CMSG_DATA(header) + at, sizeof got);
			if (!HANDOVER__BORN_TAME)
				fcntl(got, F_SETFD, FD_CLOEXEC);
			memcpy(control->room + (size_t)count++ * sizeof got, &got, sizeof got);
		}
	}
	return count;
}

ptrdiff_t os_recv_fds(intptr_t channel, int type, void *data, size_t size, intptr_t fds[], int *count, int how)
{
	struct iovec part = {.iov_base = data, .iov_len = NATIVE_SIZE(size)};
	union handover__control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	ssize_t n = native_received(type, recvmsg((int)channel, &message, handover__flags(how) | MSG_CMSG_CLOEXEC));
	const int room = *count;
	int came;

	*count = 0;
	if (n == -1)
		return errno == EMSGSIZE ? LIBSOCK_EMFILE : os_error(errno); /* the word of macOS and the BSDs for that */
	came = handover__gather(&message, &control);
	if (message.msg_flags & MSG_CTRUNC)
		n = LIBSOCK_EMFILE; /* there was room enough in the control data: the process had none for descriptors */
	else if (came > room)
		n = LIBSOCK_EPROTO;
	else if (how & OS_WHOLE && type == LIBSOCK_DGRAM && message.msg_flags & MSG_TRUNC)
		n = LIBSOCK_EMSGSIZE;
	if (n < 0) {
		if (came > 0)
			handover__discard(control.fds, came);
		return n;
	}
	for (int i = 0; i < came; i++)
		fds[i] = control.fds[i];
	*count = came;
	return n;
}

int os_process_id(void)
{
	return (int)getpid();
}
