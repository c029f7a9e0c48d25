#include "live/filter_zoo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* What a socket is made with. */
struct spec {
	int type, protocol;
	const char *addr, *device;
	int port;
	unsigned int mark;
	bool v6only, reuse;
};

static void die(const char *what)
{
	fprintf(stderr, "filter_zoo: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Address text to a socket address; "::ffff:1.2.3.4" gives a v6 one. */
static socklen_t address(const char *text, int port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		die(text);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	return sizeof(*v6);
}

static int family_of(const char *text)
{
	return strchr(text, ':') ? AF_INET6 : AF_INET;
}

static int make(const struct spec *spec)
{
	int family = family_of(spec->addr), on = 1, off = 0;
	int fd = socket(family, spec->type | SOCK_CLOEXEC, spec->protocol);

	if (fd < 0)
		die("socket");
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec->v6only ? &on : &off, sizeof(on)))
		die("IPV6_V6ONLY");
	if (spec->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &spec->mark, sizeof(spec->mark)))
		die("SO_MARK");
	if (spec->reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (spec->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec->device,
				       (socklen_t)strlen(spec->device)))
		die("SO_BINDTODEVICE");
	return fd;
}

static int bound(const struct spec *spec)
{
	struct sockaddr_storage addr;
	socklen_t len = address(spec->addr, spec->port, &addr);
	int fd = make(spec);

	if (bind(fd, (struct sockaddr *)&addr, len))
		die("bind");
	return fd;
}

static int listener(const struct spec *spec)
{
	int fd = bound(spec);

	if (listen(fd, 8))
		die("listen");
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		die("getsockname");
	return ntohs(addr.ss_family == AF_INET ? ((struct sockaddr_in *)&addr)->sin_port
					       : ((struct sockaddr_in6 *)&addr)->sin6_port);
}

/* An IPv6 socket reaches an IPv4 address as a mapped one, and the other way round. */
static void connect_to(int fd, const char *addr, int port)
{
	struct sockaddr_storage peer, own;
	socklen_t len = sizeof(own);
	char mapped[64];

	if (getsockname(fd, (struct sockaddr *)&own, &len))
		die("getsockname");
	snprintf(mapped, sizeof(mapped), "::ffff:%s", addr);
	if (own.ss_family == AF_INET6 && family_of(addr) == AF_INET)
		addr = mapped;
	else if (own.ss_family == AF_INET && !strncmp(addr, "::ffff:", 7))
		addr += 7;
	len = address(addr, port, &peer);
	if (connect(fd, (struct sockaddr *)&peer, len) && errno != EINPROGRESS)
		die("connect");
}

/* A client of the listener; from != NULL binds it first. *ret_server = the accepted end. */
static int pair(int listening, const struct spec *client, const char *to, int *ret_server)
{
	int fd = client->port >= 0 ? bound(client) : make(client);

	connect_to(fd, to, port_of(listening));
	*ret_server = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (*ret_server < 0)
		die("accept");
	return fd;
}

static void run(const char *command)
{
	if (system(command) == -1)
		die(command);
}

static void open_listeners(const struct filter_zoo *zoo)
{
	static const struct spec specs[] = {
		{SOCK_STREAM, 0, "127.0.0.1", NULL, 22, 0, false, false},
		{SOCK_STREAM, 0, "0.0.0.0", NULL, 80, 0, false, false},
		{SOCK_STREAM, 0, "::", NULL, 8080, 0, false, false},
		{SOCK_STREAM, 0, "::", NULL, 443, 0, true, false},
		{SOCK_STREAM, 0, "0.0.0.0", NULL, 443, 1, false, false},
		{SOCK_STREAM, 0, "10.1.2.3", NULL, 1023, 5, false, false},
		{SOCK_STREAM, 0, "10.1.2.4", NULL, 1024, 0x11, false, false},
		{SOCK_STREAM, 0, "10.9.9.9", NULL, 1025, 0, false, false},
		{SOCK_STREAM, 0, "fd00::5", NULL, 1024, 0, false, false},
		{SOCK_STREAM, 0, "fd00:1::5", NULL, 65535, 0x11, true, false},
		{SOCK_STREAM, 0, "::ffff:10.1.2.3", NULL, 2000, 0, false, false},
		{SOCK_STREAM, 0, "127.0.0.1", "lo", 2001, 0, false, false},
		{SOCK_STREAM, 0, "127.0.0.1", NULL, 0, 0, false, false},
		{SOCK_STREAM, 0, "::1", NULL, 40000, 0, false, false},
		{SOCK_STREAM, 0, "127.0.0.2", NULL, 3000, 0, false, true},
		{SOCK_STREAM, 0, "127.0.0.2", NULL, 3000, 0, false, true},
	};
	static const struct spec on_device = {SOCK_STREAM, 0, "0.0.0.0", "d0",
					      2002,	   5, false,	 false};

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		listener(&specs[i]);
	if (zoo->has_device)
		listener(&on_device);
}

