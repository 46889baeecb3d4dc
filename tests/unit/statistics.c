/* SPDX-License-Identifier: MIT */

/* The kernel's record of a connection, shorter and longer than the one that libsock knows. Linux alone. */

#include "testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static socklen_t record; /* how long it is, of the kernel that is played here */

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	if (level != IPPROTO_TCP || name != TCP_INFO)
		return __real_getsockopt(fd, level, name, value, size);
	ck_assert_uint_le(*size, 232); /* no more than there is room for, as the kernel holds it */
	*size = *size < record ? *size : record;
	memset(value, 1, *size);
	return 0;
}

/* After how many bytes of the record each number is told; 0 of those that are no member of it. */
static const struct {
	size_t member, end;
	int64_t value;
} rows[] = {
	{offsetof(struct sock_statistics, rtt_us), 72, 0x01010101},
	{offsetof(struct sock_statistics, rtt_variation_us), 76, 0x01010101},
	{offsetof(struct sock_statistics, rtt_min_us), 152, 0x01010101},
	{offsetof(struct sock_statistics, mss), 20, 0x01010101},
	{offsetof(struct sock_statistics, congestion_window), 84, (int64_t)0x01010101 * 0x01010101},
	{offsetof(struct sock_statistics, segments_resent), 104, 0x01010101},
	{offsetof(struct sock_statistics, bytes_received), 136, 0x0101010101010101},
	{offsetof(struct sock_statistics, delivery_rate), 168, 0x0101010101010101},
	{offsetof(struct sock_statistics, bytes_sent), 208, 0x0101010101010101},
	{offsetof(struct sock_statistics, bytes_resent), 216, 0x0101010101010101},
	{offsetof(struct sock_statistics, bytes_in_flight), 148, 0}, /* less is on its way than waits to be sent */
};

START_TEST(a_shorter_or_a_longer_record_is_read_as_far_as_it_goes)
{
	struct sock_statistics found;
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	for (record = 1; record <= 300; record++) {
		expect(sock_statistics(s, &found), 0);
		ck_assert_int_eq(found.state, LIBSOCK_STATE_ESTABLISHED);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			int64_t value;

			memcpy(&value, (char *)&found + rows[i].member, sizeof value);
			ck_assert_int_eq(value, record >= rows[i].end ? rows[i].value : -1);
		}
	}
	sock_close(&s);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_shorter_or_a_longer_record_is_read_as_far_as_it_goes},
		{0},
	};

	return testing_main("statistics", tests);
}
