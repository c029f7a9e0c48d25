#include "kernel/transport.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "base/xalloc.h"

/* Destroy events come in bursts; dumps do not need it. */
#define EVENT_RCVBUF (4 << 20)

#define RECORD_HEADER 24
#define RECORD_TRUNCATED 1u

struct replay {
	struct transport base;
	uint8_t *data;
	size_t len, pos;
	int64_t now;
};

struct recorder {
	struct transport base;
	struct transport *inner;
	int64_t last_ms;
	int fd;
};

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int bind_and_connect(int fd, uint32_t groups)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = groups};
	const int size = EVENT_RCVBUF;

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	if (groups) {
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		return 0;
	}
	/* netlink_getsockbyportid() refuses senders other than the one we are connected to */
	addr.nl_groups = 0;
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
}

int transport_socket(int protocol, uint32_t groups)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int r;

	if (fd < 0)
		return -errno;
	r = bind_and_connect(fd, groups);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int live_send(struct transport *self, const void *data, size_t len)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;

	do {
		n = sendto(self->fd, data, len, MSG_DONTWAIT, (struct sockaddr *)&kernel,
			   sizeof(kernel));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int live_wait(int fd, int timeout_ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int r = poll(&pfd, 1, timeout_ms);

	if (r < 0)
		return -errno;
	return r == 0 ? -EAGAIN : 0;
}

static int live_receive(struct transport *self, void *buf, size_t size, int timeout_ms,
			struct transport_datagram *ret_datagram)
{
	struct sockaddr_nl addr = {0};
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr msg = {
		.msg_name = &addr, .msg_namelen = sizeof(addr), .msg_iov = &iov, .msg_iovlen = 1};
	bool waited = false;
	ssize_t n;
	int r;

	while ((n = recvmsg(self->fd, &msg, MSG_DONTWAIT)) < 0) {
		if (errno != EAGAIN || timeout_ms <= 0 || waited)
			return -errno;
		r = live_wait(self->fd, timeout_ms);
		if (r < 0)
			return r;
		waited = true;
	}
	if (msg.msg_namelen < sizeof(addr) || addr.nl_family != AF_NETLINK)
		addr.nl_pid = UINT32_MAX;
	*ret_datagram = (struct transport_datagram){
		.len = (size_t)n,
		.sender = addr.nl_pid,
		.groups = addr.nl_groups,
		.truncated = msg.msg_flags & MSG_TRUNC,
	};
	return 0;
}

static int64_t live_now_ms(struct transport *self)
{
	(void)self;
	return clock_ms();
}

static void live_free(struct transport *self)
{
	close(self->fd);
	free(self);
}

static uint32_t random_seq(void)
{
	uint32_t seq;

	if (getrandom(&seq, sizeof(seq), GRND_NONBLOCK) != sizeof(seq))
		seq = (uint32_t)(clock_ms() * 2654435761u);
	return seq;
}

int transport_from_fd(int fd, struct transport **ret_transport)
{
	struct sockaddr_nl addr = {0};
	socklen_t len = sizeof(addr);
	struct transport *live;
	int err = 0;

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		err = -errno;
	else if (len < sizeof(addr) || addr.nl_family != AF_NETLINK)
		err = -EINVAL;
	if (err) {
		close(fd);
		return err;
	}
	live = xmalloc(sizeof(*live));
	*live = (struct transport){
		.send = live_send,
		.receive = live_receive,
		.now_ms = live_now_ms,
		.free = live_free,
		.portid = addr.nl_pid,
		.first_seq = random_seq(),
		.fd = fd,
	};
	*ret_transport = live;
	return 0;
}

int transport_open(int protocol, uint32_t groups, struct transport **ret_transport)
{
	int fd = transport_socket(protocol, groups);

	return fd < 0 ? fd : transport_from_fd(fd, ret_transport);
}

static uint32_t get_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static int replay_send(struct transport *self, const void *data, size_t len)
{
	(void)self;
	(void)data;
	(void)len;
	return 0;
}

static int replay_receive(struct transport *self, void *buf, size_t size, int timeout_ms,
			  struct transport_datagram *ret_datagram)
{
	struct replay *replay = (struct replay *)self;
	const uint8_t *head = replay->data + replay->pos;
	size_t left = replay->len - replay->pos;
	size_t len;
	int err;

	if (timeout_ms <= 0)
		return -EAGAIN; /* what was recorded came as an answer: nothing is there before */
	if (left < RECORD_HEADER || get_le32(head) > left - RECORD_HEADER) {
		replay->now += timeout_ms;
		return -EAGAIN;
	}
	len = get_le32(head);
	replay->now += get_le32(head + 20);
	replay->pos += RECORD_HEADER + len;
	err = (int)get_le32(head + 16);
	if (err)
		return err < 0 && err >= -4095 ? err : -EBADMSG;
	ret_datagram->len = len < size ? len : size;
	ret_datagram->sender = get_le32(head + 4);
	ret_datagram->groups = get_le32(head + 8);
	ret_datagram->truncated = get_le32(head + 12) & RECORD_TRUNCATED || len > size;
	memcpy(buf, head + RECORD_HEADER, ret_datagram->len);
	return 0;
}

static int64_t replay_now_ms(struct transport *self)
{
	return ((struct replay *)self)->now;
}

static void replay_free(struct transport *self)
{
	struct replay *replay = (struct replay *)self;

	free(replay->data);
	free(replay);
}

int transport_replay(const void *recording, size_t len, struct transport **ret_transport)
{
	const size_t magic = strlen(TRANSPORT_MAGIC);
	const uint8_t *data = recording;
	struct replay *replay;

	if (len < magic + 8 || memcmp(data, TRANSPORT_MAGIC, magic) != 0)
		return -EINVAL;
	replay = xcalloc(1, sizeof(*replay));
	replay->base = (struct transport){
		.send = replay_send,
		.receive = replay_receive,
		.now_ms = replay_now_ms,
		.free = replay_free,
		.portid = get_le32(data + magic),
		.first_seq = get_le32(data + magic + 4),
		.fd = -1,
	};
	replay->len = len - magic - 8;
	replay->data = xmemdup(data + magic + 8, replay->len);
	*ret_transport = &replay->base;
	return 0;
}

/* A recording that cannot be written is a test tool's failure: it shows when it is replayed. */
static void record_bytes(const struct recorder *recorder, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		n = write(recorder->fd, p, len);
		if (n <= 0)
			return;
	}
}

