/* SPDX-License-Identifier: MIT */

/* From the platform's bits to the caller's text, with a machine of ours: what may be left over in them does not show. */

#include "os.h"
#include "testing.h"

#include <string.h>

/* connection.c once more, under another name: shown() asks our machine. */
static int shown(int (*found)(void *context, const struct sock_connection *connection), void *context);
static int machine_connections(os_connection_found *found, void *context);
#define sock_connections shown
#undef os_connections
#define os_connections machine_connections
#include "../../lib/core/connection.c"
#undef sock_connections
#undef os_connections

static struct os_connection machine;
static int machine_error;

static int machine_connections(os_connection_found *found, void *context)
{
	int result = found(context, &machine);

	return result != 0 ? result : machine_error;
}

static int keep(void *context, const struct sock_connection *row)
{
	struct sock_connection *kept = context;

	*kept = *row;
	return 0;
}

static struct sock_connection shown_row(void)
{
	struct sock_connection row;

	memset(&row, 'x', sizeof row);
	expect(shown(keep, &row), 0);
	return row;
}

static struct os_addr address(uint8_t first, uint8_t second, uint16_t port)
{
	return (struct os_addr){
		.family = LIBSOCK_AF_INET6, .scope = 4096, .port = port, .ip = {first, second, [15] = 1}};
}

START_TEST(everything_told_is_shown)
{
	struct sock_connection row;

	machine = (struct os_connection){
		.type = LIBSOCK_DGRAM,
		.family = LIBSOCK_AF_INET,
		.state = LIBSOCK_STATE_ESTABLISHED,
		.local = {.family = LIBSOCK_AF_INET, .port = 65535, .ip = {192, 0, 2, 1}},
		.peer = {.family = LIBSOCK_AF_INET, .port = 1, .ip = {192, 0, 2, 2}},
		.recv_queue = INT64_MAX,
		.send_queue = 0,
		.uid = 4294967295,
		.pid = 7,
	};
	row = shown_row();
	ck_assert(row.type == LIBSOCK_DGRAM && row.family == LIBSOCK_AF_INET && row.state == LIBSOCK_STATE_ESTABLISHED);
	ck_assert(row.recv_queue == INT64_MAX && row.send_queue == 0 && row.uid == 4294967295 && row.pid == 7);
	ck_assert(strcmp(row.local.host, "192.0.2.1") == 0 && row.local.port == 65535);
	ck_assert(strcmp(row.peer.host, "192.0.2.2") == 0 && row.peer.port == 1);
	ck_assert_int_eq(row.reserved, 0);
}
END_TEST

START_TEST(only_addresses_that_need_a_scope_have_one)
{
	static const struct {
		uint8_t first, second;
		const char *host;
	} rows[] = {
		{0xfe, 0x80, "fe80::1%4096"}, {0xfe, 0xbf, "febf::1%4096"}, {0xff, 0x02, "ff02::1%4096"},
		{0xff, 0x11, "ff11::1%4096"}, {0xfe, 0xc0, "fec0::1"},      {0xfe, 0x7f, "fe7f::1"},
		{0xff, 0x05, "ff05::1"},      {0xff, 0x0e, "ff0e::1"},      {0xfd, 0x80, "fd80::1"},
		{0, 0, "::1"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sock_connection row;

		machine = (struct os_connection){
			.state = LIBSOCK_STATE_ESTABLISHED,
			.local = address(rows[i].first, rows[i].second, 5),
			.peer = address(rows[i].first, rows[i].second, 6),
		};
		row = shown_row();
		ck_assert_str_eq(row.local.host, rows[i].host);
		ck_assert_str_eq(row.peer.host, rows[i].host);
	}
}
END_TEST

START_TEST(what_has_no_peer_shows_none)
{
	static const int states[] = {LIBSOCK_STATE_LISTEN, LIBSOCK_STATE_UNCONNECTED, LIBSOCK_STATE_UNKNOWN};

	for (int i = 0; i < 3; i++) {
		struct sock_connection row;

		machine = (struct os_connection){.state = states[i], .local = address(0, 0, 5)};
		if (states[i] != LIBSOCK_STATE_UNKNOWN) /* there the platform knows of none */
			machine.peer = address(0xfd, 0, 6);
		row = shown_row();
		ck_assert_str_eq(row.peer.host, "");
		ck_assert_uint_eq(row.peer.port, 0);
		ck_assert_uint_eq(row.local.port, 5);
	}
}
END_TEST

static int give(void *context, const struct sock_connection *row)
{
	(void)row;
	return *(int *)context;
}

START_TEST(the_functions_result_comes_before_the_platforms)
{
	int result = 0;

	machine_error = LIBSOCK_EMFILE;
	expect(shown(give, &result), LIBSOCK_EMFILE);
	result = 5;
	expect(shown(give, &result), 5);
	machine_error = 0;
	expect(shown(give, &result), 5);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{everything_told_is_shown},
		{only_addresses_that_need_a_scope_have_one},
		{what_has_no_peer_shows_none},
		{the_functions_result_comes_before_the_platforms},
		{0},
	};

	return testing_main("connection", tests);
}
