/*
 * Three ways to learn what became of TCP sockets since the last tick, the cheapest that is right:
 *
 * quiet   the namespace's counters stand still and no socket died: nothing can have moved.
 * events  BPF told every change of state: what moved is looked up by its exact cookie (2 us each).
 *         Death is certain when the event said CLOSE, or the destroy event came, and the lookup
 *         finds nothing. What has no event is watched: TIME_WAIT and SYN_RECV end by timers,
 * accept() gives an inode. Listeners are dumped (the listening hash only). dump    everything: at
 * first, every FULL_MS, when events were lost, when a lookup stays unanswered, when a view needs
 * the queues of all, or when so much moved that it is cheaper.
 *
 * Between whole dumps the queues of connections that nobody looks at are as of the last one.
 */
#include "session_flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "session_internal.h"

#define FULL_MS 10000
#define WATCH_MAX 4096
#define TRIES_MAX 3
/* A lookup, until one was measured. */
#define ITEM_US 3
#define TCP_BIT PROTO_BIT(PROTO_TCP)

/* What net_activity tells about. */
#define PROTO_MASK_GATED                                                                           \
	(PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) | PROTO_BIT(PROTO_RAW) |                  \
	 PROTO_BIT(PROTO_ICMP) | PROTO_BIT(PROTO_SCTP) | PROTO_BIT(PROTO_DCCP) |                   \
	 PROTO_BIT(PROTO_MPTCP))

/* Needs that only a dump of everything satisfies. */
#define NEEDS_DUMP                                                                                 \
	(NEED_COMPLETE | NEED_TCP_INFO_ALL | NEED_DROPS | NEED_QUEUES | NEED_AUTOBOUND |           \
	 NEED_ONE_PORT)

static uint64_t own_cookie(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		cookie = 0;
	close(fd);
	return cookie;
}

void session_flow_open(struct session *s, struct ns_source *ns)
{
	struct session_flow *f = &s->flow;

	f->netns_cookie = own_cookie();
	f->item_us = ITEM_US;
	hash_init(&f->index, (uint64_t)mono_ms() * 0x9e3779b97f4a7c15u);
	if (ns->diag && ns->events && ns->net_dir >= 0 &&
	    net_activity_open(ns->net_dir, &f->activity) < 0)
		f->activity = NULL;
}

void session_flow_close(struct session_flow *flow)
{
	net_activity_free(flow->activity);
	hash_done(&flow->index);
	vec_done(&flow->moved);
	vec_done(&flow->watched);
}

/* ---- news ---- */

static struct flow_item *moved_item(struct session_flow *f, uint64_t cookie)
{
	uint64_t at = f->moved.len;

	if (hash_get(&f->index, cookie, &at))
		return &f->moved.data[at];
	hash_put(&f->index, cookie, at);
	vec_push(&f->moved, ((struct flow_item){.key = {.cookie = cookie, .proto = PROTO_TCP}}));
	return &f->moved.data[at];
}

void session_flow_event(struct session *s, const struct bpf_event *ev)
{
	struct session_flow *f = &s->flow;
	struct flow_item *item;

	if (!f->trusted || ev->kind != BPF_EVENT_TCP_STATE || ev->netns_cookie != f->netns_cookie ||
	    ev->protocol != IPPROTO_TCP || !ev->cookie)
		return;
	item = moved_item(f, ev->cookie);
	item->state = ev->new_state;
	if (!ev->sport)
		return; /* a socket that closes has given its port back, one that opens has none yet
			 */
	item->key.family = ev->family == AF_INET ? FAM_INET : FAM_INET6;
	item->key.local = ev->family == AF_INET ? netaddr_v4(ev->saddr) : netaddr_v6(ev->saddr);
	item->key.remote = ev->family == AF_INET ? netaddr_v4(ev->daddr) : netaddr_v6(ev->daddr);
	item->key.local_port = ev->sport;
	item->key.remote_port = ev->dport;
	item->key.ifindex = ev->ifindex;
}

void session_flow_dropped(struct session *s, uint64_t dropped)
{
	s->flow.lost = s->flow.lost || dropped != s->flow.dropped;
	s->flow.dropped = dropped;
}

void session_flow_ended(struct session *s, const struct sock_rec *rec)
{
	struct session_flow *f = &s->flow;
	struct flow_item *item;

	if (rec->proto != PROTO_TCP) {
		f->ended = true;
		return;
	}
	f->tcp_ended = true;
	if (!f->trusted || !rec->cookie)
		return;
	item = moved_item(f, rec->cookie);
	item->state = STATE_CLOSE;
	if (item->key.local_port || !rec->local_port)
		return;
	if (!sockdiag_key_from(rec, &item->key))
		item->key.proto = PROTO_TCP;
}

