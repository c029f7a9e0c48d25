/*
 * A made-up host for tests of the view: the same snapshot every time, with something of everything.
 * Servers (nginx with workers, redis, postgres, sshd, chrony), docker-proxy and the container
 * behind it, an accept queue that is full, TIME_WAIT, orphan, CLOSE_WAIT, bound-only, denied,
 * kernel and pending owners, names that attack a terminal, namespaces held by nothing but an fd,
 * new, changed, gone and stale rows, unix, netlink, packet and vsock sockets, and events.
 */
#ifndef TESTS_LIB_DEMO_SNAPSHOT_H
#define TESTS_LIB_DEMO_SNAPSHOT_H

#include "model/lookup.h"
#include "model/snapshot.h"

/* Now, for clocks that tests pass on: one hour after boot, 2026-01-15T12:00:00Z. */
#define DEMO_MONO_MS INT64_C(3600000)
#define DEMO_WALL_MS INT64_C(1768478400000)
#define DEMO_HOST "demo"

struct demo;

/* Never NULL. demo_free() ends the snapshot and all that it points to. */
struct demo *demo_new(void);
void demo_free(struct demo *demo);

const struct snapshot *demo_snapshot(const struct demo *demo);

/* Names of services, devices and users of that host; DNS knows one address. */
const struct lookup *demo_lookup(const struct demo *demo);

/*
 * A snapshot of n sockets (a tenth of them listeners) of n / 100 processes, for tests of time and
 * memory. Freed in the same way.
 */
struct demo *demo_new_large(uint32_t n);

#endif
