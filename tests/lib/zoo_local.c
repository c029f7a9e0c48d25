/* Sockets that are not of the internet families. */
#include "lib/zoo.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* Bound to addr=PATH, addr=@NAME, or an abstract name the kernel chooses. */
static int open_unix(const struct zoo_spec *spec, int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(spec->addr));
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, spec->addr, strlen(spec->addr));
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	else if (un.sun_path[0])
		len++;
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&un, len) &&
	    (type != SOCK_STREAM || !listen(fd, spec->backlog)))
		return fd;
	zoo_lacks(spec, "unix socket");
	if (fd >= 0)
		close(fd);
	return -1;
}

void zoo_open_unix_listen(const struct zoo_spec *spec)
{
	int fd = open_unix(spec, SOCK_STREAM);

	if (fd >= 0)
		zoo_print_fd(spec, fd);
}

void zoo_open_unix_dgram(const struct zoo_spec *spec)
{
	int fd = open_unix(spec, SOCK_DGRAM);

	if (fd >= 0)
		zoo_print_fd(spec, fd);
}

void zoo_open_unix_pair(const struct zoo_spec *spec)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		zoo_lacks(spec, "socketpair");
		return;
	}
	zoo_print_fd(spec, fds[0]);
	zoo_print_fd(spec, fds[1]);
}

void zoo_open_packet(const struct zoo_spec *spec)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));

	ll.sll_ifindex = (int)if_nametoindex(spec->dev[0] ? spec->dev : "lo");
	if (fd < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		zoo_lacks(spec, "packet socket");
	else
		zoo_print_fd(spec, fd);
}

void zoo_open_netlink(const struct zoo_spec *spec)
{
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&nl, sizeof(nl)))
		zoo_lacks(spec, "netlink socket");
	else
		zoo_print_fd(spec, fd);
}
