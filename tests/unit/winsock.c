/* SPDX-License-Identifier: MIT */

/*
 * What Windows says and Wine does not: the answers that Microsoft's documentation tells of are put in the place of the
 * system's, one call of Winsock at a time.
 */

#include <winsock2.h>

#include <iphlpapi.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ws2tcpip.h>

#include "testing.h"

#include <string.h>

/*
 * A function of a DLL is called through a pointer, or by its name where the headers do not say that it is in one. The
 * linker puts these in the place of both (--wrap).
 */
#define PUT_IN_PLACE(result, name, parameters)                                                                          \
	extern result(WSAAPI *__real___imp_##name) parameters;                                                          \
	result WSAAPI __wrap_##name parameters;                                                                         \
	result(WSAAPI *__wrap___imp_##name) parameters = __wrap_##name;                                                 \
	result WSAAPI __wrap_##name parameters

/* What is put there: all else is the system's. Each test begins with nothing. */
static struct {
	int start_error;               /* WSAStartup fails so */
	int option, value;             /* getsockopt tells this of an option, whatever its level */
	int bind_error;     /* every such call fails so */
	int transfer_error; /* the next send or receive, of whichever call, fails so */
	int transfer_stays; /* and all after it */
	int poll_error;
	int is_new_enough; /* for TCP_KEEPIDLE to be there */
	DWORD scope;       /* of every local IPv6 address among the connections, which becomes fe80::1 */
	DWORD table_error; /* so the tables of connections fail, this many times */
	int table_errors;
} put;

static int fast_refusals; /* how often SIO_TCP_INITIAL_RTO was asked for, as it should be */

static int failed(int number)
{
	WSASetLastError(number);
	return SOCKET_ERROR;
}

PUT_IN_PLACE(int, WSAStartup, (WORD version, WSADATA *data))
{
	return put.start_error ? put.start_error : __real___imp_WSAStartup(version, data);
}

PUT_IN_PLACE(int, getsockopt, (SOCKET s, int level, int option, char *value, int *length))
{
	if (level == IPPROTO_TCP && option == 3) /* TCP_KEEPIDLE */
		return put.is_new_enough ? 0 : failed(WSAENOPROTOOPT);
	if (put.option == 0 || option != put.option)
		return __real___imp_getsockopt(s, level, option, value, length);
	memcpy(value, &put.value, sizeof put.value);
	return 0;
}

PUT_IN_PLACE(int, bind, (SOCKET s, const struct sockaddr *addr, int length))
{
	return put.bind_error ? failed(put.bind_error) : __real___imp_bind(s, addr, length);
}

/* Is this the transfer that is to fail? Then it has. */
static int fails(void)
{
	const int number = put.transfer_error;

	if (!put.transfer_stays)
		put.transfer_error = 0;
	if (number != 0)
		WSASetLastError(number);
	return number != 0;
}

PUT_IN_PLACE(int, send, (SOCKET s, const char *data, int size, int flags))
{
	return fails() ? SOCKET_ERROR : __real___imp_send(s, data, size, flags);
}

PUT_IN_PLACE(int, sendto, (SOCKET s, const char *data, int size, int flags, const struct sockaddr *to, int length))
{
	return fails() ? SOCKET_ERROR : __real___imp_sendto(s, data, size, flags, to, length);
}

PUT_IN_PLACE(int, WSASend,
	     (SOCKET s, WSABUF *parts, DWORD count, DWORD *done, DWORD flags, WSAOVERLAPPED *overlapped,
	      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine))
{
	return fails() ? SOCKET_ERROR : __real___imp_WSASend(s, parts, count, done, flags, overlapped, routine);
}

PUT_IN_PLACE(int, WSASendMsg,
	     (SOCKET s, WSAMSG *message, DWORD flags, DWORD *done, WSAOVERLAPPED *overlapped,
	      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine))
{
	return fails() ? SOCKET_ERROR : __real___imp_WSASendMsg(s, message, flags, done, overlapped, routine);
}

PUT_IN_PLACE(int, recv, (SOCKET s, char *data, int size, int flags))
{
	return fails() ? SOCKET_ERROR : __real___imp_recv(s, data, size, flags);
}

PUT_IN_PLACE(int, recvfrom, (SOCKET s, char *data, int size, int flags, struct sockaddr *from, int *length))
{
	return fails() ? SOCKET_ERROR : __real___imp_recvfrom(s, data, size, flags, from, length);
}

PUT_IN_PLACE(int, WSARecv,
	     (SOCKET s, WSABUF *rooms, DWORD count, DWORD *done, DWORD *flags, WSAOVERLAPPED *overlapped,
	      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine))
{
	return fails() ? SOCKET_ERROR : __real___imp_WSARecv(s, rooms, count, done, flags, overlapped, routine);
}

/* WSARecvMsg is no function of the DLL's: WSAIoctl gives a pointer to it. */
static LPFN_WSARECVMSG real_WSARecvMsg;

static int WSAAPI receive_message(SOCKET s, WSAMSG *message, DWORD *done, WSAOVERLAPPED *overlapped,
				  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
	return fails() ? SOCKET_ERROR : real_WSARecvMsg(s, message, done, overlapped, routine);
}

PUT_IN_PLACE(int, WSAIoctl,
	     (SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *told, WSAOVERLAPPED *overlapped,
	      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine))
{
	const TCP_INITIAL_RTO_PARAMETERS *rto = in;

	if (code != SIO_TCP_INITIAL_RTO) {
		int result = __real___imp_WSAIoctl(s, code, in, in_size, out, out_size, told, overlapped, routine);

		if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER) {
			memcpy(&real_WSARecvMsg, out, sizeof real_WSARecvMsg);
			memcpy(out, &(LPFN_WSARECVMSG){receive_message}, sizeof real_WSARecvMsg);
		}
		return result;
	}
	ck_assert_uint_eq(in_size, sizeof *rto);
	ck_assert_uint_eq(rto->MaxSynRetransmissions, TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS);
	fast_refusals++;
	return failed(WSAEOPNOTSUPP); /* which is to be no harm */
}

PUT_IN_PLACE(DWORD, GetExtendedTcpTable,
	     (void *table, DWORD *size, BOOL sorted, ULONG family, TCP_TABLE_CLASS class, ULONG reserved))
{
	DWORD error = put.table_errors > 0 ? put.table_error
					   : __real___imp_GetExtendedTcpTable(table, size, sorted, family, class, reserved);
	MIB_TCP6TABLE_OWNER_PID *rows = table;

	if (put.table_errors > 0)
		put.table_errors--;
	if (error != NO_ERROR || family != AF_INET6 || put.scope == 0)
		return error;
	for (DWORD i = 0; i < rows->dwNumEntries; i++) {
		memcpy(rows->table[i].ucLocalAddr, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		rows->table[i].dwLocalScopeId = put.scope;
	}
	return error;
}

PUT_IN_PLACE(int, WSAPoll, (WSAPOLLFD polled[], ULONG count, INT wait_ms))
{
	int ready = __real___imp_WSAPoll(polled, count, wait_ms);

	return ready < 0 && put.poll_error ? failed(put.poll_error) : ready;
}

static void put_nothing(void)
{
	memset(&put, 0, sizeof put);
	fast_refusals = 0;
}

static struct sock opened(int family, int type)
{
	struct sock s;

	expect(sock_open(&s, family, type), 0);
	return s;
}

static struct {
	int number, code, ready;
} starts[] = {
	{WSASYSNOTREADY, LIBSOCK_ENETDOWN, 0},
	{WSAVERNOTSUPPORTED, LIBSOCK_ENOTSUP, 0},
	{WSAEPROCLIM, LIBSOCK_EMFILE, 0},
	{0, 0, -1},
};

/* Before the tests, as the first socket starts Winsock for all. */
static void try_to_start(void)
{
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		struct sock s;

		put.start_error = starts[i].number;
		starts[i].ready = sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM);
		sock_close(&s);
	}
}

