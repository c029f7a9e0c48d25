/*
 * Layouts: linux/{inet,unix,packet,netlink,vm_sockets}_diag.h. Attributes:
 * inet_diag_msg_attrs_fill() in net/ipv4/inet_diag.c, sk_diag_fill() in
 * net/{unix,packet,netlink}/diag.c.
 */
#include "kernel/sockdiag_decode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>

#include "kernel/netlink.h"
#include "kernel/sockdiag_info.h"

static uint32_t attr_u32(const struct netlink_attr *attr)
{
	uint32_t v = 0;

	if (attr->len >= sizeof(v))
		memcpy(&v, attr->data, sizeof(v));
	return v;
}

static uint64_t cookie_of(const uint32_t cookie[2])
{
	return (uint64_t)cookie[1] << 32 | cookie[0];
}

static enum sock_state tcp_state(uint8_t state, uint32_t inode, enum sock_proto proto)
{
	if (state == STATE_NEW_SYN_RECV)
		return STATE_SYN_RECV;
	/* bit 13 of the mask is answered as CLOSE: inet_diag_dump_icsk() */
	if (state == STATE_CLOSE && inode && proto == PROTO_TCP)
		return STATE_BOUND;
	return state >= STATE_ESTABLISHED && state <= STATE_CLOSING ? state : STATE_NONE;
}

static enum sock_state datagram_state(uint8_t state)
{
	return state == STATE_ESTABLISHED ? STATE_ESTABLISHED : STATE_UNCONN;
}

/* Endpoints carry socket states, which have TCP's numbers; associations enum sctp_state. */
static enum sock_state sctp_state(uint8_t state, bool association)
{
	static const uint8_t of_association[] = {
		STATE_CLOSE,	  STATE_SYN_SENT,   STATE_SYN_SENT,   STATE_ESTABLISHED,
		STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, STATE_CLOSE_WAIT, STATE_LAST_ACK,
	};

	if (!association)
		return tcp_state(state, 0, PROTO_SCTP);
	return state < sizeof(of_association) ? of_association[state] : STATE_NONE;
}

static enum sock_state inet_state(enum sock_proto proto, const struct inet_diag_msg *diag)
{
	switch (proto) {
	case PROTO_TCP:
	case PROTO_MPTCP:
	case PROTO_DCCP:
		return tcp_state(diag->idiag_state, diag->idiag_inode, proto);
	case PROTO_SCTP:
		return sctp_state(diag->idiag_state, diag->id.idiag_dport != 0);
	default:
		return datagram_state(diag->idiag_state);
	}
}

static void meminfo_attr(const struct netlink_attr *attr, struct sock_rec *rec, uint32_t *ret_rmem)
{
	uint32_t mem[SK_MEMINFO_VARS];

	if (attr->len < sizeof(mem))
		return;
	memcpy(mem, attr->data, sizeof(mem));
	rec->drops = mem[SK_MEMINFO_DROPS];
	rec->have |= REC_DROPS;
	if (ret_rmem) {
		*ret_rmem = mem[SK_MEMINFO_RMEM_ALLOC];
		rec->have |= REC_QUEUES;
	}
}

static bool ulp_is_mptcp(const struct netlink_attr *nest)
{
	struct netlink_attr attr;
	size_t pos = 0;

	while (netlink_next_nested(nest, &pos, &attr))
		if (attr.type == INET_ULP_INFO_MPTCP)
			return true;
	return false;
}

static void inet_info_attr(const struct netlink_attr *attr, struct sock_rec *rec,
			   struct tcp_stats *tcp)
{
	const bool mptcp = rec->proto == PROTO_MPTCP;

	if (rec->proto != PROTO_TCP && !mptcp)
		return;
	if (mptcp)
		sockdiag_decode_mptcp_info(attr->data, attr->len, tcp);
	else
		sockdiag_decode_tcp_info(attr->data, attr->len, tcp);
	rec->tcp = tcp;
	rec->have |= REC_TCP;
}

