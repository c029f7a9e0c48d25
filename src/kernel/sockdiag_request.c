#include "kernel/sockdiag_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* TCP_* numbers of include/net/tcp_states.h are those of enum sock_state up to BOUND. */
#define STATES_TCP (STATE_BIT(STATE_BOUND + 1) - 2)
#define STATES_ALL_IP 0xfffu

struct ip_protocol {
	uint16_t number; /* IPPROTO_*; 0 = no inet_diag */
	bool datagram;
};

static const struct ip_protocol ip_protocols[PROTO_COUNT] = {
	[PROTO_TCP] = {IPPROTO_TCP, false},   [PROTO_MPTCP] = {IPPROTO_MPTCP, false},
	[PROTO_UDP] = {IPPROTO_UDP, true},    [PROTO_UDPLITE] = {IPPROTO_UDPLITE, true},
	[PROTO_RAW] = {IPPROTO_RAW, true},    [PROTO_SCTP] = {IPPROTO_SCTP, false},
	[PROTO_DCCP] = {IPPROTO_DCCP, false},
};

static const uint8_t other_families[PROTO_COUNT] = {
	[PROTO_UNIX] = AF_UNIX,
	[PROTO_PACKET] = AF_PACKET,
	[PROTO_NETLINK] = AF_NETLINK,
	[PROTO_VSOCK] = AF_VSOCK,
};

unsigned int sockdiag_request_passes(enum sock_proto proto, bool both,
				     struct sockdiag_pass ret_passes[2])
{
	if (other_families[proto]) {
		ret_passes[0] = (struct sockdiag_pass){proto, other_families[proto]};
		return 1;
	}
	if (!ip_protocols[proto].number)
		return 0;
	if (both && (proto == PROTO_TCP || proto == PROTO_MPTCP)) {
		ret_passes[0] = (struct sockdiag_pass){proto, AF_UNSPEC};
		return 1;
	}
	ret_passes[0] = (struct sockdiag_pass){proto, AF_INET};
	ret_passes[1] = (struct sockdiag_pass){proto, AF_INET6};
	return 2;
}

uint32_t sockdiag_request_states(enum sock_proto proto, uint32_t states)
{
	uint32_t mask;

	if (other_families[proto])
		return UINT32_MAX;
	if (ip_protocols[proto].datagram) {
		mask = states & STATE_BIT(STATE_ESTABLISHED);
		if (states & (STATE_BIT(STATE_UNCONN) | STATE_BIT(STATE_CLOSE)))
			mask |= STATE_BIT(STATE_CLOSE);
		return mask;
	}
	mask = states & STATES_TCP;
	if (mask & STATE_BIT(STATE_SYN_RECV))
		mask |= STATE_BIT(STATE_NEW_SYN_RECV);
	/* association states of SCTP are numbered differently: take all, the decoder tells */
	if (proto == PROTO_SCTP && mask & ~STATE_BIT(STATE_LISTEN))
		mask = STATES_ALL_IP;
	return proto == PROTO_TCP ? mask : mask & ~STATE_BIT(STATE_BOUND);
}

static uint8_t extensions(enum sock_proto proto, uint32_t want)
{
	uint8_t ext = 0;

	if (want & SOCKDIAG_WANT_TCP_INFO && (proto == PROTO_TCP || proto == PROTO_MPTCP))
		ext |= 1u << (INET_DIAG_INFO - 1) | 1u << (INET_DIAG_CONG - 1);
	if (want & SOCKDIAG_WANT_DROPS)
		ext |= 1u << (INET_DIAG_SKMEMINFO - 1);
	return ext;
}

/* sdiag_protocol has 8 bits: larger numbers travel in an attribute (INET_DIAG_REQ_PROTOCOL). */
static void put_protocol(struct nlmsghdr *msg, uint16_t number)
{
	if (number > UINT8_MAX)
		mnl_attr_put_u32(msg, INET_DIAG_REQ_PROTOCOL, number);
}

static void put_inet_dump(struct nlmsghdr *msg, const struct sockdiag_pass *pass,
			  const struct sockdiag_query *query)
{
	const uint16_t number = ip_protocols[pass->proto].number;
	const uint32_t states = sockdiag_request_states(pass->proto, query->states);
	struct inet_diag_req_v2 *req;
	struct inet_diag_req *compat;

	if (pass->family == AF_UNSPEC) {
		msg->nlmsg_type = TCPDIAG_GETSOCK;
		compat = mnl_nlmsg_put_extra_header(msg, sizeof(*compat));
		compat->idiag_states = states;
		compat->idiag_ext = extensions(pass->proto, query->want);
	} else {
		req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));
		req->sdiag_family = pass->family;
		req->sdiag_protocol = number > UINT8_MAX ? IPPROTO_TCP : (uint8_t)number;
		req->idiag_states = states;
		req->idiag_ext = extensions(pass->proto, query->want);
	}
	put_protocol(msg, number);
	if (query->filter && query->filter->len)
		mnl_attr_put(msg, INET_DIAG_REQ_BYTECODE, query->filter->len, query->filter->code);
}

