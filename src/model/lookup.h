/*
 * Names that are not facts of a snapshot: services, interfaces, hosts, users. Whoever composes the
 * program gives the functions; none may block, NULL = no name (yet). Constant during a frame.
 */
#ifndef INETTOP_MODEL_LOOKUP_H
#define INETTOP_MODEL_LOOKUP_H

#include "model/record.h"

struct lookup {
	const char *(*service)(void *ctx, uint16_t port, uint8_t proto);
	const char *(*ifname)(void *ctx, uint32_t netns_inode, uint32_t ifindex);
	const char *(*hostname)(void *ctx, const struct netaddr *addr);
	const char *(*username)(void *ctx, uint32_t uid);
	struct bytes (*cgroup)(void *ctx, uint64_t cgroup_id); /* path; ptr NULL = unknown */
	void *ctx;
	int64_t mono_ms, wall_ms; /* now */
};

#endif