START_TEST(what_keeps_winsock_from_starting_is_told_until_it_starts)
{
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
		expect(starts[i].ready, starts[i].code);
}
END_TEST

START_TEST(a_failed_connect_without_an_error_is_not_a_connection)
{
	struct sock holder, s;
	struct sock_addr nobody;

	put_nothing();
	nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, &holder);
	put.option = SO_ERROR;
	s = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);
	expect(sock_connect(s, &nobody, soon()), LIBSOCK_ENOTCONN);
	sock_close(&s);
	ck_assert_int_lt(sock_dial(&s, LIBSOCK_STREAM, &nobody, soon()), 0);
	put_nothing();
	sock_close(&holder);
}
END_TEST

START_TEST(a_connect_on_the_loopback_asks_to_be_refused_at_once)
{
	static const char *const hosts[] = {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"};

	put_nothing();
	for (int new_enough = 0; new_enough < 2; new_enough++) {
		put.is_new_enough = new_enough;
		for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
			struct sock s = opened(LIBSOCK_AF_INET6, LIBSOCK_STREAM);
			struct sock_addr addr = {.port = 9};

			fast_refusals = 0;
			strcpy(addr.host, hosts[i]);
			sock_connect(s, &addr, LIBSOCK_NOWAIT);
			ck_assert_int_eq(fast_refusals, new_enough);
			sock_close(&s);
		}
	}
	put_nothing();
}
END_TEST

