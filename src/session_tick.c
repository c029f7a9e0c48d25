/*
 * One tick: the kernel's tables into the store, their holders, the processes behind them, a
 * snapshot. See "One tick" in doc/HACKING.md.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/procfs.h"
#include "kernel/procnet.h"
#include "model/names.h"

/* A pane that only counts connections walks them all at least this often. */
#define FULL_DUMP_MS 10000

struct stopwatch {
	struct timespec wall, cpu;
};

static void stopwatch_start(struct stopwatch *w)
{
	clock_gettime(CLOCK_MONOTONIC, &w->wall);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &w->cpu);
}

static uint64_t elapsed_us(const struct timespec *from, const struct timespec *to)
{
	return (uint64_t)((to->tv_sec - from->tv_sec) * 1000000 +
			  (to->tv_nsec - from->tv_nsec) / 1000);
}

static void stopwatch_stop(struct stopwatch *w, struct tick_stats *stats, enum phase phase)
{
	struct stopwatch now;

	stopwatch_start(&now);
	stats->wall_us[phase] += elapsed_us(&w->wall, &now.wall);
	stats->cpu_us[phase] += elapsed_us(&w->cpu, &now.cpu);
}

void session_note(struct session *s, enum note_code code, int err, uint32_t netns_inode,
		  const char *source, const char *text)
{
	struct note note = {
		.code = (uint8_t)code,
		.err = err,
		.netns_inode = netns_inode,
		.source = {source, (uint32_t)strlen(source)},
		.text = {text, (uint32_t)strlen(text)},
	};

	for (size_t i = 0; i < s->notes.len; i++) {
		const struct note *old = &s->notes.data[i];

		if (old->code == note.code && old->netns_inode == netns_inode &&
		    !strcmp(old->source.ptr, source) && !strcmp(old->text.ptr, text))
			return;
	}
	vec_push(&s->notes, note);
}

/* ---- sockets ---- */

struct put_ctx {
	struct session *s;
	uint32_t netns;
	uint32_t last_uid; /* rows come in runs of the same */
	uint64_t last_cgroup;
	bool conns;
	struct ns_source *ns;
	uint32_t last_device;
	int64_t flow_ms; /* whole dump of our own TCP: when, else 0 */
};

static void put_record(const struct sock_rec *rec, void *opaque)
{
	struct put_ctx *ctx = opaque;

	if ((rec->have & REC_UID) && rec->uid != ctx->last_uid) {
		ctx->last_uid = rec->uid;
		session_see_uid(ctx->s, rec->uid);
	}
	if ((rec->have & REC_CGROUP) && rec->cgroup_id != ctx->last_cgroup) {
		ctx->last_cgroup = rec->cgroup_id;
		session_see_cgroup(ctx->s, rec->cgroup_id);
	}
	ctx->conns |= rec->proto <= PROTO_MPTCP && rec->state != STATE_LISTEN;
	if (rec->ifindex && rec->ifindex != ctx->last_device) {
		ctx->last_device = rec->ifindex;
		session_see_if(ctx->s, ctx->ns, rec->ifindex);
	}
	store_put(ctx->s->store, rec);
	if (ctx->flow_ms)
		session_flow_record(ctx->s, rec, ctx->flow_ms);
}

static void note_outcome(struct session *s, const struct ns_source *ns, unsigned int proto,
			 const struct netlink_result *result)
{
	static const struct {
		enum note_code code;
		const char *text;
	} told[] = {
		[NETLINK_PARTIAL] = {NOTE_INTERRUPTED, "the dump was cut short: old rows stay"},
		[NETLINK_REFUSED] = {NOTE_DENIED, "the kernel refused the dump"},
		[NETLINK_JAMMED] = {NOTE_JAMMED, "foreign messages kept the answer away"},
	};

	if (result->outcome == NETLINK_COMPLETE || result->outcome == NETLINK_UNSUPPORTED)
		return;
	s->partial = true;
	session_note(s, told[result->outcome].code, -result->err, ns->rec.inode, names_proto(proto),
		     told[result->outcome].text);
}

