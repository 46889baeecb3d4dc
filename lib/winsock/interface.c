/* SPDX-License-Identifier: MIT */

/* Network interfaces by GetAdaptersAddresses, and the machine's name. Neither needs Winsock to be started. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

enum {
	ADAPTER__UTF8_MAX = 3,  /* bytes for each UTF-16 unit */
	ADAPTER__FIRST = 16384, /* what Microsoft's page on the call says is mostly enough (15 KB) */
	ADAPTER__TRIES = 8      /* each time the list may have grown since its size was told */
};

/* The list, to be freed, or NULL and why, NO_ERROR included: there is nothing to list. */
static IP_ADAPTER_ADDRESSES *adapter__list(ULONG *error)
{
	const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
	ULONG size = ADAPTER__FIRST;

	*error = ERROR_BUFFER_OVERFLOW;
	for (int tries = 0; tries < ADAPTER__TRIES && *error == ERROR_BUFFER_OVERFLOW; tries++) {
		IP_ADAPTER_ADDRESSES *list = malloc(size);

		if (list == NULL) {
			*error = ERROR_NOT_ENOUGH_MEMORY;
			return NULL;
		}
		*error = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, list, &size);
		if (*error == NO_ERROR)
			return list;
		free(list);
	}
	if (*error == ERROR_NO_DATA || *error == ERROR_ADDRESS_NOT_ASSOCIATED)
		*error = NO_ERROR;
	return NULL;
}

/* UTF-16 to UTF-8, at most `size` bytes with the NUL, and no half of a character. */
static void adapter__narrow(char *name, size_t size, const WCHAR *wide)
{
	char whole[(IF_MAX_STRING_SIZE + 1) * ADAPTER__UTF8_MAX];
	size_t length;

	if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, whole, sizeof whole, NULL, NULL) <= 0)
		whole[0] = '\0'; /* longer than an interface's name can be */
	length = strlen(whole);
	if (length >= size) {
		length = size - 1;
		while (length > 0 && (whole[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(name, whole, length);
	name[length] = '\0';
}

static unsigned adapter__flags(const IP_ADAPTER_ADDRESSES *adapter)
{
	unsigned flags = 0;

	if (adapter->OperStatus == IfOperStatusUp)
		flags |= OS_INTERFACE_UP;
	if (adapter->IfType == IF_TYPE_SOFTWARE_LOOPBACK)
		flags |= OS_INTERFACE_LOOPBACK;
	if ((adapter->Flags & IP_ADAPTER_NO_MULTICAST) == 0)
		flags |= OS_INTERFACE_MULTICAST;
	return flags;
}

static bool adapter__get(struct os_addr *to, const struct sockaddr *from)
{
	memset(to, 0, sizeof *to);
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)from;

		to->family = LIBSOCK_AF_INET;
		memcpy(to->ip, &in->sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)from;

		to->family = LIBSOCK_AF_INET6;
		to->scope = in6->sin6_scope_id;
		memcpy(to->ip, &in6->sin6_addr, 16);
	}
	return to->family != 0;
}

static uint32_t adapter__index(const IP_ADAPTER_ADDRESSES *adapter)
{
	return adapter->IfIndex > 0 ? adapter->IfIndex : adapter->Ipv6IfIndex; /* 0: has no IPv4 */
}

/* The one with the lowest index above `last`, or NULL. */
static const IP_ADAPTER_ADDRESSES *adapter__next(const IP_ADAPTER_ADDRESSES *list, uint32_t last)
{
	const IP_ADAPTER_ADDRESSES *next = NULL;

	for (; list; list = list->Next)
		if (adapter__index(list) > last && (next == NULL || adapter__index(list) < adapter__index(next)))
			next = list;
	return next;
}

static int adapter__tell(const IP_ADAPTER_ADDRESSES *adapter, os_interface_found *found, void *context)
{
	char name[LIBSOCK_INTERFACE_SIZE];
	struct os_interface_addr to = {.name = name, .index = adapter__index(adapter), .flags = adapter__flags(adapter), .prefix = -1};
	bool bare = true;
	int err = 0;

	adapter__narrow(name, sizeof name, adapter->FriendlyName);
	for (const IP_ADAPTER_UNICAST_ADDRESS *item = adapter->FirstUnicastAddress; item && err == 0; item = item->Next)
		if (adapter__get(&to.addr, item->Address.lpSockaddr)) {
			to.prefix = item->OnLinkPrefixLength;
			err = found(context, &to);
			bare = false;
		}
	return bare ? found(context, &to) : err;
}

int os_interfaces(os_interface_found *found, void *context)
{
	ULONG error;
	IP_ADAPTER_ADDRESSES *list = adapter__list(&error);
	const IP_ADAPTER_ADDRESSES *adapter;
	int err = 0;

	if (error != NO_ERROR)
		return os_error((int)error);
	for (adapter = adapter__next(list, 0); adapter && err == 0; adapter = adapter__next(list, adapter__index(adapter)))
		err = adapter__tell(adapter, found, context);
	free(list);
	return err;
}

static int adapter__check(NET_IFINDEX index)
{
	NET_LUID luid;

	switch (ConvertInterfaceIndexToLuid(index, &luid)) {
	case NO_ERROR:
		return 0;
	case ERROR_NOT_ENOUGH_MEMORY:
		return LIBSOCK_ENOMEM;
	default:
		return LIBSOCK_ENODEV;
	}
}

/* The name that people see ("Ethernet", an alias, in UTF-8) or the one that if_indextoname gives ("ethernet_32769"). */
int os_interface(intptr_t fd, const char *name, uint32_t *index)
{
	WCHAR alias[IF_MAX_STRING_SIZE + 1];
	NET_LUID luid;
	NET_IFINDEX found = 0;

	(void)fd;
	if (name == NULL)
		return adapter__check(*index);
	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, alias, IF_MAX_STRING_SIZE + 1) == 0)
		return LIBSOCK_ENODEV;
	if (ConvertInterfaceAliasToLuid(alias, &luid) != NO_ERROR || ConvertInterfaceLuidToIndex(&luid, &found) != NO_ERROR)
		found = if_nametoindex(name);
	*index = found;
	return found > 0 ? 0 : LIBSOCK_ENODEV;
}

/* Not gethostname, which answers in the code page of the day. The name is the machine's own, in a cluster too. */
int os_hostname(char *name, size_t size)
{
	WCHAR wide[256]; /* DNS allows 63 characters */
	char whole[sizeof wide / sizeof wide[0] * ADAPTER__UTF8_MAX];
	DWORD room = sizeof wide / sizeof wide[0];
	size_t length;

	if (!GetComputerNameExW(ComputerNamePhysicalDnsHostname, wide, &room))
		return os_error((int)GetLastError());
	if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, whole, sizeof whole, NULL, NULL) <= 0)
		return os_error((int)GetLastError());
	length = strlen(whole);
	if (length >= size)
		return LIBSOCK_EMSGSIZE;
	memcpy(name, whole, length + 1);
	return 0;
}
