#include "kernel/rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/vec.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* A namespace with more is not plausible; what is beyond has no name. */
#define LINKS_MAX 65536

struct link {
	uint32_t index;
	char name[RTNL_NAME_MAX];
};

struct links {
	VEC(struct link) v;
};

struct addresses {
	VEC(struct netaddr) v;
};

struct rtnl {
	struct netlink *nl;
	struct links links;
};

struct rtnl *rtnl_from_transport(struct transport *transport)
{
	struct rtnl *rtnl = xcalloc(1, sizeof(*rtnl));

	rtnl->nl = netlink_new(transport);
	return rtnl;
}

int rtnl_from_fd(int fd, struct rtnl **ret_rtnl)
{
	struct transport *transport;
	int r = transport_from_fd(fd, &transport);

	if (r < 0)
		return r;
	*ret_rtnl = rtnl_from_transport(transport);
	return 0;
}

int rtnl_open(struct rtnl **ret_rtnl)
{
	int fd = transport_socket(NETLINK_ROUTE, 0);

	return fd < 0 ? fd : rtnl_from_fd(fd, ret_rtnl);
}

void rtnl_free(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	vec_done(&rtnl->links.v);
	netlink_free(rtnl->nl);
	free(rtnl);
}

static int link_message(const struct nlmsghdr *msg, void *ctx)
{
	const struct ifinfomsg *info = netlink_payload(msg, sizeof(*info));
	struct links *links = ctx;
	struct link link = {0};
	struct netlink_attr attr;
	size_t pos = 0, len;

	if (msg->nlmsg_type != RTM_NEWLINK || !info || links->v.len >= LINKS_MAX)
		return 0;
	link.index = (uint32_t)info->ifi_index;
	while (netlink_next_attr(msg, sizeof(*info), &pos, &attr)) {
		if (attr.type != IFLA_IFNAME)
			continue;
		len = strnlen((const char *)attr.data, attr.len);
		memcpy(link.name, attr.data, len < sizeof(link.name) ? len : sizeof(link.name) - 1);
	}
	if (link.name[0])
		vec_push(&links->v, link);
	return 0;
}

/* A complete dump or -errno. */
static int dump_errno(const struct netlink_result *res)
{
	if (res->outcome == NETLINK_COMPLETE)
		return 0;
	return res->err < 0 ? res->err : -EIO;
}

int rtnl_refresh(struct rtnl *rtnl)
{
	uint8_t buf[256] __attribute__((aligned(16)));
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct links fresh = {0};
	struct netlink_result res;
	int r;

	msg->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	res = netlink_dump(rtnl->nl, msg, link_message, &fresh);
	r = dump_errno(&res);
	if (r < 0) {
		vec_done(&fresh.v);
		return r;
	}
	vec_done(&rtnl->links.v);
	rtnl->links = fresh;
	return 0;
}

const char *rtnl_name(const struct rtnl *rtnl, uint32_t ifindex)
{
	for (size_t i = 0; i < rtnl->links.v.len; i++)
		if (rtnl->links.v.data[i].index == ifindex)
			return rtnl->links.v.data[i].name;
	return NULL;
}

uint32_t rtnl_index(const struct rtnl *rtnl, const char *name)
{
	for (size_t i = 0; i < rtnl->links.v.len; i++)
		if (strcmp(rtnl->links.v.data[i].name, name) == 0)
			return rtnl->links.v.data[i].index;
	return 0;
}

static void add_address(struct addresses *list, const struct ifaddrmsg *info,
			const struct netlink_attr *attr)
{
	struct netaddr addr;

	if (info->ifa_family == AF_INET && attr->len >= 4)
		addr = netaddr_v4(attr->data);
	else if (info->ifa_family == AF_INET6 && attr->len >= 16)
		addr = netaddr_v6(attr->data);
	else
		return;
	if (list->v.len < LINKS_MAX)
		vec_push(&list->v, addr);
}

static int address_message(const struct nlmsghdr *msg, void *ctx)
{
	const struct ifaddrmsg *info = netlink_payload(msg, sizeof(*info));
	struct netlink_attr attr, chosen = {0};
	size_t pos = 0;

	if (msg->nlmsg_type != RTM_NEWADDR || !info)
		return 0;
	/* on a point-to-point link IFA_ADDRESS is the other end */
	while (netlink_next_attr(msg, sizeof(*info), &pos, &attr))
		if (attr.type == IFA_LOCAL || (attr.type == IFA_ADDRESS && !chosen.data))
			chosen = attr;
	if (chosen.data)
		add_address(ctx, info, &chosen);
	return 0;
}

int rtnl_addresses(struct rtnl *rtnl, struct netaddr **ret_addrs, uint32_t *ret_count)
{
	uint8_t buf[256] __attribute__((aligned(16)));
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct addresses list = {0};
	struct netlink_result res;
	int r;

	msg->nlmsg_type = RTM_GETADDR;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifaddrmsg));
	res = netlink_dump(rtnl->nl, msg, address_message, &list);
	r = dump_errno(&res);
	if (r < 0) {
		vec_done(&list.v);
		return r;
	}
	*ret_addrs = list.v.data;
	*ret_count = (uint32_t)list.v.len;
	return 0;
}
