/*
 * Going into a namespace: a thread of its own does it and ends, so that the program's threads never
 * leave theirs. Inside, only sockets are made and files of /proc/thread-self/net are opened. A
 * descriptor of the namespace comes from a process, a mount, a descriptor of a process, or an nsfs
 * file handle; whatever it comes from, it is checked to be the namespace that was meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "base/cleanup.h"
#include "kernel/namespaces_impl.h"
#include "kernel/procfs.h"

#ifndef NS_GET_ID /* linux/nsfs.h of 6.18 */
#define NS_GET_ID _IOR(NSIO, 13, uint64_t)
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* After a failure to enter: again after this, doubling. */
#define RETRY_MS 10000
#define RETRY_MAX_MS 320000

/* ---- a descriptor of the namespace ---- */

static int check_nsfs(int fd, uint32_t *ret_inode)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC || fstat(fd, &st) < 0 ||
	    ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EBADF;
	*ret_inode = (uint32_t)st.st_ino;
	return 0;
}

int namespaces_check_fd(int fd, uint32_t *ret_inode)
{
	char path[32], text[64];
	ssize_t n;

	/* the text of the link first: anything else may be on a dead file system, where even
	 * fstatfs() hangs */
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	n = readlink(path, text, sizeof(text));
	if (n <= 0 || !procfs_link_inode(text, (size_t)n, "net"))
		return -EBADF;
	return check_nsfs(fd, ret_inode);
}

/* Hands fd over if it is the namespace that is meant. */
static int checked(int fd, uint32_t inode, int (*check)(int fd, uint32_t *ret_inode))
{
	uint32_t found;

	if (fd < 0)
		return -errno;
	if (check(fd, &found) == 0 && found == inode)
		return fd;
	close(fd);
	return -ESTALE;
}

static int by_process(const struct namespaces *all, const struct entry *e)
{
	char name[32];

	if (!e->ns.leader)
		return -ENOENT;
	snprintf(name, sizeof(name), "%u/ns/net", e->ns.leader);
	return checked(openat(all->cfg.proc_fd, name, O_RDONLY | O_CLOEXEC), e->ns.rec.inode,
		       check_nsfs);
}

static int by_mount(const struct entry *e)
{
	if (!e->mount)
		return -ENOENT;
	return checked(open(e->mount, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY),
		       e->ns.rec.inode, check_nsfs);
}

static int by_descriptor(const struct entry *e)
{
	auto_close int pidfd = -1;

	if (!e->fd_pid)
		return -ENOENT;
	pidfd = (int)syscall(SYS_pidfd_open, e->fd_pid, 0);
	if (pidfd < 0)
		return -errno;
	return checked((int)syscall(SYS_pidfd_getfd, pidfd, e->fd, 0), e->ns.rec.inode,
		       namespaces_check_fd);
}

static int by_handle(const struct entry *e)
{
	int fd, err;

	if (!e->id)
		return -ENOENT;
	err = netns_open_by_handle(e->id, e->ns.rec.inode, &fd);
	return err ? err : checked(fd, e->ns.rec.inode, check_nsfs);
}

int namespaces_of_socket(uint32_t pid, int fd)
{
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	auto_close int copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	char path[32], text[64];
	ssize_t n;
	int ns_fd;

	if (copy < 0)
		return -errno;
	/* the number may stand for something else by now: ioctl() is for sockets only */
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", copy);
	n = readlink(path, text, sizeof(text));
	if (n <= 0 || !procfs_link_inode(text, (size_t)n, "socket"))
		return -EBADF;
	ns_fd = ioctl(copy, SIOCGSKNS);
	return ns_fd < 0 ? -errno : ns_fd;
}

static int by_held_socket(const struct entry *e)
{
	int fd;

	if (!e->sock_pid)
		return -ENOENT;
	fd = namespaces_of_socket(e->sock_pid, e->sock_fd);
	return fd < 0 ? fd : checked(fd, e->ns.rec.inode, check_nsfs);
}

