/*
 * All descriptors of one process with flags, position and target, for its detail page, and its
 * limits, namespaces and directories. Reads links and fdinfo only; nothing here can block.
 */
#ifndef INETTOP_KERNEL_FDTABLE_H
#define INETTOP_KERNEL_FDTABLE_H

#include "base/arena.h"
#include "kernel/helper.h"
#include "model/proc_detail.h"

/* More descriptors than this are counted, not listed. */
#define FDTABLE_MAX 65536

/*
 * Fills *ret_detail from /proc; everything it points to is in the arena. start_ticks 0 = whichever
 * process has the pid. -ESRCH when it is gone or the pid was recycled; a table that refuses to be
 * read is no error of the call: ret_detail->err tells.
 */
int fdtable_read(int proc_fd, uint32_t pid, uint64_t start_ticks, struct arena *arena,
		 struct proc_detail *ret_detail);

/*
 * Adds what the environment says: the bytes as the ENVIRON helper gave them (copied into the
 * arena), and from LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES the marks in detail->fds.
 */
void fdtable_add_environ(struct proc_detail *detail, struct arena *arena, const void *bytes,
			 size_t len);

/* The HELPER_ENVIRON handler. request: struct fdtable_environ_request; at most 1 MiB is read. */
struct fdtable_environ_request {
	uint64_t start_ticks; /* 0 = any */
	uint32_t pid;
};
int fdtable_environ_helper(const void *request, size_t len, struct helper_out *out, void **state);

/* "file", "socket", "epoll" ...; static. */
const char *fdtable_kind_name(enum fd_kind kind);

#endif
