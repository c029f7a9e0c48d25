/*
 * What bind() followed (TCP) by listen() would give for one local endpoint, as the kernel decides
 * it from the sockets that are already there. Pure: facts in, three errnos out.
 *
 * The rules are those of Linux 6.18 (net/ipv4/inet_connection_sock.c inet_csk_get_port() and
 * inet_bind_conflict(), net/ipv4/udp.c udp_lib_get_port(), net/ipv4/af_inet.c __inet_bind(),
 * net/ipv6/af_inet6.c __inet6_bind()), verified on 6.18.44 by tests/live/bind_random.c:
 *
 * - Two sockets meet only with the same protocol family of ports (TCP with MPTCP; UDP; UDP-Lite),
 *   the same port, overlapping devices (either one unbound, or equal) and overlapping addresses.
 * - Addresses: equal ones overlap, a wildcard overlaps all it can receive for. :: that is not
 *   v6only takes IPv4 too. ::ffff:a.b.c.d is a.b.c.d. An IPv6 socket that is not v6only and has a
 *   non-mapped address (bind() forces v6only there, but connect() without bind() and accept() of a
 *   dual-stack listener do not) carries 127.0.0.6 as its IPv4 address: it stands in the way of
 *   0.0.0.0 although it can never receive IPv4.
 * - TCP, SO_REUSEADDR: both must have it and the old one must not be listening. What counts is the
 *   value now, except in the bind bucket's cache (below). Accepted sockets inherit the listener's
 *   options; TIME_WAIT keeps them.
 * - TCP, SO_REUSEPORT: both must have it, and the sockets the same uid (of the creator, of who
 *   called accept(), or given by fchown()); TIME_WAIT has no uid and is excused. "TIME_WAIT" is
 *   the mini socket: an orphan in FIN_WAIT_2 is one too (sock_diag: timer 3).
 * - TCP bind bucket, one per (netns, l3mdev, port): while it exists it remembers the reuseport
 *   state of its last binders (fastreuseport, fastuid, fast_rcv_saddr). A newcomer who fits is let
 *   in without looking at any socket, by bind() and by listen(). So SO_REUSEPORT depends on
 *   history, even on sockets that are gone: with the bucket unknown a conflict found by looking is
 *   only a "maybe" when a socket there has SO_REUSEPORT (of the same uid, unless it is a
 *   connection). Without `bucket` it is taken for granted that nobody switched SO_REUSEPORT off
 *   after bind(), and that no binder left the bucket while sockets without the option stayed. The
 *   bucket's other cache (fastreuse) lets bind() through but not the listen() after it, so it never
 *   changes what is predicted here; since 6.8 it is never set.
 * - UDP: SO_REUSEADDR on both is always enough, whoever they are. SO_REUSEPORT: the first
 *   overlapping socket in the kernel's hash chain alone decides (same uid and SO_REUSEPORT: yes,
 *   whatever stands behind it). The chain is newest first, but IPv6 sockets that had SO_REUSEPORT
 *   when bound are last. With more than ten sockets in the chain the kernel looks at two
 *   shorter chains instead, one per address.
 * - Checks before any conflict: IPv4: address not local (EADDRNOTAVAIL), then privileged port
 *   (EACCES). IPv6: TCP on multicast (EINVAL), privileged port, v6only with a mapped address
 *   (EINVAL), link-local without device (EINVAL), address not local.
 *
 * Older kernels, from their history, not tested here: TIME_WAIT did not always keep SO_REUSEPORT; a
 * socket without a file (orphan, not accepted yet) counted as uid 0, as sock_diag's uid then shows;
 * 6.1 and 6.2 let a.b.c.d be bound beside a dual-stack ::, 6.1 to 6.5 beside ::ffff:0.0.0.0; until
 * 2026 (also in stable) a UDP wildcard did not see specific addresses in a chain of more than ten
 * sockets.
 *
 * Not known here: cgroup and LSM hooks, seccomp, SO_REUSEADDR forced by the kernel (TCP_REPAIR).
 */
#ifndef INETTOP_MODEL_BIND_RULE_H
#define INETTOP_MODEL_BIND_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/netaddr.h"

