/* TCP listeners and UDP binds as they happen, also those that live shorter than a tick. */
#ifndef INETTOP_KERNEL_BPF_EVENTS_H
#define INETTOP_KERNEL_BPF_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/bpf/bpf_records.h"

struct bpf_events;

/* Loads and attaches: transitions to and from LISTEN (all_states: every TCP transition), and UDP
 * binds if bpf_events_has_udp(). Errors: bpf_caps.h. close() detaches and frees; NULL is fine. */
int bpf_events_open(struct bpf_events **ret, bool all_states);
void bpf_events_close(struct bpf_events *events);

/* Readable when events wait: for poll(2). Owned by `events`. */
int bpf_events_fd(const struct bpf_events *events);

/* Calls `take` for each event that waits, never blocks. *ret_dropped (may be NULL) = events lost
 * since the open because nobody drained the ring, 1 MiB or about 8000 events. */
int bpf_events_drain(struct bpf_events *events,
		     void (*take)(const struct bpf_event *event, void *context), void *context,
		     uint64_t *ret_dropped);

/* UDP binds are seen: a cgroup2 hierarchy was found and the hooks attached to its root. */
bool bpf_events_has_udp(const struct bpf_events *events);

#endif
