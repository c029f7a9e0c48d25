/*
 * Every network namespace of the host, by a BPF walk of the kernel's own list: also those that
 * only a descriptor, a mount or a socket keeps alive.
 */
#ifndef INETTOP_KERNEL_BPF_NETNS_H
#define INETTOP_KERNEL_BPF_NETNS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/bpf/bpf_records.h"

struct bpf_netns;

/* Loads the walk. Errors: bpf_caps.h. close() frees; NULL is fine. */
int bpf_netns_open(struct bpf_netns **ret);
void bpf_netns_close(struct bpf_netns *netns);

/* One walk, init_net first, rows valid until the next call. Grows as bpf_owners_run() does. */
int bpf_netns_run(struct bpf_netns *netns, const struct bpf_netns_row **ret_rows, size_t *ret_n);

/* Opens a namespace by what the walk says of it, through an nsfs file handle (6.18): *ret_fd fits
 * setns(2). Works without BPF too. -ESTALE: gone meanwhile or `id` is 0; -EOPNOTSUPP or -EBADF: the
 * kernel has no such handles; -EPERM: needs CAP_SYS_ADMIN over the namespace. */
int netns_open_by_handle(uint64_t id, uint32_t inode, int *ret_fd);

#endif
