/* What the kernel itself says of a socket, by calls on its descriptor: no table is read. */
#include "lib/zoo.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

union any_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_ll ll;
	struct sockaddr_nl nl;
	struct sockaddr_storage space;
};

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

static void unix_text(char *to, size_t size, const struct sockaddr_un *un, socklen_t len)
{
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path))
		snprintf(to, size, "-");
	else if (!un->sun_path[0])
		snprintf(to, size, "@%.*s", (int)n - 1, un->sun_path + 1);
	else
		snprintf(to, size, "%.*s", (int)n, un->sun_path);
}

static void address_text(char *to, size_t size, unsigned int *port, const union any_address *a,
			 socklen_t len)
{
	char device[IF_NAMESIZE] = "*";
	size_t used;

	*port = 0;
	snprintf(to, size, "-");
	switch (a->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &a->in.sin_addr, to, (socklen_t)size);
		*port = ntohs(a->in.sin_port);
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a->in6.sin6_addr, to, (socklen_t)size);
		used = strlen(to);
		if (a->in6.sin6_scope_id && if_indextoname(a->in6.sin6_scope_id, device))
			snprintf(to + used, size - used, "%%%s", device);
		*port = ntohs(a->in6.sin6_port);
		break;
	case AF_UNIX:
		unix_text(to, size, &a->un, len);
		break;
	case AF_PACKET:
		if_indextoname((unsigned int)a->ll.sll_ifindex, device);
		snprintf(to, size, "%s", device);
		break;
	case AF_NETLINK:
		*port = a->nl.nl_pid;
		break;
	}
}

struct named {
	int number;
	const char *name;
};

static const struct named families[] = {
	{AF_INET, "inet"},     {AF_INET6, "inet6"},	{AF_UNIX, "unix"},
	{AF_PACKET, "packet"}, {AF_NETLINK, "netlink"}, {0, "unknown"},
};

static const struct named protocols[] = {
	{IPPROTO_TCP, "tcp"},
	{IPPROTO_MPTCP, "mptcp"},
	{IPPROTO_UDP, "udp"},
	{IPPROTO_ICMP, "icmp"},
	{IPPROTO_ICMPV6, "icmp"},
	{IPPROTO_UDPLITE, "udplite"},
	{0, "raw"},
};

/* The name of a number, or that of the last entry, 0. */
static const char *name_of(const struct named *table, int number)
{
	while (table->number && table->number != number)
		table++;
	return table->name;
}

static const char *state_name(int fd, int protocol, bool has_peer)
{
	static const struct named states[] = {
		{1, "established"}, {2, "syn-sent"},  {3, "syn-recv"}, {4, "fin-wait-1"},
		{5, "fin-wait-2"},  {6, "time-wait"}, {7, "bound"},    {8, "close-wait"},
		{9, "last-ack"},    {10, "listen"},   {11, "closing"}, {0, "unknown"},
	};
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1)
		return "listen";
	if (protocol == IPPROTO_TCP && !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return name_of(states, info.tcpi_state);
	if (protocol == IPPROTO_MPTCP && !has_peer)
		return "bound";
	return has_peer ? "established" : "unconn";
}

struct zoo_entry zoo_describe(int fd)
{
	int domain = option(fd, SOL_SOCKET, SO_DOMAIN);
	int protocol = option(fd, SOL_SOCKET, SO_PROTOCOL);
	bool is_inet = domain == AF_INET || domain == AF_INET6;
	struct zoo_entry e = {
		.proto = name_of(is_inet ? protocols : families, is_inet ? protocol : domain),
		.family = name_of(families, domain),
		.addr = "-",
		.peer = "-"};
	union any_address a = {0};
	socklen_t len = sizeof(a);
	bool has_peer;
	struct stat st;

	if (is_inet && option(fd, SOL_SOCKET, SO_TYPE) == SOCK_RAW)
		e.proto = "raw";
	if (!getsockname(fd, &a.any, &len))
		address_text(e.addr, sizeof(e.addr), &e.port, &a, len);
	len = sizeof(a);
	has_peer = domain != AF_NETLINK && !getpeername(fd, &a.any, &len);
	if (has_peer)
		address_text(e.peer, sizeof(e.peer), &e.peer_port, &a, len);
	e.state = state_name(fd, protocol, has_peer);
	if (!fstat(fd, &st))
		e.inode = st.st_ino;
	len = sizeof(e.cookie);
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &e.cookie, &len);
	return e;
}

void zoo_print(const char *event, const struct zoo_spec *spec, const struct zoo_entry *e,
	       struct zoo_holder holder)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("%s %lld %s %s %s %u %s %u %s %llu %llu %d %d %d %s\n", event,
	       t.tv_sec * 1000000LL + t.tv_nsec / 1000, e->proto, e->family, e->addr, e->port,
	       e->peer, e->peer_port, e->state, (unsigned long long)e->inode,
	       (unsigned long long)e->cookie, holder.pid, holder.tid, holder.fd, spec->kind->name);
	fflush(stdout);
}

void zoo_print_fd(const struct zoo_spec *spec, int fd)
{
	struct zoo_entry e = zoo_describe(fd);

	zoo_print("open", spec, &e, (struct zoo_holder){getpid(), gettid(), fd});
}
