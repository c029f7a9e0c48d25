/*
 * News of sockets that ended (SKNLGRP_INET{,6}_{TCP,UDP}_DESTROY multicast of sock_diag, no
 * privilege needed): one subscription per network namespace. The records carry addresses, ports,
 * cookie and for TCP the last tcp_info, but neither inode nor uid nor cgroup.
 */
#ifndef INETTOP_KERNEL_DESTROY_EVENTS_H
#define INETTOP_KERNEL_DESTROY_EVENTS_H

#include "kernel/transport.h"
#include "model/record.h"

struct destroy_events;

/* A subscribed socket of the calling thread's namespace; fd or -errno. For the helper that enters
 * namespaces. */
int destroy_events_socket(void);

int destroy_events_open(struct destroy_events **ret_events);
int destroy_events_from_fd(int fd, struct destroy_events **ret_events); /* takes over fd */
struct destroy_events *destroy_events_from_transport(struct transport *transport);
void destroy_events_free(struct destroy_events *events);

/* To wait on with poll(). */
int destroy_events_fd(const struct destroy_events *events);

/* Reads all that is queued, without waiting. Returns the number of records given, or -errno.
 * *ret_missed: the queue had overflowed, some ends are unknown. */
int destroy_events_read(struct destroy_events *events,
			void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
			bool *ret_missed);

#endif
