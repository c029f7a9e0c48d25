#include "kernel/socket_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

static int8_t option(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? -1 : value != 0;
}

int socket_options_read(uint32_t pid, int fd, uint32_t inode, struct socket_options *ret)
{
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	auto_close int copy = -1;
	struct stat st;

	if (pidfd < 0)
		return -errno;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy < 0)
		return -errno;
	if (fstat(copy, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode) || st.st_ino != inode)
		return -ESTALE;
	ret->reuseaddr = option(copy, SOL_SOCKET, SO_REUSEADDR);
	ret->reuseport = option(copy, SOL_SOCKET, SO_REUSEPORT);
	ret->v6only = option(copy, IPPROTO_IPV6, IPV6_V6ONLY);
	return 0;
}
