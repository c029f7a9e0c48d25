/* Shared by the owners_*.c files only. */
#ifndef INETTOP_KERNEL_OWNERS_IMPL_H
#define INETTOP_KERNEL_OWNERS_IMPL_H

#include "base/hash.h"
#include "base/vec.h"
#include "kernel/owners.h"

#define NONE 0u /* index 0 of holders and tables is never used */

/* One descriptor that is a socket: member of its table's list and of its inode's list. */
struct holder {
	uint32_t inode;
	uint32_t table;
	uint32_t next, prev;    /* same inode, any order */
	uint32_t next_in_table; /* ascending fd */
	int32_t fd;
};

/* Why a table is to be read again, the least urgent first. */
enum table_due { DUE_NOT, DUE_FELLOW, DUE_CHANGED, DUE_NEW, DUE_NEW_CHILD, DUE_VANISHED };

/* A descriptor table: of a process (tid 0) or of a thread with one of its own. */
struct table {
	uint64_t start_ticks;
	uint64_t scan_seq;   /* tick in which its last full scan began */
	uint64_t partial_seq; /* the same of the scan that resume_fd goes on with */
	uint32_t pid, tid, ppid, uid;
	uint32_t first;      /* holder */
	uint32_t n_holders;
	uint32_t older, newer; /* ring of all tables by scan_seq, oldest first */
	uint32_t count;      /* descriptors at the last look, UINT32_MAX unknown */
	uint32_t scanned_count; /* at the last full scan */
	int32_t max_fd;      /* highest seen in the last full scan */
	int32_t resume_fd;   /* where a scan that ran out of time goes on, 0 = at the start */
	int32_t dir_fd;      /* O_PATH on PID/fd, -1 = none kept */
	int32_t denied_errno; /* 0 = readable */
	uint8_t due;         /* enum table_due */
	bool used, kthread, is_new;
	bool dead;           /* found gone while reading; the next sweep drops it */
};

struct entry {
	int32_t fd;
	uint32_t inode;
};

struct ring_fd {
	uint32_t pid;
	int32_t fd;
};

struct owners {
	int proc_fd, loadavg_fd;
	bool real;           /* proc_fd is the procfs of our own pid namespace */
	bool can_kcmp;
	bool first_done;
	uint64_t seq;
	uint64_t last_pid, n_threads; /* of loadavg, at the last listing */
	unsigned since_listing;
	uint32_t self;       /* our pid if the tree is real, else 0 */
	uint32_t keep_max, n_kept; /* descriptors of ours */
	int64_t roll_saved;  /* CPU the rolling pass may use */
	int64_t bucket_us;   /* CPU the search may still use */
	uint64_t scan_us, scan_fds; /* what all scans cost and read so far */

	VEC(struct holder) holders;
	uint32_t free_holder;
	VEC(struct table) tables;
	uint32_t free_table;
	struct hash by_id;   /* pid << 32 | tid -> table */
	struct hash inodes;  /* inode -> INODE_* | first holder */
	struct hash unknown; /* wanted, no holder, search not over: inode -> seq */
	uint32_t n_wanting;  /* wanted inodes without holder, searched or not */

	VEC(uint32_t) leaders; /* tables of processes, by pid */
	VEC(uint32_t) listed;  /* pids of a listing */
	VEC(uint32_t) due;     /* tables to look at in this tick */
	VEC(uint32_t) dirty;   /* inodes whose holders changed */
	VEC(struct entry) scratch;
	VEC(uint32_t) tids;
	VEC(struct owner) out;
	VEC(struct owners_proc) procs;
	VEC(struct owners_proc) exited;
	VEC(struct owners_netns_fd) netns_fds;
	VEC(struct ring_fd) rings;
	struct hash ring_inodes; /* inode -> pid of the io_uring that has it registered */
	uint32_t scm_pid;      /* holds a unix socket with descriptors in its queue, 0 none seen */
	uint32_t scm_cursor;
	uint32_t scm_round_pid;
	struct owners_info info;
};

/* Head and flags of an inode's hash value. */
#define INODE_WANTED (1ull << 32)
#define INODE_DIRTY (1ull << 33)
#define INODE_HEAD(value) ((uint32_t)(value))

/* CPU time of this thread in microseconds. */
uint64_t owners_cpu_us(void);

/* ---- owners_store.c: tables, holders, inodes; no system calls ---- */
void owners_store_init(struct owners *own);
void owners_store_done(struct owners *own);
uint32_t owners_table_add(struct owners *own, uint32_t pid, uint32_t tid);
uint32_t owners_table_find(const struct owners *own, uint32_t pid, uint32_t tid);
/* Removes its holders first. The caller closes dir_fd. */
void owners_table_remove(struct owners *own, uint32_t index);
/* Makes it the newest of the ring. */
void owners_table_touch(struct owners *own, uint32_t index);
uint32_t owners_table_oldest(const struct owners *own);
/* The table's sockets with from <= fd < to are these (ascending): notes the differences. */
void owners_merge(struct owners *own, uint32_t index, int32_t from, int64_t to,
		  const struct entry *entries, size_t n);
void owners_want(struct owners *own, uint32_t inode);
void owners_unwant(struct owners *own, uint32_t inode);
/* Ends the search for inodes that were unknown before every table was read. */
void owners_settle(struct owners *own, uint64_t oldest_scan);
void owners_emit(struct owners *own, owners_change_fn *fn, void *ctx);
static inline uint64_t owners_id(uint32_t pid, uint32_t tid)
{
	return (uint64_t)pid << 32 | tid;
}

/* ---- owners_procs.c: which processes there are ---- */
/* Brings the tables of processes up to date; forced or when something may have changed. */
void owners_list(struct owners *own, bool force);
/* One fstat per table: what changed is due, what ended is removed. */
void owners_sweep(struct owners *own);
void owners_drop(struct owners *own, uint32_t index);
/* Opens and keeps its directory and looks at its count; false = the process is gone. */
bool owners_keep_dir(struct owners *own, uint32_t index);
void owners_make_due(struct owners *own, uint32_t index, enum table_due due);
/* "PID/fd" or "PID/task/TID/fd" */
void owners_dir_name(const struct table *table, char buf[48]);

/* ---- owners_scan.c: reading tables ---- */
struct scan_limit {
	uint64_t until_us; /* owners_cpu_us() at which to stop, 0 = never */
	bool threads;      /* look for threads with a table of their own too */
};
/* Reads a table. Returns false if time ran out before the end (it goes on there next time). */
bool owners_scan(struct owners *own, uint32_t index, const struct scan_limit *limit);
/* Reads only what a fat table gained at its end; false = a full scan is needed. */
bool owners_scan_tail(struct owners *own, uint32_t index);

/* ---- owners_flight.c: sockets held by no descriptor ---- */
void owners_find_flight(struct owners *own, uint64_t budget_us);

#endif
