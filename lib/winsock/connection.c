/* SPDX-License-Identifier: MIT */

/* The machine's connections by GetExtendedTcpTable and GetExtendedUdpTable. Winsock need not be started. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

enum {
	WINDOWS__FIRST = 65536, /* a thousand rows: mostly one call is enough */
	WINDOWS__TRIES = 8      /* each time the table may have grown since its size was told */
};

/* The four tables are alike: a count, then rows of their own kind. */
struct windows__table {
	DWORD (*ask)(void *table, DWORD *size, ULONG family);
	ULONG native_family;
	int type, family;
	size_t rows, row_size;
	void (*get)(struct os_connection *to, const void *row);
};

static DWORD windows__ask_tcp(void *table, DWORD *size, ULONG family)
{
	return GetExtendedTcpTable(table, size, FALSE, family, TCP_TABLE_OWNER_PID_ALL, 0);
}

static DWORD windows__ask_udp(void *table, DWORD *size, ULONG family)
{
	return GetExtendedUdpTable(table, size, FALSE, family, UDP_TABLE_OWNER_PID, 0);
}

static int windows__state(DWORD number)
{
	switch (number) {
	case MIB_TCP_STATE_CLOSED:
	case MIB_TCP_STATE_DELETE_TCB:
		return LIBSOCK_STATE_UNCONNECTED;
	case MIB_TCP_STATE_LISTEN:
		return LIBSOCK_STATE_LISTEN;
	case MIB_TCP_STATE_SYN_SENT:
		return LIBSOCK_STATE_SYN_SENT;
	case MIB_TCP_STATE_SYN_RCVD:
		return LIBSOCK_STATE_SYN_RECEIVED;
	case MIB_TCP_STATE_ESTAB:
		return LIBSOCK_STATE_ESTABLISHED;
	case MIB_TCP_STATE_FIN_WAIT1:
		return LIBSOCK_STATE_FIN_WAIT_1;
	case MIB_TCP_STATE_FIN_WAIT2:
		return LIBSOCK_STATE_FIN_WAIT_2;
	case MIB_TCP_STATE_CLOSE_WAIT:
		return LIBSOCK_STATE_CLOSE_WAIT;
	case MIB_TCP_STATE_CLOSING:
		return LIBSOCK_STATE_CLOSING;
	case MIB_TCP_STATE_LAST_ACK:
		return LIBSOCK_STATE_LAST_ACK;
	case MIB_TCP_STATE_TIME_WAIT:
		return LIBSOCK_STATE_TIME_WAIT;
	default:
		return LIBSOCK_STATE_UNKNOWN;
	}
}

/* A port is in network order, in the lower half of its number; what is in the upper half means nothing. */
static void windows__put4(struct os_addr *to, DWORD ip, DWORD port)
{
	to->family = LIBSOCK_AF_INET;
	to->port = ntohs((u_short)port);
	memcpy(to->ip, &ip, sizeof ip);
}

static bool windows__is_interface(DWORD index)
{
	NET_LUID luid;

	return ConvertInterfaceIndexToLuid(index, &luid) == NO_ERROR;
}

/* Of these rows a scope is in network order, says Microsoft's page on them; elsewhere it is not. One order names something. */
static DWORD windows__scope(DWORD scope)
{
	return scope == 0 || windows__is_interface(scope) || !windows__is_interface(ntohl(scope)) ? scope : ntohl(scope);
}

static void windows__put6(struct os_addr *to, const UCHAR ip[16], DWORD scope, DWORD port)
{
	to->family = LIBSOCK_AF_INET6;
	to->port = ntohs((u_short)port);
	to->scope = windows__scope(scope);
	memcpy(to->ip, ip, sizeof to->ip);
}

static void windows__get_tcp4(struct os_connection *to, const void *data)
{
	const MIB_TCPROW_OWNER_PID *row = data;

	to->state = windows__state(row->dwState);
	to->pid = row->dwOwningPid;
	windows__put4(&to->local, row->dwLocalAddr, row->dwLocalPort);
	windows__put4(&to->peer, row->dwRemoteAddr, row->dwRemotePort);
}

static void windows__get_tcp6(struct os_connection *to, const void *data)
{
	const MIB_TCP6ROW_OWNER_PID *row = data;

	to->state = windows__state(row->dwState);
	to->pid = row->dwOwningPid;
	windows__put6(&to->local, row->ucLocalAddr, row->dwLocalScopeId, row->dwLocalPort);
	windows__put6(&to->peer, row->ucRemoteAddr, row->dwRemoteScopeId, row->dwRemotePort);
}

