/* Sender: sock_diag_broadcast_destroy() in net/core/sock_diag.c. */
#include "kernel/destroy_events.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/xalloc.h"
#include "kernel/netlink.h"
#include "kernel/sockdiag_decode.h"

#define GROUP(g) (1u << ((g)-1))
/* Overflows read over in one call, before the caller is let go. */
#define MISSES_MAX 64

struct destroy_events {
	struct netlink *nl;
};

struct read_context {
	void (*each)(const struct sock_rec *rec, void *ctx);
	void *ctx;
	int count;
};

int destroy_events_socket(void)
{
	return transport_socket(NETLINK_SOCK_DIAG, GROUP(SKNLGRP_INET_TCP_DESTROY) |
							   GROUP(SKNLGRP_INET_UDP_DESTROY) |
							   GROUP(SKNLGRP_INET6_TCP_DESTROY) |
							   GROUP(SKNLGRP_INET6_UDP_DESTROY));
}

struct destroy_events *destroy_events_from_transport(struct transport *transport)
{
	struct destroy_events *events = xmalloc(sizeof(*events));

	events->nl = netlink_new(transport);
	return events;
}

int destroy_events_from_fd(int fd, struct destroy_events **ret_events)
{
	struct transport *transport;
	int r = transport_from_fd(fd, &transport);

	if (r < 0)
		return r;
	*ret_events = destroy_events_from_transport(transport);
	return 0;
}

int destroy_events_open(struct destroy_events **ret_events)
{
	int fd = destroy_events_socket();

	return fd < 0 ? fd : destroy_events_from_fd(fd, ret_events);
}

void destroy_events_free(struct destroy_events *events)
{
	if (!events)
		return;
	netlink_free(events->nl);
	free(events);
}

int destroy_events_fd(const struct destroy_events *events)
{
	return netlink_fd(events->nl);
}

static int event_proto(const struct nlmsghdr *msg)
{
	struct netlink_attr attr;
	size_t pos = 0;

	while (netlink_next_attr(msg, sizeof(struct inet_diag_msg), &pos, &attr)) {
		if (attr.type != INET_DIAG_PROTOCOL || !attr.len)
			continue;
		switch (attr.data[0]) {
		case IPPROTO_TCP:
			return PROTO_TCP;
		case IPPROTO_UDP:
			return PROTO_UDP;
		default:
			return -1;
		}
	}
	return -1;
}

static void event_message(const struct nlmsghdr *msg, void *ctx)
{
	struct read_context *read = ctx;
	int proto = event_proto(msg);
	struct tcp_stats tcp;
	struct sock_rec rec;

	if (msg->nlmsg_type != SOCK_DIAG_BY_FAMILY || proto < 0)
		return;
	if (sockdiag_decode_inet(msg, (enum sock_proto)proto, &tcp, &rec) < 0)
		return;
	rec.sock_type = 0;
	rec.have &= REC_TCP; /* the rest is not filled in */
	read->count++;
	read->each(&rec, read->ctx);
}

int destroy_events_read(struct destroy_events *events,
			void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
			bool *ret_missed)
{
	struct read_context read = {.each = each, .ctx = ctx};
	int r;

	*ret_missed = false;
	for (int i = 0; i < MISSES_MAX; i++) {
		r = netlink_read_events(events->nl, event_message, &read);
		if (r != -ENOBUFS)
			break;
		*ret_missed = true;
	}
	return r < 0 && r != -ENOBUFS && !read.count ? r : read.count;
}
