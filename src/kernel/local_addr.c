#include "kernel/local_addr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct search {
	const struct netaddr *addr;
	int best; /* prefix length of the longest match, -1 none */
	uint8_t type;
	struct local_addr *ret;
};

int local_addr_open(struct netlink **ret_nl)
{
	int fd = transport_socket(NETLINK_ROUTE, 0), on = 1, err;
	struct transport *transport;

	if (fd < 0)
		return fd;
	/* without it the kernel gives all tables: fine, only longer */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	err = transport_from_fd(fd, &transport);
	if (err)
		return err;
	*ret_nl = netlink_new(transport);
	return 0;
}

static int done(const struct netlink_result *res)
{
	if (res->outcome == NETLINK_COMPLETE)
		return 0;
	return res->err < 0 ? res->err : -EIO;
}

static bool prefix_holds(const uint8_t *net, const uint8_t *addr, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	return !memcmp(net, addr, bytes) && (!rest || !((net[bytes] ^ addr[bytes]) >> (8 - rest)));
}

static int on_route(const struct nlmsghdr *msg, void *ctx)
{
	const struct rtmsg *rt = netlink_payload(msg, sizeof(*rt));
	static const uint8_t zero[4];
	const uint8_t *dst = zero;
	struct search *s = ctx;
	struct netlink_attr attr;
	uint32_t table;
	size_t pos = 0;

	if (msg->nlmsg_type != RTM_NEWROUTE || !rt || rt->rtm_family != AF_INET ||
	    rt->rtm_dst_len > 32)
		return 0;
	table = rt->rtm_table;
	while (netlink_next_attr(msg, sizeof(*rt), &pos, &attr)) {
		if (attr.type == RTA_DST && attr.len >= 4)
			dst = attr.data;
		else if (attr.type == RTA_TABLE && attr.len >= 4)
			memcpy(&table, attr.data, 4);
	}
	if (table == RT_TABLE_LOCAL && rt->rtm_dst_len > s->best &&
	    prefix_holds(dst, s->addr->bytes, rt->rtm_dst_len)) {
		s->best = rt->rtm_dst_len;
		s->type = rt->rtm_type;
	}
	return 0;
}

static int check_v4(struct netlink *nl, const struct netaddr *addr, struct local_addr *ret)
{
	uint8_t buf[128] __attribute__((aligned(16)));
	struct search s = {.addr = addr, .best = -1, .ret = ret};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct netlink_result res;
	struct rtmsg *rt;

	ret->multicast = (addr->bytes[0] & 0xf0) == 0xe0;
	ret->broadcast = !addr->bytes[0] || !memcmp(addr->bytes, "\xff\xff\xff\xff", 4);
	ret->local = ret->multicast || ret->broadcast;
	if (ret->local)
		return 0;
	msg->nlmsg_type = RTM_GETROUTE;
	rt = mnl_nlmsg_put_extra_header(msg, sizeof(*rt));
	rt->rtm_family = AF_INET;
	rt->rtm_table = RT_TABLE_LOCAL;
	res = netlink_dump(nl, msg, on_route, &s);
	ret->broadcast = s.best >= 0 && s.type == RTN_BROADCAST;
	ret->local = s.best >= 0 && (s.type == RTN_LOCAL || ret->broadcast);
	return ret->local ? 0 : done(&res);
}

static int on_address(const struct nlmsghdr *msg, void *ctx)
{
	const struct ifaddrmsg *ifa = netlink_payload(msg, sizeof(*ifa));
	const uint8_t *local = NULL, *address = NULL;
	struct search *s = ctx;
	struct netlink_attr attr;
	uint32_t flags;
	size_t pos = 0;

	if (msg->nlmsg_type != RTM_NEWADDR || !ifa || ifa->ifa_family != AF_INET6)
		return 0;
	flags = ifa->ifa_flags;
	while (netlink_next_attr(msg, sizeof(*ifa), &pos, &attr)) {
		if (attr.type == IFA_LOCAL && attr.len >= 16)
			local = attr.data;
		else if (attr.type == IFA_ADDRESS && attr.len >= 16)
			address = attr.data;
		else if (attr.type == IFA_FLAGS && attr.len >= 4)
			memcpy(&flags, attr.data, 4);
	}
	local = local ? local : address;
	if (!local || memcmp(local, s->addr->bytes, 16) ||
	    ((flags & IFA_F_TENTATIVE) && !(flags & IFA_F_OPTIMISTIC)))
		return 0;
	s->ret->local = true;
	s->ret->ifindex = ifa->ifa_index;
	return 0;
}

static int check_v6(struct netlink *nl, const struct netaddr *addr, struct local_addr *ret)
{
	uint8_t buf[128] __attribute__((aligned(16)));
	struct search s = {.addr = addr, .ret = ret};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct netlink_result res;
	struct ifaddrmsg *ifa;

	ret->multicast = ret->local = addr->bytes[0] == 0xff;
	if (ret->local)
		return 0;
	msg->nlmsg_type = RTM_GETADDR;
	ifa = mnl_nlmsg_put_extra_header(msg, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	res = netlink_dump(nl, msg, on_address, &s);
	return ret->local ? 0 : done(&res);
}

int local_addr_check(struct netlink *nl, const struct netaddr *addr, struct local_addr *ret)
{
	struct netaddr plain = netaddr_unmap(addr);

	memset(ret, 0, sizeof(*ret));
	if (netaddr_is_any(&plain)) {
		ret->local = true;
		return 0;
	}
	return plain.family == AF_INET ? check_v4(nl, &plain, ret) : check_v6(nl, &plain, ret);
}
