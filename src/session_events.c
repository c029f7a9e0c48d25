/*
 * Listeners that come and go between two ticks, with their pid: BPF where it is allowed. Without it
 * the diff of the dumps is all there is.
 */
#include "session_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

/* include/net/tcp_states.h */
#define TCP_STATE_CLOSE 7
#define TCP_STATE_LISTEN 10

static uint8_t event_kind(const struct bpf_event *ev)
{
	if (ev->kind == BPF_EVENT_UDP_BIND)
		return EVENT_BIND;
	return ev->new_state == TCP_STATE_LISTEN ? EVENT_LISTEN : EVENT_CLOSE;
}

static uint8_t event_proto(const struct bpf_event *ev)
{
	switch (ev->protocol) {
	case IPPROTO_UDP:
		return PROTO_UDP;
	case IPPROTO_UDPLITE:
		return PROTO_UDPLITE;
	case IPPROTO_MPTCP:
		return PROTO_MPTCP;
	default:
		return PROTO_TCP;
	}
}

/* BPF tells of every namespace of the kernel. */
static bool is_wanted(struct session *s, uint64_t netns_cookie)
{
	const struct ns_source *ns;

	for (size_t i = 0; s->cfg.netns && (ns = session_source(s, i)); i++)
		if (!ns->skip && ns->rec.cookie == netns_cookie)
			return true;
	return !s->cfg.netns;
}

/* Listeners and binds; the rest is for the flow. */
static bool is_news(const struct bpf_event *ev)
{
	return ev->kind == BPF_EVENT_UDP_BIND || ev->new_state == TCP_STATE_LISTEN ||
	       (ev->old_state == TCP_STATE_LISTEN && ev->new_state == TCP_STATE_CLOSE);
}

static void on_event(const struct bpf_event *ev, void *opaque)
{
	struct session *s = opaque;
	int64_t mono = (int64_t)(ev->ktime_ns / 1000000);
	struct event out;

	session_flow_event(s, ev);
	if (!is_news(ev) || !is_wanted(s, ev->netns_cookie))
		return;
	out = (struct event){
		.mono_ms = mono,
		.wall_ms = (int64_t)wall_ms() - ((int64_t)mono_ms() - mono),
		.kind = event_kind(ev),
		.proto = event_proto(ev),
		.family = ev->family == AF_INET ? FAM_INET : FAM_INET6,
		.addr = ev->family == AF_INET ? netaddr_v4(ev->saddr) : netaddr_v6(ev->saddr),
		.port = ev->sport,
		.netns_cookie = ev->netns_cookie,
		.pid = ev->pid,
		.uid = ev->uid,
		.uid_known = ev->pid,
		.comm = {ev->pid ? ev->comm : NULL, (uint32_t)strnlen(ev->comm, sizeof(ev->comm))},
		.lifetime_ms = -1,
		.gap_ms = -1,
	};

	store_event_seen(s->store, &out, ev->cookie);
}

void session_events_read(struct session *s)
{
	uint64_t dropped = 0;

	if (!s->bpf_events_tried) {
		s->bpf_events_tried = true;
		if (s->cfg.no_bpf || s->cfg.readonly || bpf_events_open(&s->bpf_events, true) < 0)
			s->bpf_events = NULL;
		s->flow.hears = s->bpf_events && s->flow.netns_cookie;
	}
	if (s->bpf_events)
		bpf_events_drain(s->bpf_events, on_event, s, &dropped);
	session_flow_dropped(s, dropped);
}

void session_events_done(struct session *s)
{
	bpf_events_close(s->bpf_events);
}
