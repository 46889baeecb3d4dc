/* SPDX-License-Identifier: MIT */

/* Who is at the other end of a Unix-domain connection. Every system has a way of its own; the user and group have one. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_process.h"

#ifdef NATIVE_PEERCRED_TELLS_PROCESS
#include <sys/param.h>
#include <sys/ucred.h>
#endif

static int64_t credentials__pid(int64_t pid)
{
	return pid > 0 ? pid : -1; /* 0: of another PID namespace, or older than the field */
}

#ifdef SO_PEERCRED /* Linux, socket(7), unix(7); OpenBSD, getsockopt(2) */

/* Without a peer Linux gives no error but no user (cred_to_ucred). */
int os_peer_credentials(intptr_t fd, struct sock_credentials *credentials)
{
	native_peer peer;
	native_len length = sizeof peer;
	int err = bsd_sockopt_get(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);

	if (err < 0)
		return err;
	if (peer.uid == (uid_t)-1)
		return LIBSOCK_ENOTCONN;
	credentials->pid = credentials__pid(peer.pid);
	credentials->uid = peer.uid;
	credentials->gid = peer.gid;
	return 0;
}

#else

/* Its process, by the option that this system has for it; or −1. */
static int64_t credentials__ask_pid(int fd)
{
#if defined(LOCAL_PEERPID) /* macOS: of who has used the peer's end last (unix(4)) */
	pid_t pid = -1;
	socklen_t length = sizeof pid;
	int result;

	BSD_CALL(result, getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &length));
	return result == 0 ? pid : -1;
#elif defined(LOCAL_PEEREID) /* NetBSD, unix(4) */
	struct unpcbid id;
	socklen_t length = sizeof id;
	int result;

	BSD_CALL(result, getsockopt(fd, 0, LOCAL_PEEREID, &id, &length));
	return result == 0 ? id.unp_pid : -1;
#elif defined(NATIVE_PEERCRED_TELLS_PROCESS) /* FreeBSD, unix(4) */
	struct xucred user;
	socklen_t length = sizeof user;
	int result;

	BSD_CALL(result, getsockopt(fd, 0, LOCAL_PEERCRED, &user, &length)); /* SOL_LOCAL, which older headers call 0 */
	return result == 0 && user.cr_version == XUCRED_VERSION ? user.cr_pid : -1;
#else
	(void)fd;
	return -1;
#endif
}

int os_peer_credentials(intptr_t fd, struct sock_credentials *credentials)
{
	uid_t uid;
	gid_t gid;
	int result;

	BSD_CALL(result, getpeereid((int)fd, &uid, &gid));
	if (result == -1)
		return errno == EINVAL ? LIBSOCK_ENOTCONN : bsd_error();
	credentials->pid = credentials__pid(credentials__ask_pid((int)fd));
	credentials->uid = uid;
	credentials->gid = gid;
	return 0;
}

#endif
