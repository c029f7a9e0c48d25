/*
 * A network namespace of the test's own with one socket of each kind in it, and what the test knows
 * about them (the ledger).
 */
#ifndef TESTS_UNIT_KERNEL_ZOO_H
#define TESTS_UNIT_KERNEL_ZOO_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/netlink.h>

#include "model/record.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum zoo_port {
	ZOO_TCP4 = 1001, /* one connection is not accepted */
	ZOO_V6ONLY,
	ZOO_DUAL,
	ZOO_DEVICE,
	ZOO_GROUP, /* two members */
	ZOO_BOUND,
	ZOO_ACCEPTED,
	ZOO_MPTCP,
	ZOO_TIME_WAIT,
	ZOO_UDP4,
	ZOO_UDP6,
	ZOO_UDPLITE,
	ZOO_UDP_CLIENT,
};

struct zoo_entry {
	int fd;
	uint16_t port;
	uint8_t proto, state;
};

struct zoo {
	struct zoo_entry entry[40];
	unsigned int n;
	bool mptcp, udplite, ipv6;
};

/* Whether this process now lives in a namespace of its own with lo up. */
static inline bool zoo_enter(void)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;
	bool up;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &req) == 0;
	if (fd >= 0)
		close(fd);
	return up;
}

static inline int zoo_add(struct zoo *zoo, int fd, enum sock_proto proto, uint16_t port,
			  enum sock_state state)
{
	if (fd >= 0)
		zoo->entry[zoo->n++] = (struct zoo_entry){
			.fd = fd,
			.port = port,
			.proto = (uint8_t)proto,
			.state = (uint8_t)state,
		};
	return fd;
}

static inline uint32_t zoo_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint32_t)st.st_ino : 0;
}

static inline uint64_t zoo_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

