/* The bounded history of what happened, from the diff and from faster sources, each thing once. */
#include <string.h>

#include "model/store_internal.h"

#define EVENTS_MAX 4096
#define CLOSED_MAX 256
#define SEEN_MAX 4096
/* How long an event of a faster source waits for the diff to say the same. */
#define SEEN_MS 10000

static char *copy_text(struct bytes *text, char *at)
{
	if (!text->ptr)
		return at;
	memcpy(at, text->ptr, text->len);
	at[text->len] = '\0';
	text->ptr = at;
	return at + text->len + 1;
}

static size_t text_size(const struct bytes *text)
{
	return text->ptr ? text->len + 1u : 0;
}

struct kept_event {
	struct event ev; /* first: the public pointer is this one */
	uint32_t version;
};

static void push(struct store *st, const struct event *t)
{
	struct kept_event *kept;
	char *at;

	kept = xmalloc(sizeof(*kept) + text_size(&t->netns_name) + text_size(&t->comm) +
		       text_size(&t->container_name) + text_size(&t->previous_comm));
	kept->version = st->epoch;
	kept->ev = *t;
	kept->ev.id = ++st->next_event_id;
	at = (char *)(kept + 1);
	at = copy_text(&kept->ev.netns_name, at);
	at = copy_text(&kept->ev.comm, at);
	at = copy_text(&kept->ev.container_name, at);
	copy_text(&kept->ev.previous_comm, at);
	if (st->events.len == EVENTS_MAX) {
		struct kept_event *old = (struct kept_event *)st->events.data[0];

		store_retire(st, old, old->version);
		memmove(&st->events.data[0], &st->events.data[1],
			(EVENTS_MAX - 1) * sizeof(st->events.data[0]));
		st->events.len--;
	}
	vec_push(&st->events, &kept->ev);
	st->events_changed = true;
}

static bool same_place(const struct closed_port *c, const struct event *ev)
{
	return c->netns == ev->netns_cookie && c->port == ev->port && c->proto == ev->proto &&
	       c->ifindex == ev->ifindex && !memcmp(&c->addr, &ev->addr, sizeof(c->addr));
}

static void remember_close(struct store *st, const struct event *ev)
{
	struct closed_port c = {
		.netns = ev->netns_cookie,
		.addr = ev->addr,
		.mono_ms = ev->mono_ms,
		.ifindex = ev->ifindex,
		.pid = ev->pid,
		.port = ev->port,
		.proto = ev->proto,
	};
	size_t len = ev->comm.len < sizeof(c.comm) ? ev->comm.len : sizeof(c.comm);

	if (ev->comm.ptr)
		memcpy(c.comm, ev->comm.ptr, len);
	c.comm_len = ev->comm.ptr ? (uint8_t)len : 0;
	if (st->closed.len == CLOSED_MAX) {
		memmove(&st->closed.data[0], &st->closed.data[1], (CLOSED_MAX - 1) * sizeof(c));
		st->closed.len--;
	}
	vec_push(&st->closed, c);
}

static void fill_gap(const struct store *st, struct event *ev)
{
	for (size_t i = st->closed.len; i-- > 0;) {
		const struct closed_port *c = &st->closed.data[i];

		if (!same_place(c, ev))
			continue;
		ev->gap_ms = ev->mono_ms > c->mono_ms ? ev->mono_ms - c->mono_ms : 0;
		ev->previous_pid = c->pid;
		ev->previous_comm = (struct bytes){c->comm_len ? c->comm : NULL, c->comm_len};
		return;
	}
}

static bool take_seen(struct store *st, uint64_t netns, uint64_t cookie, uint8_t kind)
{
	for (size_t i = 0; cookie && i < st->seen_events.len; i++) {
		const struct seen_event *s = &st->seen_events.data[i];

		if (s->cookie != cookie || s->netns != netns || s->kind != kind)
			continue;
		st->seen_events.data[i] = st->seen_events.data[--st->seen_events.len];
		return true;
	}
	return false;
}

static void name_netns(const struct store *st, struct event *ev, uint32_t slot)
{
	const struct netns *n = store_cur_netns(st, slot);

	if (!n)
		return;
	ev->netns_cookie = n->r.cookie;
	ev->netns_inode = n->r.inode;
	ev->netns_name = n->r.name;
}

static void name_owner(const struct store *st, struct event *ev, const struct port *p)
{
	const struct proc *proc = store_cur_proc(st, p->proc);
	const struct container *c = proc ? store_cur_container(st, proc->container) : NULL;

	if (p->n_owners)
		ev->pid = p->owners[0].pid;
	if (proc)
		ev->comm = proc->r.comm;
	if (c)
		ev->container_name = c->r.name.ptr ? c->r.name : c->r.id;
}

