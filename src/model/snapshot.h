/*
 * The immutable truth of one moment, as the store (model/store.h) publishes it.
 *
 * A snapshot is a set of arrays of pointers to objects that never change after publication. An
 * object that differs in the next tick is a new object in the same slot; an unchanged one is the
 * same pointer, so a viewer can tell what changed by comparing pointers (or by snapshot.changed).
 * Objects live as long as any snapshot that shows them. Keep ids across ticks, never pointers.
 *
 * Slots: sock.netns, sock.proc, port.netns ... are indexes into the arrays of the SAME snapshot.
 * An array entry may be NULL (a free slot). SLOT_NONE = no such thing.
 */
#ifndef INETTOP_MODEL_SNAPSHOT_H
#define INETTOP_MODEL_SNAPSHOT_H

#include "model/record.h"

#define SLOT_NONE UINT32_MAX

enum mark { MARK_NONE, MARK_NEW, MARK_CHANGED, MARK_GONE };

/*
 * Ids are never 0 and never reused in a run. mark is what last happened and mark_ms when
 * (monotonic): a viewer shows it until the hold time is over (snapshot_mark()).
 */
struct row_head {
	uint64_t id;
	int64_t first_ms; /* monotonic time of birth if seen, else -1 */
	int64_t mark_ms;
	uint8_t mark;	  /* enum mark */
	bool gone;	  /* kept for the hold time only; never an answer to a question */
	bool stale;	  /* its last dump failed: true some ticks ago */
	uint32_t version; /* low bits of the epoch that first showed this object */
};

/* One socket. r.path and r.tcp point into memory of the same life as the object. */
struct sock {
	struct row_head head;
	struct sock_rec r;
	uint32_t netns; /* slot */
	uint32_t port;	/* slot of its endpoint (its own, or that its connections came to) or
			   SLOT_NONE */
	uint32_t proc;	/* slot of the primary owner's process, or of the listener's when not
			   accepted */
	uint32_t n_owners;
	struct owner owner0;	    /* the primary owner, valid when n_owners > 0 */
	const struct owner *owners; /* all n_owners, primary first (may point to owner0) */
	uint32_t peer;	      /* slot of the socket at the other end when local, or SLOT_NONE */
	uint8_t owner_status; /* enum owner_status */
	bool owners_complete;
	bool mptcp_folded;	     /* an mptcp row that took in its tcp row */
	struct bytes owner_detail;   /* static text or NULL: the capability that would tell, the
					kernel user ... */
	uint64_t rx_bytes, tx_bytes; /* UINT64_MAX = not counted */
	int64_t rx_rate, tx_rate;    /* bytes per second, -1 = unknown */
	int64_t expires_ms;	     /* monotonic time at which the timer fires, -1 none */
};

/*
 * One endpoint: (netns, protocol, device, local address, port) with its member sockets.
 * `published` rows without any listener have n_socks 0 and owner_status OWNER_PUBLISHED.
 */
struct port {
	struct row_head head;
	uint32_t netns;
	uint32_t ifindex;
	struct netaddr addr;
	uint16_t port;
	uint8_t proto, family, state, owner_status;
	bool v6only, v6only_known, owners_complete,
		is_listener; /* is_listener: shown without `a` */
	bool drops_known, backlog_known;
	uint32_t proc; /* primary's process */
	uint32_t uid;
	uint32_t conns; /* established on it */
	uint32_t n_socks;
	const uint32_t *socks; /* slots, sorted by inode */
	uint32_t n_owners;
	const struct owner *owners; /* union, primary first */
	uint64_t recvq, sendq, drops, backlog_cur, backlog_max;
	uint64_t rx_bytes, tx_bytes;
	int64_t rx_rate, tx_rate;
	struct bytes owner_detail;
	uint32_t n_published;
	const struct publish_rec
		*published; /* what this endpoint forwards to, or is published as */
	uint32_t container; /* slot of the container behind a published port, else SLOT_NONE */
	int64_t drops_ms;   /* monotonic time at which drops last grew, -1 never seen */
};

struct proc {
	struct row_head head;
	struct proc_rec r;
	uint32_t netns;			 /* slot of the namespace it runs in, or SLOT_NONE */
	uint32_t parent;		 /* slot or SLOT_NONE */
	uint32_t container;		 /* slot or SLOT_NONE */
	uint32_t listeners, connections; /* of the sockets it holds as primary or else */
	uint32_t close_waits;		 /* the peer closed, this process did not */
	uint32_t n_socks;
	const uint32_t *socks; /* slots of sockets it holds */
	int64_t start_ms;      /* wall clock time of its start, -1 unknown */
	int64_t rx_rate, tx_rate;
};

struct netns {
	struct row_head head;
	struct netns_rec r;
	uint32_t listeners, sockets;
	uint32_t container; /* slot or SLOT_NONE */
	int64_t rx_rate, tx_rate;
};

struct container {
	struct row_head head;
	struct container_rec r;
	uint32_t netns; /* slot or SLOT_NONE */
	uint32_t processes, listeners;
	uint32_t n_published;
	const struct publish_rec *published;
};

