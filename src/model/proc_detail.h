/*
 * Everything the detail page of one process shows beside its proc_rec. Plain data; all of it lives
 * in the arena that was given to whoever made it. Bytes are raw.
 */
#ifndef INETTOP_MODEL_PROC_DETAIL_H
#define INETTOP_MODEL_PROC_DETAIL_H

#include "model/record.h"

enum fd_kind {
	FD_UNKNOWN, /* the link could not be read */
	FD_FILE,    /* a path; FD_DIR and FD_DEVICE where that is known without opening it */
	FD_DIR,
	FD_DEVICE,
	FD_PIPE,
	FD_SOCKET,
	FD_EVENTFD,
	FD_EPOLL,
	FD_TIMERFD,
	FD_SIGNALFD,
	FD_INOTIFY,
	FD_FANOTIFY,
	FD_PIDFD,
	FD_MEMFD,
	FD_IO_URING,
	FD_USERFAULTFD,
	FD_BPF,
	FD_PERF,
	FD_NETNS,
	FD_NAMESPACE, /* any other kind of namespace */
	FD_ANON,      /* another anon_inode */
	FD_KIND_COUNT
};

struct fd_rec {
	int32_t fd;
	uint8_t kind;         /* enum fd_kind */
	bool deleted;         /* the file has no name any more */
	bool info_known;      /* flags, pos and value were readable */
	bool value_known;
	bool listen;          /* handed over by socket activation (LISTEN_FDS) */
	uint32_t flags;       /* O_* of asm-generic/fcntl.h, with O_CLOEXEC */
	uint32_t inode;       /* sockets, pipes, namespaces; 0 = none */
	int64_t pos;
	uint64_t value;       /* eventfd: count; pidfd: pid (0 gone); io_uring: registered files;
			       * socket: descriptors in flight in its queue; timerfd: ticks */
	struct bytes target;  /* text of the link without " (deleted)" */
	struct bytes name;    /* LISTEN_FDNAMES */
	const int32_t *epoll; /* descriptors an epoll watches */
	uint32_t n_epoll;
};

struct limit_rec {
	struct bytes name, unit; /* as the kernel writes them: "Max open files", "files" */
	uint64_t soft, hard;     /* UINT64_MAX = unlimited */
};

struct namespace_rec {
	struct bytes name; /* "net", "pid" ... */
	uint32_t inode;
	bool own;          /* the same as ours */
};

struct proc_detail {
	uint32_t pid;
	uint64_t start_ticks;
	int err;               /* 0, or why the descriptors could not be read: -EACCES ... */
	const struct fd_rec *fds; /* ascending */
	uint32_t n_fds;
	uint32_t fds_total;    /* what the process has; more than n_fds when cut */
	const struct limit_rec *limits;
	uint32_t n_limits;
	const struct namespace_rec *namespaces;
	uint32_t n_namespaces;
	struct bytes cwd, root; /* NULL = not readable */
	struct bytes cgroup_text; /* the whole of /proc/PID/cgroup */
	uint32_t n_threads;
	uint32_t ns_pid;        /* pid in its own pid namespace, 0 unknown */
	uint32_t listen_fds;    /* LISTEN_FDS */
	bool environ_pending;   /* not answered yet */
	bool environ_stuck;
	int environ_err;
	bool environ_cut;
	struct bytes environ;   /* variables, each NUL-terminated; NULL = not asked, not readable */
};

#endif
