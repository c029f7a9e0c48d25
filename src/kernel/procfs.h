/*
 * Reading /proc, always relative to a directory descriptor so that tests can point at a fake tree.
 *
 * Only what cannot block is read here: stat, comm, status, cgroup, limits, links, fdinfo. Never
 * cmdline or environ (their owner can hold readers up for as long as it likes, see helper.h), and
 * nothing is ever opened or stat'ed THROUGH an fd, cwd, root, exe or ns link (a dead network file
 * system behind it would hang us): links are only read as text. Layouts: proc(5).
 */
#ifndef INETTOP_KERNEL_PROCFS_H
#define INETTOP_KERNEL_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A comm has at most 15 bytes, a kernel worker's up to 63 (fs/proc/array.c, proc_task_name). */
#define PROCFS_COMM_MAX 64
/* Longest text a link of /proc can have: PATH_MAX and " (deleted)". */
#define PROCFS_LINK_MAX 4112
/* The inode of the initial pid namespace (PROC_PID_INIT_INO, linux/proc_ns.h). */
#define PROCFS_PIDNS_INIT 0xEFFFFFFCu
/* PF_KTHREAD of include/linux/sched.h, part of the stat file's flags. */
#define PROCFS_FLAG_KTHREAD 0x00200000u

/* The fields of /proc/PID/stat that somebody needs. */
struct procfs_stat {
	uint32_t pid, ppid, pgrp, session;
	uint32_t threads;
	uint32_t flags;       /* PF_* of include/linux/sched.h */
	char state;
	uint64_t start_ticks; /* field 22, clock ticks after boot */
};

/* Fields of /proc/PID/status that stat lacks; ns_* 0 = unknown. */
struct procfs_status {
	uint32_t ruid, euid, suid;
	uint32_t ns_pid;  /* NSpid, last number: the pid in its own pid namespace */
	uint32_t ns_pgid; /* NSpgid, last number */
	uint32_t n_levels; /* how many pid namespaces deep as seen from here, 1 = ours */
};

/* Opens a /proc (or fake) directory, O_PATH. Returns the descriptor or -errno. */
int procfs_open(const char *path);

/* Parses the text of a stat file: the name is between the first '(' and the LAST ')'. -EINVAL. */
int procfs_parse_stat(const char *text, size_t len, struct procfs_stat *ret_stat);
int procfs_parse_status(const char *text, size_t len, struct procfs_status *ret_status);

/* "socket:[123]" with prefix "socket" -> 123, 0 if it is something else or out of range. */
uint32_t procfs_link_inode(const char *text, size_t len, const char *prefix);

/* The number in a directory entry's name, -1 if it is not all digits or too large. */
int64_t procfs_number(const char *name);

/*
 * Reads a file of at most size bytes at "PID/name" (pid 0: at "name"); bytes beyond size are left
 * out. Returns the length or -errno; -ESRCH and -ENOENT both mean that the process is gone.
 */
ssize_t procfs_read(int proc_fd, uint32_t pid, const char *name, void *buf, size_t size);

/* Text of the link "PID/name", not NUL-terminated. Returns its length or -errno. */
ssize_t procfs_readlink(int proc_fd, uint32_t pid, const char *name, char *buf, size_t size);

int procfs_read_stat(int proc_fd, uint32_t pid, struct procfs_stat *ret_stat);
int procfs_read_status(int proc_fd, uint32_t pid, struct procfs_status *ret_status);

/* Raw bytes of comm without the newline that the kernel adds. Returns the length or -errno. */
ssize_t procfs_read_comm(int proc_fd, uint32_t pid, char buf[PROCFS_COMM_MAX]);

/*
 * When the host booted, seconds since 1970 (btime of /proc/stat): what ps counts start times from,
 * and the same for every reader until the clock is set. 0 or -errno.
 */
int procfs_read_boot(int proc_fd, int64_t *ret_s);

/* Inode number of a namespace from the text of ns/NAME ("net", "pid" ...). 0 or -errno. */
int procfs_read_ns(int proc_fd, uint32_t pid, const char *ns, uint32_t *ret_inode);

/*
 * Cuts a trailing " (deleted)" off the text of an exe link; returns whether there was one. (A file
 * really named so looks the same; the kernel gives no better sign without opening it.)
 */
bool procfs_cut_deleted(const char *text, size_t *len);

/* Effective uid: the owner of the process's directory (0 for one that is not dumpable). */
int procfs_read_uid(int proc_fd, uint32_t pid, uint32_t *ret_uid);

/*
 * Calls fn for every entry of the directory whose name is a number, in directory order, starting
 * at entry number `from` (only for PID/fd directories, whose offset is fd + 2; else 0). fn returns
 * false to stop. 0 or -errno. dir_fd is not closed.
 */
typedef bool procfs_entry_fn(void *ctx, uint32_t number);
int procfs_each_number(int dir_fd, uint32_t from, procfs_entry_fn *fn, void *ctx);

/* Opens the directory "PID/name" for procfs_each_number(), or -errno. */
int procfs_opendir(int proc_fd, uint32_t pid, const char *name);

#endif
