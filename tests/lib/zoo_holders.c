/*
 * Listeners with other holders than the process that made them. A child gets nothing but its
 * listener and standard input, so that the ledger stays exact; it ends with this process.
 */
#include "lib/zoo.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHILD_FD 3

/* Never returns in the child: it holds keep (as CHILD_FD) and nothing else. */
static pid_t fork_holder(int keep, const char *name)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	if (getppid() != parent || (keep != CHILD_FD && dup2(keep, CHILD_FD) < 0))
		_exit(1);
	close_range(CHILD_FD + 1, ~0u, 0);
	for (;;)
		pause();
}

void zoo_open_child(const struct zoo_spec *spec)
{
	int fd = zoo_listener(spec, false), ready[2];
	struct zoo_entry e;
	char byte;
	pid_t pid;

	if (fd < 0)
		return;
	if (pipe(ready))
		zoo_die("pipe");
	pid = fork_holder(fd, "zoo-child");
	close(ready[1]);
	if (read(ready[0], &byte, 1)) /* end of file: the child has closed its copies */
		zoo_die("child");
	close(ready[0]);
	e = zoo_describe(fd);
	zoo_print_fd(spec, fd);
	zoo_print("open", spec, &e, (struct zoo_holder){pid, pid, CHILD_FD});
}

static int send_fd(int through, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char byte = 0;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(through, &m, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int through)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	int fd = -1;

	if (recvmsg(through, &m, 0) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* The child of "passed": receives the listener, says so, and holds it. */
static void hold_passed(int through)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "zoo-passed");
	if (dup2(through, CHILD_FD) < 0)
		_exit(1);
	close_range(CHILD_FD + 1, ~0u, 0);
	fd = receive_fd(CHILD_FD);
	if (fd < 0 || write(CHILD_FD, &fd, sizeof(fd)) != sizeof(fd))
		_exit(1);
	close(CHILD_FD);
	for (;;)
		pause();
}

void zoo_open_passed(const struct zoo_spec *spec)
{
	int fd, there, ends[2];
	struct zoo_entry e;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		zoo_die("socketpair");
	pid = fork();
	if (!pid)
		hold_passed(ends[1]);
	close(ends[1]);
	fd = zoo_listener(spec, false);
	if (fd < 0)
		return;
	e = zoo_describe(fd);
	if (send_fd(ends[0], fd))
		zoo_die("cannot pass a descriptor");
	close(fd);
	if (read(ends[0], &there, sizeof(there)) != sizeof(there))
		zoo_die("the child did not take the descriptor");
	close(ends[0]);
	zoo_print("open", spec, &e, (struct zoo_holder){pid, pid, there});
}

void zoo_open_in_flight(const struct zoo_spec *spec)
{
	int fd = zoo_listener(spec, false), ends[2];
	struct zoo_entry e;

	if (fd < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) || send_fd(ends[0], fd))
		zoo_die("cannot put a descriptor in flight");
	e = zoo_describe(fd);
	close(fd);
	zoo_print("open", spec, &e, (struct zoo_holder){0, 0, -1});
}

struct thread_start {
	const struct zoo_spec *spec;
	pthread_barrier_t done;
};

/* unshare gives the thread a copy of the table; it drops the copies before it opens its own. */
static void *own_table(void *arg)
{
	struct thread_start *start = arg;
	int fd;

	prctl(PR_SET_NAME, "zoo-thread");
	if (unshare(CLONE_FILES)) {
		zoo_lacks(start->spec, "unshare");
	} else {
		close_range(CHILD_FD, ~0u, 0);
		fd = zoo_listener(start->spec, false);
		if (fd >= 0)
			zoo_print_fd(start->spec, fd);
	}
	pthread_barrier_wait(&start->done);
	for (;;)
		pause();
	return NULL;
}

void zoo_open_thread(const struct zoo_spec *spec)
{
	struct thread_start start = {.spec = spec};
	pthread_t thread;

	pthread_barrier_init(&start.done, NULL, 2);
	if (pthread_create(&thread, NULL, own_table, &start))
		zoo_die("cannot start a thread");
	pthread_barrier_wait(&start.done);
}
