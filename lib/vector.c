/* SPDX-License-Identifier: MIT */

/* One transfer from or to several pieces of memory. */

#include "libsock.h"
#include "os.h"
#include "socket.h"
#include "vector.h"

_Static_assert((int)LIBSOCK_PART_MAX == (int)OS_PART_MAX, "what is promised is what the platform takes");

/* Empty pieces count for nothing, and may be null. */
static int vector__add(struct vector_sum *sum, const void *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data == NULL || size > (size_t)PTRDIFF_MAX - sum->bytes)
		return LIBSOCK_EINVAL;
	sum->bytes += size;
	sum->filled++;
	return 0;
}

int vector_check(const struct sock_part parts[], int count, struct vector_sum *sum)
{
	int err = 0;

	*sum = (struct vector_sum){0};
	if (count < 0 || (parts == NULL && count > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count && err == 0; i++)
		err = vector__add(sum, parts[i].data, parts[i].size);
	return err;
}

static int vector__check_rooms(const struct sock_room rooms[], int count, struct vector_sum *sum)
{
	int err = 0;

	*sum = (struct vector_sum){0};
	if (count < 0 || (rooms == NULL && count > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count && err == 0; i++)
		err = vector__add(sum, rooms[i].data, rooms[i].size);
	return err;
}

ptrdiff_t vector_send(struct sock s, const struct sock_part parts[], int count, int64_t deadline)
{
	ptrdiff_t n;
	int vain = 0;

	do
		n = os_sendv(s.fd, parts, count, socket_how(deadline));
	while (n < 0 && socket_again(s, &n, OS_WRITABLE, deadline, &vain));
	return n;
}

ptrdiff_t sock_sendv(struct sock s, const struct sock_part parts[], int count, int64_t deadline)
{
	struct vector_sum sum;
	int err;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	err = vector_check(parts, count, &sum);
	if (err < 0)
		return err;
	if (s.type == LIBSOCK_DGRAM && sum.filled > LIBSOCK_PART_MAX)
		return LIBSOCK_EMSGSIZE; /* a stream goes on with the rest, a datagram has none */
	return vector_send(s, parts, count, deadline);
}

ptrdiff_t sock_recvv(struct sock s, const struct sock_room rooms[], int count, int64_t deadline)
{
	struct vector_sum sum;
	ptrdiff_t n;
	int vain = 0;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	n = vector__check_rooms(rooms, count, &sum);
	if (n < 0)
		return n;
	if (s.type == LIBSOCK_STREAM ? sum.bytes == 0 : sum.filled > LIBSOCK_PART_MAX)
		return LIBSOCK_EINVAL; /* what came back would look like the end of file, or like a whole datagram */
	do
		n = os_recvv(s.fd, s.type, rooms, count, socket_how(deadline));
	while (n < 0 && socket_again(s, &n, OS_READABLE, deadline, &vain));
	return n;
}
