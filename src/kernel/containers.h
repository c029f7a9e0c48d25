/*
 * Containers by id: names, images, pods and published ports, from their runtime's socket, else
 * from files and from command lines of helpers (forwarders.h), else the id alone. Asked in the
 * RUNTIME helper when an id is unknown, and again at most every 5 s; nothing here ever waits.
 */
#ifndef INETTOP_KERNEL_CONTAINERS_H
#define INETTOP_KERNEL_CONTAINERS_H

#include "kernel/cgroups.h"
#include "kernel/forwarders.h"
#include "kernel/runtime.h"

struct containers;

struct containers_config {
	struct helper *helper;					/* stays the caller's */
	bool no_runtime;					/* no socket is ever connected to */
	const char *docker_host, *container_host, *runtime_dir; /* from the environment, or NULL */
	/* Inode of the namespace that has this address, 0 = unknown; may be NULL. */
	uint32_t (*netns_of)(void *ctx, const struct netaddr *addr);
	void *ctx;
};

/* Fills in the environment's part: left NULL under sudo and for anything but unix sockets. */
void containers_environ(struct containers_config *cfg);

/* cfg is copied, its texts too. Never NULL. */
struct containers *containers_new(const struct containers_config *cfg);
void containers_free(struct containers *all);

/*
 * A process or namespace of this container exists: to be said of each at least once a tick.
 * pid: a process of it, 0 unknown; netns_inode 0 = unknown.
 */
void containers_seen(struct containers *all, const struct container_rec *rec, uint32_t pid,
		     uint32_t netns_inode);

/* A forwarder runs (process pid), or ended. */
void containers_forwarder(struct containers *all, uint32_t pid, const struct forwarder *fwd);
void containers_forwarder_gone(struct containers *all, uint32_t pid);

/* Asks what is unknown or old. Answers come by helper_collect() and raise the generation. */
void containers_tick(struct containers *all, int64_t now_ms);
uint64_t containers_generation(const struct containers *all);
unsigned containers_pending(const struct containers *all);

/* One container; NULL texts = not known. Valid until the next call that is not const. */
struct container_view {
	struct container_rec rec;
	const struct publish_rec *published;
	uint32_t n_published, netns_inode;
	bool told;    /* by its runtime or a file */
	bool listed;  /* a runtime has it now, running */
	bool changed; /* since the last containers_settle() */
};
bool containers_find(const struct containers *all, struct bytes id,
		     struct container_view *ret_view);

/* Every one: start with *pos = 0, false at the end. */
bool containers_next(const struct containers *all, size_t *pos, struct container_view *ret_view);

/*
 * Ends a tick: joins the ports of forwarders, forgets what was neither seen nor listed since the
 * last call; `gone` gets each before.
 */
void containers_sweep(struct containers *all, void (*gone)(void *ctx, struct bytes id), void *ctx);

/* The caller has taken in what changed. */
void containers_settle(struct containers *all);

/* What limits the names: static text and -errno of the last failure per source, NULL = all well. */
struct containers_trouble {
	const char *source; /* "docker", "podman", "cri-o" */
	const char *text;
	int err;
};
size_t containers_troubles(const struct containers *all, struct containers_trouble *ret_troubles,
			   size_t max);

#endif