START_TEST(only_a_stream_asks_to_be_refused_at_once)
{
	struct sock_addr addr;
	struct sock server, s = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);

	put_nothing();
	put.is_new_enough = 1;
	server = datagram(LIBSOCK_AF_INET, &addr);
	expect(sock_connect(s, &addr, soon()), 0);
	ck_assert_int_eq(fast_refusals, 0);
	put_nothing();
	sock_close(&s);
	sock_close(&server);
}
END_TEST

/* An interface of this machine, other than those whose numbers read the same from both ends. */
static int tell_index(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	return (int)row->index;
}

static uint32_t some_interface(void)
{
	int index = sock_interfaces(tell_index, NULL);

	ck_assert_int_gt(index, 0);
	return (uint32_t)index;
}

START_TEST(a_multicast_interface_is_read_back_from_an_index_in_either_order)
{
	const uint32_t index = some_interface();
	const uint32_t told[] = {index, htonl(index)};
	struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);

	put_nothing();
	for (int i = 0; i < 2; i++) {
		int64_t value = -1;

		put.option = IP_MULTICAST_IF;
		put.value = (int)told[i];
		expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &value), 0);
		ck_assert_int_eq(value, index);
	}
	put.value = 0x00ffff00; /* neither an address nor an index of this machine's */
	expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &(int64_t){0}), LIBSOCK_ENODEV);
	put_nothing();
	sock_close(&s);
}
END_TEST

static int is_there(void *context, const struct sock_connection *row)
{
	return strcmp(row->local.host, context) == 0;
}

START_TEST(the_scope_of_a_connection_is_read_in_either_order)
{
	const uint32_t index = some_interface();
	const uint32_t told[] = {index, htonl(index)};
	struct sock_addr addr;
	struct sock s;

	put_nothing();
	s = listener(LIBSOCK_AF_INET6, 1, &addr);
	for (int i = 0; i < 2; i++) {
		char host[64];

		put.scope = told[i];
		snprintf(host, sizeof host, "fe80::1%%%u", (unsigned)index);
		expect(sock_connections(is_there, host), 1);
	}
	put_nothing();
	sock_close(&s);
}
END_TEST

START_TEST(closed_sockets_alone_are_no_sockets_in_windows_words_too)
{
	struct sock_wait_item items[2] = {{.interest = LIBSOCK_READABLE}, {.interest = LIBSOCK_WRITABLE}};

	put_nothing();
	for (int i = 0; i < 2; i++) {
		struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);

		items[i].s = s;
		sock_close(&s);
	}
	expect(sock_wait(items, 2, soon()), LIBSOCK_EBADF);
	put.poll_error = WSAEINVAL;
	expect(sock_wait(items, 2, soon()), LIBSOCK_EBADF);
	put_nothing();
}
END_TEST

START_TEST(what_bind_says_has_the_codes_of_other_systems)
{
	static const struct {
		int number, code;
	} cases[] = {
		{WSAEACCES, LIBSOCK_EADDRINUSE}, /* somebody has it for himself */
		{WSAEADDRINUSE, LIBSOCK_EADDRINUSE},
		{WSAEADDRNOTAVAIL, LIBSOCK_EADDRNOTAVAIL},
		{WSAENETDOWN, LIBSOCK_ENETDOWN}, /* of an address, that may be true */
	};
	struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);
	const struct sock_addr addr = {"127.0.0.1", 0};

	put_nothing();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put.bind_error = cases[i].number;
		expect(sock_bind(s, &addr), cases[i].code);
	}
	put_nothing();
	sock_close(&s);
}
END_TEST

