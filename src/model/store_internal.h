/*
 * What the files of the store share. Nobody else includes this.
 *
 * Every kind of row lives in a table of slots. What a slot shows is one heap block (the object and
 * all it points to) that is immutable once published: an edit clones it first, unless this epoch
 * made it (head.version). Replaced blocks are garbage until no snapshot that shows them is alive.
 * What only the store needs (links, counters, when seen) is in arrays beside the tables, by slot.
 */
#ifndef INETTOP_MODEL_STORE_INTERNAL_H
#define INETTOP_MODEL_STORE_INTERNAL_H

#include <stdatomic.h>

#include "base/hash.h"
#include "base/vec.h"
#include "model/journal.h"
#include "model/store.h"

struct u32_vec {
	uint32_t *data;
	size_t len, cap;
};

struct garbage {
	void *ptr;
	uint32_t born; /* epoch that first showed it */
};

struct garbage_vec {
	struct garbage *data;
	size_t len, cap;
};

/* A pointer array shared by the snapshots between which it did not change. */
struct pointers {
	uint32_t refs, len;
	const void *data[];
};

struct table_slot {
	struct row_head *cur;
	uint32_t gen;
	bool dirty;  /* in table.changed */
	bool hidden; /* kept, but snapshots show an empty slot (folded rows) */
};

struct table {
	VEC(struct table_slot) slots;
	struct u32_vec free_slots, changed;
	struct pointers *shown;
	uint32_t used;
};

#define SOCK_DESTROYED (1u << 0)  /* its destroy event came */
#define SOCK_FOLDED (1u << 1)	  /* a tcp row inside an mptcp row: link = its slot */
#define SOCK_IN_UNKNOWN (1u << 2) /* is in store.unknown */
#define SOCK_INDEXED (1u << 3)	  /* is in the inode index */
#define SOCK_MEMBER (1u << 4)	  /* is a member of its endpoint (cur->port) */
#define SOCK_CONN (1u << 5)	  /* is counted in conns of its endpoint */
#define SOCK_SAMPLED (1u << 6)	  /* is in store.samples */
#define SOCK_ATTACHED (1u << 7)	  /* is counted, in its endpoint, with its processes */
#define SOCK_KEYED (1u << 8)	  /* is in the identity index */

struct sock_extra {
	uint32_t hash;
	uint32_t seen; /* serial of the last dump that had it */
	uint32_t pos;  /* index in its order list */
	uint32_t inode_next;
	uint32_t link; /* folded tcp: slot of the mptcp row; mptcp: index into store.raws */
	uint16_t flags;
	uint8_t missed;	 /* complete dumps in a row without it */
	uint32_t sample; /* index in store.samples */
};

/* The last sample of a socket with byte counters. */
struct sample {
	uint32_t slot;
	int64_t mono_ms;
};

/* The sockets of one namespace and protocol in the order of the last dump. */
struct order {
	struct u32_vec now, next;
	uint32_t cursor;
	uint32_t covered; /* states of the last complete dump, 0 = there was none */
};

struct netns_extra {
	struct order order[PROTO_COUNT];
	uint32_t rows; /* sockets and ports, gone ones too, that name this slot */
	uint32_t listeners, sockets;
	int64_t rx_rate, tx_rate;
	bool dirty, rated;
};

/* Sums of sampled sockets. */
struct traffic {
	uint64_t rx_bytes, tx_bytes;
	int64_t rx_rate, tx_rate;
};

struct port_extra {
	struct u32_vec socks;	 /* members */
	uint32_t next_same_port; /* chain of the endpoints with this netns, protocol and port */
	uint32_t conns, waiting;
	uint64_t cookie; /* of the member that made or last left it */
	struct traffic traffic;
	uint8_t problems;
	uint8_t event_due; /* publishes since it came whose event waits for the owner, 0 = none */
	bool dirty, rated, listener, new, published, chained, v6only;
};

