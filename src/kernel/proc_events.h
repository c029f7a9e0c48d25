/*
 * Fork, exec and exit as they happen (proc connector, linux/cn_proc.h). Needs the initial network
 * namespace, and before Linux 6.6 CAP_NET_ADMIN; where it is refused everything works without.
 */
#ifndef INETTOP_KERNEL_PROC_EVENTS_H
#define INETTOP_KERNEL_PROC_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proc_event_kind { PROC_EV_FORK, PROC_EV_EXEC, PROC_EV_EXIT };

struct proc_event_rec {
	uint64_t time_ns;  /* CLOCK_MONOTONIC */
	uint32_t pid;      /* fork: the child; threads are left out */
	uint32_t ppid;     /* fork: the parent */
	uint32_t exit_code;
	uint8_t kind;      /* enum proc_event_kind */
};

struct proc_events;
typedef void proc_events_fn(void *ctx, const struct proc_event_rec *event);

/* 0, or -errno where the connector is absent or refused. */
int proc_events_open(struct proc_events **ret_events);
void proc_events_close(struct proc_events *events);

/* For poll; stays theirs. */
int proc_events_fd(const struct proc_events *events);

/*
 * Hands over what has arrived, never blocks. Returns the number of events, -ENOBUFS when some were
 * lost (after handing over the rest), or another -errno.
 */
int proc_events_read(struct proc_events *events, proc_events_fn *fn, void *ctx);

/* Decodes one datagram (tests, fuzzing). Returns events found or -EINVAL. */
int proc_events_decode(const void *data, size_t len, proc_events_fn *fn, void *ctx);

#endif
