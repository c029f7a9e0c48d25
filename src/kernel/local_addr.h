/*
 * Whether an address can be bound on this host: the kernel's local routing table for IPv4 (all of
 * 127.0.0.0/8 is local, so is a broadcast address), the addresses of interfaces for IPv6. As
 * inet_addr_type_table() in net/ipv4/fib_frontend.c and ipv6_chk_addr() in net/ipv6/addrconf.c.
 */
#ifndef INETTOP_KERNEL_LOCAL_ADDR_H
#define INETTOP_KERNEL_LOCAL_ADDR_H

#include "base/netaddr.h"
#include "kernel/netlink.h"

struct local_addr {
	bool local; /* may be bound */
	bool broadcast, multicast;
	uint32_t ifindex; /* IPv6: who has the address, 0 = nobody */
};

/* A NETLINK_ROUTE handle of the calling thread's namespace, for this file and kernel_links.h. 0 or
 * -errno. */
int local_addr_open(struct netlink **ret_nl);

/* A v4-mapped address is asked for as IPv4. 0 or -errno: not known. */
int local_addr_check(struct netlink *nl, const struct netaddr *addr, struct local_addr *ret);

#endif