/* ---- the plan ---- */

static uint32_t plan_others(struct session_flow *f, const struct needs *needs, uint32_t protos,
			    uint32_t states, int64_t now_ms)
{
	bool moved =
		f->now.other || f->ended ||
		(protos & PROTO_BIT(PROTO_MPTCP) & ~(f->now.none4 & f->now.none6) && f->now.tcp);
	bool due = moved || f->other_settle || now_ms >= f->other_full_ms + FULL_MS ||
		   needs->bits & NEEDS_DUMP || protos & ~f->other_covered ||
		   states & ~f->other_states;

	f->other_settle = moved;
	f->ended = false;
	if (!due)
		return protos & ~PROTO_MASK_GATED;
	f->other_covered = protos;
	f->other_states = states;
	f->other_full_ms = now_ms;
	return protos;
}

static enum flow_tcp plan_tcp(struct session_flow *f, const struct needs *needs, uint32_t states,
			      int64_t now_ms)
{
	bool moved = f->now.tcp || f->moved.len;
	bool quiet = !moved && !f->tcp_settle;

	f->tcp_settle = moved;
	if (needs->bits & NEEDS_DUMP || f->lost || now_ms >= f->tcp_full_ms + FULL_MS ||
	    states & ~f->tcp_covered)
		return FLOW_TCP_DUMP;
	if (quiet)
		return FLOW_TCP_QUIET;
	if (!f->trusted || f->moved.len * f->item_us > f->dump_us)
		return FLOW_TCP_DUMP;
	return FLOW_TCP_EVENTS;
}

struct flow_plan session_flow_plan(struct session *s, const struct needs *needs, uint32_t protos,
				   uint32_t states, int64_t now_ms)
{
	struct session_flow *f = &s->flow;
	struct flow_plan plan = {FLOW_TCP_DUMP, protos & ~TCP_BIT};

	if (!f->activity || net_activity_read(f->activity, &f->now) < 0)
		return plan;
	f->now.tcp = f->now.tcp || f->tcp_ended;
	f->tcp_ended = false;
	plan.others = plan_others(f, needs, plan.others, states, now_ms);
	if (protos & TCP_BIT)
		plan.tcp = plan_tcp(f, needs, states, now_ms);
	return plan;
}

/* ---- lookups ---- */

struct lookup_ctx {
	struct session *s;
	struct ns_source *ns;
	struct flow_item **items;
	int64_t now_ms;
	bool any_cookie; /* looks for what came after */
};

static bool needs_watching(const struct sock_rec *rec)
{
	if (rec->state == STATE_TIME_WAIT || rec->state == STATE_SYN_RECV)
		return true;
	return !rec->inode && (rec->state == STATE_ESTABLISHED || rec->state == STATE_CLOSE_WAIT);
}

void session_flow_record(struct session *s, const struct sock_rec *rec, int64_t now_ms)
{
	struct flow_item item = {.due_ms = now_ms, .state = rec->state};

	if (!s->flow.hears || rec->proto != PROTO_TCP || !needs_watching(rec) ||
	    !sockdiag_key_from(rec, &item.key))
		return;
	if (rec->state == STATE_TIME_WAIT)
		item.due_ms += rec->expires_ms;
	vec_push(&s->flow.watched, item);
}

static void on_found(size_t index, int err, const struct sock_rec *rec, void *opaque)
{
	struct lookup_ctx *ctx = opaque;

	if (err || (ctx->any_cookie && rec->state != STATE_TIME_WAIT))
		return;
	ctx->items[index]->found = true;
	store_put_one(ctx->s->store, ctx->ns->slot, rec);
	session_flow_record(ctx->s, rec, ctx->now_ms);
}

/* Looks up the items; any_cookie: whoever has their addresses now. */
static void look_up(struct lookup_ctx *ctx, struct flow_item **items, size_t n, bool any_cookie)
{
	struct sockdiag_key *keys = xmalloc((n + 1) * sizeof(*keys));

	for (size_t i = 0; i < n; i++) {
		keys[i] = items[i]->key;
		if (any_cookie)
			keys[i].cookie = 0;
	}
	ctx->items = items;
	ctx->any_cookie = any_cookie;
	sockdiag_lookup(ctx->ns->diag, keys, n, 0, on_found, ctx);
	free(keys);
}