static void inet_attr(const struct netlink_attr *attr, struct sock_rec *rec, struct tcp_stats *tcp)
{
	switch (attr->type) {
	case INET_DIAG_SHUTDOWN:
		if (!attr->len)
			break;
		rec->shutdown = attr->data[0];
		rec->have |= REC_SHUTDOWN;
		break;
	case INET_DIAG_CGROUP_ID:
		if (attr->len < sizeof(rec->cgroup_id))
			break;
		memcpy(&rec->cgroup_id, attr->data, sizeof(rec->cgroup_id));
		rec->have |= REC_CGROUP;
		break;
	case INET_DIAG_SKV6ONLY:
		if (!attr->len)
			break;
		rec->v6only = attr->data[0];
		rec->have |= REC_V6ONLY;
		break;
	case INET_DIAG_MARK:
		if (attr->len < sizeof(rec->mark))
			break;
		rec->mark = attr_u32(attr);
		rec->have |= REC_MARK;
		break;
	case INET_DIAG_SKMEMINFO:
		meminfo_attr(attr, rec, NULL);
		break;
	case INET_DIAG_INFO:
		inet_info_attr(attr, rec, tcp);
		break;
	case INET_DIAG_PROTOCOL:
		if (attr->len)
			rec->sock_type = attr->data[0];
		break;
	case INET_DIAG_ULP_INFO:
		rec->mptcp_subflow = ulp_is_mptcp(attr);
		break;
	default:
		break;
	}
}

/* INET_DIAG_CONG may come before INET_DIAG_INFO, whose decoding resets everything. */
static void inet_cong(const struct nlmsghdr *msg, struct tcp_stats *tcp)
{
	struct netlink_attr attr;
	size_t pos = 0, len;

	while (netlink_next_attr(msg, sizeof(struct inet_diag_msg), &pos, &attr)) {
		if (attr.type != INET_DIAG_CONG)
			continue;
		len = strnlen((const char *)attr.data, attr.len);
		if (len >= sizeof(tcp->cc))
			len = sizeof(tcp->cc) - 1;
		memcpy(tcp->cc, attr.data, len);
		tcp->cc[len] = '\0';
		return;
	}
}

static int inet_addresses(const struct inet_diag_msg *diag, struct sock_rec *rec)
{
	switch (diag->idiag_family) {
	case AF_INET:
		rec->family = FAM_INET;
		rec->local = netaddr_v4(diag->id.idiag_src);
		rec->remote = netaddr_v4(diag->id.idiag_dst);
		return 0;
	case AF_INET6:
		rec->family = FAM_INET6;
		rec->local = netaddr_v6(diag->id.idiag_src);
		rec->remote = netaddr_v6(diag->id.idiag_dst);
		return 0;
	default:
		return -EBADMSG;
	}
}

int sockdiag_decode_inet(const struct nlmsghdr *msg, enum sock_proto proto,
			 struct tcp_stats *ret_tcp, struct sock_rec *ret_rec)
{
	const struct inet_diag_msg *diag = netlink_payload(msg, sizeof(*diag));
	struct sock_rec *rec = ret_rec;
	struct netlink_attr attr;
	size_t pos = 0;