START_TEST(a_path_that_the_system_does_not_like_is_einval)
{
	const struct sock_addr path = {"p", 0};
	struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_STREAM);

	put_nothing();
	s.family = LIBSOCK_AF_UNIX; /* where Wine has none, this one stands for it */
	put.bind_error = WSAENETDOWN;
	expect(sock_bind(s, &path), LIBSOCK_EINVAL);
	put.bind_error = WSAEACCES;
	expect(sock_bind(s, &path), LIBSOCK_EACCES);
	put_nothing();
	sock_close(&s);
}
END_TEST

/* Every call that sends a datagram, and every one that receives one, on a socket that is connected to itself. */

static ptrdiff_t by_send(struct sock s)
{
	return sock_send(s, "x", 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_sendto(struct sock s)
{
	struct sock_addr to;

	expect(sock_local_addr(s, &to), 0);
	return sock_sendto(s, "x", 1, &to, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_sendv(struct sock s)
{
	return sock_sendv(s, &(struct sock_const_buffer){"x", 1}, 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_send_packet(struct sock s)
{
	return sock_send_packet(s, "x", 1, NULL, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_send_packets(struct sock s)
{
	return sock_send_packet(s, "xy", 2, &(struct sock_packet){.segment_size = 1, .segment_offload = -1}, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recv(struct sock s)
{
	return sock_recv(s, (char[4]){0}, 4, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recvfrom(struct sock s)
{
	return sock_recvfrom(s, (char[4]){0}, 4, &(struct sock_addr){.port = 1}, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recvv(struct sock s)
{
	return sock_recvv(s, &(struct sock_buffer){(char[4]){0}, 4}, 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recv_packet(struct sock s)
{
	return sock_recv_packet(s, (char[4]){0}, 4, &(struct sock_packet){.segment_size = 0}, LIBSOCK_NOWAIT);
}

static const struct {
	ptrdiff_t (*make)(struct sock s);
	ptrdiff_t result; /* where nothing is in the way */
} transfers[] = {
	{by_send, 1}, {by_sendto, 1},	{by_sendv, 1}, {by_send_packet, 1}, {by_send_packets, 2},
	{by_recv, 1}, {by_recvfrom, 1}, {by_recvv, 1}, {by_recv_packet, 1},
};

/* A router's word ends; what does not is told, and nothing spins. */
START_TEST(what_the_system_refuses_for_good_is_told_by_every_call)
{
	put_nothing();
	for (size_t i = 0; i < sizeof transfers / sizeof transfers[0]; i++) {
		struct sock_addr addr;
		struct sock s = datagram(LIBSOCK_AF_INET, &addr);

		expect(sock_connect(s, &addr, soon()), 0);
		put.transfer_error = WSAEHOSTUNREACH;
		put.transfer_stays = 1;
		expect(transfers[i].make(s), LIBSOCK_EHOSTUNREACH);
		put_nothing();
		sock_close(&s);
	}
}
END_TEST

/* Microsoft's pages on recvfrom, WSARecv and WSASendMsg: what ICMP says comes in the words of connections. */
START_TEST(what_icmp_says_of_a_datagram_is_a_refusal_or_nothing_in_every_call)
{
	static const int routers[] = {WSAENETRESET, WSAEHOSTUNREACH, WSAENETUNREACH, WSAEHOSTDOWN};

	put_nothing();
	for (size_t i = 0; i < sizeof transfers / sizeof transfers[0]; i++) {
		struct sock_addr addr;
		struct sock s = datagram(LIBSOCK_AF_INET, &addr);

		expect(sock_connect(s, &addr, soon()), 0);
		put.transfer_error = WSAECONNRESET;
		expect(transfers[i].make(s), LIBSOCK_ECONNREFUSED);
		for (size_t j = 0; j < sizeof routers / sizeof routers[0]; j++) {
			expect(sock_send(s, "x", 1, soon()), 1); /* for those that receive */
			put.transfer_error = routers[j];
			expect(transfers[i].make(s), transfers[i].result);
			ck_assert_int_eq(put.transfer_error, 0);
		}
		sock_close(&s);
	}
}
END_TEST

START_TEST(what_ends_a_stream_has_one_code_in_every_call)
{
	static const struct {
		int number, code;
	} ends[] = {
		{WSAECONNRESET, LIBSOCK_ECONNRESET},
		{WSAECONNABORTED, LIBSOCK_ECONNRESET}, /* said of the same resets, by chance */
		{WSAENETRESET, LIBSOCK_ECONNTIMEDOUT}, /* keep-alive has found nobody */
		{WSAETIMEDOUT, LIBSOCK_ECONNTIMEDOUT},
	};
	static ptrdiff_t (*const calls[])(struct sock s) = {by_send, by_sendv, by_recv, by_recvv};
	struct sock a, b;

	put_nothing();
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		for (size_t j = 0; j < sizeof calls / sizeof calls[0]; j++) {
			put.transfer_error = ends[i].number;
			expect(calls[j](a), ends[i].code);
		}
	sock_close(&a);
	sock_close(&b);
}
END_TEST

/* Not put there, but a thing that only Windows has: the completion port of the program that a file belongs to. */
START_TEST(a_file_that_is_sent_says_nothing_to_its_completion_port)
{
	struct sock pair[2];
	char name[] = "port", data[1000] = {0};
	DWORD n;
	ULONG_PTR key;
	OVERLAPPED *place;
	uint64_t done = 0;
	FILE *file = fopen(name, "wb");
	HANDLE handle, port;

	put_nothing();
	ck_assert_uint_eq(fwrite(data, 1, sizeof data, file), sizeof data);
	fclose(file);
	handle = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	ck_assert(handle != INVALID_HANDLE_VALUE);
	port = CreateIoCompletionPort(handle, NULL, 42, 0);
	ck_assert(port != NULL);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_sendfile(pair[0], (intptr_t)handle, 0, sizeof data, &done, soon()), 0);
	ck_assert_uint_eq(done, sizeof data);
	ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &place, 0) && place == NULL);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	CloseHandle(port);
	CloseHandle(handle);
	remove(name);
}
END_TEST

static int count_rows(void *context, const struct sock_connection *row)
{
	ck_assert_ptr_nonnull(row);
	++*(int *)context;
	return 0;
}

/* Wine says so after attempts of its own; a table that never comes is an error in the end. */
START_TEST(a_table_of_connections_that_grows_is_asked_for_again)
{
	static const DWORD grown[] = {ERROR_INSUFFICIENT_BUFFER, ERROR_OUTOFMEMORY};

	for (size_t i = 0; i < sizeof grown / sizeof grown[0]; i++) {
		int count = 0;
		struct sock s = opened(LIBSOCK_AF_INET, LIBSOCK_DGRAM);

		put_nothing();
		expect(sock_bind(s, &(struct sock_addr){"127.0.0.1", 0}), 0);
		put.table_error = grown[i];
		put.table_errors = 3;
		expect(sock_connections(count_rows, &count), 0);
		ck_assert_int_eq(put.table_errors, 0);
		ck_assert_int_gt(count, 0);
		put.table_errors = 1000;
		ck_assert_int_lt(sock_connections(count_rows, &count), 0);
		sock_close(&s);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_keeps_winsock_from_starting_is_told_until_it_starts},
		{a_failed_connect_without_an_error_is_not_a_connection},
		{a_connect_on_the_loopback_asks_to_be_refused_at_once},
		{only_a_stream_asks_to_be_refused_at_once},
		{a_multicast_interface_is_read_back_from_an_index_in_either_order},
		{the_scope_of_a_connection_is_read_in_either_order},
		{closed_sockets_alone_are_no_sockets_in_windows_words_too},
		{what_bind_says_has_the_codes_of_other_systems},
		{a_path_that_the_system_does_not_like_is_einval},
		{what_icmp_says_of_a_datagram_is_a_refusal_or_nothing_in_every_call},
		{what_the_system_refuses_for_good_is_told_by_every_call},
		{what_ends_a_stream_has_one_code_in_every_call},
		{a_file_that_is_sent_says_nothing_to_its_completion_port},
		{a_table_of_connections_that_grows_is_asked_for_again},
		{0},
	};

	try_to_start();
	return testing_main("winsock", tests);
}