/* From text what has a table there. */
static void dump_text(struct session *s, struct ns_source *ns, const struct dump_scope *scope)
{
	struct put_ctx ctx = {.s = s, .netns = ns->slot, .last_uid = UINT32_MAX, .ns = ns};
	struct procnet_report report = {0};

	if (!(scope->protos & PROCNET_PROTOS) || (ns->net_dir < 0 && !ns->ns))
		return;
	store_dump_begin(s->store, scope);
	session_netns_text(s, ns, scope, put_record, &ctx, &report);
	store_dump_end(s->store, report.asked & ~report.unsupported, report.complete);
	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++) {
		if (!(report.asked & ~report.unsupported & ~report.complete & PROTO_BIT(proto)))
			continue;
		s->partial = true;
		session_note(s, NOTE_INTERRUPTED, -report.err[proto], ns->rec.inode,
			     names_proto(proto), "the text table could not be read whole");
	}
	ns->complete &= !(report.asked & ~report.unsupported & ~report.complete);
	ns->conns |= ctx.conns;
	s->tables_read |= report.complete;
	s->stats.dumps++;
}

/* By sock_diag; returns the protocols that this kernel has no diag for. */
static uint32_t dump_diag(struct session *s, struct ns_source *ns, const struct dump_scope *scope,
			  uint32_t want, const struct diag_filter *filter)
{
	struct sockdiag_query query = {scope->protos, scope->states, want, filter, 0, 0};
	struct put_ctx ctx = {.s = s, .netns = ns->slot, .last_uid = UINT32_MAX, .ns = ns};
	struct sockdiag_report report = {0};

	if (ns == &s->own_ns) {
		query.none4 = s->flow.now.none4;
		query.none6 = s->flow.now.none6;
		if (scope->protos == PROTO_BIT(PROTO_TCP) && !scope->rest_known)
			ctx.flow_ms = (int64_t)mono_ms();
	}
	if (ns->ns)
		namespace_absent(ns->ns, &query.none4, &query.none6);
	store_dump_begin(s->store, scope);
	sockdiag_dump(ns->diag, &query, put_record, &ctx, &report);
	if (query.filter && session_push_refused(&report)) {
		query.filter = NULL;
		sockdiag_dump(ns->diag, &query, put_record, &ctx, &report);
	}
	store_dump_end(s->store, report.asked & ~report.unsupported, report.complete);
	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++)
		if (report.asked & PROTO_BIT(proto))
			note_outcome(s, ns, proto, &report.result[proto]);
	ns->complete = !(report.asked & ~report.unsupported & ~report.complete);
	ns->conns = ctx.conns;
	s->tables_read |= report.complete;
	s->stats.dumps++;
	return report.unsupported;
}

#define STATE_MASK_UNCONNECTED (STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_UNCONN))

/*
 * Which states a tick asks for. Listeners alone spare the walk over all connections; when only
 * their number is wanted, that walk is made when the kernel's counters say that something came or
 * went.
 */
static uint32_t wanted_states(struct session *s, struct ns_source *ns, const struct needs *needs,
			      int64_t now_ms)
{
	struct netstat_counters counters;
	uint32_t states;
	bool same;

	if (session_port_states(s, ns, needs, &states))
		return states;
	/* another namespace has a gate before every dump */
	if ((needs->bits & NEED_CONNS) || (ns->ns && (needs->bits & NEED_CONN_COUNTS)))
		return STATE_MASK_ALL;
	if (needs->bits & NEED_CONN_COUNTS) {
		same = ns->gate && !netstat_read(ns->gate, &counters) &&
		       netstat_equal(&counters, &ns->counters);
		if (!same || now_ms >= ns->full_ms + FULL_DUMP_MS) {
			if (ns->gate && !same)
				ns->counters = counters;
			ns->full_ms = now_ms;
			return STATE_MASK_ALL;
		}
		s->stats.dumps_gated++;
	}
	return STATE_MASK_UNCONNECTED | (needs->bits & NEED_BOUND ? STATE_BIT(STATE_BOUND) : 0);
}

static void on_destroyed(const struct sock_rec *rec, void *opaque)
{
	struct put_ctx *ctx = opaque;

	store_destroyed(ctx->s->store, ctx->netns, rec->proto, rec->cookie);
	if (ctx->ns == &ctx->s->own_ns)
		session_flow_ended(ctx->s, rec);
}

