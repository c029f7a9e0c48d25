/* What the namespaces_*.c share. Nobody else includes this. */
#ifndef INETTOP_KERNEL_NAMESPACES_IMPL_H
#define INETTOP_KERNEL_NAMESPACES_IMPL_H

#include "base/hash.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "kernel/bpf/bpf_netns.h"
#include "kernel/namespaces.h"

enum entry_state {
	ENTRY_NEW, /* to be entered */
	ENTRY_OPEN,
	ENTRY_REFUSED, /* entering failed with ns.err, to be tried again at retry_ms */
	ENTRY_LET_GO,  /* closed to see whether anybody else holds it */
};

struct entry {
	struct namespace ns;   /* first: what callers get is this */
	uint8_t state, lonely; /* scans without any holder but a socket or an unknown descriptor */
	bool in_list;	       /* of the kernel's own list, in this scan */
	bool init, turn;
	uint64_t id; /* NS_GET_ID, 0 unknown */
	uint64_t leader_start;
	int64_t retry_ms, backoff_ms;
	const char *mount; /* into all->mounts, this scan */
	uint32_t fd_pid;   /* holds a descriptor of it */
	int32_t fd;
	uint32_t named_leader; /* whose comm and cgroup are known */
	int32_t sock_fd;
	uint32_t sock_pid; /* holds a socket that was made in it */
	char *cgroup, *name, *workload;
	uint8_t workload_kind;
	int watch_fd;	   /* tells of changed addresses */
	uint8_t n_sockets; /* ours in it */
	bool addrs_dirty;
};

/* A process and the namespace it was last seen in. */
struct netns_pid {
	uint64_t start_ticks;
	uint32_t pid, inode; /* inode 0 = unknown */
	uint8_t looks;	     /* a young process is looked at again: it may still move */
	bool denied;
};

struct netns_mount {
	uint32_t inode;
	char *path;
};

/* Tag of the descriptor that tells of addresses, in what epoll keeps with it. */
#define NAMESPACES_WATCH 1ull

struct namespaces {
	struct namespaces_config cfg;
	struct bpf_netns *bpf;
	bool bpf_tried;
	unsigned scans;
	uint32_t own_inode;
	char *select;
	int epoll_fd, mountinfo_fd, loadavg_fd;
	uint64_t last_pid, n_threads;
	unsigned since_listing;
	uint32_t n_denied;
	size_t roll, turn_cursor;
	VEC(struct entry *) entries;
	VEC(struct netns_pid) pids; /* ascending */
	VEC(struct netns_pid) listing;
	VEC(struct netns_mount) mounts;
	struct hash by_inode; /* -> struct entry * */
	struct hash tried;    /* socket inodes that SIOCGSKNS told all about */
};

/* ---- namespaces_find.c: what there is ---- */
/* Processes and the namespaces they are in. */
void namespaces_find_pids(struct namespaces *all);
/* Binds of nsfs in our mount namespace, when they changed. */
void namespaces_find_mounts(struct namespaces *all);
void namespaces_free_mounts(struct namespaces *all);
const struct netns_pid *namespaces_pid(const struct namespaces *all, uint32_t pid);

/* ---- namespaces_enter.c: going in ---- */
/* Enters all new entries in one thread and opens their sockets. */
void namespaces_open_new(struct namespaces *all, int64_t now_ms);
/* SO_NETNS_COOKIE of a socket, -1: of the calling thread's namespace; 0 = the kernel has none. */
uint64_t namespaces_cookie(int fd);
/* Closes what keeps the namespace alive. */
void namespaces_close(struct entry *e);
/* Whether a namespace of this id lives: 1, 0, or -errno if it cannot be told. */
int namespaces_alive(const struct entry *e);
/* A descriptor of the namespace in which the socket fd of a process was made, or -errno. */
int namespaces_of_socket(uint32_t pid, int fd);
/* Sets *ret_inode of an nsfs descriptor of a network namespace; 0 or -EBADF if it is none. */
int namespaces_check_fd(int fd, uint32_t *ret_inode);

/* ---- namespaces_name.c: names, kinds, addresses ---- */
void namespaces_describe(struct namespaces *all, bool addresses);
bool namespaces_fits(const struct namespaces *all, const struct entry *e, const char *text);

/* ---- namespaces.c ---- */
struct entry *namespaces_entry(const struct namespaces *all, uint32_t inode);
/* Whether there are sockets in it that are not ours. */
bool namespaces_has_others(const struct entry *e);
struct entry *namespaces_add(struct namespaces *all, uint32_t inode);

#endif
