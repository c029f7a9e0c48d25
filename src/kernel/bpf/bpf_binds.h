/*
 * Every TCP and UDP socket that has a local port, in every network namespace, with the options
 * that decide whether another socket may bind there: bound-only, TIME_WAIT and not yet accepted
 * ones too. Read from the tables that bind() searches, see binds.bpf.c. No setns() is needed.
 */
#ifndef INETTOP_KERNEL_BPF_BINDS_H
#define INETTOP_KERNEL_BPF_BINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/bpf/bpf_records.h"

struct bpf_binds;

/* Loads the walk with room for `hint` sockets; it grows by itself. Errors: bpf_caps.h. */
int bpf_binds_open(struct bpf_binds **ret, size_t hint);
void bpf_binds_close(struct bpf_binds *binds);

/*
 * One walk. port 0 = all ports, netns_inode 0 = all namespaces; a port is looked up, not
 * searched for. Rows in no order, but the UDP ones of a port and namespace in that of the kernel's
 * chain; valid until the next call. *ret_raced (may be NULL): a chain
 * changed while it was followed, even when tried again, so a socket may be missing. -EOVERFLOW
 * as bpf_owners_run().
 */
int bpf_binds_run(struct bpf_binds *binds, uint16_t port, uint32_t netns_inode,
		  const struct bpf_bound **ret_rows, size_t *ret_n, bool *ret_raced);

/* After a run: the kernel (before 6.2) hides its UDP table, only TCP was read. */
bool bpf_binds_lacks_udp(const struct bpf_binds *binds);

#endif