static void open_udp(const struct filter_zoo *zoo)
{
	static const struct spec specs[] = {
		{SOCK_DGRAM, 0, "127.0.0.1", NULL, 53, 0, false, false},
		{SOCK_DGRAM, 0, "0.0.0.0", NULL, 5353, 1, false, true},
		{SOCK_DGRAM, 0, "0.0.0.0", "lo", 5353, 0, false, true},
		{SOCK_DGRAM, 0, "::", NULL, 53, 5, true, false},
		{SOCK_DGRAM, 0, "10.1.2.3", NULL, 0, 0, false, false},
		{SOCK_DGRAM, 0, "fd00::5", NULL, 1024, 0, false, false},
	};
	static const struct spec on_device = {SOCK_DGRAM, 0, "::", "d0", 546, 0, false, false};
	static const struct spec v4 = {SOCK_DGRAM, 0, "127.0.0.1", NULL, -1, 1, false, false};
	static const struct spec v6 = {SOCK_DGRAM, 0, "::1", NULL, -1, 0, false, false};

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		bound(&specs[i]);
	if (zoo->has_device)
		bound(&on_device);
	connect_to(make(&v4), "127.0.0.1", 53);
	connect_to(make(&v4), "10.1.2.3", 4242);
	connect_to(make(&v6), "::1", 53);
	connect_to(make(&v6), "::ffff:127.0.0.1", 53);
}

/* Ends of a connection between two addresses, closed halfway as how says. */
static void connection(const char *server, const char *client, int client_port, unsigned int mark,
		       char how)
{
	const struct spec at_server = {SOCK_STREAM, 0, server, NULL, 0, mark, false, false};
	const struct spec at_client = {SOCK_STREAM, 0,	  client, NULL,
				       client_port, mark, false,  false};
	int listening = listener(&at_server), accepted, fd;
	char byte;

	fd = pair(listening, &at_client, server, &accepted);
	if (how == 'f') /* fin-wait-2 and close-wait */
		shutdown(fd, SHUT_WR);
	if (how == 't') { /* time-wait at the client */
		shutdown(fd, SHUT_WR);
		if (read(accepted, &byte, 1) != 0)
			die("read");
		close(accepted);
		if (read(fd, &byte, 1) != 0)
			die("read");
		close(fd);
	}
	if (how == 'c') /* the listener is gone */
		close(listening);
}

static void open_connections(void)
{
	connection("127.0.0.1", "127.0.0.1", -1, 0, 'e');
	connection("127.0.0.1", "127.0.0.2", 0, 5, 'c');
	connection("10.1.2.3", "10.1.2.4", 3333, 1, 'e');
	connection("::1", "::1", -1, 0x11, 'e');
	connection("fd00::5", "fd00:1::5", 50000, 0, 'f');
	connection("10.9.9.9", "127.0.0.1", -1, 0, 'f');
	connection("127.0.0.1", "127.0.0.1", 1111, 0, 't');
	connection("::1", "::1", -1, 5, 't');
	connection("10.1.2.3", "::ffff:10.1.2.4", -1, 0, 'e');
	connection("::ffff:127.0.0.1", "127.0.0.1", 0, 0, 'f');
}

/* A server that waits for data before it takes the connection: syn-recv. */
static void open_syn_recv(void)
{
	static const struct spec server = {SOCK_STREAM, 0, "127.0.0.1", NULL,
					   4000,	0, false,	false};
	static const struct spec client = {SOCK_STREAM, 0, "127.0.0.1", NULL, -1, 0, false, false};
	int fd = listener(&server), seconds = 120;

	if (setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)))
		die("TCP_DEFER_ACCEPT");
	connect_to(make(&client), "127.0.0.1", 4000);
}

