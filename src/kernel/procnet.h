/*
 * Sockets from the text tables /proc/net/{tcp,tcp6,udp,udp6,udplite,udplite6,raw,raw6,icmp,icmp6,
 * unix,packet,netlink} (proc_pid_net(5), the seq_show functions in net/ipv4, ipv6, unix, packet,
 * netlink). For protocols without a diag module, and for everything when netlink is refused.
 *
 * Records have no cookie, cgroup, mark or tcp_info; a listener's recvq is its accept queue while
 * the queue's limit is unknown (REC_BACKLOG_MAX unset); addresses have no device. unix has neither
 * peer nor uid. mptcp, sctp, dccp and vsock have no table.
 */
#ifndef INETTOP_KERNEL_PROCNET_H
#define INETTOP_KERNEL_PROCNET_H

#include "kernel/netlink.h"
#include "model/record.h"

struct procnet_report {
	uint32_t asked, complete, unsupported; /* PROTO_BIT masks, as in struct sockdiag_report */
	int err[PROTO_COUNT];		       /* -errno of the first failure, 0 */
	uint32_t records;
	uint32_t undecodable; /* lines that are not in the known form */
};

/* PROTO_BIT mask of the protocols that have a table. */
#define PROCNET_PROTOS                                                                             \
	(PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |                  \
	 PROTO_BIT(PROTO_RAW) | PROTO_BIT(PROTO_ICMP) | PROTO_BIT(PROTO_UNIX) |                    \
	 PROTO_BIT(PROTO_PACKET) | PROTO_BIT(PROTO_NETLINK))

/*
 * Reads the tables of protos below net_dir, a directory descriptor of /proc/net, /proc/PID/net or a
 * fake one. states: STATE_BIT mask of the rows wanted. each gets every record.
 */
void procnet_read(int net_dir, uint32_t protos, uint32_t states,
		  void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
		  struct procnet_report *ret_report);

/* One line without its newline, of the table of proto and family (AF_INET, AF_INET6, ignored for
 * the rest). 0, -ENOMSG for the heading, -EBADMSG for anything else. path points into line. */
int procnet_decode_line(enum sock_proto proto, int family, const char *line, size_t len,
			struct sock_rec *ret_rec);

#endif