	if (!diag)
		return -EBADMSG;
	memset(rec, 0, sizeof(*rec));
	if (inet_addresses(diag, rec) < 0)
		return -EBADMSG;
	rec->proto = (uint8_t)proto;
	rec->state = (uint8_t)inet_state(proto, diag);
	rec->cookie = cookie_of(diag->id.idiag_cookie);
	rec->inode = diag->idiag_inode;
	rec->local_port = ntohs(diag->id.idiag_sport);
	rec->remote_port = ntohs(diag->id.idiag_dport);
	rec->ifindex = diag->id.idiag_if;
	rec->timer = diag->idiag_timer;
	rec->timer_retrans = diag->idiag_retrans;
	rec->expires_ms = diag->idiag_expires;
	rec->recvq = diag->idiag_rqueue;
	rec->sendq = diag->idiag_wqueue;
	rec->uid = diag->idiag_uid;
	rec->have = REC_QUEUES;
	/* no socket of a process (time-wait, request, not accepted): 0, or the overflow uid */
	if (rec->inode)
		rec->have |= REC_UID;
	if (rec->state == STATE_LISTEN)
		rec->have |= REC_BACKLOG_MAX;
	while (netlink_next_attr(msg, sizeof(*diag), &pos, &attr))
		inet_attr(&attr, rec, ret_tcp);
	if (rec->tcp)
		inet_cong(msg, ret_tcp);
	return 0;
}

static void unix_name(const struct netlink_attr *attr, struct sock_rec *rec)
{
	const char *name = (const char *)attr->data;

	rec->abstract_name = attr->len && name[0] == '\0';
	if (rec->abstract_name)
		rec->path = (struct bytes){name + 1, attr->len - 1u};
	else
		rec->path = (struct bytes){name, (uint32_t)strnlen(name, attr->len)};
}

static void unix_attr(const struct netlink_attr *attr, struct sock_rec *rec)
{
	struct unix_diag_rqlen queues;

	switch (attr->type) {
	case UNIX_DIAG_NAME:
		unix_name(attr, rec);
		break;
	case UNIX_DIAG_PEER:
		rec->peer_inode = attr_u32(attr);
		break;
	case UNIX_DIAG_RQLEN:
		if (attr->len < sizeof(queues))
			break;
		memcpy(&queues, attr->data, sizeof(queues));
		rec->recvq = queues.udiag_rqueue;
		rec->sendq = queues.udiag_wqueue;
		rec->have |= REC_QUEUES;
		if (rec->state == STATE_LISTEN)
			rec->have |= REC_BACKLOG_MAX;
		break;
	case UNIX_DIAG_SHUTDOWN:
		if (!attr->len)
			break;
		rec->shutdown = attr->data[0];
		rec->have |= REC_SHUTDOWN;
		break;
	case UNIX_DIAG_UID:
		if (attr->len < sizeof(uint32_t))
			break;
		rec->uid = attr_u32(attr);
		rec->have |= REC_UID;
		break;
	default:
		break;
	}
}

int sockdiag_decode_unix(const struct nlmsghdr *msg, struct sock_rec *ret_rec)
{
	const struct unix_diag_msg *diag = netlink_payload(msg, sizeof(*diag));
	struct netlink_attr attr;
	size_t pos = 0;

	if (!diag || diag->udiag_family != AF_UNIX)
		return -EBADMSG;
	*ret_rec = (struct sock_rec){
		.proto = PROTO_UNIX,
		.family = FAM_UNIX,
		.sock_type = diag->udiag_type,
		.inode = diag->udiag_ino,
		.cookie = cookie_of(diag->udiag_cookie),
		.state = diag->udiag_state == STATE_CLOSE
				 ? STATE_UNCONN
				 : (uint8_t)tcp_state(diag->udiag_state, 0, PROTO_UNIX),
	};
	while (netlink_next_attr(msg, sizeof(*diag), &pos, &attr))
		unix_attr(&attr, ret_rec);
	return 0;
}

