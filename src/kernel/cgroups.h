/*
 * What a cgroup path says about a process: container, pod, systemd unit. Text only, nothing is
 * opened. The table of patterns is in cgroups.c; conventions of the runtimes as of 2026.
 */
#ifndef INETTOP_KERNEL_CGROUPS_H
#define INETTOP_KERNEL_CGROUPS_H

#include "model/record.h"

#define CGROUPS_NAME_MAX 256

/*
 * Parts of a path. They point into the path or into `store`; NULL = not there. `id` is the full id
 * of the container where the path has one; `name` where it has that (nspawn, LXC, libvirt ...).
 */
struct cgroup_facts {
	struct bytes unit;     /* nearest *.service or *.scope (.socket, .mount) */
	struct bytes id, name;
	struct bytes runtime;  /* "docker", "podman", "lxc" ...; "container" = some; static */
	struct bytes pod_uid;  /* with dashes */
	bool monitor;          /* conmon, lxc.monitor: serves the container, is not in it */
	char store[2][CGROUPS_NAME_MAX];
};

/*
 * The path that names the workload out of the text of /proc/PID/cgroup: v2 ("0::PATH") unless "/",
 * else name=systemd, memory, pids of v1. A piece of text; {NULL, 0} if there is none.
 */
struct bytes cgroups_pick(const char *text, size_t len);

/* Takes a path apart. Any bytes are allowed. facts must not be moved afterwards. */
void cgroups_parse(struct bytes path, struct cgroup_facts *ret_facts);

#endif
