/* SPDX-License-Identifier: MIT */

/* Waiting for a few sockets at once. */

#include "deadline.h"
#include "libsock.h"
#include "os.h"

/* What the caller wants must be of what can be wanted; nothing is told yet. */
static int wait__check(struct sock_wait_item items[], int count)
{
	int err = 0;

	if (count < 0 || count > LIBSOCK_WAIT_MAX || (items == NULL && count > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count; i++) {
		items[i].ready = 0;
		if (items[i].interest & ~(LIBSOCK_READABLE | LIBSOCK_WRITABLE))
			err = LIBSOCK_EINVAL;
	}
	return err;
}

int sock_wait(struct sock_wait_item items[], int count, int64_t deadline)
{
	int err = wait__check(items, count), left, ready;

	if (err < 0)
		return err;
	do {
		left = deadline_left(deadline);
		ready = os_poll(items, count, left);
	} while (ready == OS_EINTR || (ready == 0 && left != 0));
	return ready != 0 ? ready : deadline_error(deadline);
}
