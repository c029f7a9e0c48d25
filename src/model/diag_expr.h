/*
 * A condition on sockets that the kernel can decide while it dumps them, as plain data: made by
 * view/filter.h, translated by kernel/diag_filter.h.
 */
#ifndef INETTOP_MODEL_DIAG_EXPR_H
#define INETTOP_MODEL_DIAG_EXPR_H

#include <stdint.h>

#include "base/netaddr.h"

enum diag_op {
	DIAG_AND,
	DIAG_OR,
	DIAG_NOT, /* left only */
	DIAG_TRUE,
	DIAG_SRC, /* local address in prefix and, if port >= 0, that port */
	DIAG_DST,
	DIAG_SPORT_GE,
	DIAG_SPORT_LE,
	DIAG_SPORT_EQ,
	DIAG_DPORT_GE,
	DIAG_DPORT_LE,
	DIAG_DPORT_EQ,
	DIAG_DEV,	/* ifindex, 0 = not bound */
	DIAG_CGROUP,	/* cgroup2 id */
	DIAG_MARK,	/* (mark & mask) == value; needs CAP_NET_ADMIN */
	DIAG_AUTOBOUND, /* the port was chosen by the kernel */
};

struct diag_expr {
	enum diag_op op;
	const struct diag_expr *left, *right;
	struct netprefix prefix; /* SRC, DST; family 0 = any address, 0 bits = any of the family */
	int32_t port;		 /* SRC, DST: -1 any; the ports: 0..65535 */
	uint32_t ifindex, mark, mask;
	uint64_t cgroup;
};

#endif
