/* Builds sock_diag requests (linux/inet_diag.h, unix_diag.h, packet_diag.h, netlink_diag.h,
 * vm_sockets_diag.h) into a caller's buffer. No system calls. */
#ifndef INETTOP_KERNEL_SOCKDIAG_REQUEST_H
#define INETTOP_KERNEL_SOCKDIAG_REQUEST_H

#include "kernel/sockdiag.h"

#define SOCKDIAG_REQUEST_MAX 8192

/* One pass = one dump request. A protocol has one or two. */
struct sockdiag_pass {
	uint8_t proto;	/* enum sock_proto */
	uint8_t family; /* AF_*; AF_UNSPEC: both IP families at once (TCPDIAG_GETSOCK) */
};

/* Fills in the passes of one protocol, returns how many (0..2). both: one pass for both families
 * where the protocol knows it. */
unsigned int sockdiag_request_passes(enum sock_proto proto, bool both,
				     struct sockdiag_pass ret_passes[2]);

/* The mask of kernel states that a protocol must be asked for; 0 = nothing to ask. */
uint32_t sockdiag_request_states(enum sock_proto proto, uint32_t states);

/* Writes the dump request. NULL when the filter is too long. */
struct nlmsghdr *sockdiag_request_dump(void *buf, size_t size, const struct sockdiag_pass *pass,
				       const struct sockdiag_query *query);

/* Writes an exact request of the given type (SOCK_DIAG_BY_FAMILY or SOCK_DESTROY). NULL when the
 * key is not an IP socket's or the buffer is too small. */
struct nlmsghdr *sockdiag_request_exact(void *buf, size_t size, uint16_t type,
					const struct sockdiag_key *key, uint32_t want);

#endif