/* Whether a UDP socket has a peer, these tables do not tell. */
static void windows__get_udp4(struct os_connection *to, const void *data)
{
	const MIB_UDPROW_OWNER_PID *row = data;

	to->pid = row->dwOwningPid;
	windows__put4(&to->local, row->dwLocalAddr, row->dwLocalPort);
}

static void windows__get_udp6(struct os_connection *to, const void *data)
{
	const MIB_UDP6ROW_OWNER_PID *row = data;

	to->pid = row->dwOwningPid;
	windows__put6(&to->local, row->ucLocalAddr, row->dwLocalScopeId, row->dwLocalPort);
}

static const struct windows__table windows__tables[] = {
	{windows__ask_tcp, AF_INET, LIBSOCK_STREAM, LIBSOCK_AF_INET, offsetof(MIB_TCPTABLE_OWNER_PID, table),
	 sizeof(MIB_TCPROW_OWNER_PID), windows__get_tcp4},
	{windows__ask_tcp, AF_INET6, LIBSOCK_STREAM, LIBSOCK_AF_INET6, offsetof(MIB_TCP6TABLE_OWNER_PID, table),
	 sizeof(MIB_TCP6ROW_OWNER_PID), windows__get_tcp6},
	{windows__ask_udp, AF_INET, LIBSOCK_DGRAM, LIBSOCK_AF_INET, offsetof(MIB_UDPTABLE_OWNER_PID, table),
	 sizeof(MIB_UDPROW_OWNER_PID), windows__get_udp4},
	{windows__ask_udp, AF_INET6, LIBSOCK_DGRAM, LIBSOCK_AF_INET6, offsetof(MIB_UDP6TABLE_OWNER_PID, table),
	 sizeof(MIB_UDP6ROW_OWNER_PID), windows__get_udp6},
};

/* Wine's own attempts, where the table grows from one to the next, end as if memory had run out. */
static bool windows__has_grown(DWORD error)
{
	return error == ERROR_INSUFFICIENT_BUFFER || error == ERROR_OUTOFMEMORY;
}

/* The system's table, to be freed, or NULL and why, NO_ERROR included: it has none. */
static void *windows__load(const struct windows__table *table, DWORD *error)
{
	DWORD size = WINDOWS__FIRST;

	*error = ERROR_INSUFFICIENT_BUFFER;
	for (int tries = 0; tries < WINDOWS__TRIES && windows__has_grown(*error); tries++) {
		void *data = malloc(size);

		if (data == NULL) {
			*error = ERROR_NOT_ENOUGH_MEMORY;
			return NULL;
		}
		*error = table->ask(data, &size, table->native_family);
		if (*error == NO_ERROR)
			return data;
		free(data);
		size += size / 8; /* it may grow meanwhile */
	}
	if (*error == ERROR_NO_DATA || (*error == ERROR_NOT_SUPPORTED && table->native_family == AF_INET6))
		*error = NO_ERROR;
	return NULL;
}

static int windows__tell(const struct windows__table *table, const void *row, os_connection_found *found, void *context)
{
	struct os_connection connection = {
		.type = table->type,
		.family = table->family,
		.state = LIBSOCK_STATE_UNKNOWN,
		.recv_queue = -1,
		.send_queue = -1,
		.uid = -1,
	};

	table->get(&connection, row);
	if (connection.local.port == 0)
		return 0; /* Wine 10 lists sockets that have no address yet, too */
	if (connection.pid == 0)
		connection.pid = -1; /* the idle process: nobody's any more */
	return found(context, &connection);
}

static int windows__list(const struct windows__table *table, os_connection_found *found, void *context)
{
	DWORD error, count = 0;
	char *data = windows__load(table, &error);
	int err = error == NO_ERROR ? 0 : os_error((int)error);

	if (data)
		memcpy(&count, data, sizeof count);
	for (DWORD i = 0; i < count && err == 0; i++)
		err = windows__tell(table, data + table->rows + i * table->row_size, found, context);
	free(data);
	return err;
}

int os_connections(os_connection_found *found, void *context)
{
	int err = 0;

	for (size_t i = 0; i < sizeof windows__tables / sizeof windows__tables[0] && err == 0; i++)
		err = windows__list(&windows__tables[i], found, context);
	return err;
}
