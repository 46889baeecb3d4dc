/* SPDX-License-Identifier: MIT */

/* Which interface has a name, or an index; and the machine's name. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <string.h>
#include <sys/ioctl.h>

#ifdef SIOCGIFNAME /* Linux */
/* A socket of any family can be asked, and a sandbox may allow some only. */
static int interface__open(intptr_t *fd)
{
	static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};
	int err = LIBSOCK_ENOTSUP;

	for (size_t i = 0; err < 0 && i < sizeof families / sizeof families[0]; i++)
		err = os_open(families[i], LIBSOCK_DGRAM, fd);
	return err;
}

/*
 * glibc's if_nametoindex and if_indextoname open a socket at each call, and where they cannot it is no interface to
 * them. The kernel overlooks what follows a colon, a label.
 */
COLD int os_interface(intptr_t fd, const char *name, uint32_t *index)
{
	struct ifreq request = {.ifr_ifindex = (int)*index};
	intptr_t asked = fd;
	int err, result;

	if (name && (strchr(name, ':') || !memccpy(request.ifr_name, name, '\0', sizeof request.ifr_name)))
		return LIBSOCK_ENODEV;
	err = fd < 0 ? interface__open(&asked) : 0;
	if (err < 0)
		return err;
	BSD_CALL(result, ioctl((int)asked, name ? SIOCGIFINDEX : SIOCGIFNAME, &request));
	if (result == -1)
		err = bsd_error();
	else if (name)
		*index = (uint32_t)request.ifr_ifindex;
	if (fd < 0)
		os_close(asked);
	return err;
}
#else
int os_interface(intptr_t fd, const char *name, uint32_t *index)
{
	char unused[IF_NAMESIZE];
	bool found;

	(void)fd;
	do {
		errno = ENXIO;
		found = name ? (*index = if_nametoindex(name)) > 0 : if_indextoname(*index, unused) != NULL;
	} while (!found && errno == EINTR);
	if (found)
		return 0;
	return errno == ENXIO || errno == ENOENT ? LIBSOCK_ENODEV : bsd_error(); /* POSIX names the one, RFC 3493 none */
}
#endif

#ifdef SO_BINDTODEVICE
/* No name is no interface (socket(7)). */
int native_device_set(int fd, uint32_t index)
{
	struct ifreq request = {.ifr_ifindex = (int)index};
	int result = 0;

	if (index > 0)
		BSD_CALL(result, ioctl(fd, SIOCGIFNAME, &request));
	if (result == -1)
		return bsd_error();
	return bsd_sockopt_set(fd, SOL_SOCKET, SO_BINDTODEVICE, request.ifr_name, index > 0 ? sizeof request.ifr_name : 0);
}

int native_device_get(int fd, uint32_t *index)
{
	char name[IF_NAMESIZE] = "";
	native_len length = sizeof name;
	int err = bsd_sockopt_get(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &length);

	*index = 0;
	return err < 0 || name[0] == '\0' ? err : os_interface(fd, name, index);
}
#else
int native_device_set(int fd, uint32_t index)
{
	(void)fd;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int native_device_get(int fd, uint32_t *index)
{
	(void)fd;
	(void)index;
	return LIBSOCK_ENOTSUP;
}
#endif

/* Into room for any name: POSIX allows a system that has too little to cut it, NUL and all, and say nothing. */
int os_hostname(char *name, size_t size)
{
	char whole[256 + 1] = ""; /* _POSIX_HOST_NAME_MAX is 255 */
	size_t length;

	if (gethostname(whole, sizeof whole - 1) == -1)
		return os_error(errno);
	length = strlen(whole);
	if (length >= size)
		return LIBSOCK_EMSGSIZE;
	memcpy(name, whole, length + 1);
	return 0;
}
