/*
 * What somebody looks at, hence what a tick has to read. Columns, filters, sort orders and detail
 * pages carry NEED bits; the collector reads nothing that no bit asks for.
 */
#ifndef INETTOP_MODEL_NEEDS_H
#define INETTOP_MODEL_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/diag_expr.h"
#include "model/record.h"

#define NEED_OWNERS (1ull << 0)	      /* inode -> pid, fd */
#define NEED_PROCS (1ull << 1)	      /* cmdline, exe, cgroup, user of owners */
#define NEED_CONNS (1ull << 2)	      /* connections as rows: all states, every tick */
#define NEED_DROPS (1ull << 3)	      /* INET_DIAG_SKMEMINFO */
#define NEED_TCP_INFO (1ull << 4)     /* of the sockets in `watch` */
#define NEED_TCP_INFO_ALL (1ull << 5) /* of every socket (JSON, sort by a tcp field) */
#define NEED_BOUND (1ull << 6)	      /* TCP bound-only sockets */
#define NEED_NETNS_ALL (1ull << 7)    /* every namespace, not only our own */
#define NEED_NETNS_ADDRS (1ull << 8)
#define NEED_CONTAINERS (1ull << 9)   /* names and published ports from the runtimes */
#define NEED_ALL_PROCS (1ull << 10)   /* processes without sockets too */
#define NEED_USERS (1ull << 11)	      /* user names */
#define NEED_RATES (1ull << 12)	      /* bytes per second of `watch` */
#define NEED_COMPLETE (1ull << 13)    /* one-shot: finish owners and processes before publishing */
#define NEED_CGROUP_PATH (1ull << 14) /* path of a socket's own cgroup */
#define NEED_DNS (1ull << 15)	      /* names of remote addresses in `watch` */
#define NEED_EVENTS (1ull << 16)      /* listeners that live shorter than a tick */
#define NEED_FD_COUNTS (1ull << 17)
#define NEED_PEERS (1ull << 18) /* processes at the other end of local connections */
#define NEED_CONN_COUNTS                                                                           \
	(1ull << 19)		    /* only how many: dumped anew when the kernel's counters move */
#define NEED_QUEUES (1ull << 22)    /* queues of every socket as of now (sort, filter) */
#define NEED_AUTOBOUND (1ull << 21) /* whether the kernel chose the port (a second dump) */
#define NEED_ONE_PORT (1ull << 20)  /* one-shot: only sockets whose local port is why.port */

/* Which page is open, so that the collector fills snapshot.detail. */
enum detail_kind { DETAIL_NONE, DETAIL_PROC, DETAIL_ENVIRON, DETAIL_WHY };

/* An endpoint somebody asks `why` about (SPEC 7). */
struct why_want {
	uint8_t proto;
	bool any_addr; /* no address given: both wildcards */
	struct netaddr addr;
	uint32_t scope_ifindex;
	uint16_t port;
	uint32_t uid;	/* predict for this user */
	uint64_t netns; /* snapshot netns id, 0 = our own */
	bool probe, probe_force;
};

/*
 * Of one-shot output: what of a dump will do (filter_pushdown). The trees (NULL = all) are those of
 * our own namespace and, where devices have other numbers, of the others. The caller's, for the
 * call of session_once() only.
 */
struct needs_push {
	bool on;
	const struct diag_expr *own, *other;
	uint32_t states, protos;
};

struct needs {
	uint64_t bits;
	uint32_t protos;       /* PROTO_BIT mask of what is dumped */
	const uint64_t *watch; /* ids of the sockets on screen (struct sock.id) */
	uint32_t n_watch;
	uint64_t pin;	/* id of the selected row: kept although gone */
	uint8_t detail; /* enum detail_kind */
	uint32_t detail_pid;
	uint64_t detail_start; /* start ticks of that pid */
	struct why_want why;
	struct needs_push push;
};

#endif
