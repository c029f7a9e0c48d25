/*
 * Sockets that the kernel itself opened for devices: vxlan, geneve and wireguard listen on a UDP
 * port that no process holds. By rtnetlink(7) and generic netlink, in the calling thread's
 * namespace. Attribute numbers: linux/if_link.h, linux/wireguard.h.
 */
#ifndef INETTOP_KERNEL_KERNEL_LINKS_H
#define INETTOP_KERNEL_KERNEL_LINKS_H

#include "kernel/netlink.h"
#include "model/why_facts.h"

struct kernel_link {
	uint32_t ifindex;
	uint32_t vrf;		       /* its VRF, 0 none; a VRF is its own */
	uint16_t port;		       /* 0 = no socket, or not told */
	uint8_t kind;		       /* enum why_kernel_kind */
	bool is_tunnel, is_vrf, is_up; /* a tunnel that is down has no socket */
	char name[16];
};

/* All devices of a NETLINK_ROUTE handle; the array is the caller's to free(). 0 or -errno. */
int kernel_links_read(struct netlink *route, struct kernel_link **ret, uint32_t *ret_n);

/*
 * Fills the ports of the wireguard devices, by a NETLINK_GENERIC handle. -EPERM without
 * CAP_NET_ADMIN.
 */
int kernel_links_wireguard(struct netlink *generic, struct kernel_link *links, uint32_t n);

/* The VRF of a device, 0 none. */
uint32_t kernel_links_vrf(const struct kernel_link *links, uint32_t n, uint32_t ifindex);

#endif