#define BIND_UNKNOWN (-1) /* for tri-state facts and for a predicted errno */

enum bind_variant { BIND_PLAIN, BIND_REUSEADDR, BIND_REUSEPORT, BIND_VARIANTS };

/* Which missing fact makes a prediction BIND_UNKNOWN. */
#define BIND_GAP_OPTIONS (1u << 0) /* SO_REUSEADDR or SO_REUSEPORT of a socket */
#define BIND_GAP_V6ONLY (1u << 1)  /* IPV6_V6ONLY of a socket */
#define BIND_GAP_BUCKET (1u << 2)  /* the TCP bind bucket's memory */
#define BIND_GAP_ORDER (1u << 3)   /* order of the UDP hash chain */
#define BIND_GAP_ADDRESS (1u << 4) /* whether the address is local */
#define BIND_GAP_PROTO (1u << 5)   /* no rules for this protocol */

/* An existing socket of the same network namespace. Only those with the wanted port matter. */
struct bind_sock {
	struct netaddr addr; /* its family is the socket's; never 0 */
	uint32_t uid;	     /* as sock_diag tells it */
	uint32_t ifindex;    /* bound device, 0 none */
	uint32_t l3mdev;     /* VRF the bound device belongs to, 0 none */
	uint16_t port;
	uint8_t proto, state; /* enum sock_proto, sock_state; SYN_RECV rows are ignored */
	bool timewait;	      /* the row is a TIME_WAIT mini socket, whatever state it shows */
	int8_t reuseaddr, reuseport, v6only; /* 0, 1, BIND_UNKNOWN */
	int32_t chain; /* UDP: place in the kernel's hash chain, head first; < 0 unknown */
};

/* inet_bind_bucket of (netns, l3mdev, port), from any TCP socket in it (icsk_bind_hash, tw_tb). */
struct bind_bucket {
	int8_t fastreuseport; /* <= 0 no, 1 anybody of fastuid, 2 those whose address fits */
	uint32_t fastuid;
	struct netaddr fast_addr; /* family fast_sk_family */
	bool fast_v6only;
};

struct bind_want {
	struct netaddr addr; /* its family is the socket's */
	uint32_t uid;	     /* effective (filesystem) uid of who would call socket() */
	uint32_t ifindex;    /* SO_BINDTODEVICE or scope id, 0 none */
	uint32_t l3mdev;
	uint16_t port; /* not 0 */
	uint8_t proto; /* PROTO_TCP, PROTO_MPTCP, PROTO_UDP, PROTO_UDPLITE */
	bool v6only;
	bool cap_net_bind_service;   /* in the user namespace that owns the netns */
	uint16_t unprivileged_start; /* net.ipv4.ip_unprivileged_port_start */
	bool nonlocal;		     /* ip_nonlocal_bind of the family, IP_FREEBIND */
	int8_t addr_local;	     /* IPv4: local or broadcast route; IPv6: on an interface */
	uint32_t addr_ifindex;	     /* interface that holds the address, 0 unknown */
	const struct bind_bucket *bucket; /* TCP; NULL unknown */
	uint32_t chain_len; /* UDP: sockets in the hash slot, of whatever port; 0 unknown */
};

/* Bits of the per-socket result, for variant v: stands in the way surely, or perhaps. */
#define BIND_BLOCKS(v) (1u << (v))
#define BIND_MAY_BLOCK(v) (8u << (v))

struct bind_prediction {
	int err[BIND_VARIANTS];	     /* 0, a positive errno, or BIND_UNKNOWN */
	uint8_t gaps[BIND_VARIANTS]; /* BIND_GAP_*, 0 when known */
};

/*
 * Predicts all three variants. ret_blocks may be NULL, else has room for n bytes and tells for
 * each socket which variants it blocks (0 everywhere for a variant that would succeed; told also
 * when a check before the conflict search already fails).
 */
void bind_predict(const struct bind_want *want, const struct bind_sock *socks, size_t n,
		  struct bind_prediction *ret, uint8_t *ret_blocks);

#endif