static inline int zoo_bind4(int fd, uint32_t addr, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};

	sin.sin_addr.s_addr = htonl(addr);
	return bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static inline int zoo_connect4(int fd, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static inline int zoo_socket(int family, int type, int protocol)
{
	return socket(family, type | SOCK_CLOEXEC, protocol);
}

static inline int zoo_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static inline int zoo_listen4(struct zoo *zoo, enum sock_proto proto, uint16_t port, int backlog)
{
	int fd = zoo_socket(AF_INET, SOCK_STREAM, proto == PROTO_MPTCP ? IPPROTO_MPTCP : 0);

	if (fd < 0)
		return fd;
	zoo_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (port == ZOO_GROUP)
		zoo_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (port == ZOO_DEVICE)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	zoo_bind4(fd, port == ZOO_DEVICE ? INADDR_ANY : INADDR_LOOPBACK, port);
	listen(fd, backlog);
	return zoo_add(zoo, fd, proto, port, STATE_LISTEN);
}

static inline void zoo_listen6(struct zoo *zoo, uint16_t port, int v6only)
{
	struct sockaddr_in6 sin = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = zoo_socket(AF_INET6, SOCK_STREAM, 0);

	zoo_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
	zoo->ipv6 = bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0;
	listen(fd, 9);
	zoo_add(zoo, fd, PROTO_TCP, port, STATE_LISTEN);
}

/* A client of listener; accepted or left in the queue. */
static inline int zoo_client(struct zoo *zoo, int listener, enum sock_proto proto, uint16_t port,
			     bool take)
{
	int fd = zoo_socket(AF_INET, SOCK_STREAM, proto == PROTO_MPTCP ? IPPROTO_MPTCP : 0);

	zoo_connect4(fd, port);
	zoo_add(zoo, fd, proto, 0, STATE_ESTABLISHED);
	return take ? zoo_add(zoo, accept4(listener, NULL, NULL, SOCK_CLOEXEC), proto, port,
			      STATE_ESTABLISHED)
		    : -1;
}

static inline void zoo_time_wait(struct zoo *zoo)
{
	int listener = zoo_listen4(zoo, PROTO_TCP, ZOO_TIME_WAIT, 5);
	int client = zoo_socket(AF_INET, SOCK_STREAM, 0), server;
	char c;

	zoo_connect4(client, ZOO_TIME_WAIT);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(server);
	while (read(client, &c, 1) > 0)
		;
	close(client);
}

static inline void zoo_udp(struct zoo *zoo)
{
	struct sockaddr_in6 sin = {.sin6_family = AF_INET6,
				   .sin6_port = htons(ZOO_UDP6),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int server = zoo_socket(AF_INET, SOCK_DGRAM, 0),
	    client = zoo_socket(AF_INET, SOCK_DGRAM, 0);
	int six = zoo_socket(AF_INET6, SOCK_DGRAM, 0), lite;

	zoo_bind4(server, INADDR_LOOPBACK, ZOO_UDP4);
	zoo_add(zoo, server, PROTO_UDP, ZOO_UDP4, STATE_UNCONN);
	zoo_bind4(client, INADDR_LOOPBACK, ZOO_UDP_CLIENT);
	zoo_connect4(client, ZOO_UDP4);
	(void)!write(client, "datagram", 8);
	zoo_add(zoo, client, PROTO_UDP, ZOO_UDP_CLIENT, STATE_ESTABLISHED);
	if (bind(six, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		zoo_add(zoo, six, PROTO_UDP, ZOO_UDP6, STATE_UNCONN);
	lite = zoo_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	zoo->udplite = lite >= 0;
	if (lite >= 0)
		zoo_bind4(lite, INADDR_LOOPBACK, ZOO_UDPLITE);
	zoo_add(zoo, lite, PROTO_UDPLITE, ZOO_UDPLITE, STATE_UNCONN);
}

#define ZOO_ABSTRACT "\0zoo\0\033[31m\xff"
#define ZOO_ABSTRACT_LEN 11

static inline void zoo_others(struct zoo *zoo)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct sockaddr_nl snl = {.nl_family = AF_NETLINK, .nl_groups = 5};
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(0x0800), .sll_ifindex = 1};
	const socklen_t len = offsetof(struct sockaddr_un, sun_path) + ZOO_ABSTRACT_LEN;
	int listener = zoo_socket(AF_UNIX, SOCK_SEQPACKET, 0),
	    client = zoo_socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int pair[2], fd;

	memcpy(sun.sun_path, ZOO_ABSTRACT, ZOO_ABSTRACT_LEN);
	bind(listener, (struct sockaddr *)&sun, len);
	listen(listener, 4);
	zoo_add(zoo, listener, PROTO_UNIX, 0, STATE_LISTEN);
	if (connect(client, (struct sockaddr *)&sun, len) == 0)
		zoo_add(zoo, client, PROTO_UNIX, 0, STATE_ESTABLISHED);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		(void)!write(pair[0], "12345", 5);
		zoo_add(zoo, pair[0], PROTO_UNIX, 1, STATE_ESTABLISHED);
		zoo_add(zoo, pair[1], PROTO_UNIX, 2, STATE_ESTABLISHED);
	}
	fd = zoo_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (bind(fd, (struct sockaddr *)&snl, sizeof(snl)) == 0)
		zoo_add(zoo, fd, PROTO_NETLINK, 0, STATE_UNCONN);
	fd = zoo_socket(AF_PACKET, SOCK_RAW, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == 0)
		zoo_add(zoo, fd, PROTO_PACKET, 0x0800, STATE_UNCONN);
	fd = zoo_socket(AF_INET, SOCK_RAW, 253);
	zoo_add(zoo, fd, PROTO_RAW, 253, STATE_UNCONN);
}

static inline void zoo_open(struct zoo *zoo)
{
	int fd;

	memset(zoo, 0, sizeof(*zoo));
	fd = zoo_listen4(zoo, PROTO_TCP, ZOO_TCP4, 7);
	zoo_client(zoo, fd, PROTO_TCP, ZOO_TCP4, false);
	zoo_listen6(zoo, ZOO_V6ONLY, 1);
	zoo_listen6(zoo, ZOO_DUAL, 0);
	zoo_listen4(zoo, PROTO_TCP, ZOO_DEVICE, 5);
	zoo_listen4(zoo, PROTO_TCP, ZOO_GROUP, 5);
	zoo_listen4(zoo, PROTO_TCP, ZOO_GROUP, 5);
	fd = zoo_socket(AF_INET, SOCK_STREAM, 0);
	zoo_bind4(fd, INADDR_LOOPBACK, ZOO_BOUND);
	zoo_add(zoo, fd, PROTO_TCP, ZOO_BOUND, STATE_BOUND);
	fd = zoo_listen4(zoo, PROTO_TCP, ZOO_ACCEPTED, 5);
	fd = zoo_client(zoo, fd, PROTO_TCP, ZOO_ACCEPTED, true);
	(void)!write(fd, "five!", 5);
	fd = zoo_listen4(zoo, PROTO_MPTCP, ZOO_MPTCP, 3);
	zoo->mptcp = fd >= 0;
	if (zoo->mptcp)
		zoo_client(zoo, fd, PROTO_MPTCP, ZOO_MPTCP, true);
	zoo_time_wait(zoo);
	zoo_udp(zoo);
	zoo_others(zoo);
}

static inline void zoo_close(struct zoo *zoo)
{
	for (unsigned int i = 0; i < zoo->n; i++)
		close(zoo->entry[i].fd);
	zoo->n = 0;
}

#endif
