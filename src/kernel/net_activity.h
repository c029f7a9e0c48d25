/*
 * What moved in a network namespace since the last look, from /proc/PID/net/{snmp,snmp6,sockstat,
 * sockstat6,protocols}: about 20 us, against a dump of every socket. Equal counters mean that no
 * segment or datagram came or went and that no socket was hashed or unhashed in balance; one
 * replaced by another is told by the destroy multicast. Not seen: a bind without listen, and data
 * that an application took out of a queue.
 */
#ifndef INETTOP_KERNEL_NET_ACTIVITY_H
#define INETTOP_KERNEL_NET_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_activity;

struct net_activity_report {
	bool tcp;	       /* segments, connections or TCP sockets */
	bool alloc;	       /* TCP sockets made or freed, bound or not */
	bool other;	       /* anything else of IP */
	uint32_t none4, none6; /* PROTO_BIT: no such socket exists in that family. Never TCP. */
};

/* Opens the files below net_dir (not kept). 0 or -errno. */
int net_activity_open(int net_dir, struct net_activity **ret_activity);
void net_activity_free(struct net_activity *activity);

/* The first read reports everything as moved. 0, or -errno: then take everything as moved. */
int net_activity_read(struct net_activity *activity, struct net_activity_report *ret_report);

/*
 * Pure, for tests: text of /proc/net/protocols (proto_seq_printf() in net/core/sock.c).
 * counts_mptcp: the kernel counts MPTCP sockets (6.3), else they are taken as there.
 */
void net_activity_decode(const char *text, size_t len, bool counts_mptcp,
			 struct net_activity_report *report);

#endif
