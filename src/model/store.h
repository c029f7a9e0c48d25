/*
 * The mutable world behind the snapshots: one store, used by one thread (the collector), fed with
 * records, asked once a tick for an immutable snapshot (model/snapshot.h). Pure: no system calls,
 * the clock is a parameter. Everything passed in is copied unless it says "static".
 *
 * One tick, in this order (every step but the first and the last may be left out):
 *	store_tick_begin()
 *	store_netns_put() ...                      namespaces that are new or changed
 *	store_destroyed(), store_event_seen() ...  what the event sources queued since the last tick
 *	store_dump_begin(), store_put() ..., store_dump_end()   per netns and group of protocols
 *	store_each_unknown() -> store_owners_set() | store_owner_none()
 *	store_each_proc() -> store_proc_put(), store_proc_gone()
 *	store_tcp_put(), store_bytes_put()         for needs.watch
 *	store_publish()
 *
 * A namespace or protocol that is not dumped in a tick (gated, not needed) keeps its rows as they
 * are. Slots and ids are those of the snapshots: id = generation << 32 | slot.
 */
#ifndef INETTOP_MODEL_STORE_H
#define INETTOP_MODEL_STORE_H

#include "model/needs.h"
#include "model/snapshot.h"

struct store;

struct store *store_new(void);

/* Every snapshot that was published must have been released. NULL is fine. */
void store_free(struct store *st);

/* Starts a tick: monotonic and wall clock, milliseconds. */
void store_tick_begin(struct store *st, int64_t mono_ms, int64_t wall_ms);

/* Moves the monotonic clock on within a tick, so that timers of a long dump are dated well. */
void store_set_now(struct store *st, int64_t mono_ms);

/* How long marks and gone rows stay. Default 5000 ms. */
void store_set_hold(struct store *st, int64_t hold_ms);

/* From now on marks are against this moment, and gone rows stay (up to a bound), until off. */
void store_baseline(struct store *st, bool on);

/* The row with this id is kept although gone; 0 = none. */
void store_pin(struct store *st, uint64_t id);

/* Keep every process that is put, not only those that hold sockets. Default off. */
void store_want_all_procs(struct store *st, bool on);

/*
 * Names a cgroup2 id by its path (same form as proc_rec.cgroup), for the choice of a primary owner
 * (SPEC 1: the holder in the socket's own cgroup). NULL bytes = unknown. May be left unset.
 */
typedef struct bytes store_cgroup_fn(void *ctx, uint64_t cgroup_id);
void store_set_cgroup_resolver(struct store *st, store_cgroup_fn *fn, void *ctx);

/* The source of sockets changed (netlink <-> text): identities differ, the change makes no marks.
 */
void store_source_changed(struct store *st);

/* Namespaces. Keyed by cookie, by inode when the cookie is 0. Put again to change its facts. */
uint32_t store_netns_put(struct store *st, const struct netns_rec *rec);
/* The slot or SLOT_NONE. */
uint32_t store_netns_find(const struct store *st, uint64_t cookie, uint32_t inode);
/* The namespace is no more: its sockets are gone with it. */
void store_netns_gone(struct store *st, uint32_t netns);

/*
 * A dump and its scope: one namespace, PROTO_BIT mask, STATE_BIT mask. Only rows in scope, by their
 * last known state, can become absent. Dumps do not nest. Rows may come in any order and twice, but
 * the order of the dump before is cheapest.
 */
struct dump_scope {
	uint32_t netns;
	uint32_t protos;
	uint32_t states;
	bool rest_known; /* births in other states are seen all the same, by store_put_one() */
};
void store_dump_begin(struct store *st, const struct dump_scope *scope);
/* Returns the slot of the row. A row out of scope is taken as well. */
uint32_t store_put(struct store *st, const struct sock_rec *rec);
/*
 * PROTO_BIT masks, both within the scope: asked = what was asked for at all (the rest of the scope
 * stays as it is), complete = what the kernel said was all. What was asked but is not complete was
 * cut short or failed: its rows that were not seen are stale, never gone.
 */
void store_dump_end(struct store *st, uint32_t asked, uint32_t complete);

/*
 * What is known of single sockets, outside of dumps. store_put_one(): a row that was looked up,
 * new, changed or the same. store_ended(): its end is certain (its destroy event came and it could
 * not be looked up any more): gone without waiting for a dump. False if there is no such row.
 */
uint32_t store_put_one(struct store *st, uint32_t netns, const struct sock_rec *rec);
bool store_ended(struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie);
/* The id of the live row with this cookie, 0 none. */
uint64_t store_id_of(const struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie);

