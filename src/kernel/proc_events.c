#include "kernel/proc_events.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/xalloc.h"

/* At most so many messages at a time: a fork storm must not hold the tick. */
#define READS_MAX 65536

#define RECEIVE_BUFFER (1 << 20)

struct proc_events {
	int fd;
};

static int subscribe(int fd, uint32_t op)
{
	struct nlmsghdr nl = {
		.nlmsg_len = sizeof(nl) + sizeof(struct cn_msg) + sizeof(op),
		.nlmsg_type = NLMSG_DONE,
	};
	struct cn_msg cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(op)};
	struct iovec iov[] = {
		{&nl, sizeof(nl)},
		{&cn, sizeof(cn)},
		{&op, sizeof(op)},
	};

	return writev(fd, iov, 3) < 0 ? -errno : 0;
}

int proc_events_open(struct proc_events **ret_events)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	const int size = RECEIVE_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	int r = fd < 0 ? -errno : 0;

	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (r == 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		r = -errno;
	if (r == 0)
		r = subscribe(fd, PROC_CN_MCAST_LISTEN);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	*ret_events = xcalloc(1, sizeof(**ret_events));
	(*ret_events)->fd = fd;
	return 0;
}

void proc_events_close(struct proc_events *events)
{
	if (!events)
		return;
	subscribe(events->fd, PROC_CN_MCAST_IGNORE);
	close(events->fd);
	free(events);
}

int proc_events_fd(const struct proc_events *events)
{
	return events->fd;
}

/* Whether it is about a process (not one of its threads); fills in the record. */
static bool translate(const struct proc_event *ev, struct proc_event_rec *rec)
{
	*rec = (struct proc_event_rec){.time_ns = ev->timestamp_ns};
	switch ((unsigned)ev->what) {
	case PROC_EVENT_FORK:
		rec->kind = PROC_EV_FORK;
		rec->pid = (uint32_t)ev->event_data.fork.child_tgid;
		rec->ppid = (uint32_t)ev->event_data.fork.parent_tgid;
		return ev->event_data.fork.child_pid == ev->event_data.fork.child_tgid;
	case PROC_EVENT_EXEC:
		rec->kind = PROC_EV_EXEC;
		rec->pid = (uint32_t)ev->event_data.exec.process_tgid;
		return true;
	case PROC_EVENT_EXIT:
		rec->kind = PROC_EV_EXIT;
		rec->pid = (uint32_t)ev->event_data.exit.process_tgid;
		rec->exit_code = ev->event_data.exit.exit_code;
		return ev->event_data.exit.process_pid == ev->event_data.exit.process_tgid;
	default:
		return false;
	}
}

int proc_events_decode(const void *data, size_t len, proc_events_fn *fn, void *ctx)
{
	const char *p = data;
	int n = 0;

	while (len >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr nl;
		struct cn_msg cn;
		struct proc_event ev = {0};
		struct proc_event_rec rec;
		size_t step;

		memcpy(&nl, p, sizeof(nl));
		if (nl.nlmsg_len < sizeof(nl) + sizeof(cn) || nl.nlmsg_len > len)
			return -EINVAL;
		memcpy(&cn, p + sizeof(nl), sizeof(cn));
		if (cn.len > nl.nlmsg_len - sizeof(nl) - sizeof(cn))
			return -EINVAL;
		memcpy(&ev, p + sizeof(nl) + sizeof(cn), cn.len < sizeof(ev) ? cn.len : sizeof(ev));
		if (cn.id.idx == CN_IDX_PROC && cn.id.val == CN_VAL_PROC && translate(&ev, &rec)) {
			fn(ctx, &rec);
			n++;
		}
		step = NLMSG_ALIGN((size_t)nl.nlmsg_len);
		if (step >= len)
			break;
		p += step;
		len -= step;
	}
	return n;
}

int proc_events_read(struct proc_events *events, proc_events_fn *fn, void *ctx)
{
	_Alignas(16) char buf[8192];
	bool lost = false;
	int count = 0;

	for (int reads = 0; reads < READS_MAX; reads++) {
		struct sockaddr_nl from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(events->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
				     &from_len);
		int r;

		if (n < 0 && errno == ENOBUFS && !lost) {
			lost = true;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno != EAGAIN && errno != ENOBUFS ? -errno
			       : lost				   ? -ENOBUFS
								   : count;
		if (from.nl_pid != 0)
			continue;
		r = proc_events_decode(buf, (size_t)n, fn, ctx);
		count += r > 0 ? r : 0;
	}
	return lost ? -ENOBUFS : count;
}