/* Ends of sockets since the last tick; when some were missed, only absence can tell. */
static void read_destroyed(struct session *s, struct ns_source *ns)
{
	struct put_ctx ctx = {.s = s, .netns = ns->slot, .last_uid = UINT32_MAX, .ns = ns};
	bool missed = false;

	if (ns->events)
		destroy_events_read(ns->events, on_destroyed, &ctx, &missed);
	if (ns == &s->own_ns)
		s->flow.lost = s->flow.lost || missed;
}

static uint32_t extra_wants(const struct needs *needs)
{
	return (needs->bits & NEED_TCP_INFO_ALL ? SOCKDIAG_WANT_TCP_INFO : 0) |
	       (needs->bits & NEED_DROPS ? SOCKDIAG_WANT_DROPS : 0) |
	       (needs->bits & NEED_AUTOBOUND ? SOCKDIAG_WANT_AUTOBOUND : 0);
}

/* As dump_diag(), in parts: those sockets that can be wanted. */
static uint32_t dump_pushed(struct session *s, struct ns_source *ns, const struct dump_scope *scope,
			    const struct needs *needs)
{
	struct push_part parts[PUSH_PARTS];
	unsigned int n = session_push_split(needs, scope, parts);
	uint32_t unsupported = 0;
	bool complete = true, conns = false;

	for (unsigned int i = 0; i < n; i++) {
		parts[i].scope.protos &= ~unsupported;
		unsupported |= dump_diag(s, ns, &parts[i].scope, extra_wants(needs),
					 parts[i].filtered ? session_push_filter(s, ns) : NULL);
		complete &= ns->complete;
		conns |= ns->conns;
	}
	ns->complete = complete;
	ns->conns = conns;
	return unsupported;
}

static void dump_namespace(struct session *s, struct ns_source *ns, const struct needs *needs,
			   int64_t now_ms)
{
	struct dump_scope scope = {
		.netns = ns->slot,
		.protos = needs->protos,
		.states = wanted_states(s, ns, needs, now_ms),
	};
	uint32_t want = extra_wants(needs);

	if (ns->skip || !scope.states || !session_netns_due(s, ns, needs, &scope, now_ms))
		return;
	read_destroyed(s, ns);
	ns->complete = true;
	ns->conns = false;
	if (ns->diag && needs->push.on)
		scope.protos = dump_pushed(s, ns, &scope, needs);
	else if (ns->diag)
		scope.protos = dump_diag(s, ns, &scope, want, session_why_filter(s, needs));
	dump_text(s, ns, &scope);
	if (ns->ns)
		namespace_dumped(ns->ns, ns->complete, ns->conns);
}

/* All of our own TCP sockets, by a dump. */
static void dump_tcp(struct session *s, const struct needs *needs, uint32_t states, int64_t now_ms)
{
	struct dump_scope scope = {
		.netns = s->own_ns.slot,
		.protos = PROTO_BIT(PROTO_TCP),
		.states = states,
	};
	struct stopwatch watch, now;

	if (!s->flow.hears)
		scope.states = wanted_states(s, &s->own_ns, needs, now_ms);
	vec_clear(&s->flow.watched);
	stopwatch_start(&watch);
	scope.protos = dump_diag(s, &s->own_ns, &scope, extra_wants(needs), NULL);
	dump_text(s, &s->own_ns, &scope);
	stopwatch_start(&now);
	session_flow_dumped(s, s->tables_read & PROTO_BIT(PROTO_TCP), states,
			    elapsed_us(&watch.cpu, &now.cpu), now_ms);
}

/* TCP sockets that moved, one by one; the listeners by a dump. */
static void follow_tcp(struct session *s, const struct needs *needs, uint32_t states,
		       int64_t now_ms)
{
	struct dump_scope scope = {
		.netns = s->own_ns.slot,
		.protos = PROTO_BIT(PROTO_TCP),
		.rest_known = true,
	};

	session_flow_lookup(s, &s->own_ns, now_ms);
	scope.states = session_flow_states(&s->flow, states);
	dump_diag(s, &s->own_ns, &scope, extra_wants(needs), NULL);
}