struct proc_extra {
	struct u32_vec socks; /* slots, ascending */
	uint32_t listeners, connections, close_waits;
	uint32_t refs; /* gone rows and endpoints that name it */
	struct traffic traffic;
	uint8_t problems;
	bool dirty, rated, incomplete;
};

struct live_snapshot {
	struct snapshot snap; /* first: the public pointer is this one */
	_Atomic uint32_t refs;
	struct live_snapshot *older, *newer;
	struct garbage_vec dead; /* shown by older ones, not by this one */
	struct pointers *arrays[7]; /* ARRAY_COUNT */
	struct owned detail, why;
};

enum { TABLE_SOCK, TABLE_PORT, TABLE_PROC, TABLE_NETNS, TABLE_CONTAINER, TABLE_COUNT };
#define ARRAY_EVENTS TABLE_COUNT
#define ARRAY_PIDS (TABLE_COUNT + 1)
#define ARRAY_COUNT (TABLE_COUNT + 2)

struct gone_row {
	uint64_t id;
	int64_t ms;
	uint32_t proc_ref; /* process slot it keeps, or SLOT_NONE */
	uint32_t netns;
	uint8_t table;
};

/* What was at an endpoint that closed, for gaps. */
struct closed_port {
	uint64_t netns;
	struct netaddr addr;
	int64_t mono_ms;
	uint32_t ifindex, pid;
	uint16_t port;
	uint8_t proto;
	char comm[16];
	uint8_t comm_len;
};

/* An event from a faster source, waiting for the diff to say the same. */
struct seen_event {
	uint64_t cookie, netns;
	int64_t mono_ms;
	uint8_t kind;
};

/* One local port of one protocol in one namespace. */
struct port_number {
	uint32_t netns;
	uint16_t port;
	uint8_t proto;
};

struct container_extra {
	uint32_t netns_inode;
	uint32_t refs;
	bool known; /* the runtime told of it */
};

struct store {
	uint32_t epoch; /* the one being built */
	int64_t mono_ms, wall_ms, tick_ms, interval_ms;
	int64_t hold_ms, baseline_ms;
	uint64_t pin;
	bool want_all_procs, quiet;
	uint32_t ticks_per_s;
	int64_t boot_wall_ms;
	store_cgroup_fn *cgroup_fn;
	void *cgroup_ctx;

	struct table tables[TABLE_COUNT];
	VEC(struct sock_extra) sx;
	VEC(struct port_extra) px;
	VEC(struct proc_extra) qx;
	VEC(struct netns_extra) nx;
	VEC(struct container_extra) cx;

	/* sockets by identity: open addressing, slot + 1; and by inode: chains, slot + 1 */
	uint32_t *by_id, *by_inode;
	uint32_t by_id_size, by_id_count, by_inode_size, by_inode_count;
	struct hash ports_by_number; /* (netns, protocol, port) -> first slot of the chain */
	struct hash proc_by_pid;

	struct dump_scope scope;
	uint32_t serial, touched;
	VEC(struct sock_rec) raws; /* mptcp rows as put, before folding */
	struct u32_vec free_raws;
	struct u32_vec unknown;
	struct u32_vec dropped; /* inodes that no row has any more */
	uint32_t pending;
	VEC(struct sample) samples;
	struct u32_vec dirty_ports, dirty_procs;
	struct u32_vec incomplete; /* processes of which something basic is not known */
	int64_t first_wall_ms;
	VEC(struct port_number) rebind; /* where listeners came or went: connections look again */
	struct u32_vec rewait; /* endpoints whose process changed: their accept queue looks again */
	VEC(struct gone_row) gone;
	bool peers_changed; /* a connection came, went or moved */
	bool procs_changed, containers_changed, published_changed, summed;
	uint32_t folded; /* hidden tcp rows */

	VEC(struct event *) events;
	struct pointers *shown_events, *shown_pids;
	bool events_changed, pids_changed;
	uint64_t next_event_id;
	VEC(struct closed_port) closed;
	VEC(struct seen_event) seen_events;

	struct strbuf *journal; /* the caller's, NULL = none */
	VEC(char *) details; /* texts that came from a journal */