static int record_send(struct transport *self, const void *data, size_t len)
{
	struct recorder *recorder = (struct recorder *)self;

	return recorder->inner->send(recorder->inner, data, len);
}

static int record_receive(struct transport *self, void *buf, size_t size, int timeout_ms,
			  struct transport_datagram *ret_datagram)
{
	struct recorder *recorder = (struct recorder *)self;
	int r = recorder->inner->receive(recorder->inner, buf, size, timeout_ms, ret_datagram);
	int64_t now = recorder->inner->now_ms(recorder->inner);
	uint8_t head[RECORD_HEADER] = {0};

	if (timeout_ms <= 0 && r == -EAGAIN)
		return r;
	put_le32(head, r ? 0 : (uint32_t)ret_datagram->len);
	if (!r) {
		put_le32(head + 4, ret_datagram->sender);
		put_le32(head + 8, ret_datagram->groups);
		put_le32(head + 12, ret_datagram->truncated ? RECORD_TRUNCATED : 0);
	}
	put_le32(head + 16, (uint32_t)r);
	put_le32(head + 20, (uint32_t)(now - recorder->last_ms));
	recorder->last_ms = now;
	record_bytes(recorder, head, sizeof(head));
	if (!r)
		record_bytes(recorder, buf, ret_datagram->len);
	return r;
}

static int64_t record_now_ms(struct transport *self)
{
	struct recorder *recorder = (struct recorder *)self;

	return recorder->inner->now_ms(recorder->inner);
}

static void record_free(struct transport *self)
{
	struct recorder *recorder = (struct recorder *)self;

	transport_free(recorder->inner);
	free(recorder);
}

struct transport *transport_record(struct transport *inner, int fd)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	uint8_t head[8];

	recorder->base = (struct transport){
		.send = record_send,
		.receive = record_receive,
		.now_ms = record_now_ms,
		.free = record_free,
		.portid = inner->portid,
		.first_seq = inner->first_seq,
		.fd = inner->fd,
	};
	recorder->inner = inner;
	recorder->fd = fd;
	recorder->last_ms = inner->now_ms(inner);
	put_le32(head, inner->portid);
	put_le32(head + 4, inner->first_seq);
	record_bytes(recorder, TRANSPORT_MAGIC, strlen(TRANSPORT_MAGIC));
	record_bytes(recorder, head, sizeof(head));
	return &recorder->base;
}

void transport_free(struct transport *transport)
{
	if (transport)
		transport->free(transport);
}
