/*
 * What a tick need not dump of our own namespace. The kernel's counters tell when nothing moved;
 * and where BPF tells every change of state of a TCP socket, what moved is looked up one by one
 * instead of dumping all. See doc/cost.md for what each way costs and misses.
 */
#ifndef INETTOP_SESSION_FLOW_H
#define INETTOP_SESSION_FLOW_H

#include "base/hash.h"
#include "base/vec.h"
#include "kernel/bpf/bpf_records.h"
#include "kernel/net_activity.h"
#include "kernel/sockdiag.h"

struct session;
struct ns_source;
struct needs;

/* A TCP socket that moved, or that has to be looked at again without an event. */
struct flow_item {
	struct sockdiag_key key;
	int64_t due_ms; /* of what is watched */
	uint8_t state;	/* as last heard of, enum sock_state */
	uint8_t tries;
	bool found;
};

typedef VEC(struct flow_item) flow_items;

struct session_flow {
	struct net_activity *activity;
	struct net_activity_report now;
	uint64_t netns_cookie, dropped;
	bool hears;				     /* every change of state comes as an event */
	bool trusted;				     /* and has since the last whole dump */
	bool lost;				     /* some did not come: dump */
	bool tcp_ended, ended;			     /* a socket of TCP, of another protocol died */
	bool tcp_settle, other_settle, alloc_settle; /* it moved a tick ago */
	uint32_t tcp_covered, other_covered; /* protocols << STATE masks of the last dumps */
	uint32_t other_states;
	int64_t tcp_full_ms, other_full_ms;
	uint64_t dump_us, item_us; /* what a whole TCP dump and a lookup take */
	flow_items moved, watched;
	struct hash index; /* cookie -> place in moved */
	bool connecting;   /* a socket is on its way out and its port is not known */
};

void session_flow_open(struct session *s, struct ns_source *ns);
void session_flow_close(struct session_flow *flow);

/* News, before session_flow_plan(). */
void session_flow_event(struct session *s, const struct bpf_event *ev);
void session_flow_dropped(struct session *s, uint64_t dropped);
void session_flow_ended(struct session *s, const struct sock_rec *rec);

enum flow_tcp { FLOW_TCP_DUMP, FLOW_TCP_EVENTS, FLOW_TCP_QUIET };

struct flow_plan {
	enum flow_tcp tcp;
	uint32_t others; /* PROTO_BIT: protocols to dump, TCP not among them */
};

/* Decides about this tick; states is what a dump would ask for. */
struct flow_plan session_flow_plan(struct session *s, const struct needs *needs, uint32_t protos,
				   uint32_t states, int64_t now_ms);

/* Looks up what moved. */
void session_flow_lookup(struct session *s, struct ns_source *ns, int64_t now_ms);
/* The TCP states that FLOW_TCP_EVENTS dumps all the same. */
uint32_t session_flow_states(const struct session_flow *flow, uint32_t states);

/* Around a whole dump of TCP: its records, and how it went. */
void session_flow_record(struct session *s, const struct sock_rec *rec, int64_t now_ms);
void session_flow_dumped(struct session *s, bool complete, uint32_t states, uint64_t cpu_us,
			 int64_t now_ms);

#endif
