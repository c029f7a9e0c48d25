/* Processes of a test's own that hold sockets: fork, talk over a socket pair, see changes. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit.h"

#include "kernel/owners.h"
#include "kernel/procfs.h"

struct actor {
	pid_t pid;
	int ctl;
};

static inline void send_fd(int ctl, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (char[1]){ 'f' }, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(ctl, &msg, 0) != 1)
		_exit(9);
}

static inline int receive_fd(int ctl)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	int fd;

	if (recvmsg(ctl, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		_exit(9);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* One byte each way keeps the two in step. */
static inline void tell(int ctl)
{
	if (write(ctl, "x", 1) != 1)
		_exit(9);
}

static inline void hear(int ctl)
{
	char byte;

	if (read(ctl, &byte, 1) != 1)
		_exit(9);
}

/* A life of doing nothing. */
static inline void wait_for_end(int ctl, void *arg)
{
	char byte;

	(void)arg;
	while (read(ctl, &byte, 1) > 0)
		;
}

static inline struct actor act_start(void (*life)(int ctl, void *arg), void *arg)
{
	struct actor actor;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	actor.pid = fork();
	assert_true(actor.pid >= 0);
	if (actor.pid == 0) {
		close(pair[0]);
		life(pair[1], arg);
		_exit(0);
	}
	close(pair[1]);
	actor.ctl = pair[0];
	return actor;
}

static inline void act_end(struct actor *actor)
{
	close(actor->ctl);
	kill(actor->pid, SIGKILL);
	waitpid(actor->pid, NULL, 0);
}

static inline uint32_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint32_t)st.st_ino : 0;
}

static inline int listener(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 8) < 0)
		_exit(9);
	return fd;
}

static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- an owners table and what it said last of one inode ---- */

struct watch {
	struct owners *own;
	int proc_fd;
	uint32_t inode, n, calls;
	struct owner owners[32];
};

static inline void watch_change(void *ctx, uint32_t inode, const struct owner *owners, uint32_t n)
{
	struct watch *w = ctx;

	if (inode != w->inode)
		return;
	w->calls++;
	w->n = n;
	assert_true(n <= 32);
	if (n)
		memcpy(w->owners, owners, n * sizeof(*owners));
}

/* A table that has seen the world once and wants to hear of the inode. */
static inline struct watch watch_start(uint32_t inode)
{
	struct watch w = { .proc_fd = procfs_open("/proc"), .inode = inode };
	struct owners_input in = { .added = &inode, .n_added = inode != 0, .complete = true };

	assert_true(w.proc_fd >= 0);
	w.own = owners_new(w.proc_fd);
	owners_tick(w.own, &in, watch_change, &w);
	return w;
}

static inline void watch_tick(struct watch *w)
{
	owners_tick(w->own, &(struct owners_input){ 0 }, watch_change, w);
}

static inline void watch_add(struct watch *w, uint32_t inode)
{
	struct owners_input in = { .added = &inode, .n_added = 1 };

	w->inode = inode;
	owners_tick(w->own, &in, watch_change, w);
}

static inline bool watch_has(const struct watch *w, pid_t pid)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->owners[i].pid == (uint32_t)pid)
			return true;
	return false;
}

static inline void watch_end(struct watch *w)
{
	owners_free(w->own);
	close(w->proc_fd);
}

#endif
