/* Payload bytes per UDP socket, counted by BPF at the root of the cgroup2 tree (SPEC 2). Loaded
 * only when somebody looks: it costs every datagram of the host. */
#ifndef INETTOP_KERNEL_BPF_TRAFFIC_H
#define INETTOP_KERNEL_BPF_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/bpf/bpf_records.h"

struct bpf_traffic_counters;

/* Loads and attaches; counting starts at 0. Needs CAP_NET_ADMIN too. Errors: bpf_caps.h. */
int bpf_traffic_open(struct bpf_traffic_counters **ret);
void bpf_traffic_close(struct bpf_traffic_counters *traffic);

/*
 * All counters: (*ret_cookies)[i] is the socket that (*ret_counters)[i] belongs to, in no order,
 * valid until the next call. A socket without traffic since the open is absent. The least recently
 * used of more than 16384 sockets lose their counts: they start at 0 again.
 */
int bpf_traffic_read(struct bpf_traffic_counters *traffic, const uint64_t **ret_cookies,
		     const struct bpf_traffic **ret_counters, size_t *ret_n);

#endif
