/* SPDX-License-Identifier: MIT */

/* Sockets from one process to another: SCM_RIGHTS of unix(7). */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_job.h"
#include "os_process.h"

#include <pthread.h>
#include <string.h>

enum { HANDOVER__CLOSE_MS = 5 }; /* how long a close may hold a call that was not to wait */

/* Room for more than any system sends at once (Linux: 253), so that no descriptor is cut off: some systems would leak it. */
enum { HANDOVER__FD_MAX = 512 };

union handover__control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(HANDOVER__FD_MAX * sizeof(int))];
};

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0 /* os_adopt() sets it, a moment later */
#endif

struct handover__closing {
	struct os_job job;
	int count;
	int fd[];
};

static void handover__close(struct os_job *job, int part)
{
	const struct handover__closing *closing = (struct handover__closing *)job;

	(void)part;
	for (int i = 0; i < closing->count; i++)
		close(closing->fd[i]);
}

/*
 * In a thread, for as long as that takes. Nearly always it is done at once, and then nothing is left when this returns.
 * Where there is no thread to be had, the descriptors stay open: who sent them cannot hold this call.
 */
static void handover__close_aside(struct handover__closing *closing)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before); /* or the job outlives a thread that is cancelled here */
	if (closing->count > 0 && os_job_start(&closing->job, 0) == 0)
		os_job_wait(&closing->job, 0, HANDOVER__CLOSE_MS);
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

static void handover__discard_all(const void *fds, int count)
{
	struct handover__closing *closing =
		(void *)os_job_new(sizeof *closing + (size_t)count * sizeof closing->fd[0], handover__close, OS_JOB_CLOSE);

	for (int i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, (const char *)fds + (size_t)i * sizeof fd, sizeof fd);
		if (closing == NULL || handover__closes_at_once(fd))
			close(fd);
		else
			closing->fd[closing->count++] = fd;
	}
	if (closing)
		handover__close_aside(closing);
}

void os_discard(intptr_t fd)
{
	const int one = (int)fd;

	handover__discard_all(&one, 1);
}

bool os_has_handover(void)
{
	return true;
}

int os_send_fd(intptr_t channel, intptr_t fd, int how)
{
	char nothing = 0;
	struct iovec byte = {.iov_base = &nothing, .iov_len = 1}; /* a stream carries control data only beside data */
	union handover__control control = {.room = {0}};
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = CMSG_SPACE(sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	const int rights = (int)fd;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof rights);
	memcpy(CMSG_DATA(header), &rights, sizeof rights);
	if (sendmsg((int)channel, &message, (how & OS_NOWAIT ? MSG_DONTWAIT : 0) | NATIVE_SEND_FLAGS) == -1)
		return os_error(errno);
	return 0;
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

static int handover__first(const struct cmsghdr *header)
{
	int fd;

	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

/* Keep a descriptor that came alone and whole, close all others, and tell how many there were. */
static int handover__take(struct msghdr *message, intptr_t *fd)
{
	int count = 0, kept = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		const int came = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		const bool is_rights = header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS;

		if (is_rights && came == 1 && count == 0 && !(message->msg_flags & MSG_CTRUNC))
			kept = handover__first(header);
		else if (is_rights)
			handover__discard_all(CMSG_DATA(header), came);
		else if (handover__is_process(header))
			close(handover__first(header));
		count += is_rights ? came : 0;
	}
	if (kept != -1 && count > 1)
		os_discard(kept);
	*fd = kept;
	return count;
}

int os_recv_fd(intptr_t channel, int type, intptr_t *fd, int how)
{
	char nothing;
	struct iovec byte = {.iov_base = &nothing, .iov_len = 1};
	union handover__control control;
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	ssize_t n = recvmsg((int)channel, &message, (how & OS_NOWAIT ? MSG_DONTWAIT : 0) | MSG_CMSG_CLOEXEC);
	int count;

	n = native_received(type, n);
	if (n == -1)
		return errno == EMSGSIZE ? LIBSOCK_EMFILE : os_error(errno); /* the word of macOS and the BSDs for that */
	count = handover__take(&message, fd);
	if (count == 1 && !(message.msg_flags & MSG_CTRUNC))
		return 0;
	if (message.msg_flags & MSG_CTRUNC)
		return LIBSOCK_EMFILE; /* there was room enough in the control data: the process had none for descriptors */
	return n == 0 && type == LIBSOCK_STREAM ? LIBSOCK_EEOF : LIBSOCK_EPROTO;
}

int os_process_id(void)
{
	return (int)getpid();
}
