/* SPDX-License-Identifier: MIT */

#include <tcpd.h>

int ask(int fd);

int allow_severity, deny_severity; /* which libwrap wants */

int ask(int fd)
{
	struct request_info request;

	hosts_allow_table = "allow";
	hosts_deny_table = "deny";
	request_init(&request, RQ_DAEMON, "server", RQ_FILE, fd, 0);
	fromhost(&request);
	return hosts_access(&request);
}
