#include "kernel/kernel_links.h"

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/vec.h"

/* linux/wireguard.h, which old headers lack */
#define WG_CMD_GET 0
#define WG_VERSION 1
#define WG_A_IFINDEX 1
#define WG_A_LISTEN_PORT 6

#define LINKS_MAX 65536

struct links {
	VEC(struct kernel_link) v;
	VEC(uint32_t) masters;
};

static uint16_t be16_of(const struct netlink_attr *attr)
{
	return attr->len >= 2 ? (uint16_t)(attr->data[0] << 8 | attr->data[1]) : 0;
}

static bool is_kind(const struct netlink_attr *kind, const char *name)
{
	size_t len = strnlen((const char *)kind->data, kind->len);

	return len == strlen(name) && !memcmp(kind->data, name, len);
}

static uint16_t data_port(const struct netlink_attr *data, uint16_t type)
{
	struct netlink_attr attr;
	size_t pos = 0;

	while (data->data && netlink_next_nested(data, &pos, &attr))
		if (attr.type == type)
			return be16_of(&attr);
	return 0;
}

static void read_info(const struct netlink_attr *info, struct kernel_link *link)
{
	static const struct {
		const char *name;
		uint8_t kind;
		uint16_t port_attr;
	} tunnels[] = {
		{"vxlan", WHY_KERNEL_VXLAN, IFLA_VXLAN_PORT},
		{"geneve", WHY_KERNEL_GENEVE, IFLA_GENEVE_PORT},
		{"wireguard", WHY_KERNEL_WIREGUARD, 0},
	};
	struct netlink_attr attr, kind = {0}, data = {0};
	size_t pos = 0;

	while (netlink_next_nested(info, &pos, &attr)) {
		if (attr.type == IFLA_INFO_KIND)
			kind = attr;
		else if (attr.type == IFLA_INFO_DATA)
			data = attr;
	}
	if (!kind.data)
		return;
	link->is_vrf = is_kind(&kind, "vrf");
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		if (!is_kind(&kind, tunnels[i].name))
			continue;
		link->is_tunnel = true;
		link->kind = tunnels[i].kind;
		if (tunnels[i].port_attr)
			link->port = data_port(&data, tunnels[i].port_attr);
	}
}

static int on_link(const struct nlmsghdr *msg, void *ctx)
{
	const struct ifinfomsg *info = netlink_payload(msg, sizeof(*info));
	struct links *links = ctx;
	struct kernel_link link = {0};
	struct netlink_attr attr;
	uint32_t master = 0;
	size_t pos = 0, len;

	if (msg->nlmsg_type != RTM_NEWLINK || !info || links->v.len >= LINKS_MAX)
		return 0;
	link.ifindex = (uint32_t)info->ifi_index;
	link.is_up = info->ifi_flags & IFF_UP;
	while (netlink_next_attr(msg, sizeof(*info), &pos, &attr)) {
		if (attr.type == IFLA_IFNAME) {
			len = strnlen((const char *)attr.data, attr.len);
			memcpy(link.name, attr.data, len < 16 ? len : 15);
		} else if (attr.type == IFLA_MASTER && attr.len >= 4) {
			memcpy(&master, attr.data, 4);
		} else if (attr.type == IFLA_LINKINFO) {
			read_info(&attr, &link);
		}
	}
	vec_push(&links->v, link);
	vec_push(&links->masters, master);
	return 0;
}

static void find_vrfs(struct links *links)
{
	for (size_t i = 0; i < links->v.len; i++) {
		struct kernel_link *link = &links->v.data[i];

		if (link->is_vrf)
			link->vrf = link->ifindex;
		for (size_t k = 0; links->masters.data[i] && k < links->v.len; k++)
			if (links->v.data[k].ifindex == links->masters.data[i] &&
			    links->v.data[k].is_vrf)
				link->vrf = links->masters.data[i];
	}
}

int kernel_links_read(struct netlink *route, struct kernel_link **ret, uint32_t *ret_n)
{
	uint8_t buf[128] __attribute__((aligned(16)));
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct links links = {0};
	struct netlink_result res;

	msg->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	res = netlink_dump(route, msg, on_link, &links);
	find_vrfs(&links);
	vec_done(&links.masters);
	*ret = links.v.data;
	*ret_n = (uint32_t)links.v.len;
	if (res.outcome == NETLINK_COMPLETE)
		return 0;
	return res.err < 0 ? res.err : -EIO;
}

uint32_t kernel_links_vrf(const struct kernel_link *links, uint32_t n, uint32_t ifindex)
{
	for (uint32_t i = 0; ifindex && i < n; i++)
		if (links[i].ifindex == ifindex)
			return links[i].vrf;
	return 0;
}

static void on_family(uint32_t index, int err, const struct nlmsghdr *msg, void *ctx)
{
	struct netlink_attr attr;
	uint16_t *id = ctx;
	size_t pos = 0;

	(void)index;
	while (!err && msg && netlink_next_attr(msg, sizeof(struct genlmsghdr), &pos, &attr))
		if (attr.type == CTRL_ATTR_FAMILY_ID && attr.len >= 2)
			memcpy(id, attr.data, 2);
}

static struct nlmsghdr *put_genl(void *buf, uint16_t family, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	msg->nlmsg_type = family;
	msg->nlmsg_flags = NLM_F_REQUEST;
	genl = mnl_nlmsg_put_extra_header(msg, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return msg;
}

static uint16_t family_id(struct netlink *generic, const char *name)
{
	uint8_t buf[128] __attribute__((aligned(16)));
	struct nlmsghdr *msg = put_genl(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	uint16_t id = 0;

	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, name);
	netlink_exchange(generic, buf, msg->nlmsg_len, 1, on_family, &id);
	return id;
}

static int on_wireguard(const struct nlmsghdr *msg, void *ctx)
{
	struct kernel_link *link = ctx;
	struct netlink_attr attr;
	size_t pos = 0;

	while (netlink_next_attr(msg, sizeof(struct genlmsghdr), &pos, &attr))
		if (attr.type == WG_A_LISTEN_PORT && attr.len >= 2)
			memcpy(&link->port, attr.data, 2);
	return 0;
}

int kernel_links_wireguard(struct netlink *generic, struct kernel_link *links, uint32_t n)
{
	uint8_t buf[128] __attribute__((aligned(16)));
	struct netlink_result res;
	struct nlmsghdr *msg;
	uint16_t family = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!links[i].is_tunnel || links[i].kind != WHY_KERNEL_WIREGUARD)
			continue;
		if (!family)
			family = family_id(generic, "wireguard");
		if (!family)
			return -ENOENT;
		msg = put_genl(buf, family, WG_CMD_GET, WG_VERSION);
		mnl_attr_put_u32(msg, WG_A_IFINDEX, links[i].ifindex);
		res = netlink_dump(generic, msg, on_wireguard, &links[i]);
		if (res.outcome == NETLINK_REFUSED)
			return res.err;
	}
	return 0;
}
