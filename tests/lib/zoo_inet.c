/* Internet sockets without a connection. */
#include "lib/zoo.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The address and port of the spec; numeric only, scope included. */
static struct sockaddr_storage address_of(const struct zoo_spec *spec, socklen_t *ret_len)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct sockaddr_storage address = {0};
	struct addrinfo *info = NULL;
	char port[8];

	snprintf(port, sizeof(port), "%d", spec->port);
	if (getaddrinfo(spec->addr[0] ? spec->addr : "127.0.0.1", port, &hints, &info))
		zoo_die("addr wants a numeric address");
	memcpy(&address, info->ai_addr, info->ai_addrlen);
	*ret_len = info->ai_addrlen;
	freeaddrinfo(info);
	return address;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int zoo_bound(const struct zoo_spec *spec, int type, int protocol, bool reuseport)
{
	socklen_t len;
	struct sockaddr_storage address = address_of(spec, &len);
	int fd;

	if (protocol == IPPROTO_ICMP && address.ss_family == AF_INET6)
		protocol = IPPROTO_ICMPV6;
	fd = socket(address.ss_family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0) {
		zoo_lacks(spec, "socket");
		return -1;
	}
	if ((reuseport && set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
	    (type == SOCK_STREAM && set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) ||
	    (address.ss_family == AF_INET6 && spec->v6only >= 0 &&
	     set(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec->v6only)) ||
	    (spec->dev[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec->dev,
					(socklen_t)strlen(spec->dev))) ||
	    bind(fd, (struct sockaddr *)&address, len)) {
		zoo_lacks(spec, "bind");
		close(fd);
		return -1;
	}
	return fd;
}

int zoo_listener(const struct zoo_spec *spec, bool reuseport)
{
	int fd = zoo_bound(spec, SOCK_STREAM, spec->protocol, reuseport);

	if (fd >= 0 && listen(fd, spec->backlog)) {
		zoo_lacks(spec, "listen");
		close(fd);
		return -1;
	}
	return fd;
}

/* n sockets (default 1) alike; with a port given, on that port and those after it. */
static void open_some(const struct zoo_spec *spec, int type, int protocol, bool listens)
{
	struct zoo_spec one = *spec;
	int i, fd;

	for (i = 0; i < (spec->count ? spec->count : 1); i++) {
		fd = listens ? zoo_listener(&one, false) : zoo_bound(&one, type, protocol, false);
		if (fd < 0)
			return;
		zoo_print_fd(spec, fd);
		one.port += one.port != 0;
	}
}

void zoo_open_listen(const struct zoo_spec *spec)
{
	open_some(spec, SOCK_STREAM, spec->protocol, true);
}

void zoo_open_bound(const struct zoo_spec *spec)
{
	open_some(spec, SOCK_STREAM, spec->protocol, false);
}

void zoo_open_udp(const struct zoo_spec *spec)
{
	open_some(spec, SOCK_DGRAM, IPPROTO_UDP, false);
}

void zoo_open_udplite(const struct zoo_spec *spec)
{
	open_some(spec, SOCK_DGRAM, IPPROTO_UDPLITE, false);
}

void zoo_open_icmp(const struct zoo_spec *spec)
{
	open_some(spec, SOCK_DGRAM, IPPROTO_ICMP, false);
}

void zoo_open_raw(const struct zoo_spec *spec)
{
	struct zoo_spec any = *spec;

	any.port = 0;
	open_some(&any, SOCK_RAW, spec->port ? spec->port : 253, false);
}

void zoo_open_reuseport(const struct zoo_spec *spec)
{
	struct zoo_spec one = *spec;
	int i, fd;

	for (i = 0; i < (spec->count ? spec->count : 3); i++) {
		fd = zoo_listener(&one, true);
		if (fd < 0)
			return;
		zoo_print_fd(spec, fd);
		one.port = (int)zoo_describe(fd).port;
	}
}

void zoo_open_udp_connected(const struct zoo_spec *spec)
{
	struct zoo_spec peer = *spec;
	struct sockaddr_storage address;
	socklen_t len;
	int fd = zoo_bound(spec, SOCK_DGRAM, IPPROTO_UDP, false);

	if (fd < 0)
		return;
	peer.port = spec->peer ? spec->peer : 9;
	address = address_of(&peer, &len);
	if (connect(fd, (struct sockaddr *)&address, len))
		zoo_lacks(spec, "connect");
	else
		zoo_print_fd(spec, fd);
}
