/* SPDX-License-Identifier: MIT */

/* One transfer from or to several pieces of memory. */

#include "compiler.h"
#include "libsock.h"
#include "os.h"
#include "socket.h"
#include "transfer.h"
#include "vector.h"

#include <limits.h>
#include <stdbool.h>

_Static_assert((int)LIBSOCK_BUFFERS_MAX == (int)OS_PART_MAX, "what is promised is what the platform takes");

/*
 * What the pieces are together. Empty ones count for nothing, and may be null. Of two numbers up to PTRDIFF_MAX the sum
 * has the highest bit set if it is more than that; `excess` keeps that bit, so that one look after all pieces is
 * enough.
 */
struct vector__sum {
	size_t bytes, excess;
	int filled;
	bool null;
};

static inline void vector__add(struct vector__sum *sum, const void *data, size_t size)
{
	sum->bytes += size;
	sum->excess |= sum->bytes | size;
	sum->filled += size > 0;
	sum->null |= (data == NULL) & (size > 0);
}

static inline int vector__check(const struct vector__sum *sum)
{
	return sum->null || sum->excess > PTRDIFF_MAX ? LIBSOCK_EINVAL : 0;
}

/* Can the platform take them as they are? */
static inline bool vector__fits(const struct vector__sum *sum, int count)
{
	return sum->filled == count && count <= OS_PART_MAX && sum->bytes <= INT_MAX;
}

/* How much of one more piece fits. Winsock and macOS count in int. */
static inline size_t vector__cut(size_t size, size_t *room)
{
	if (size > *room)
		size = *room;
	*room -= size;
	return size;
}

/* For those that do not fit: as much of them as does. */
COLD static int vector__fit_parts(struct sock_const_buffer fitting[OS_PART_MAX], const struct sock_const_buffer parts[], int count)
{
	size_t room = INT_MAX;
	int filled = 0;

	for (int i = 0; i < count && filled < OS_PART_MAX; i++) {
		fitting[filled] = (struct sock_const_buffer){parts[i].data, vector__cut(parts[i].size, &room)};
		filled += fitting[filled].size > 0;
	}
	return filled;
}

COLD static int vector__fit_rooms(struct sock_buffer fitting[OS_PART_MAX], const struct sock_buffer rooms[], int count)
{
	size_t room = INT_MAX;
	int filled = 0;

	for (int i = 0; i < count && filled < OS_PART_MAX; i++) {
		fitting[filled] = (struct sock_buffer){rooms[i].data, vector__cut(rooms[i].size, &room)};
		filled += fitting[filled].size > 0;
	}
	return filled;
}

static int vector__sum_parts(struct vector__sum *result, const struct sock_const_buffer parts[], int count)
{
	struct vector__sum sum = {0};

	if (count < 0 || (parts == NULL && count > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count; i++)
		vector__add(&sum, parts[i].data, parts[i].size);
	*result = sum;
	return vector__check(&sum);
}

static int vector__sum_rooms(struct vector__sum *result, const struct sock_buffer rooms[], int count)
{
	struct vector__sum sum = {0};

	if (count < 0 || (rooms == NULL && count > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count; i++)
		vector__add(&sum, rooms[i].data, rooms[i].size);
	*result = sum;
	return vector__check(&sum);
}

int vector_size(const struct sock_const_buffer parts[], int count, size_t *bytes)
{
	struct vector__sum sum = {0};
	int err = vector__sum_parts(&sum, parts, count);

	*bytes = sum.bytes;
	return err;
}

ptrdiff_t sock_sendv(struct sock s, const struct sock_const_buffer parts[], int count, int64_t deadline)
{
	struct sock_const_buffer fitting[OS_PART_MAX];
	struct vector__sum sum;
	ptrdiff_t n;
	struct transfer_tries tries = {0};

	if (s.family <= 0)
		return socket_none(s);
	n = vector__sum_parts(&sum, parts, count);
	if (n < 0)
		return n;
	if (s.type == LIBSOCK_STREAM && sum.bytes == 0)
		return 0;
	if (s.type == LIBSOCK_DGRAM && sum.filled > LIBSOCK_BUFFERS_MAX)
		return LIBSOCK_EMSGSIZE; /* a stream goes on with the rest, a datagram has none */
	if (!vector__fits(&sum, count)) {
		count = vector__fit_parts(fitting, parts, count);
		parts = fitting;
	}
	do
		n = os_sendv(s.fd, parts, count, transfer_how(deadline));
	while (n < 0 && transfer_send_again(s.fd, &n, deadline, &tries));
	return n;
}

ptrdiff_t sock_recvv(struct sock s, const struct sock_buffer rooms[], int count, int64_t deadline)
{
	struct sock_buffer fitting[OS_PART_MAX];
	struct vector__sum sum;
	ptrdiff_t n;
	struct transfer_tries tries = {0};

	if (s.family <= 0)
		return socket_none(s);
	n = vector__sum_rooms(&sum, rooms, count);
	if (n < 0)
		return n;
	if (s.type == LIBSOCK_STREAM ? sum.bytes == 0 : sum.filled > LIBSOCK_BUFFERS_MAX || !socket_is_plain_datagram(s))
		return LIBSOCK_EINVAL; /* what came back would look like the end of file, or like a whole datagram */
	if (!vector__fits(&sum, count)) {
		count = vector__fit_rooms(fitting, rooms, count);
		rooms = fitting;
	}
	do
		n = os_recvv(s.fd, s.type, rooms, count, transfer_how_again(deadline, &tries));
	while (n < 0 && transfer_again(s.fd, &n, OS_READABLE, deadline, &tries));
	return n == 0 && s.type == LIBSOCK_STREAM ? transfer_end(s.fd) : n;
}
