/*
 * Who holds which socket: inode -> every (pid, tid, fd).
 *
 * Incremental over /proc. In a steady state a tick costs one fstat per process (the size of
 * /proc/PID/fd is the number of open descriptors since Linux 6.2) and the rolling pass; a table is
 * read again when its process is new (children of holders first), its count changed, a socket it
 * held vanished, a fellow holder exited, when a wanted inode is still without holder, and in turn
 * by the rolling pass (at most roll_us of CPU a tick). An inode that a whole pass did not find is
 * not looked for again until the rolling pass stumbles on it.
 *
 * The same tables can be fed from elsewhere (the BPF walk): owners_feed() replaces the /proc walk
 * and gives the same changes.
 *
 * One thread at a time. See owners.c for the reasons of the order.
 */
#ifndef INETTOP_KERNEL_OWNERS_H
#define INETTOP_KERNEL_OWNERS_H

#include "model/record.h"

struct owners;

/* The holders of a wanted inode changed: sorted by (pid, tid, fd), n 0 = none left. */
typedef void owners_change_fn(void *ctx, uint32_t inode, const struct owner *owners, uint32_t n);

/* One holder as another source reports it (pids and fds as /proc would show them). */
struct owners_entry {
	uint32_t pid, tid; /* tid 0: the process's own table */
	int32_t fd;
	uint32_t inode;
};

/* Every holder there is, sorted by (pid, tid, fd), each once; valid until the tick is over. 0, or
 * -errno: /proc is walked instead. */
typedef int owners_walk_fn(void *ctx, const struct owners_entry **ret_entries, size_t *ret_n);

struct owners_input {
	const uint32_t *added; /* inodes new in the dumps; zeros and repeats are fine */
	size_t n_added;
	const uint32_t *gone; /* inodes no longer in the dumps */
	size_t n_gone;
	bool complete;	  /* a full pass before returning: all holders there are */
	bool no_search;	  /* look at processes, read no table (first frame) */
	bool in_flight;	  /* also look where the still unknown ones may be in flight */
	uint32_t roll_us; /* most CPU for the rolling pass, 0 = 3000; usually it takes less */
	/* A whole walk by other means that takes about walk_us: made instead of a search in /proc
	 * that would take longer. NULL = there is none. */
	owners_walk_fn *walk;
	void *walk_ctx;
	uint64_t walk_us;
	uint32_t search_us; /* CPU a tick may spend on average on the search, 0 = 50000 */
};

/* One process as of the last tick, in ascending pid order. */
struct owners_proc {
	uint64_t start_ticks;
	uint32_t pid, ppid;
	uint32_t uid;
	uint32_t fds;	  /* open descriptors, UINT32_MAX = this kernel does not tell */
	uint32_t sockets; /* how many of them are sockets, as far as seen */
	bool is_new;	  /* first seen in this tick (not in the first tick) */
	bool denied;	  /* its table may not be read */
};

/* What the last tick saw and did. */
struct owners_info {
	uint32_t n_procs, n_tables, n_holders;
	uint32_t n_denied;    /* tables that refused to be read */
	uint32_t denied_pid;  /* one of them, the lowest */
	uint32_t n_unknown;   /* wanted inodes without holder */
	uint32_t n_searching; /* of these: a full pass is still to come */
	uint32_t scanned;     /* tables read in this tick */
	uint32_t scanned_fds;
	uint64_t cpu_us;    /* of this tick */
	bool complete;	    /* every table was read within this tick */
	bool pidns;	    /* not the initial pid namespace: processes are hidden */
	bool hidepid;	    /* /proc hides other users' processes */
	bool has_counts;    /* the kernel tells descriptor counts */
	uint64_t search_us; /* of cpu_us: reading tables in /proc */
	bool fed;	    /* the last truth came by owners_feed() */
};

/* proc_fd: from procfs_open(), stays the caller's. NULL is never returned. */
struct owners *owners_new(int proc_fd);
void owners_free(struct owners *own);

/* One tick over /proc. fn is called once per wanted inode whose holders changed, at the end. */
void owners_tick(struct owners *own, const struct owners_input *in, owners_change_fn *fn,
		 void *ctx);

/*
 * The whole truth from another source: entries sorted by (pid, tid, fd), each once. Takes added and
 * gone of `in`; the process list is brought up to date from /proc without reading any table.
 */
void owners_feed(struct owners *own, const struct owners_input *in,
		 const struct owners_entry *entries, size_t n, owners_change_fn *fn, void *ctx);

/*
 * Holders of an inode now, sorted; *ret_owners is valid until the next call on own. Returns how
 * many.
 */
uint32_t owners_lookup(struct owners *own, uint32_t inode, const struct owner **ret_owners);

/* Reads the tables of these processes again now (signal dialog, detail page). As owners_tick(). */
void owners_rescan(struct owners *own, const uint32_t *pids, size_t n, owners_change_fn *fn,
		   void *ctx);

/*
 * Why a wanted inode has no holder: OWNER_PENDING (the search is not over), OWNER_DENIED,
 * OWNER_HIDDEN, OWNER_IN_FLIGHT or OWNER_UNRESOLVED (every table was read: the kernel itself holds
 * it, or it is gone). *ret_detail: static text or NULL; *ret_pid: who holds it in flight, or 0.
 */
enum owner_status owners_why_unknown(struct owners *own, uint32_t inode, const char **ret_detail,
				     uint32_t *ret_pid);

const struct owners_info *owners_info(const struct owners *own);

/* All processes, ascending by pid; valid until the next tick. */
const struct owners_proc *owners_procs(struct owners *own, size_t *ret_n);

/* One process; false if there is none. */
bool owners_proc(const struct owners *own, uint32_t pid, struct owners_proc *ret_proc);

/* Processes that exited (or whose pid was recycled) in the last tick. */
const struct owners_proc *owners_exited(const struct owners *own, size_t *ret_n);

/* Descriptors that are no sockets but tell of others, found by the walk. */
struct owners_netns_fd {
	uint32_t pid, inode; /* inode of the network namespace it keeps alive */
	int32_t fd;
};
const struct owners_netns_fd *owners_netns_fds(const struct owners *own, size_t *ret_n);

/*
 * Sockets that processes hold and no dump has, one holder of each, in no order. fn returns false to
 * stop.
 */
typedef bool owners_socket_fn(void *ctx, uint32_t inode, uint32_t pid, int32_t fd);
void owners_each_unwanted(const struct owners *own, owners_socket_fn *fn, void *ctx);

/* CPU microseconds the last full pass took (0 = none yet): for the cost model. */
uint64_t owners_pass_cost(const struct owners *own);

#endif