	struct counts counts;
	uint32_t stale_rows;
	struct live_snapshot *newest;
	struct garbage_vec dead;
};

#define GONE_MAX 10000

/* store_mem.c: blocks, tables, snapshots */
void store_retire(struct store *st, void *ptr, uint32_t born);
uint32_t table_add(struct store *st, unsigned int table); /* an empty slot; extras are zeroed */
uint64_t table_id(const struct store *st, unsigned int table, uint32_t slot);
void table_show(struct store *st, unsigned int table, uint32_t slot, void *block);
void table_touch(struct store *st, unsigned int table, uint32_t slot);
void table_drop(struct store *st, unsigned int table, uint32_t slot);
bool table_fresh(const struct store *st, const struct row_head *head);
struct live_snapshot *store_snapshot_new(struct store *st);
void store_reap(struct store *st);
void store_mem_done(struct store *st);

/* Current objects; NULL for SLOT_NONE or an empty slot. */
static inline struct row_head *store_cur(const struct store *st, unsigned int table, uint32_t slot)
{
	const struct table *t = &st->tables[table];

	return slot < t->slots.len ? t->slots.data[slot].cur : NULL;
}

/* The same where the slot is known to be in use. */
static inline struct sock *sock_at(const struct store *st, uint32_t slot)
	__attribute__((returns_nonnull));
static inline struct sock *sock_at(const struct store *st, uint32_t slot)
{
	return (struct sock *)st->tables[TABLE_SOCK].slots.data[slot].cur;
}

static inline struct port *port_at(const struct store *st, uint32_t slot)
	__attribute__((returns_nonnull));
static inline struct port *port_at(const struct store *st, uint32_t slot)
{
	return (struct port *)st->tables[TABLE_PORT].slots.data[slot].cur;
}

static inline struct proc *proc_at(const struct store *st, uint32_t slot)
	__attribute__((returns_nonnull));
static inline struct proc *proc_at(const struct store *st, uint32_t slot)
{
	return (struct proc *)st->tables[TABLE_PROC].slots.data[slot].cur;
}

static inline struct netns *netns_at(const struct store *st, uint32_t slot)
	__attribute__((returns_nonnull));
static inline struct netns *netns_at(const struct store *st, uint32_t slot)
{
	return (struct netns *)st->tables[TABLE_NETNS].slots.data[slot].cur;
}

static inline struct container *container_at(const struct store *st, uint32_t slot)
	__attribute__((returns_nonnull));
static inline struct container *container_at(const struct store *st, uint32_t slot)
{
	return (struct container *)st->tables[TABLE_CONTAINER].slots.data[slot].cur;
}

static inline struct sock *store_cur_sock(const struct store *st, uint32_t slot)
{
	return (struct sock *)store_cur(st, TABLE_SOCK, slot);
}

static inline struct port *store_cur_port(const struct store *st, uint32_t slot)
{
	return (struct port *)store_cur(st, TABLE_PORT, slot);
}

static inline struct proc *store_cur_proc(const struct store *st, uint32_t slot)
{
	return (struct proc *)store_cur(st, TABLE_PROC, slot);
}

static inline struct netns *store_cur_netns(const struct store *st, uint32_t slot)
{
	return (struct netns *)store_cur(st, TABLE_NETNS, slot);
}

static inline struct container *store_cur_container(const struct store *st, uint32_t slot)
{
	return (struct container *)store_cur(st, TABLE_CONTAINER, slot);
}

/* Marks (store.c) */
void store_mark(const struct store *st, struct row_head *head, enum mark mark);
void store_gone_add(struct store *st, unsigned int table, uint32_t slot, uint32_t proc_ref,
		    uint32_t netns);

/* store_sock.c: objects */
struct sock *store_sock_edit(struct store *st, uint32_t slot); /* scalars may be changed */
struct sock *store_sock_replace(struct store *st, uint32_t slot, const struct sock *tmpl);
void store_sock_refresh(struct store *st, uint32_t slot, const struct sock_rec *rec);
void store_sock_gone(struct store *st, uint32_t slot, bool mark);
void store_sock_forget(struct store *st, uint32_t slot);

