/*
 * The counters of a namespace that tell whether a dump could have changed: sockstat, sockstat6 and
 * snmp of /proc/PID/net, read again through kept descriptors. Equal counters = no TCP connection
 * came or went; a UDP socket or listener replaced by another is not seen, so dump now and then
 * anyway.
 */
#ifndef INETTOP_KERNEL_NETSTAT_COUNTERS_H
#define INETTOP_KERNEL_NETSTAT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netstat_counters {
	/* sockstat, both families added up where there are two */
	uint64_t sockets_used;
	uint64_t tcp_inuse,
		tcp6_inuse; /* sockets in the protocol hash, both families counted apart */
	uint64_t tcp_orphan, tcp_tw, tcp_alloc;
	uint64_t udp_inuse, udp6_inuse, udplite_inuse, udplite6_inuse, raw_inuse, raw6_inuse;
	uint64_t frag_inuse;
	/* snmp, Tcp: */
	uint64_t active_opens, passive_opens, attempt_fails, estab_resets, curr_estab;
};

struct netstat;

/* Opens the three files below net_dir (not kept). A missing sockstat6 (no IPv6) is fine.
 * Open descriptors pin nothing but the process's directory entry; after its exit netstat_read()
 * still answers for the namespace. */
int netstat_open(int net_dir, struct netstat **ret_netstat);
void netstat_free(struct netstat *netstat);

/* 0 or -errno (-EBADMSG: not in the known form; then dump always). */
int netstat_read(struct netstat *netstat, struct netstat_counters *ret_counters);

/* The same of sockstat and sockstat6 alone, which are cheap; the rest of *counters stays. */
int netstat_read_inuse(struct netstat *netstat, struct netstat_counters *counters);

/* But for tcp_orphan and tcp_alloc, which count the sockets of all namespaces together. */
bool netstat_equal(const struct netstat_counters *a, const struct netstat_counters *b);

/* Pure parts, for tests: text of one file, added to *counters. */
int netstat_decode_sockstat(const char *text, size_t len, struct netstat_counters *counters);
int netstat_decode_snmp(const char *text, size_t len, struct netstat_counters *counters);

#endif
