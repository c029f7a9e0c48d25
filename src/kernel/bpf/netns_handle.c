/* Opening a network namespace by its nsfs file handle (linux/nsfs.h and fs/nsfs.c of 6.18). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kernel/bpf/bpf_netns.h"

#define NSFS_ROOT (-10003)	 /* FD_NSFS_ROOT */
#define NSFS_HANDLE_TYPE 0xf1	 /* FILEID_NSFS */
#define NSFS_TYPE_NET 0x40000000 /* CLONE_NEWNET */

struct nsfs_handle {
	uint64_t id;
	uint32_t type;
	uint32_t inode;
};

int netns_open_by_handle(uint64_t id, uint32_t inode, int *ret_fd)
{
	struct nsfs_handle wanted = {.id = id, .type = NSFS_TYPE_NET, .inode = inode};
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(wanted)];
	} u;
	int fd;

	memset(&u, 0, sizeof(u));
	u.handle.handle_bytes = sizeof(wanted);
	u.handle.handle_type = NSFS_HANDLE_TYPE;
	memcpy(u.room + sizeof(struct file_handle), &wanted, sizeof(wanted));
	fd = open_by_handle_at(NSFS_ROOT, &u.handle, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
