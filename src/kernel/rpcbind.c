#include "kernel/rpcbind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PMAP_PORT 111
#define PMAP_PROGRAM 100000
#define PMAP_VERSION 2
#define PMAP_DUMP 4
#define REPLY_MAX 65536
#define LAST_FRAGMENT 0x80000000u
/* Any number: one question on a connection of its own. */
#define XID 0x696e6574u

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int rpcbind_decode(const uint8_t *reply, size_t len, uint32_t xid, bool udp, uint16_t port,
		   uint32_t *ret_program)
{
	size_t at = 24; /* xid, reply, accepted, verifier (flavour, length 0), success */

	if (len < at || be32(reply) != xid || be32(reply + 4) != 1 || be32(reply + 8) ||
	    be32(reply + 16) || be32(reply + 20))
		return -EBADMSG;
	while (len - at >= 20 && be32(reply + at) == 1) {
		if (be32(reply + at + 12) == (udp ? IPPROTO_UDP : IPPROTO_TCP) &&
		    be32(reply + at + 16) == port) {
			*ret_program = be32(reply + at + 4);
			return 0;
		}
		at += 20;
	}
	return len - at >= 4 && !be32(reply + at) ? -ENOENT : -EBADMSG;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t end_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int64_t left = end_ms - now_ms();
	int n = poll(&pfd, 1, left > 0 ? (int)left : 0);

	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

static int connect_to(int fd, int64_t end_ms)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(PMAP_PORT),
				   .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(int);
	int err = 0;

	if (!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	err = wait_for(fd, POLLOUT, end_ms);
	if (err)
		return err;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return -err;
}

static int receive(int fd, uint8_t *buf, size_t size, int64_t end_ms)
{
	size_t have = 0;

	while (have < size) {
		int err = wait_for(fd, POLLIN, end_ms);
		ssize_t n;

		if (err)
			return err;
		n = recv(fd, buf + have, size - have, MSG_DONTWAIT);
		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		have += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int rpcbind_program(bool udp, uint16_t port, int timeout_ms, uint32_t *ret_program)
{
	const uint32_t call[] = {
		htonl(LAST_FRAGMENT | 40),
		htonl(XID),
		htonl(0),
		htonl(2),
		htonl(PMAP_PROGRAM),
		htonl(PMAP_VERSION),
		htonl(PMAP_DUMP),
		0,
		0,
		0,
		0,
	};
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int64_t end_ms = now_ms() + timeout_ms;
	auto_free uint8_t *reply = NULL;
	uint8_t mark[4];
	size_t len;
	int err;

	if (fd < 0)
		return -errno;
	err = connect_to(fd, end_ms);
	if (err)
		return err;
	if (send(fd, call, sizeof(call), MSG_NOSIGNAL) != sizeof(call))
		return -EPIPE;
	err = receive(fd, mark, sizeof(mark), end_ms);
	if (err)
		return err;
	len = be32(mark) & ~LAST_FRAGMENT;
	if (!(be32(mark) & LAST_FRAGMENT) || len > REPLY_MAX)
		return -EBADMSG;
	reply = malloc(len + 1);
	err = reply ? receive(fd, reply, len, end_ms) : -ENOMEM;
	return err ? err : rpcbind_decode(reply, len, XID, udp, port, ret_program);
}

const char *rpcbind_name(uint32_t program)
{
	static const struct {
		uint32_t program;
		const char *name;
	} names[] = {
		{100000, "portmapper"}, {100003, "nfs"},
		{100005, "mountd"},	{100011, "rquotad"},
		{100021, "nlockmgr"},	{100024, "status"},
		{100227, "nfs_acl"},	{1073741824, "nfs callback"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].program == program)
			return names[i].name;
	return NULL;
}