void events_port(struct store *st, const struct port *p, enum event_kind kind, uint64_t cookie,
		 const struct proc *before)
{
	struct event ev = {
		.wall_ms = st->wall_ms,
		.mono_ms = st->mono_ms,
		.kind = (uint8_t)kind,
		.proto = p->proto,
		.family = p->family,
		.addr = p->addr,
		.port = p->port,
		.ifindex = p->ifindex,
		.uid = p->uid,
		.uid_known = true,
		.lifetime_ms = -1,
		.gap_ms = -1,
	};

	name_netns(st, &ev, p->netns);
	name_owner(st, &ev, p);
	if (kind == EVENT_CLOSE) {
		if (p->head.first_ms >= 0)
			ev.lifetime_ms = st->mono_ms - p->head.first_ms;
	} else if (kind == EVENT_HANDOVER) {
		ev.previous_pid = before ? before->r.pid : 0;
		ev.previous_comm = before ? before->r.comm : ev.previous_comm;
	} else {
		fill_gap(st, &ev);
	}
	if (take_seen(st, ev.netns_cookie, cookie, ev.kind))
		return;
	if (kind == EVENT_CLOSE)
		remember_close(st, &ev);
	push(st, &ev);
}

void events_container(struct store *st, const struct container *c, enum event_kind kind)
{
	struct event ev = {
		.wall_ms = st->wall_ms,
		.mono_ms = st->mono_ms,
		.kind = (uint8_t)kind,
		.lifetime_ms = -1,
		.gap_ms = -1,
		.container_name = c->r.name.ptr ? c->r.name : c->r.id,
	};

	if (kind == EVENT_CONTAINER_STOP && c->head.first_ms >= 0)
		ev.lifetime_ms = st->mono_ms - c->head.first_ms;
	name_netns(st, &ev, c->netns);
	push(st, &ev);
}

static uint32_t find_cookie(const struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct sock_rec key = {.cookie = cookie, .proto = proto};

	return index_find(st, netns, &key);
}

/* Whether the diff has told, or will tell, what the event says in other words. */
static bool is_told(struct store *st, const struct event *ev, uint32_t netns, uint64_t cookie)
{
	uint32_t slot = netns == SLOT_NONE || !cookie ? SLOT_NONE
						      : find_cookie(st, netns, ev->proto, cookie);
	const struct sock *s = store_cur_sock(st, slot);
	const struct port *p = s ? store_cur_port(st, s->port) : NULL;

	if (!s)
		return false;
	if (ev->kind == EVENT_CLOSE)
		return s->head.gone || (p && st->px.data[s->port].socks.len > 1);
	return p && !st->px.data[s->port].event_due && STATE_BIT(s->r.state) & STATE_MASK_LISTENERS;
}

/* How long it was there: since its row was born, or since the event of its beginning. */
static int64_t lifetime(const struct store *st, const struct event *close, uint32_t netns,
			uint64_t cookie)
{
	uint32_t slot = netns == SLOT_NONE || !cookie
				? SLOT_NONE
				: find_cookie(st, netns, close->proto, cookie);
	const struct sock *s = store_cur_sock(st, slot);

	for (size_t i = st->events.len; i-- > 0;) {
		const struct event *ev = st->events.data[i];

		if (ev->netns_cookie != close->netns_cookie || ev->port != close->port ||
		    ev->proto != close->proto || ev->ifindex != close->ifindex ||
		    memcmp(&ev->addr, &close->addr, sizeof(ev->addr)))
			continue;
		if (ev->kind == EVENT_LISTEN || ev->kind == EVENT_BIND)
			return close->mono_ms > ev->mono_ms ? close->mono_ms - ev->mono_ms : 0;
		break;
	}
	return s && s->head.first_ms >= 0 ? close->mono_ms - s->head.first_ms : -1;
}

void store_event_seen(struct store *st, const struct event *ev, uint64_t cookie)
{
	uint32_t netns = store_netns_find(st, ev->netns_cookie, ev->netns_inode);
	struct event t = *ev;
	bool socket = ev->kind <= EVENT_CLOSE;

	if (st->journal)
		journal_event(st->journal, ev, cookie);
	if (socket && is_told(st, ev, netns, cookie))
		return;
	if (!t.netns_name.ptr)
		name_netns(st, &t, netns);
	if (!t.wall_ms)
		t.wall_ms = st->wall_ms - (st->mono_ms - t.mono_ms);
	t.gap_ms = -1;
	if (ev->kind == EVENT_LISTEN || ev->kind == EVENT_BIND)
		fill_gap(st, &t);
	if (ev->kind == EVENT_CLOSE) {
		if (t.lifetime_ms < 0)
			t.lifetime_ms = lifetime(st, &t, netns, cookie);
		remember_close(st, &t);
	}
	push(st, &t);
	if (socket && cookie) {
		struct seen_event seen = {.cookie = cookie,
					  .netns = t.netns_cookie,
					  .mono_ms = st->mono_ms,
					  .kind = ev->kind};

		if (st->seen_events.len == SEEN_MAX)
			vec_clear(&st->seen_events);
		vec_push(&st->seen_events, seen);
	}
}

void events_expire(struct store *st)
{
	size_t kept = 0;

	for (size_t i = 0; i < st->seen_events.len; i++) {
		if (st->mono_ms - st->seen_events.data[i].mono_ms < SEEN_MS)
			st->seen_events.data[kept++] = st->seen_events.data[i];
	}
	st->seen_events.len = kept;
}

void events_done(struct store *st)
{
	for (size_t i = 0; i < st->events.len; i++)
		free(st->events.data[i]);
	vec_done(&st->events);
	vec_done(&st->closed);
	vec_done(&st->seen_events);
}
