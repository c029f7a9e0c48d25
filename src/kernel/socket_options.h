/*
 * Options of another process's socket, by a duplicate of its descriptor: pidfd_getfd(2), which asks
 * for the right to trace the process. Where BPF cannot tell them.
 */
#ifndef INETTOP_KERNEL_SOCKET_OPTIONS_H
#define INETTOP_KERNEL_SOCKET_OPTIONS_H

#include <stdint.h>

struct socket_options {
	int8_t reuseaddr, reuseport, v6only; /* 0, 1, -1 = not told */
};

/*
 * The options of (pid, fd), if that is still the socket with this inode. 0 or -errno: -EPERM may
 * not trace it, -ESTALE another file by now. The duplicate is closed at once.
 */
int socket_options_read(uint32_t pid, int fd, uint32_t inode, struct socket_options *ret);

#endif