enum event_kind {
	EVENT_LISTEN,
	EVENT_BIND,
	EVENT_CLOSE,
	EVENT_HANDOVER,
	EVENT_EXEC,
	EVENT_EXIT,
	EVENT_CONTAINER_START,
	EVENT_CONTAINER_STOP,
	EVENT_KIND_COUNT
};

/* One thing that happened. Everything is by value or owned by the event: it outlives its subject.
 */
struct event {
	uint64_t id;
	int64_t wall_ms, mono_ms;
	uint8_t kind, proto, family;
	struct netaddr addr;
	uint16_t port;
	uint32_t ifindex;
	uint64_t netns_cookie;
	uint32_t netns_inode;
	struct bytes netns_name;
	uint32_t pid, uid; /* pid 0 = unknown */
	bool uid_known;
	struct bytes comm;
	struct bytes container_name;
	int64_t lifetime_ms; /* of what closed, -1 unknown */
	int64_t gap_ms; /* listen/bind on an endpoint that was closed before: how long it was free,
			   -1 */
	uint32_t previous_pid; /* 0 none */
	struct bytes previous_comm;
};

/* Phases of a tick, for --stats. */
enum phase {
	PHASE_DUMP,
	PHASE_OWNERS,
	PHASE_PROCS,
	PHASE_SNAPSHOT,
	PHASE_VIEW,
	PHASE_PAINT,
	PHASE_COUNT
};

struct tick_stats {
	uint64_t wall_us[PHASE_COUNT], cpu_us[PHASE_COUNT];
	uint64_t helper_cpu_us;
	uint64_t rss_kib;
	uint32_t sockets, rows, dumps, dumps_gated, fd_scans;
	char owner_mode;	  /* 'A' /proc, 'B' BPF only, 'C' dump + BPF owners; 0 none */
	const char *source;	  /* "netlink", "proc", "mixed" */
	const char *owner_source; /* "bpf", "proc", "none" */
};

/* Header counts. */
struct counts {
	uint32_t by_state[STATE_COUNT]; /* of IP sockets that are not gone */
	uint32_t listeners, sockets, procs, netns, containers;
	uint32_t born, died;	/* since the snapshot before */
	uint32_t hidden_owners; /* status denied or hidden */
	uint32_t unresolved;
	uint32_t problems;
};

struct proc_detail;
struct why_facts;

struct snapshot {
	uint64_t epoch; /* 1, 2, 3 ... */
	int64_t mono_ms, wall_ms;
	int64_t hold_ms;     /* how long marks last */
	int64_t baseline_ms; /* monotonic time of the baseline, -1 none: marks are against it */
	bool partial;	     /* some dump failed or was cut short */
	uint64_t needs;	     /* NEED bits this snapshot satisfies */
	const struct sock *const *socks;
	const struct port *const *ports;
	const struct proc *const *procs;
	const struct netns *const *netns;
	const struct container *const *containers;
	const struct event *const *events; /* oldest first, a bounded history */
	uint32_t n_socks, n_ports, n_procs, n_netns, n_containers,
		n_events;    /* array lengths, NULLs included */
	const uintptr_t *procs_by_pid; /* slots of procs, ascending by pid; NULL = not indexed */
	uint32_t n_procs_by_pid;
	uint32_t live_socks; /* entries that are not NULL */
	/* what differs from epoch - 1 (slots, each once; a slot may hold NULL now) */
	const uint32_t *changed_socks, *changed_ports, *changed_procs;
	uint32_t n_changed_socks, n_changed_ports, n_changed_procs;
	const struct note *notes;
	uint32_t n_notes;
	struct counts counts;
	struct tick_stats stats;
	const struct proc_detail *detail; /* of needs.detail, or NULL */
	const struct why_facts *why;	  /* of needs.why, or NULL */
};

/* One more holder, one holder less; any thread. The last release lets the collector free it. */
void snapshot_hold(const struct snapshot *snap);
void snapshot_release(const struct snapshot *snap);

/* The mark to show now: MARK_NONE once the hold time is over and no baseline is set. */
enum mark snapshot_mark(const struct snapshot *snap, const struct row_head *head, int64_t now_ms);

/* The live or still shown row with this id, or NULL. */
const struct sock *snapshot_sock_by_id(const struct snapshot *snap, uint64_t id);
const struct port *snapshot_port_by_id(const struct snapshot *snap, uint64_t id);
const struct proc *snapshot_proc_by_id(const struct snapshot *snap, uint64_t id);
const struct proc *snapshot_proc_by_pid(const struct snapshot *snap, uint32_t pid);
const struct netns *snapshot_netns_by_id(const struct snapshot *snap, uint64_t id);
const struct container *snapshot_container_by_id(const struct snapshot *snap, uint64_t id);

/* The object in a slot; NULL for SLOT_NONE, a free slot, or an index out of range. */
const struct sock *snapshot_sock(const struct snapshot *snap, uint32_t slot);
const struct port *snapshot_port(const struct snapshot *snap, uint32_t slot);
const struct proc *snapshot_proc(const struct snapshot *snap, uint32_t slot);
const struct netns *snapshot_netns(const struct snapshot *snap, uint32_t slot);
const struct container *snapshot_container(const struct snapshot *snap, uint32_t slot);

#endif
