/* SPDX-License-Identifier: MIT */

/* What this library is and what the system under it can do. */

#include "libsock.h"
#include "os.h"

#define VERSION__TEXT(x) #x
#define VERSION__DOTTED(a, b, c) VERSION__TEXT(a) "." VERSION__TEXT(b) "." VERSION__TEXT(c)

const char *sock_version(void)
{
	return VERSION__DOTTED(LIBSOCK_VERSION_MAJOR, LIBSOCK_VERSION_MINOR, LIBSOCK_VERSION_PATCH);
}

static int version__can_open(int family, int type)
{
	intptr_t fd = -1;
	int err = os_open(family, type, &fd);

	if (err == LIBSOCK_ENOTSUP)
		return 0;
	if (err < 0)
		return err;
	os_close(fd);
	return 1;
}

int sock_has(int feature)
{
	switch (feature) {
	case LIBSOCK_HAS_INET6:
		return version__can_open(LIBSOCK_AF_INET6, LIBSOCK_DGRAM);
	case LIBSOCK_HAS_UNIX_STREAM:
		return version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_STREAM);
	case LIBSOCK_HAS_UNIX_DGRAM:
		return version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_DGRAM);
	case LIBSOCK_HAS_UNIX_ABSTRACT:
		return os_has_abstract_names();
	case LIBSOCK_HAS_HANDOVER:
		return os_has_handover();
	default:
		return LIBSOCK_EINVAL;
	}
}