/* Clients of a listener whose queue is full: syn-sent. */
static void open_syn_sent(void)
{
	static const struct spec server = {SOCK_STREAM, 0, "127.0.0.3", NULL,
					   4001,	0, false,	false};
	static const struct spec client = {
		SOCK_STREAM | SOCK_NONBLOCK, 0, "127.0.0.1", NULL, -1, 1, false, false};
	int fd = listener(&server);

	if (listen(fd, 0))
		die("listen");
	for (int i = 0; i < 4; i++)
		connect_to(make(&client), "127.0.0.3", 4001);
}

static void open_mptcp(struct filter_zoo *zoo)
{
	static const struct spec server = {SOCK_STREAM, IPPROTO_MPTCP, "127.0.0.1", NULL, 6000,
					   0,		false,	       false};
	static const struct spec client = {SOCK_STREAM, IPPROTO_MPTCP, "127.0.0.1", NULL, -1,
					   0,		false,	       false};
	int probe = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), accepted;

	zoo->has_mptcp = probe >= 0;
	if (probe < 0)
		return;
	close(probe);
	pair(listener(&server), &client, "127.0.0.1", &accepted);
}

static void unix_socket(int type, const char *name, bool listens)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, name, strlen(name));
	if (*name == '@')
		addr.sun_path[0] = '\0';
	else
		len = sizeof(addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, *name ? len : sizeof(sa_family_t)))
		die("unix socket");
	if (listens && listen(fd, 4))
		die("listen");
}

static void open_unix(void)
{
	char path[108];
	int fds[2];

	snprintf(path, sizeof(path), "/tmp/inettop-filter-%d.sock", (int)getpid());
	unix_socket(SOCK_STREAM, path, true);
	unlink(path);
	unix_socket(SOCK_STREAM, "@filter-Zoo/one", true);
	unix_socket(SOCK_DGRAM, "@filter-zoo/two", false);
	unix_socket(SOCK_SEQPACKET, "@x[y]z", true);
	unix_socket(SOCK_DGRAM, "", false);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		die("socketpair");
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static void move_to_cgroup(const char *directory, bool *ret_done)
{
	char path[128], pid[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	*ret_done = write_file(path, pid);
}

bool filter_zoo_open(struct filter_zoo *zoo, const char **ret_reason)
{
	static const struct spec inside = {SOCK_STREAM, 0, "127.0.0.1", NULL,
					   7000,	0, false,	false};
	static const struct spec inside_udp = {SOCK_DGRAM, 0, "::1", NULL, 7000, 1, false, false};
	bool back;

	*zoo = (struct filter_zoo){0};
	*ret_reason = "needs root for a network namespace";
	if (geteuid() || unshare(CLONE_NEWNET))
		return false;
	run("ip link set lo up && ip addr add 10.1.2.3/8 dev lo && ip addr add 10.1.2.4/32 dev lo "
	    "&& "
	    "ip addr add 10.9.9.9/32 dev lo && ip -6 addr add fd00::5/64 dev lo nodad && "
	    "ip -6 addr add fd00:1::5/64 dev lo nodad");
	run("{ ip link add d0 type dummy || ip link add d0 type veth peer name d1; } 2>/dev/null "
	    "&& "
	    "ip link set d0 up");
	zoo->has_device = if_nametoindex("d0") != 0;
	open_listeners(zoo);
	open_udp(zoo);
	open_connections();
	open_syn_recv();
	open_syn_sent();
	open_mptcp(zoo);
	open_unix();
	if (mkdir(FILTER_ZOO_CGROUP, 0755) && errno != EEXIST)
		return true;
	move_to_cgroup(FILTER_ZOO_CGROUP, &zoo->has_cgroup);
	listener(&inside);
	bound(&inside_udp);
	connection("127.0.0.1", "127.0.0.1", -1, 0, 't');
	move_to_cgroup("/sys/fs/cgroup/unified", &back);
	return true;
}

void filter_zoo_close(struct filter_zoo *zoo)
{
	if (zoo->has_cgroup)
		rmdir(FILTER_ZOO_CGROUP);
}
