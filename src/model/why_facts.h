/*
 * What `why` knows about one endpoint beside the rows of the snapshot it comes with: gathered by
 * session_why.c from the kernel layer, judged by model/why.h. Plain data; everything it points to
 * lives as long as it does. Slots are those of the same snapshot. Bytes are raw.
 */
#ifndef INETTOP_MODEL_WHY_FACTS_H
#define INETTOP_MODEL_WHY_FACTS_H

#include "model/bind_rule.h"
#include "model/needs.h"
#include "model/record.h"

/* One socket on the port in the namespace asked about, with the options that decide. */
struct why_sock {
	struct bind_sock bind;
	uint64_t cookie; /* 0 = nobody asked for it yet */
	struct netaddr remote;
	uint32_t inode;
	uint16_t remote_port;
	int8_t connect_bind; /* the port was chosen by connect(): 0, 1, BIND_UNKNOWN */
};

/* One address to be bound. */
struct why_place {
	struct bind_want bind; /* bind.bucket is NULL or points into `bucket` */
	struct bind_bucket bucket;
	int probe[BIND_VARIANTS];  /* errno, 0, or BIND_UNKNOWN: not tried */
	int probe_err;		   /* 0, or -errno: the probe itself could not be made */
	bool broadcast, multicast; /* a special address: bound, but nobody connects to it */
};

/* What one holder's descriptor looks like. */
struct why_holder {
	uint32_t inode, pid;
	int32_t fd;
	int8_t cloexec; /* 0, 1, BIND_UNKNOWN */
	bool activates; /* init of a pid namespace that gave the socket to a child (LISTEN_FDS) */
};

/* A *.socket unit of systemd that listens on the port. */
struct why_unit {
	struct bytes socket, service; /* "ssh.socket", "ssh.service" (NULL: Accept=yes template) */
	struct bytes path;	      /* of the unit file */
	struct bytes listen;	      /* as written */
};

enum why_kernel_kind {
	WHY_KERNEL_VXLAN,
	WHY_KERNEL_GENEVE,
	WHY_KERNEL_WIREGUARD,
	WHY_KERNEL_RPC, /* a program registered with rpcbind */
	WHY_KERNEL_NFSD,
	WHY_KERNEL_LOCKD,
	WHY_KERNEL_KINDS
};

/* Something inside the kernel that uses the port. */
struct why_kernel_user {
	uint8_t kind; /* enum why_kernel_kind */
	uint8_t proto;
	struct bytes name; /* device, or RPC program; may be NULL */
};

/* A packet filter rule that sends what comes for the port elsewhere. */
struct why_redirect {
	uint8_t family; /* AF_INET, AF_INET6, 0 = both */
	struct bytes table, chain;
	struct netaddr to; /* family 0: this host, or not told */
	uint16_t to_port;  /* 0: the same, or not told */
};

/* A process in the cgroup of a socket whose holder may not be seen. */
struct why_suspect {
	uint32_t inode, pid;
	struct bytes comm, unit;
};

enum why_policy_kind { WHY_POLICY_CGROUP, WHY_POLICY_LSM, WHY_POLICY_SECCOMP };

/* Something that may refuse bind() for reasons of its own. */
struct why_policy {
	uint8_t kind; /* enum why_policy_kind */
	struct bytes name;
};

struct why_facts {
	struct why_want want;
	uint32_t netns; /* slot of the namespace asked about, UINT32_MAX = not among those seen */
	bool own_netns;
	bool root_asks; /* want.uid is not who runs this program: a prediction for somebody else */

	/* places[0]: the address, or 0.0.0.0; places[1]: [::] when no address was given */
	struct why_place places[2];
	uint32_t n_places;

	const struct why_sock *socks;
	uint32_t n_socks;
	bool options_by_bpf;
	const char
		*options_need; /* the right that would tell the missing options; static, or NULL */

	/* sysctls of that namespace, -1 unknown */
	int32_t somaxconn, range_low, range_high, fin_timeout_s;
	bool port_reserved; /* in ip_local_reserved_ports */

	const struct why_holder *holders;
	const struct why_unit *units;
	const struct why_kernel_user *kernel_users;
	const struct why_redirect *redirects;
	const struct why_suspect *suspects;
	const struct why_policy *policies;
	uint32_t n_holders, n_units, n_kernel_users, n_redirects, n_suspects, n_policies;
	const char *redirects_need; /* the right that would tell redirects; static, or NULL */

	bool pidns, hidepid; /* processes are hidden from us */
	bool all_netns;	     /* every namespace of the host was looked at, with its addresses */
};

#endif
