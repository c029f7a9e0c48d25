/*
 * Paths of cgroup2 ids (INET_DIAG_CGROUP_ID, the cgroup a socket was made in). The id is the kernfs
 * file handle of its directory (fs/kernfs/mount.c), so open_by_handle_at(2) finds it at once with
 * CAP_DAC_READ_SEARCH. Without that right, without cgroup2, and for a removed cgroup: unknown.
 */
#ifndef INETTOP_KERNEL_CGROUP_PATHS_H
#define INETTOP_KERNEL_CGROUP_PATHS_H

#include "model/record.h"

struct cgroup_paths;

/* Never NULL; where nothing can be told every path is unknown. */
struct cgroup_paths *cgroup_paths_new(void);
void cgroup_paths_free(struct cgroup_paths *paths);

/* Path below the mount, "/" for the root; ptr NULL = unknown. Lives as long as paths. */
struct bytes cgroup_paths_name(struct cgroup_paths *paths, uint64_t id);

#endif