/* Our own namespace: no more is dumped than can have changed (session_flow.c). */
static void dump_own(struct session *s, const struct needs *needs, int64_t now_ms)
{
	struct ns_source *ns = &s->own_ns;
	struct dump_scope scope = {.netns = ns->slot, .states = STATE_MASK_ALL};
	struct flow_plan plan;

	if (ns->skip)
		return;
	read_destroyed(s, ns);
	if (!(needs->bits & (NEED_CONNS | NEED_CONN_COUNTS)))
		scope.states = wanted_states(s, ns, needs, now_ms);
	plan = session_flow_plan(s, needs, needs->protos, scope.states, now_ms);
	s->stats.dumps_gated += plan.tcp != FLOW_TCP_DUMP;
	s->tables_read |= needs->protos & ~plan.others; /* known all the same */
	if (plan.tcp == FLOW_TCP_DUMP)
		s->tables_read &= ~PROTO_BIT(PROTO_TCP);
	if (needs->protos & PROTO_BIT(PROTO_TCP) && plan.tcp == FLOW_TCP_DUMP)
		dump_tcp(s, needs, scope.states, now_ms);
	if (plan.tcp == FLOW_TCP_EVENTS)
		follow_tcp(s, needs, scope.states, now_ms);
	scope.protos = plan.others;
	if (!scope.protos)
		return;
	scope.protos = dump_diag(s, ns, &scope, extra_wants(needs), NULL);
	dump_text(s, ns, &scope);
}

/* ---- tcp_info of what is on screen ---- */

struct watch_ctx {
	struct session *s;
	const uint64_t *ids;
};

static void on_watched(size_t index, int err, const struct sock_rec *rec, void *opaque)
{
	struct watch_ctx *ctx = opaque;

	if (!err && rec->tcp)
		store_tcp_put(ctx->s->store, ctx->ids[index], rec->tcp);
}

static void watch_sockets(struct session *s, struct ns_source *ns, const struct needs *needs)
{
	VEC(struct sockdiag_key) keys = {0};
	VEC(uint64_t) ids = {0};
	struct sockdiag_key key;

	if (!ns->diag || !(needs->bits & (NEED_TCP_INFO | NEED_RATES)))
		return;
	for (uint32_t i = 0; i < needs->n_watch; i++) {
		const struct sock *sock = store_sock(s->store, needs->watch[i]);

		if (!sock || sock->head.gone || sock->netns != ns->slot ||
		    (sock->r.proto != PROTO_TCP && sock->r.proto != PROTO_MPTCP) ||
		    sock->r.state == STATE_TIME_WAIT || !sockdiag_key_from(&sock->r, &key))
			continue;
		vec_push(&keys, key);
		vec_push(&ids, needs->watch[i]);
	}
	if (keys.len)
		sockdiag_lookup(ns->diag, keys.data, keys.len, SOCKDIAG_WANT_TCP_INFO, on_watched,
				&(struct watch_ctx){s, ids.data});
	vec_done(&keys);
	vec_done(&ids);
}

/* ---- the whole ---- */

/* The first frame does not wait for hundreds of namespaces: the next tick has the rest. */
#define FIRST_DUMPS_MS 50

static void dump_all(struct session *s, const struct needs *needs, int64_t now_ms, bool first_frame)
{
	struct ns_source *ns;

	for (size_t i = 0; (ns = session_source(s, i)); i++) {
		if (i && first_frame && (int64_t)mono_ms() > now_ms + FIRST_DUMPS_MS)
			break;
		if (ns == &s->own_ns && s->flow.activity && !(needs->bits & NEED_COMPLETE))
			dump_own(s, needs, now_ms);
		else
			dump_namespace(s, ns, needs, now_ms);
		watch_sockets(s, ns, needs);
	}
}

static uint64_t resident_kib(int proc_fd)
{
	char text[128];
	ssize_t len = procfs_read(proc_fd, 0, "self/statm", text, sizeof(text) - 1);
	const char *second;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	second = strchr(text, ' ');
	return second ? strtoull(second, NULL, 10) * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024) : 0;
}

const struct snapshot *session_publish(struct session *s, const struct needs *needs)
{
	struct publish_args args = {
		.needs = needs->bits,
		.partial = s->partial,
		.stats = &s->stats,
		.notes = s->notes.data,
		.n_notes = (uint32_t)s->notes.len,
		.detail = s->cfg.replay ? (struct owned){0} : session_detail(s, needs),
		.why = s->cfg.replay ? (struct owned){0} : session_why(s, needs),
	};
	struct stopwatch watch;
	const struct snapshot *snap;

	stopwatch_start(&watch);
	s->stats.source = s->flow.trusted ? "netlink, events" : s->own_ns.diag ? "netlink" : "proc";
	snap = store_publish(s->store, &args);
	s->stats.sockets = s->counts_hint = snap->counts.sockets;
	stopwatch_stop(&watch, &s->stats, PHASE_SNAPSHOT);
	return snap;
}