int sockdiag_decode_packet(const struct nlmsghdr *msg, struct sock_rec *ret_rec)
{
	const struct packet_diag_msg *diag = netlink_payload(msg, sizeof(*diag));
	struct netlink_attr attr;
	size_t pos = 0;

	if (!diag || diag->pdiag_family != AF_PACKET)
		return -EBADMSG;
	*ret_rec = (struct sock_rec){
		.proto = PROTO_PACKET,
		.family = FAM_PACKET,
		.sock_type = diag->pdiag_type,
		.inode = diag->pdiag_ino,
		.cookie = cookie_of(diag->pdiag_cookie),
		.state = STATE_UNCONN,
		.local_port = diag->pdiag_num,
	};
	while (netlink_next_attr(msg, sizeof(*diag), &pos, &attr)) {
		if (attr.type == PACKET_DIAG_INFO) {
			ret_rec->ifindex = attr_u32(&attr); /* pdi_index comes first */
		} else if (attr.type == PACKET_DIAG_UID && attr.len >= sizeof(uint32_t)) {
			ret_rec->uid = attr_u32(&attr);
			ret_rec->have |= REC_UID;
		} else if (attr.type == PACKET_DIAG_MEMINFO) {
			meminfo_attr(&attr, ret_rec, &ret_rec->recvq);
		}
	}
	return 0;
}

int sockdiag_decode_netlink(const struct nlmsghdr *msg, struct sock_rec *ret_rec)
{
	const struct netlink_diag_msg *diag = netlink_payload(msg, sizeof(*diag));
	struct netlink_attr attr;
	size_t pos = 0;

	if (!diag || diag->ndiag_family != AF_NETLINK)
		return -EBADMSG;
	*ret_rec = (struct sock_rec){
		.proto = PROTO_NETLINK,
		.family = FAM_NETLINK,
		.sock_type = diag->ndiag_protocol,
		.inode = diag->ndiag_ino,
		.cookie = cookie_of(diag->ndiag_cookie),
		.state = diag->ndiag_state == 1 /* NETLINK_CONNECTED */ ? STATE_ESTABLISHED
									: STATE_UNCONN,
		.local_port = diag->ndiag_portid,
	};
	while (netlink_next_attr(msg, sizeof(*diag), &pos, &attr)) {
		if (attr.type == NETLINK_DIAG_GROUPS)
			ret_rec->remote_port = attr_u32(&attr);
		else if (attr.type == NETLINK_DIAG_MEMINFO)
			meminfo_attr(&attr, ret_rec, &ret_rec->recvq);
	}
	return 0;
}

int sockdiag_decode_vsock(const struct nlmsghdr *msg, struct sock_rec *ret_rec)
{
	const struct vsock_diag_msg *diag = netlink_payload(msg, sizeof(*diag));

	if (!diag || diag->vdiag_family != AF_VSOCK)
		return -EBADMSG;
	*ret_rec = (struct sock_rec){
		.proto = PROTO_VSOCK,
		.family = FAM_VSOCK,
		.sock_type = diag->vdiag_type,
		.inode = diag->vdiag_ino,
		.cookie = cookie_of(diag->vdiag_cookie),
		.state = diag->vdiag_state == STATE_CLOSE
				 ? STATE_UNCONN
				 : (uint8_t)tcp_state(diag->vdiag_state, 0, PROTO_VSOCK),
		.shutdown = diag->vdiag_shutdown,
		.have = REC_SHUTDOWN,
		.local_cid = diag->vdiag_src_cid,
		.local_port = diag->vdiag_src_port,
		.remote_cid = diag->vdiag_dst_cid,
		.remote_port = diag->vdiag_dst_port,
	};
	return 0;
}

int sockdiag_decode(const struct nlmsghdr *msg, enum sock_proto proto, struct tcp_stats *ret_tcp,
		    struct sock_rec *ret_rec)
{
	switch (proto) {
	case PROTO_UNIX:
		return sockdiag_decode_unix(msg, ret_rec);
	case PROTO_PACKET:
		return sockdiag_decode_packet(msg, ret_rec);
	case PROTO_NETLINK:
		return sockdiag_decode_netlink(msg, ret_rec);
	case PROTO_VSOCK:
		return sockdiag_decode_vsock(msg, ret_rec);
	default:
		return sockdiag_decode_inet(msg, proto, ret_tcp, ret_rec);
	}
}
