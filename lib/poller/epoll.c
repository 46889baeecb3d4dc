/* SPDX-License-Identifier: MIT */

/* The poller of Linux: epoll(7). The kernel keeps it all, so that a socket costs the process nothing. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <sys/epoll.h>

/* The kernel has one set of numbers for both. */
_Static_assert((int)EPOLLIN == POLLIN && (int)EPOLLOUT == POLLOUT && (int)EPOLLERR == POLLERR && (int)EPOLLHUP == POLLHUP &&
		       (int)EPOLLRDHUP == POLLRDHUP,
	       "epoll tells in the words of poll");

int os_poller_open(intptr_t *poller)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	*poller = fd;
	return fd == -1 ? bsd_error() : 0;
}

void os_poller_close(intptr_t poller)
{
	close((int)poller);
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int wanted, void *data)
{
	struct epoll_event event = {.events = (unsigned short)bsd_poll_events(wanted), .data.ptr = data};
	int result, how = change == OS_POLLER_REMOVE ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	result = epoll_ctl((int)poller, change == OS_POLLER_ADD ? EPOLL_CTL_ADD : how, (int)fd, &event);
	if (result == -1 && errno == EEXIST)
		result = epoll_ctl((int)poller, how, (int)fd, &event);
	return result == -1 ? bsd_error() : 0;
}

int os_poller_wait(intptr_t poller, struct sock_event events[], int max, int wait_ms)
{
	struct epoll_event got[OS_POLLER_EVENT_MAX];
	int count = epoll_wait((int)poller, got, max, wait_ms);

	if (count == -1)
		return bsd_error();
	for (int i = 0; i < count; i++)
		events[i] = (struct sock_event){
			.data = got[i].data.ptr,
			.told = bsd_poll_told(-1, got[i].events),
		};
	return count;
}
