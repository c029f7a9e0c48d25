/*
 * inet_diag bytecode (struct inet_diag_bc_op in linux/inet_diag.h, run and audited by
 * net/ipv4/inet_diag.c): decides in the kernel which sockets a dump gives.
 */
#ifndef INETTOP_KERNEL_DIAG_FILTER_H
#define INETTOP_KERNEL_DIAG_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/netaddr.h"
#include "model/diag_expr.h"

struct diag_filter {
	uint8_t *code;
	size_t len;
};

/* Translates a tree (NULL = everything). -E2BIG when jumps or the whole become too long for the
 * format (then do not push down), -EINVAL for a malformed tree. The result is the caller's. */
int diag_filter_compile(const struct diag_expr *expr, struct diag_filter *ret_filter);
void diag_filter_done(struct diag_filter *filter);

/* What rest (or NULL) wants and whose port the kernel chose (autobound), or did not. A dump does
 * not tell this otherwise. -E2BIG. The result is the caller's. */
int diag_filter_autobound(const struct diag_filter *rest, bool autobound,
			  struct diag_filter *ret_filter);

/* The kernel's audit in user space: whether it would take this code. Any bytes are safe. */
bool diag_filter_valid(const uint8_t *code, size_t len);

/* What the kernel's interpreter sees of a socket. */
struct diag_entry {
	struct netaddr local, remote;
	uint16_t local_port, remote_port;
	uint32_t ifindex, mark;
	uint64_t cgroup;
	bool userlocks; /* the port was chosen by the program */
};

/* Runs valid code on one socket: for tests, and for rows that did not pass the kernel's filter. */
bool diag_filter_run(const uint8_t *code, size_t len, const struct diag_entry *entry);

#endif