/* Out of what we have open there. No descriptor of the namespace itself is kept: another instance
 * of this program would take it for a holder. */
static int by_socket(const struct entry *e)
{
	return checked(e->watch_fd < 0 ? -1 : ioctl(e->watch_fd, SIOCGSKNS), e->ns.rec.inode,
		       check_nsfs);
}

/* A holder may have gone meanwhile: then the next way. Tells why the first that is not absent
 * failed. */
static int open_namespace(const struct namespaces *all, const struct entry *e)
{
	int best = by_process(all, e);

	for (int way = 0; best < 0 && way < 4; way++) {
		int fd = way == 0   ? by_mount(e)
			 : way == 1 ? by_descriptor(e)
			 : way == 2 ? by_handle(e)
				    : by_held_socket(e);

		if (fd >= 0 || best == -ENOENT)
			best = fd;
	}
	return best;
}

int namespaces_alive(const struct entry *e)
{
	int err = by_handle(e);

	if (err >= 0) {
		close(err);
		return 1;
	}
	return err == -ESTALE && e->id ? 0 : err;
}

/* ---- inside ---- */

struct job {
	struct entry *e;
	int ns_fd, err;
	int diag_fd, events_fd, rtnl_fd, watch_fd;
	uint64_t cookie;
	struct netstat *netstat;
};

struct batch {
	const struct namespaces *all;
	struct job *jobs;
	size_t n;
	void (*fn)(int net_dir, void *ctx); /* instead of opening, in the only job */
	void *ctx;
};

