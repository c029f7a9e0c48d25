/*
 * Interfaces and addresses of one network namespace by rtnetlink(7).
 */
#ifndef INETTOP_KERNEL_RTNL_H
#define INETTOP_KERNEL_RTNL_H

#include "base/netaddr.h"
#include "kernel/netlink.h"

#define RTNL_NAME_MAX 16 /* IFNAMSIZ, with its NUL */

struct rtnl;

int rtnl_open(struct rtnl **ret_rtnl); /* of the calling thread's namespace */
int rtnl_from_fd(int fd,
		 struct rtnl **ret_rtnl); /* takes over transport_socket(NETLINK_ROUTE, 0) */
struct rtnl *rtnl_from_transport(struct transport *transport);
void rtnl_free(struct rtnl *rtnl);

/* Reads all interfaces into the cache. 0 or -errno; on failure the old content stays. */
int rtnl_refresh(struct rtnl *rtnl);

/* Name of an interface from the cache: raw bytes chosen by an administrator. NULL if not known
 * (refresh and ask again: it may be new). Valid until the next refresh. */
const char *rtnl_name(const struct rtnl *rtnl, uint32_t ifindex);

/* Index of an interface from the cache, 0 if not known. */
uint32_t rtnl_index(const struct rtnl *rtnl, const char *name);

/* All addresses (IFA_LOCAL where there is one) in kernel order; the array is the caller's to
 * free(), NULL when there are none. 0 or -errno. */
int rtnl_addresses(struct rtnl *rtnl, struct netaddr **ret_addrs, uint32_t *ret_count);

#endif