/* store_index.c: finding sockets */
uint32_t index_find(const struct store *st, uint32_t netns, const struct sock_rec *rec);
bool index_same(const struct sock *s, const struct sock_rec *rec);
void index_add(struct store *st, uint32_t slot);
void index_del(struct store *st, uint32_t slot);
uint32_t index_inode_first(const struct store *st, uint32_t inode);
uint32_t index_inode_next(const struct store *st, uint32_t slot, uint32_t inode);
void index_inode_add(struct store *st, uint32_t slot);
void index_inode_del(struct store *st, uint32_t slot);
void index_done(struct store *st);

/* store_attach.c: a socket enters or leaves the counts, its endpoint and its processes */
void attach_sock(struct store *st, uint32_t slot);
void detach_sock(struct store *st, uint32_t slot);

/* store_fold.c: tcp rows inside mptcp rows */
void fold_born(struct store *st, uint32_t slot);
void fold_ended(struct store *st, uint32_t slot);
bool fold_overlay(struct store *st, uint32_t slot, struct sock_rec *rec);
void fold_update(struct store *st, uint32_t tcp_slot);

/* store_owner.c */
void owner_decide(struct store *st, uint32_t slot);
void owner_count(struct store *st, uint8_t status, uint32_t by);
void owner_status_set(struct store *st, struct sock *s, enum owner_status status);
void owner_reset(struct store *st, uint32_t slot);
void owner_repick(struct store *st, uint32_t proc_slot);
uint32_t owner_pick(struct store *st, const struct sock *s, struct owner *owners, uint32_t n);
bool owner_same_pids(const struct owner *a, uint32_t na, const struct owner *b, uint32_t nb);
uint32_t owner_union(struct owner *owners, uint32_t n);

/* store_proc.c */
uint32_t proc_slot_of(struct store *st, uint32_t pid); /* made when new */
uint32_t proc_find(const struct store *st, uint32_t pid);
void proc_link(struct store *st, uint32_t pid, uint32_t sock);
void proc_unlink(struct store *st, uint32_t pid, uint32_t sock);
void proc_ref(struct store *st, uint32_t slot, int sign);
void proc_dirty(struct store *st, uint32_t slot);
void proc_publish(struct store *st);
void proc_done(struct store *st);
bool proc_release(struct store *st, uint32_t slot);

/* ports.c */
void ports_attach(struct store *st, uint32_t slot);
void ports_detach(struct store *st, uint32_t slot);
void ports_dirty(struct store *st, uint32_t port);
void ports_rebind(struct store *st);
void ports_publish(struct store *st);
void ports_done(struct store *st);
void ports_forget(struct store *st, uint32_t slot);
void ports_all_dirty(struct store *st); /* what containers publish changed */

/* store_netns.c */
void netns_publish(struct store *st);
void netns_set_container(struct store *st, uint32_t slot, uint32_t container);
void netns_done(struct store *st);

/* store_container.c */
uint32_t container_find(const struct store *st, struct bytes id);
uint32_t container_of_proc(struct store *st, const struct proc_rec *r);
void container_publish(struct store *st);
void container_join(struct store *st, struct port *p); /* fills published and container */
/* Calls fn for every published port of a live container. */
void container_each_published(struct store *st, void (*fn)(struct store *st, uint32_t host_netns,
							   const struct publish_rec *pub));

/* store_peer.c */
void peer_publish(struct store *st, bool wanted);

/* store_rates.c */
void rates_sample(struct store *st, uint32_t slot, struct sock *s, uint64_t rx, uint64_t tx);
void rates_publish(struct store *st);

/* events.c */
/* before: the primary of a handover until now, or NULL. */
void events_port(struct store *st, const struct port *p, enum event_kind kind, uint64_t cookie,
		 const struct proc *before);
void events_container(struct store *st, const struct container *c, enum event_kind kind);
void events_expire(struct store *st);
void events_done(struct store *st);

#endif