static int net_dir_here(const struct namespaces *all)
{
	int fd = openat(all->cfg.proc_fd, "thread-self/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

uint64_t namespaces_cookie(int fd)
{
	auto_close int own = fd < 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (getsockopt(fd < 0 ? own : fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		return 0;
	return cookie;
}

static void open_here(const struct namespaces *all, struct job *job)
{
	int net_dir = net_dir_here(all);

	if (all->cfg.netlink) {
		job->diag_fd = transport_socket(NETLINK_SOCK_DIAG, 0);
		job->events_fd = destroy_events_socket();
	}
	job->rtnl_fd = transport_socket(NETLINK_ROUTE, 0);
	job->watch_fd = transport_socket(NETLINK_ROUTE,
					 RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	job->cookie = namespaces_cookie(job->diag_fd);
	if (net_dir < 0)
		return;
	if (netstat_open(net_dir, &job->netstat) < 0)
		job->netstat = NULL;
	close(net_dir);
}

static void *inside(void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct job *job = &b->jobs[i];

		if (setns(job->ns_fd, CLONE_NEWNET) < 0) {
			job->err = -errno;
		} else if (b->fn) {
			auto_close int net_dir = net_dir_here(b->all);

			b->fn(net_dir, b->ctx);
		} else {
			open_here(b->all, job);
		}
	}
	return NULL;
}

static int run(struct batch *b)
{
	sigset_t every, old;
	pthread_t thread;
	int err;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &old);
	err = pthread_create(&thread, NULL, inside, b);
	if (!err)
		pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

int namespaces_enter(struct namespaces *all, const struct namespace *ns,
		     void (*fn)(int net_dir, void *ctx), void *ctx)
{
	const struct entry *e = (const struct entry *)ns;
	struct job job = {.ns_fd = by_socket(e)};
	struct batch b = {all, &job, 1, fn, ctx};
	int err;

	if (job.ns_fd < 0)
		job.ns_fd = open_namespace(all, e);
	if (job.ns_fd < 0)
		return job.ns_fd;
	err = run(&b);
	close(job.ns_fd);
	return err ? err : job.err;
}

/* ---- taking over what was opened ---- */

static void watch(struct namespaces *all, struct entry *e, int fd, uint64_t tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = (uintptr_t)e | tag};

	if (fd >= 0)
		epoll_ctl(all->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void take_handles(struct namespaces *all, struct job *job)
{
	struct entry *e = job->e;
	struct namespace *ns = &e->ns;

	e->n_sockets = (uint8_t)((job->diag_fd >= 0) + (job->events_fd >= 0) + (job->rtnl_fd >= 0) +
				 (job->watch_fd >= 0));
	e->watch_fd = job->watch_fd;
	ns->gate.netstat = job->netstat;
	if (job->diag_fd >= 0 && sockdiag_from_fd(job->diag_fd, &ns->diag) < 0)
		ns->diag = NULL;
	if (job->events_fd >= 0 && destroy_events_from_fd(job->events_fd, &ns->events) < 0)
		ns->events = NULL;
	if (job->rtnl_fd >= 0 && rtnl_from_fd(job->rtnl_fd, &ns->rtnl) < 0)
		ns->rtnl = NULL;
	watch(all, e, job->events_fd, 0);
	watch(all, e, job->watch_fd, NAMESPACES_WATCH);
}

static void refused(struct entry *e, int err, int64_t now_ms)
{
	e->backoff_ms = e->backoff_ms ? 2 * e->backoff_ms : RETRY_MS;
	if (e->backoff_ms > RETRY_MAX_MS)
		e->backoff_ms = RETRY_MAX_MS;
	e->retry_ms = now_ms + e->backoff_ms;
	e->ns.err = err;
	e->state = ENTRY_REFUSED;
}

static void finish(struct namespaces *all, struct job *job, int64_t now_ms)
{
	struct entry *e = job->e;

	if (ioctl(job->ns_fd, NS_GET_ID, &e->id) < 0)
		e->id = 0;
	close(job->ns_fd);
	if (job->err) {
		refused(e, job->err, now_ms);
		return;
	}
	take_handles(all, job);
	e->addrs_dirty = true;
	e->lonely = 0;
	e->ns.err = 0;
	e->state = ENTRY_OPEN;
	memset(&e->ns.gate.counters, 0, sizeof(e->ns.gate.counters));
	e->ns.gate.full_ms = 0;
	if (e->ns.rec.cookie && job->cookie && e->ns.rec.cookie != job->cookie)
		e->ns.err = -ESTALE; /* another one has its number now: the scan drops this entry */
	else
		e->ns.rec.cookie = job->cookie;
}

static bool is_due(const struct entry *e, int64_t now_ms)
{
	return !e->ns.rec.own && e->ns.selected &&
	       (e->state == ENTRY_NEW || (e->state == ENTRY_REFUSED && now_ms >= e->retry_ms));
}

void namespaces_open_new(struct namespaces *all, int64_t now_ms)
{
	VEC(struct job) jobs = {0};
	struct batch b = {.all = all};
	int err = 0;

	for (size_t i = 0; i < all->entries.len; i++) {
		struct job job = {all->entries.data[i], -1, 0, -1, -1, -1, -1, 0, NULL};

		if (!is_due(job.e, now_ms))
			continue;
		job.ns_fd = open_namespace(all, job.e);
		if (job.ns_fd < 0)
			refused(job.e, job.ns_fd, now_ms);
		else
			vec_push(&jobs, job);
	}
	b.jobs = jobs.data;
	b.n = jobs.len;
	if (b.n)
		err = run(&b);
	for (size_t i = 0; i < jobs.len; i++) {
		if (err)
			jobs.data[i].err = err;
		finish(all, &jobs.data[i], now_ms);
	}
	vec_done(&jobs);
}

void namespaces_close(struct entry *e)
{
	sockdiag_free(e->ns.diag);
	destroy_events_free(e->ns.events);
	rtnl_free(e->ns.rtnl);
	netstat_free(e->ns.gate.netstat);
	if (e->watch_fd >= 0)
		close(e->watch_fd);
	e->ns.diag = NULL;
	e->ns.events = NULL;
	e->ns.rtnl = NULL;
	e->ns.gate.netstat = NULL;
	e->ns.has_events = false;
	e->watch_fd = -1;
	e->n_sockets = 0;
}
