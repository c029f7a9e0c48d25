/* A host with some sockets on one port, judged. */
#ifndef TESTS_UNIT_MODEL_WHY_WORLD_H
#define TESTS_UNIT_MODEL_WHY_WORLD_H

#include <sys/socket.h>

#include "model/store.h"
#include "model/why.h"

#define PORT 8080
#define NOW 1000000
#define MAX 64

/* A host with some sockets on one port, as the store and the kernel's bind tables have it. */
struct world {
	struct store *st;
	uint32_t here, elsewhere;
	struct why_facts facts;
	struct why_sock socks[MAX];
	const struct snapshot *snap;
	struct arena arena;
	struct why_result result;
};

static inline struct netaddr addr(const char *text)
{
	struct netaddr a;

	assert_int_equal(netaddr_parse(text, strlen(text), &a, NULL, NULL), 0);
	return a;
}

static inline struct bytes text(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

static inline void start_at(struct world *w, const char *want)
{
	struct netns_rec ns = {.cookie = 1,
			       .inode = 4026531833u,
			       .own = true,
			       .name = text("host")},
			 other = {.cookie = 2, .inode = 4026532000u, .name = text("web_1")};

	memset(w, 0, sizeof(*w));
	w->st = store_new();
	store_tick_begin(w->st, NOW, 5000000);
	w->here = store_netns_put(w->st, &ns);
	w->elsewhere = store_netns_put(w->st, &other);
	arena_init(&w->arena, 0);
	w->facts = (struct why_facts){
		.want = {.proto = PROTO_TCP, .port = PORT, .uid = 1000},
		.netns = w->here,
		.n_places = 1,
		.socks = w->socks,
		.options_by_bpf = true,
		.somaxconn = 4096,
		.range_low = 32768,
		.range_high = 60999,
	};
	w->facts.want.addr = addr(want);
	w->facts.places[0] = (struct why_place){
		.bind = {.addr = addr(want),
			 .uid = 1000,
			 .port = PORT,
			 .proto = PROTO_TCP,
			 .unprivileged_start = 1024,
			 .addr_local = 1},
		.probe = {BIND_UNKNOWN, BIND_UNKNOWN, BIND_UNKNOWN},
	};
	w->facts.places[0].bind.bucket = &w->facts.places[0].bucket;
}

static inline void start(struct world *w)
{
	start_at(w, "0.0.0.0");
}

/* A row; also a socket of the bind table when it is here. */
static inline struct sock_rec row(const char *local, enum sock_state state, uint32_t inode)
{
	return (struct sock_rec){
		.cookie = 100 + inode,
		.inode = inode,
		.uid = 1000,
		.local = addr(local),
		.local_port = PORT,
		.remote = {.family = addr(local).family},
		.proto = PROTO_TCP,
		.family = addr(local).family == AF_INET ? FAM_INET : FAM_INET6,
		.state = (uint8_t)state,
		.sendq = 128,
		.have = REC_UID | REC_QUEUES | REC_BACKLOG_MAX | REC_V6ONLY,
	};
}

static inline void put_in(struct world *w, uint32_t netns, const struct sock_rec *rec)
{
	struct dump_scope scope = {
		.netns = netns, .protos = PROTO_BIT(rec->proto), .states = STATE_BIT(rec->state)};

	store_dump_begin(w->st, &scope);
	store_put(w->st, rec);
	store_dump_end(w->st, 0, 0);
}

static inline struct why_sock *put(struct world *w, const struct sock_rec *rec)
{
	struct why_sock *s = &w->socks[w->facts.n_socks++];

	put_in(w, w->here, rec);
	*s = (struct why_sock){
		.bind = {.addr = rec->local,
			 .uid = rec->uid,
			 .port = PORT,
			 .proto = rec->proto,
			 .state = rec->state,
			 .timewait = rec->timer == TIMER_TIME_WAIT,
			 .v6only = rec->v6only},
		.cookie = rec->cookie,
		.remote = rec->remote,
		.inode = rec->inode,
		.remote_port = (uint16_t)rec->remote_port,
		.connect_bind = BIND_UNKNOWN,
	};
	return s;
}

static inline struct why_sock *put_row(struct world *w, const char *local, enum sock_state state,
				       uint32_t inode)
{
	struct sock_rec rec = row(local, state, inode);

	return put(w, &rec);
}

static inline struct proc_rec process(uint32_t pid, const char *comm)
{
	return (struct proc_rec){
		.pid = pid,
		.start_ticks = 1,
		.uid = 1000,
		.have = PROC_HAVE_STAT | PROC_HAVE_UID | PROC_HAVE_EXE | PROC_HAVE_NETNS |
			PROC_HAVE_CMDLINE,
		.netns_inode = 4026531833u,
		.state = 'S',
		.comm = text(comm),
		.exe = text(comm),
		.cmdline = {"", 0},
	};
}

static inline void hold(struct world *w, uint32_t inode, const struct proc_rec *p)
{
	struct owner owner = {.pid = p->pid, .fd = 3};

	store_owners_set(w->st, inode, &owner, 1, true);
	store_proc_put(w->st, p);
}

static inline void hold_by(struct world *w, uint32_t inode, uint32_t pid, const char *comm)
{
	struct proc_rec p = process(pid, comm);

	hold(w, inode, &p);
}

static inline void judge_at(struct world *w, int64_t now)
{
	struct publish_args args = {.needs = 0};

	if (!w->snap)
		w->snap = store_publish(w->st, &args);
	why_judge(w->snap, &w->facts, now, &w->arena, &w->result);
}

static inline const struct why_cause *find(const struct world *w, enum why_code code)
{
	for (uint32_t i = 0; i < w->result.n_causes; i++)
		if (w->result.causes[i].code == code)
			return &w->result.causes[i];
	return NULL;
}

static inline void end(struct world *w)
{
	snapshot_release(w->snap);
	store_free(w->st);
	arena_done(&w->arena);
}

/* The cause is told, with these words, and the verdict is this. */
static inline const struct why_cause *expect(struct world *w, enum why_verdict verdict,
					     enum why_code code, const char *words)
{
	const struct why_cause *cause;

	judge_at(w, NOW);
	cause = find(w, code);
	assert_non_null(cause);
	assert_non_null(memmem(cause->text.ptr, cause->text.len, words, strlen(words)));
	assert_string_equal(why_verdict_name(w->result.verdict), why_verdict_name(verdict));
	return cause;
}

static inline bool advises(const struct why_cause *cause, const char *words)
{
	return cause->remedy.ptr &&
	       memmem(cause->remedy.ptr, cause->remedy.len, words, strlen(words));
}

#endif