static void put_other_dump(struct nlmsghdr *msg, enum sock_proto proto)
{
	struct unix_diag_req *un;
	struct packet_diag_req *packet;
	struct netlink_diag_req *netlink;
	struct vsock_diag_req *vsock;

	switch (proto) {
	case PROTO_UNIX:
		un = mnl_nlmsg_put_extra_header(msg, sizeof(*un));
		un->sdiag_family = AF_UNIX;
		un->udiag_states = UINT32_MAX;
		un->udiag_show =
			UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
		break;
	case PROTO_PACKET:
		packet = mnl_nlmsg_put_extra_header(msg, sizeof(*packet));
		packet->sdiag_family = AF_PACKET;
		packet->pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO;
		break;
	case PROTO_NETLINK:
		netlink = mnl_nlmsg_put_extra_header(msg, sizeof(*netlink));
		netlink->sdiag_family = AF_NETLINK;
		netlink->sdiag_protocol = NDIAG_PROTO_ALL;
		netlink->ndiag_show = NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS;
		break;
	default:
		vsock = mnl_nlmsg_put_extra_header(msg, sizeof(*vsock));
		vsock->sdiag_family = AF_VSOCK;
		vsock->vdiag_states = UINT32_MAX;
	}
}

struct nlmsghdr *sockdiag_request_dump(void *buf, size_t size, const struct sockdiag_pass *pass,
				       const struct sockdiag_query *query)
{
	const size_t fixed = MNL_NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2) + 64;
	const size_t filter_len = query->filter ? query->filter->len : 0;
	struct nlmsghdr *msg;

	if (size < fixed || filter_len > size - fixed || filter_len > UINT16_MAX - MNL_ATTR_HDRLEN)
		return NULL;
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (other_families[pass->proto])
		put_other_dump(msg, pass->proto);
	else
		put_inet_dump(msg, pass, query);
	return msg;
}

static void put_sockid(struct inet_diag_sockid *id, const struct sockdiag_key *key, bool swapped)
{
	const struct netaddr *src = swapped ? &key->remote : &key->local;
	const struct netaddr *dst = swapped ? &key->local : &key->remote;

	id->idiag_sport = htons((uint16_t)(swapped ? key->remote_port : key->local_port));
	id->idiag_dport = htons((uint16_t)(swapped ? key->local_port : key->remote_port));
	memcpy(id->idiag_src, src->bytes, sizeof(id->idiag_src));
	memcpy(id->idiag_dst, dst->bytes, sizeof(id->idiag_dst));
	id->idiag_if = key->ifindex;
	id->idiag_cookie[0] = key->cookie ? (uint32_t)key->cookie : INET_DIAG_NOCOOKIE;
	id->idiag_cookie[1] = key->cookie ? (uint32_t)(key->cookie >> 32) : INET_DIAG_NOCOOKIE;
}

struct nlmsghdr *sockdiag_request_exact(void *buf, size_t size, uint16_t type,
					const struct sockdiag_key *key, uint32_t want)
{
	const uint16_t number = key->proto < PROTO_COUNT ? ip_protocols[key->proto].number : 0;
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *msg;

	/* mptcp_diag finds by token, not by address: net/mptcp/mptcp_diag.c */
	if (!number || key->proto == PROTO_MPTCP || size < MNL_NLMSG_HDRLEN + sizeof(*req))
		return NULL;
	if (key->family != FAM_INET && key->family != FAM_INET6)
		return NULL;
	msg = mnl_nlmsg_put_header(buf);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST;
	req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));
	req->sdiag_family = key->family == FAM_INET ? AF_INET : AF_INET6;
	req->sdiag_protocol = (uint8_t)number;
	req->idiag_states = UINT32_MAX;
	req->idiag_ext = extensions(key->proto, want);
	/* udp_dump_one() in net/ipv4/udp_diag.c takes src for the remote end; its destroy does not
	 */
	put_sockid(&req->id, key,
		   type == SOCK_DIAG_BY_FAMILY &&
			   (key->proto == PROTO_UDP || key->proto == PROTO_UDPLITE));
	return msg;
}