bool session_absorb(struct session *s)
{
	bool news = helper_collect(s->helper) > 0;

	if (s->cfg.replay)
		return false;
	news |= session_containers_news(s);
	return session_dns_run(s) || news;
}

bool session_is_blind(const struct session *s)
{
	return !s->tables_read && !s->cfg.replay;
}

/* One frame of a recording; all that are left when this is not live. */
static const struct snapshot *replay_tick(struct session *s, struct needs needs, bool live)
{
	int64_t wait_ms;

	do
		wait_ms = session_tape_play(s, &needs.bits);
	while (!live && wait_ms >= 0);
	store_pin(s->store, needs.pin);
	s->replay_due_ms = wait_ms < 0 ? INT64_MAX : (int64_t)mono_ms() + wait_ms;
	vec_clear(&s->notes);
	if (wait_ms < 0)
		session_note(s, s->tape.broken ? NOTE_TRUNCATED : NOTE_LIMIT, 0, 0, "replay",
			     s->tape.broken ? "the recording is damaged here"
					    : "end of the recording");
	return session_publish(s, &needs);
}

/* What a recording holds whatever is on screen: all that its panes will ask for. */
#define RECORD_NEEDS (NEED_OWNERS | NEED_PROCS | NEED_CONNS | NEED_BOUND | NEED_EVENTS | NEED_USERS)

static const struct snapshot *live_tick(struct session *s, const struct needs *needs, bool live)
{
	struct stopwatch watch;
	int64_t now_ms = (int64_t)mono_ms();
	bool first_frame = live && !s->framed && !(needs->bits & NEED_COMPLETE);

	memset(&s->stats, 0, sizeof(s->stats));
	vec_clear(&s->notes);
	if (helper_lost(s->helper))
		session_note(s, NOTE_LIMIT, 0, 0, "helpers",
			     "they were killed: command lines and user names stay unknown");
	if (s->tape.broken)
		session_note(s, NOTE_LIMIT, 0, 0, "record",
			     "the recording could not be written on");
	s->tables_read = 0;
	s->partial = false;
	store_tick_begin(s->store, now_ms, (int64_t)wall_ms());
	store_set_boot(s->store, (uint32_t)sysconf(_SC_CLK_TCK), s->boot_wall_ms);
	store_pin(s->store, needs->pin);
	store_want_all_procs(s->store, needs->bits & NEED_ALL_PROCS);
	if (needs->bits & NEED_EVENTS)
		session_events_read(s);
	stopwatch_start(&watch);
	session_port_begin(s, needs);
	session_netns_scan(s, needs, now_ms);
	dump_all(s, needs, now_ms, first_frame);
	stopwatch_stop(&watch, &s->stats, PHASE_DUMP);
	stopwatch_start(&watch);
	session_owners(s, needs, first_frame);
	if (session_netns_more(s, needs, now_ms)) {
		dump_all(s, needs, now_ms, false);
		session_owners(s, needs, false);
	}
	stopwatch_stop(&watch, &s->stats, PHASE_OWNERS);
	stopwatch_start(&watch);
	session_procs(s, needs, live);
	session_containers(s, needs, now_ms);
	stopwatch_stop(&watch, &s->stats, PHASE_PROCS);
	s->framed = true;
	s->stats.rss_kib = resident_kib(s->proc_fd);
	return session_publish(s, needs);
}

const struct snapshot *session_tick(struct session *s, const struct needs *needs, bool live)
{
	struct needs wide = *needs;

	if (s->cfg.replay)
		return replay_tick(s, wide, live);
	if (s->cfg.complete_first && !s->framed)
		wide.bits |= NEED_COMPLETE;
	if (s->names.journal) {
		session_tape_flush(s);
		wide.bits |= RECORD_NEEDS;
		wide.protos |= PROTO_MASK_INET;
	}
	return live_tick(s, &wide, live);
}
