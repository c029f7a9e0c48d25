#include "kernel/cgroup_paths.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"

/* FILEID_KERNFS, include/linux/exportfs.h */
#define HANDLE_KERNFS 0xfe
/* More different cgroups than this are not named. */
#define PATHS_MAX 16384

struct cgroup_paths {
	int mount_fd; /* -1: no cgroup2 here */
	size_t mount_len;
	struct hash by_id; /* -> char *, 0 = unknown */
};

struct cgroup_paths *cgroup_paths_new(void)
{
	struct cgroup_paths *paths = xcalloc(1, sizeof(*paths));
	char mount[PATH_MAX];

	hash_init(&paths->by_id, (uint64_t)(uintptr_t)paths);
	paths->mount_fd = -1;
	if (!bpf_caps_cgroup2(mount, sizeof(mount))) {
		paths->mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		paths->mount_len = strlen(mount);
	}
	return paths;
}

void cgroup_paths_free(struct cgroup_paths *paths)
{
	uint64_t id, value;
	size_t pos = 0;

	if (!paths)
		return;
	while (hash_next(&paths->by_id, &pos, &id, &value))
		free((char *)(uintptr_t)value);
	hash_done(&paths->by_id);
	if (paths->mount_fd >= 0)
		close(paths->mount_fd);
	free(paths);
}

/* A descriptor of the directory, or -1. */
static int open_id(int mount_fd, uint64_t id)
{
	union {
		struct file_handle head;
		char space[sizeof(struct file_handle) + sizeof(uint64_t)];
	} handle;

	handle.head.handle_bytes = sizeof(id);
	handle.head.handle_type = HANDLE_KERNFS;
	memcpy(handle.space + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	return open_by_handle_at(mount_fd, &handle.head, O_PATH | O_CLOEXEC);
}

static char *resolve(const struct cgroup_paths *paths, uint64_t id)
{
	char link[64], path[PATH_MAX];
	ssize_t len;
	int fd = open_id(paths->mount_fd, id);

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	close(fd);
	if (len < (ssize_t)paths->mount_len || len == (ssize_t)sizeof(path))
		return NULL;
	if (len == (ssize_t)paths->mount_len)
		return xstrdup("/");
	return xstrndup(path + paths->mount_len, (size_t)len - paths->mount_len);
}

struct bytes cgroup_paths_name(struct cgroup_paths *paths, uint64_t id)
{
	uint64_t value = 0;
	char *path;

	if (paths->mount_fd < 0 || !id)
		return (struct bytes){0};
	if (!hash_get(&paths->by_id, id, &value)) {
		if (hash_count(&paths->by_id) >= PATHS_MAX)
			return (struct bytes){0};
		value = (uintptr_t)resolve(paths, id);
		hash_put(&paths->by_id, id, value);
	}
	path = (char *)(uintptr_t)value;
	return (struct bytes){path, path ? (uint32_t)strlen(path) : 0};
}
