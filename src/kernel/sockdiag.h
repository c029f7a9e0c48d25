/*
 * Sockets of one network namespace by sock_diag(7): dumps per protocol, exact lookups.
 * A handle keeps one netlink socket, which goes on answering for the namespace it was opened in
 * (and pins it), and remembers which protocols that kernel lacks. One handle belongs to one thread.
 */
#ifndef INETTOP_KERNEL_SOCKDIAG_H
#define INETTOP_KERNEL_SOCKDIAG_H

#include "kernel/diag_filter.h"
#include "kernel/netlink.h"
#include "model/record.h"

/* Costs extra per row. */
#define SOCKDIAG_WANT_TCP_INFO (1u << 0) /* record.tcp, with the congestion control's name */
#define SOCKDIAG_WANT_DROPS (1u << 1)	 /* record.drops */
/* record.autobound (REC_SOCKOPT): the kernel tells it only as a filter, so it takes two dumps. */
#define SOCKDIAG_WANT_AUTOBOUND (1u << 2)

struct sockdiag_query {
	uint32_t protos; /* PROTO_BIT mask; PROTO_ICMP has no diag at all: it is UNSUPPORTED */
	/* STATE_BIT mask. TCP-like protocols take LISTEN ... BOUND from it (LISTEN alone is by far
	 * the cheapest), datagram protocols UNCONN and ESTABLISHED; families without IP are given
	 * whole. */
	uint32_t states;
	uint32_t want;			  /* SOCKDIAG_WANT_* */
	const struct diag_filter *filter; /* kernel-side filter for IP protocols, or NULL */
	uint32_t none4, none6; /* PROTO_BIT: known to have no socket in that family */
};

/* How each protocol fared. A protocol with two passes (udp4, udp6) has the worse of both. */
struct sockdiag_report {
	uint32_t asked;	      /* PROTO_BIT mask: queried now or known to be absent */
	uint32_t complete;    /* PROTO_BIT mask: outcome COMPLETE */
	uint32_t unsupported; /* PROTO_BIT mask: no such diag here, use text */
	struct netlink_result result[PROTO_COUNT]; /* valid where asked */
	uint32_t records;
	uint32_t undecodable; /* rows too short or of an unknown family, dropped */
};

/* Names one socket exactly. */
struct sockdiag_key {
	uint64_t cookie; /* 0 = any: only for lookups, never for destroy */
	struct netaddr local, remote;
	uint32_t local_port, remote_port, ifindex;
	uint8_t proto, family; /* enum sock_proto, enum sock_family */
};

struct sockdiag;

/* In the calling thread's namespace. -errno: sock_diag is not to be had (EPERM, EPROTONOSUPPORT,
 * ENOSYS under seccomp ...); the caller falls back to procnet. */
int sockdiag_open(struct sockdiag **ret_diag);

/* Takes over a descriptor of transport_socket(NETLINK_SOCK_DIAG, 0), which may have been made in
 * another namespace by a helper. The descriptor is closed on error too. */
int sockdiag_from_fd(int fd, struct sockdiag **ret_diag);

/* Takes over a transport (tests: a replay). */
struct sockdiag *sockdiag_from_transport(struct transport *transport);

void sockdiag_free(struct sockdiag *diag);

/* Forgets which protocols are absent (a module may have been loaded): for a manual refresh. */
void sockdiag_forget_absent(struct sockdiag *diag);

/*
 * Dumps. each gets every record; a row can come twice (a dump is no snapshot, and an interrupted
 * one is repeated). Rows of a protocol that did not end COMPLETE are true but not all.
 */
void sockdiag_dump(struct sockdiag *diag, const struct sockdiag_query *query,
		   void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
		   struct sockdiag_report *ret_report);

/*
 * Exact lookups of IP sockets, batched. each gets the index of the key and 0 with the record, or
 * -errno with NULL. An exact lookup proves life, never death: members of a reuseport group answer
 * -ENOENT or -ESTALE while they live. A key without answer is not reported.
 */
struct netlink_result
sockdiag_lookup(struct sockdiag *diag, const struct sockdiag_key *keys, size_t n, uint32_t want,
		void (*each)(size_t index, int err, const struct sock_rec *rec, void *ctx),
		void *ctx);

/* The key of a record. False when the record cannot be looked up (no cookie, not IP). */
bool sockdiag_key_from(const struct sock_rec *rec, struct sockdiag_key *ret_key);

/* The netlink handle, for destroy.h. */
struct netlink *sockdiag_netlink(struct sockdiag *diag);

#endif
