/*
 * sock_diag messages to records. Pure: bytes in, record out, any bytes are safe.
 * Each returns 0, or -EBADMSG for a message that is too short or of an unknown family.
 */
#ifndef INETTOP_KERNEL_SOCKDIAG_DECODE_H
#define INETTOP_KERNEL_SOCKDIAG_DECODE_H

#include <linux/netlink.h>

#include "model/record.h"

/* proto = what was asked for (the message itself does not say). ret_rec->tcp points to ret_tcp. */
int sockdiag_decode_inet(const struct nlmsghdr *msg, enum sock_proto proto,
			 struct tcp_stats *ret_tcp, struct sock_rec *ret_rec);

/* ret_rec->path points into msg. */
int sockdiag_decode_unix(const struct nlmsghdr *msg, struct sock_rec *ret_rec);

/* local_port = protocol (ETH_P_*), sock_type = SOCK_RAW or SOCK_DGRAM. */
int sockdiag_decode_packet(const struct nlmsghdr *msg, struct sock_rec *ret_rec);

/* local_port = port id, remote_port = the first 32 groups as a mask, sock_type = netlink protocol.
 */
int sockdiag_decode_netlink(const struct nlmsghdr *msg, struct sock_rec *ret_rec);

int sockdiag_decode_vsock(const struct nlmsghdr *msg, struct sock_rec *ret_rec);

/* The right one of these for proto. */
int sockdiag_decode(const struct nlmsghdr *msg, enum sock_proto proto, struct tcp_stats *ret_tcp,
		    struct sock_rec *ret_rec);

#endif