/* The addresses of a socket whose events did not have them, as its row has them. */
static bool complete_key(struct session *s, const struct ns_source *ns, struct flow_item *item)
{
	const struct sock *row;

	if (item->key.local_port)
		return true;
	row = store_sock(s->store, store_id_of(s->store, ns->slot, PROTO_TCP, item->key.cookie));
	return row && sockdiag_key_from(&row->r, &item->key);
}

/* What is left of the items that were not found: ended, or asked for again in the next tick. */
static void settle_moved(struct session *s, struct ns_source *ns, struct flow_item **items,
			 size_t n)
{
	struct session_flow *f = &s->flow;

	for (size_t i = 0; i < n; i++) {
		struct flow_item again = *items[i];

		if (again.found)
			continue;
		if (again.state == STATE_CLOSE) {
			store_ended(s->store, ns->slot, PROTO_TCP, again.key.cookie);
			continue;
		}
		if (++again.tries >= TRIES_MAX)
			f->lost = true;
		else
			vec_push(&f->watched, again);
	}
}

static void look_up_moved(struct lookup_ctx *ctx)
{
	struct session_flow *f = &ctx->s->flow;
	VEC(struct flow_item *) asked = {0};
	size_t closed = 0;

	for (size_t i = 0; i < f->moved.len; i++) {
		struct flow_item *item = &f->moved.data[i];

		if (item->state == STATE_LISTEN)
			continue;
		if (complete_key(ctx->s, ctx->ns, item))
			vec_push(&asked, item);
		else if (item->state == STATE_SYN_SENT)
			f->connecting = true;
	}
	look_up(ctx, asked.data, asked.len, false);
	settle_moved(ctx->s, ctx->ns, asked.data, asked.len);
	for (size_t i = 0; i < asked.len; i++)
		if (!asked.data[i]->found && asked.data[i]->state == STATE_CLOSE)
			asked.data[closed++] = asked.data[i];
	look_up(ctx, asked.data, closed, true);
	vec_done(&asked);
}

/* What an event will not tell of. */
static void look_up_watched(struct lookup_ctx *ctx)
{
	struct session_flow *f = &ctx->s->flow;
	VEC(struct flow_item *) asked = {0};
	flow_items due = {0};
	size_t kept = 0;

	for (size_t i = 0; i < f->watched.len; i++) {
		if (f->watched.data[i].due_ms <= ctx->now_ms)
			vec_push(&due, f->watched.data[i]);
		else
			f->watched.data[kept++] = f->watched.data[i];
	}
	f->watched.len = kept;
	for (size_t i = 0; i < due.len; i++)
		if (!hash_get(&f->index, due.data[i].key.cookie, NULL))
			vec_push(&asked, &due.data[i]);
	look_up(ctx, asked.data, asked.len, false);
	for (size_t i = 0; i < asked.len; i++)
		if (asked.data[i]->state == STATE_TIME_WAIT ||
		    asked.data[i]->state == STATE_SYN_RECV)
			asked.data[i]->state = STATE_CLOSE; /* if it is not there any more */
	settle_moved(ctx->s, ctx->ns, asked.data, asked.len);
	vec_done(&asked);
	vec_done(&due);
}

static void forget_moved(struct session_flow *f)
{
	vec_clear(&f->moved);
	hash_clear(&f->index);
}

void session_flow_lookup(struct session *s, struct ns_source *ns, int64_t now_ms)
{
	struct session_flow *f = &s->flow;
	struct lookup_ctx ctx = {.s = s, .ns = ns, .now_ms = now_ms};

	f->connecting = false;
	look_up_watched(&ctx);
	look_up_moved(&ctx);
	forget_moved(f);
	if (f->watched.len > WATCH_MAX && f->watched.len * f->item_us > f->dump_us)
		f->lost = true;
}

uint32_t session_flow_states(const struct session_flow *flow, uint32_t states)
{
	uint32_t wanted = STATE_BIT(STATE_LISTEN);

	/* a bind leaves no trace but that a socket was made */
	if (flow->now.alloc || flow->alloc_settle)
		wanted |= STATE_BIT(STATE_BOUND);
	if (flow->connecting)
		wanted |= STATE_BIT(STATE_SYN_SENT);
	return wanted & states;
}

void session_flow_dumped(struct session *s, bool complete, uint32_t states, uint64_t cpu_us,
			 int64_t now_ms)
{
	struct session_flow *f = &s->flow;

	forget_moved(f);
	if (!complete) {
		f->tcp_covered = 0;
		f->trusted = false;
		return;
	}
	f->lost = false;
	f->tcp_covered = states;
	f->tcp_full_ms = now_ms;
	f->dump_us = cpu_us;
	f->trusted = f->hears && (states & STATE_BIT(STATE_ESTABLISHED));
}