/* A destroy event: this socket died. proto PROTO_COUNT = any; netns SLOT_NONE = any. Nothing for
 * mptcp, whose connections share the cookie of their listener. */
void store_destroyed(struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie);

/*
 * Sockets with an inode that nobody was found for: those never looked for, with retry also those of
 * status denied, hidden, in-flight, kernel and unresolved. Do not put rows from inside fn; owners
 * may be set. Costs nothing when there is none.
 */
typedef void store_sock_fn(void *ctx, const struct sock *sock);
void store_each_unknown(struct store *st, bool retry, store_sock_fn *fn, void *ctx);
uint32_t store_count_unknown(const struct store *st); /* never looked for */

/* Every live socket with this local port, in any namespace. Do not put rows from inside fn. */
void store_each_on_port(struct store *st, uint16_t port, store_sock_fn *fn, void *ctx);

/*
 * Inodes that no row has any more since the call before: their holders may hold something new.
 * The array is the store's, valid until the next dump.
 */
void store_take_dropped(struct store *st, const uint32_t **ret_inodes, size_t *ret_n);

/*
 * All holders of an inode, in any order, duplicates allowed; n > 0. complete: no other holder
 * exists as far as a full look could tell. Takes effect on the row that has the inode now.
 */
void store_owners_set(struct store *st, uint32_t inode, const struct owner *owners, uint32_t n,
		      bool complete);
/* A full look has found all holders there are: those that are known are all of them. */
void store_owners_complete(struct store *st);
/* Nobody was found: why (OWNER_KERNEL ... OWNER_UNRESOLVED), and a static text that tells more. */
void store_owner_none(struct store *st, uint32_t inode, enum owner_status status,
		      struct bytes detail);

/*
 * Processes: merges what `have` says is known. Same pid with another start_ticks = another process.
 * A process that holds no socket is not kept unless all are wanted. Returns slot or SLOT_NONE.
 */
uint32_t store_proc_put(struct store *st, const struct proc_rec *rec);
/* start_ticks 0 = whoever has the pid. */
void store_proc_gone(struct store *st, uint32_t pid, uint64_t start_ticks);
/* Every process that is known to live, those with r.have == 0 are known by pid only. */
typedef void store_proc_fn(void *ctx, const struct proc *proc);
void store_each_proc(struct store *st, store_proc_fn *fn, void *ctx);
/* The same, only those whose r.have lacks one of the bits. Cheap when nothing is missing. */
void store_each_proc_missing(struct store *st, uint16_t have, store_proc_fn *fn, void *ctx);
/* SC_CLK_TCK and the wall clock time of boot (ms), for start times; default 100 and unknown. */
void store_set_boot(struct store *st, uint32_t ticks_per_s, int64_t boot_wall_ms);

/* A container as its runtime tells it; netns_inode 0 = unknown. Processes name theirs by id. */
void store_container_put(struct store *st, const struct container_rec *rec, uint32_t netns_inode,
			 const struct publish_rec *published, uint32_t n_published);
void store_container_gone(struct store *st, struct bytes id);

/* The row with this id, or NULL when it is gone or was never there; valid until the next put. */
const struct sock *store_sock(const struct store *st, uint64_t id);

/* tcp_info of one socket: also feeds bytes and rates. */
void store_tcp_put(struct store *st, uint64_t id, const struct tcp_stats *tcp);
/* Byte counters of one socket from elsewhere (BPF), monotonic. */
void store_bytes_put(struct store *st, uint64_t id, uint64_t rx_bytes, uint64_t tx_bytes);

/*
 * An event seen by a faster source than the dumps. cookie (0 unknown) reconciles it with what the
 * diff says: each listener is reported once. id, gap_ms, previous_* and unset names are filled in.
 */
void store_event_seen(struct store *st, const struct event *ev, uint64_t cookie);

/* Something that a snapshot owns and frees (on the collector's thread). */
struct owned {
	void *ptr;
	void (*free)(void *ptr);
};

struct publish_args {
	uint64_t needs; /* NEED bits this tick satisfied */
	bool partial;   /* something could not be read, whether or not rows are stale for it */
	const struct tick_stats *stats;
	const struct note *notes;
	uint32_t n_notes;
	struct owned detail; /* struct proc_detail */
	struct owned why;    /* struct why_facts */
};

/*
 * The snapshot of this tick. The caller holds it until snapshot_release(), which any thread may
 * call at any time; memory comes back at the next publish.
 */
const struct snapshot *store_publish(struct store *st, const struct publish_args *args);

#endif
