/* SPDX-License-Identifier: MIT */

/*
 * The system that can do nothing. It proves that the contract in os.h is complete, since the library links with it, and
 * it is what to copy when starting a port.
 */

#include "libsock.h"
#include "os.h"

#include <threads.h>
#include <time.h>

/* The C library's clock, which can be set: it knows no monotonic one. */
int64_t os_now_us(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* There is no descriptor that anything could happen to. */
static int null__wait(int wait_ms)
{
	const struct timespec most = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};

	if (wait_ms < 0)
		return LIBSOCK_ENOTSUP; /* nothing would end it */
	thrd_sleep(&most, NULL);
	return 0;
}

int os_open(int family, int type, intptr_t *fd)
{
	(void)family;
	(void)type;
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_open_stream(int family, intptr_t *fd)
{
	(void)family;
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_set_blocking(intptr_t fd, bool blocking)
{
	(void)fd;
	(void)blocking;
	return LIBSOCK_ENOTSUP;
}

int os_close(intptr_t fd)
{
	(void)fd;
	return 0;
}

void os_break(intptr_t fd)
{
	(void)fd;
}

void os_forget(intptr_t fd)
{
	(void)fd;
}

int os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms)
{
	(void)fd;
	(void)type;
	(void)to;
	(void)wait_ms;
	return LIBSOCK_ENOTSUP;
}

int os_connect_result(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_bind(intptr_t fd, int type, const struct os_addr *to)
{
	(void)fd;
	(void)type;
	(void)to;
	return LIBSOCK_ENOTSUP;
}

int os_remove_socket(const char *path)
{
	(void)path;
	return LIBSOCK_ENOTSUP;
}

int os_listen(intptr_t fd, int backlog)
{
	(void)fd;
	(void)backlog;
	return LIBSOCK_ENOTSUP;
}

int os_is_datagram(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_listens(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_accept(intptr_t fd, int how, intptr_t *conn, struct os_addr *peer)
{
	(void)how;
	(void)fd;
	(void)conn;
	(void)peer;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_send(intptr_t fd, const void *data, size_t size, int how)
{
	(void)fd;
	(void)data;
	(void)size;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_recv(intptr_t fd, void *data, size_t size, int how)
{
	(void)fd;
	(void)data;
	(void)size;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_sendto(intptr_t fd, const void *data, size_t size, int how, const struct os_addr *to)
{
	(void)fd;
	(void)data;
	(void)size;
	(void)how;
	(void)to;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_recvfrom(intptr_t fd, void *data, size_t size, int how, struct os_addr *from)
{
	(void)fd;
	(void)data;
	(void)size;
	(void)how;
	(void)from;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how)
{
	(void)fd;
	(void)parts;
	(void)count;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_buffer *rooms, int count, int how)
{
	(void)fd;
	(void)type;
	(void)rooms;
	(void)count;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_send_packet(intptr_t fd, int family, const void *data, size_t size, int how, struct os_packet *packet)
{
	(void)fd;
	(void)family;
	(void)data;
	(void)size;
	(void)how;
	(void)packet;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_recv_packet(intptr_t fd, int family, void *data, size_t size, int how, struct os_packet *packet)
{
	(void)fd;
	(void)family;
	(void)data;
	(void)size;
	(void)how;
	(void)packet;
	return LIBSOCK_ENOTSUP;
}

int os_packet_fields(intptr_t fd, int family, int fields)
{
	(void)fd;
	(void)family;
	(void)fields;
	return LIBSOCK_ENOTSUP;
}

bool os_packet_coalesces(intptr_t fd)
{
	(void)fd;
	return false;
}

bool os_packet_cuts(intptr_t fd)
{
	(void)fd;
	return false;
}

bool os_packet_heard(int field)
{
	(void)field;
	return false;
}

int os_pair(int type, intptr_t fd[2])
{
	(void)type;
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_end(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_shutdown(intptr_t fd, int how)
{
	(void)fd;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

int os_local(intptr_t fd, struct os_addr *addr)
{
	(void)fd;
	(void)addr;
	return LIBSOCK_ENOTSUP;
}

int os_peer(intptr_t fd, struct os_addr *addr)
{
	(void)fd;
	(void)addr;
	return LIBSOCK_ENOTSUP;
}

int os_adopt(intptr_t fd, int *family, int *type)
{
	(void)fd;
	(void)family;
	(void)type;
	return LIBSOCK_ENOTSUP;
}

int os_poll(struct sock_wait_item items[], int count, int wait_ms)
{
	(void)items;
	(void)count;
	return null__wait(wait_ms);
}

int os_poller_open(intptr_t *poller)
{
	(void)poller;
	return LIBSOCK_ENOTSUP;
}

void os_poller_close(intptr_t poller)
{
	(void)poller;
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int interest, void *data)
{
	(void)poller;
	(void)change;
	(void)fd;
	(void)interest;
	(void)data;
	return LIBSOCK_ENOTSUP;
}

int os_poller_wait(intptr_t poller, struct sock_event events[], int max, int wait_ms)
{
	(void)poller;
	(void)events;
	(void)max;
	(void)wait_ms;
	return LIBSOCK_ENOTSUP;
}

int os_resolve(const char *name, int family, struct os_addr out[], int max)
{
	(void)name;
	(void)family;
	(void)out;
	(void)max;
	return LIBSOCK_ENOTSUP;
}

int os_interface(intptr_t fd, const char *name, uint32_t *index)
{
	(void)fd;
	(void)name;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

bool os_has_abstract_names(void)
{
	return false;
}

int os_wait(struct os_wait_item items[], int count, int wait_ms)
{
	(void)items;
	(void)count;
	return null__wait(wait_ms);
}

int os_reverse(const struct os_addr *addr, char *name, size_t size)
{
	(void)addr;
	(void)name;
	(void)size;
	return LIBSOCK_ENOTSUP;
}

const struct os_error_row os_error_rows[] = {{0, 0}};
const size_t os_error_count = 0;

int os_error(int number)
{
	return LIBSOCK_ESYS - number;
}
