/*
 * A made-up host whose sockets, owners and dumps change at random (fixed seeds), beside a naive
 * oracle: what should be shown is recounted from nothing after each tick.
 */
#include "unit/model/store_world.h"

#define MAX_SOCKS 300
#define MAX_PROCS 12
#define TICKS 400

/* xorshift64* */
struct prng {
	uint64_t state;
};

static uint32_t roll(struct prng *r, uint32_t sides)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 0x2545f4914f6cdd1dull >> 33) % sides);
}

/* One socket of the made-up host, and what the oracle expects of its row. */
struct fake {
	struct sock_rec r;
	bool alive;	  /* in the kernel */
	bool shown, gone; /* expected row */
	bool destroyed, stale;
	bool hidden; /* missing when the row that it was folded into went */
	int missed;
	int64_t gone_ms;
	struct owner owners[3];
	uint32_t n_owners;
};

struct sim {
	struct prng rnd;
	struct store *st;
	const struct snapshot *snap;
	struct fake fakes[MAX_SOCKS];
	uint64_t next_cookie;
	int64_t ms;
	bool text, first;
	struct {
		const struct snapshot *snap;
		uint64_t sum;
	} held[4];
};

static bool is_folded(const struct sim *sim, const struct fake *f)
{
	if (f->hidden)
		return true;
	for (int i = 0; f->r.proto == PROTO_TCP && f->r.inode && i < MAX_SOCKS; i++) {
		const struct fake *m = &sim->fakes[i];

		if (m->shown && !m->gone && m->r.proto == PROTO_MPTCP && m->r.inode == f->r.inode)
			return true;
	}
	return false;
}

static struct netaddr random_addr(struct prng *r)
{
	switch (roll(r, 4)) {
	case 0:
		return v4(0, 0, 0, 0);
	case 1:
		return v4(127, 0, 0, 1);
	case 2:
		return v6_any();
	default:
		return v4(10, 0, 0, 1);
	}
}

static void bear(struct sim *sim, struct fake *f)
{
	uint64_t cookie = ++sim->next_cookie;
	struct netaddr addr = random_addr(&sim->rnd);
	uint32_t port = 80 + roll(&sim->rnd, 6);

	memset(f, 0, sizeof(*f));
	f->alive = true;
	if (roll(&sim->rnd, 3)) {
		f->r = conn(cookie, v4(127, 0, 0, 1), port, 1000 + (uint32_t)cookie);
		if (!roll(&sim->rnd, 4))
			f->r.inode = 0;
		if (!roll(&sim->rnd, 4)) {
			f->r.state = STATE_TIME_WAIT;
			f->r.inode = 0;
		}
	} else {
		f->r = listener(cookie, addr, port);
		f->r.recvq = roll(&sim->rnd, 4);
		f->r.have |= REC_V6ONLY;
	}
	if (f->r.inode)
		f->r.inode = 5000 + (uint32_t)cookie;
	if (!roll(&sim->rnd, 5)) {
		f->r.proto = PROTO_UDP;
		if (f->r.state == STATE_LISTEN)
			f->r.state = STATE_UNCONN;
		else
			f->r.state = STATE_ESTABLISHED;
		f->r.inode = 5000 + (uint32_t)cookie;
	}
	if (sim->text)
		f->r.cookie = 0;
	f->n_owners = f->r.inode ? 1 + roll(&sim->rnd, 3) : 0;
	for (uint32_t i = 0; i < f->n_owners; i++)
		f->owners[i] = (struct owner){.pid = 100 + roll(&sim->rnd, MAX_PROCS),
					      .fd = (int32_t)(cookie % 1000)};
}

/* An mptcp row with the inode of a tcp row that lives. */
static void bear_mptcp(struct sim *sim, struct fake *f)
{
	const struct fake *tcp = &sim->fakes[roll(&sim->rnd, MAX_SOCKS)];

	if (!tcp->alive || tcp->r.proto != PROTO_TCP || !tcp->r.inode || is_folded(sim, tcp))
		return;
	for (int i = 0; i < MAX_SOCKS; i++) {
		if (sim->fakes[i].r.proto == PROTO_MPTCP && sim->fakes[i].r.inode == tcp->r.inode)
			return;
	}
	memset(f, 0, sizeof(*f));
	f->alive = true;
	f->r = tcp->r;
	f->r.proto = PROTO_MPTCP;
	f->r.cookie = sim->text ? 0 : ++sim->next_cookie;
	f->n_owners = tcp->n_owners;
	memcpy(f->owners, tcp->owners, sizeof(f->owners));
}

static void kill_fake(struct sim *sim, struct fake *f)
{
	f->alive = false;
	if (!f->r.cookie || f->r.proto == PROTO_MPTCP || roll(&sim->rnd, 2))
		return;
	store_destroyed(sim->st, 0, f->r.proto, f->r.cookie);
	if (f->shown && !f->gone)
		f->destroyed = true;
}

static void mutate(struct sim *sim)
{
	for (int i = 0; i < MAX_SOCKS; i++) {
		struct fake *f = &sim->fakes[i];

		if (!f->alive && !f->shown && !roll(&sim->rnd, 20)) {
			if (roll(&sim->rnd, 6))
				bear(sim, f);
			else
				bear_mptcp(sim, f);
		} else if (f->alive && !roll(&sim->rnd, 30)) {
			kill_fake(sim, f);
		} else if (f->alive && !roll(&sim->rnd, 15)) {
			f->r.recvq = roll(&sim->rnd, 50);
		} else if (f->alive && f->r.inode && !roll(&sim->rnd, 40)) {
			f->n_owners = 1;
			f->owners[0].pid = 100 + roll(&sim->rnd, MAX_PROCS);
		}
	}
}

static bool same_identity(const struct sock_rec *a, const struct sock_rec *b)
{
	if (a->cookie || a->inode)
		return a->cookie == b->cookie && (a->cookie || a->inode == b->inode) &&
		       a->proto == b->proto;
	return !b->cookie && !b->inode && a->proto == b->proto && a->local_port == b->local_port &&
	       a->remote_port == b->remote_port && !netaddr_compare(&a->local, &b->local);
}

static void expire(struct sim *sim)
{
	for (int i = 0; i < MAX_SOCKS; i++) {
		struct fake *f = &sim->fakes[i];

		if (f->gone && sim->ms - f->gone_ms >= 5000)
			f->shown = f->gone = false;
	}
}

static void hide_missing_subflows(struct sim *sim, const struct fake *mptcp)
{
	for (int i = 0; i < MAX_SOCKS; i++) {
		struct fake *f = &sim->fakes[i];

		if (f->r.proto == PROTO_TCP && f->r.inode == mptcp->r.inode && f->shown &&
		    !f->gone && f->missed)
			f->hidden = true;
	}
}

static void expect_absent(struct sim *sim, struct fake *f, bool complete)
{
	bool folded = is_folded(sim, f);

	if (!complete) {
		f->stale = true;
	} else if (f->destroyed || f->missed) {
		f->gone = true;
		f->stale = false;
		f->gone_ms = sim->ms;
		if (folded)
			f->shown = f->gone = f->hidden = false;
		if (f->r.proto == PROTO_MPTCP)
			hide_missing_subflows(sim, f);
	} else {
		f->missed = 1;
	}
}

/* The dump in random or in steady order, perhaps lossy, doubled, cut short. */
static void dump(struct sim *sim)
{
	struct dump_scope scope = {.protos = ALL.protos, .states = ALL.states};
	bool complete = sim->first || roll(&sim->rnd, 6);
	uint32_t shift = roll(&sim->rnd, 3) ? 0 : roll(&sim->rnd, MAX_SOCKS);

	store_dump_begin(sim->st, &scope);
	for (uint32_t k = 0; k < MAX_SOCKS; k++) {
		struct fake *f = &sim->fakes[(k + shift) % MAX_SOCKS];

		if (f->gone && !f->r.cookie && !f->r.inode)
			f->alive = false; /* it would be another row */
		if (f->alive && (sim->first || roll(&sim->rnd, 50))) {
			store_put(sim->st, &f->r);
			if (!roll(&sim->rnd, 20))
				store_put(sim->st, &f->r);
			f->shown = true;
			f->gone = f->stale = f->hidden = false;
			f->missed = 0;
		} else if (f->shown && !f->gone) {
			f->missed |= 2; /* decided below, when it is known who folds whom */
		}
	}
	store_dump_end(sim->st, ALL.protos, complete ? ALL.protos : 0);
	for (unsigned int p = 0; p < PROTO_COUNT; p++) {
		for (uint32_t k = 0; k < MAX_SOCKS; k++) {
			struct fake *f = &sim->fakes[k];

			if (f->r.proto != p || !(f->missed & 2))
				continue;
			f->missed &= 1;
			expect_absent(sim, f, complete);
		}
	}
}

static void find_owners(void *ctx, const struct sock *s)
{
	struct sim *sim = ctx;

	for (int i = 0; i < MAX_SOCKS; i++) {
		struct fake *f = &sim->fakes[i];

		if (f->alive && f->r.inode == s->r.inode && f->n_owners) {
			store_owners_set(sim->st, s->r.inode, f->owners, f->n_owners, true);
			return;
		}
	}
	store_owner_none(sim->st, s->r.inode, OWNER_UNRESOLVED, (struct bytes){0});
}

static void expect_rows(const struct sim *sim)
{
	uint32_t expected = 0;

	for (int i = 0; i < MAX_SOCKS; i++) {
		const struct fake *f = &sim->fakes[i];
		uint32_t found = 0;

		if (!f->shown || is_folded(sim, f))
			continue;
		expected++;
		for (uint32_t k = 0; k < sim->snap->n_socks; k++) {
			const struct sock *s = sim->snap->socks[k];

			if (!s || s->head.gone != f->gone || !same_identity(&f->r, &s->r) ||
			    (f->gone && s->head.mark_ms != f->gone_ms))
				continue;
			found++;
			assert_int_equal(s->head.stale, f->stale);
			if (f->alive && !f->missed && !f->stale && f->r.proto != PROTO_MPTCP)
				assert_int_equal(s->r.recvq, f->r.recvq);
		}
		assert_int_equal(found, 1);
	}
	assert_int_equal(sim->snap->live_socks, expected);
}

static unsigned int fit(const struct sock *listener_row, const struct sock *s)
{
	const struct netaddr *l = &listener_row->r.local;

	if (!netaddr_compare(l, &s->r.local))
		return 3;
	if (!netaddr_is_any(l))
		return 0;
	return l->family == s->r.local.family ? 2 : 1;
}

static const struct sock *listener_of(const struct snapshot *snap, const struct sock *s)
{
	const struct sock *best = NULL;

	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *l = snap->socks[i];

		if (!l || l->head.gone || !(STATE_BIT(l->r.state) & STATE_MASK_LISTENERS) ||
		    l->r.proto != s->r.proto || l->r.local_port != s->r.local_port)
			continue;
		if (fit(l, s) && (!best || fit(l, s) > fit(best, s)))
			best = l;
	}
	return best;
}

/* Recounts every endpoint from the sockets of the snapshot. */
static void expect_ports(const struct sim *sim)
{
	const struct snapshot *snap = sim->snap;
	uint32_t *conns = calloc(snap->n_ports + 1u, sizeof(*conns));
	uint32_t *members = calloc(snap->n_ports + 1u, sizeof(*members));
	uint32_t listeners = 0;

	assert_non_null(conns);
	assert_non_null(members);
	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *s = snap->socks[i];
		const struct sock *l;

		if (!s || s->head.gone)
			continue;
		if (STATE_BIT(s->r.state) & STATE_MASK_LISTENERS) {
			assert_true(snapshot_port(snap, s->port)->is_listener);
			members[s->port]++;
			continue;
		}
		l = listener_of(snap, s);
		if (l) {
			assert_int_equal(s->port, l->port);
			conns[l->port] += s->r.state == STATE_ESTABLISHED;
		} else if (s->port != SLOT_NONE) {
			assert_false(snapshot_port(snap, s->port)->is_listener);
			members[s->port]++;
		}
		if (!s->r.inode && s->r.state == STATE_ESTABLISHED)
			assert_int_equal(s->owner_status, l ? OWNER_ACCEPT_QUEUE : OWNER_ORPHAN);
		if (s->owner_status == OWNER_ACCEPT_QUEUE)
			assert_int_equal(s->proc, snapshot_port(snap, s->port)->proc);
	}
	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snap->ports[i];

		if (!p || p->head.gone)
			continue;
		listeners += p->is_listener;
		assert_int_equal(p->n_socks, members[i]);
		assert_int_equal(p->conns, conns[i]);
	}
	assert_int_equal(snap->counts.listeners, listeners);
	free(conns);
	free(members);
}

/* Recounts every process and the header. */
static void expect_counts(const struct sim *sim)
{
	const struct snapshot *snap = sim->snap;
	uint32_t listen[MAX_PROCS] = {0}, established[MAX_PROCS] = {0};
	uint32_t states[STATE_COUNT] = {0};
	uint32_t pending = 0;

	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *s = snap->socks[i];
		uint32_t seen = 0;

		if (!s || s->head.gone)
			continue;
		states[s->r.state]++;
		pending += s->owner_status == OWNER_PENDING;
		for (uint32_t k = 0; k < s->n_owners; k++) {
			uint32_t p = s->owners[k].pid - 100;

			if (seen & 1u << p)
				continue;
			seen |= 1u << p;
			listen[p] += !!(STATE_BIT(s->r.state) & STATE_MASK_LISTENERS);
			established[p] += s->r.state == STATE_ESTABLISHED;
		}
		assert_int_equal(s->owner_status == OWNER_KNOWN, s->n_owners > 0);
		if (s->n_owners)
			assert_int_equal(snapshot_proc(snap, s->proc)->r.pid, s->owners[0].pid);
	}
	assert_memory_equal(states, snap->counts.by_state, sizeof(states));
	assert_int_equal(pending, store_count_unknown(sim->st));
	for (uint32_t p = 0; p < MAX_PROCS; p++) {
		const struct proc *proc = snapshot_proc_by_pid(snap, 100 + p);

		assert_int_equal(proc ? proc->listeners : 0, listen[p]);
		assert_int_equal(proc ? proc->connections : 0, established[p]);
	}
}

static uint64_t checksum(const struct snapshot *snap)
{
	uint64_t sum = snap->epoch;

	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *s = snap->socks[i];

		if (s)
			sum = sum * 31 + s->head.id + s->r.recvq * 7ull + s->n_owners +
			      s->head.gone + (s->n_owners ? s->owners[s->n_owners - 1].pid : 0);
	}
	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snap->ports[i];

		if (p)
			sum = sum * 31 + p->head.id + p->conns + p->recvq +
			      (p->n_socks ? p->socks[p->n_socks - 1] : 0) +
			      (p->n_owners ? p->owners[0].pid : 0);
	}
	for (uint32_t i = 0; i < snap->n_procs; i++) {
		const struct proc *p = snap->procs[i];

		if (p)
			sum = sum * 31 + p->r.pid + (p->n_socks ? p->socks[p->n_socks - 1] : 0);
	}
	for (uint32_t i = 0; i < snap->n_events; i++)
		sum = sum * 31 + snap->events[i]->id + snap->events[i]->port;
	return sum;
}

/* Some snapshots are kept for a while: they must not change under whoever holds them. */
static void hold_some(struct sim *sim)
{
	uint32_t i = roll(&sim->rnd, 4);

	if (sim->held[i].snap && !roll(&sim->rnd, 3)) {
		assert_true(checksum(sim->held[i].snap) == sim->held[i].sum);
		snapshot_release(sim->held[i].snap);
		sim->held[i].snap = NULL;
	} else if (!sim->held[i].snap) {
		snapshot_hold(sim->snap);
		sim->held[i].snap = sim->snap;
		sim->held[i].sum = checksum(sim->snap);
	}
}

/* Arrays differ from the snapshot before exactly where `changed` says. */
static void expect_changed(const struct snapshot *before, const struct snapshot *snap)
{
	uint32_t differ = 0;

	for (uint32_t i = 0; i < snap->n_socks; i++)
		differ += snapshot_sock(before, i) != snap->socks[i];
	for (uint32_t i = 0; i < snap->n_changed_socks; i++) {
		uint32_t slot = snap->changed_socks[i];

		differ -= snapshot_sock(before, slot) != snap->socks[slot];
	}
	assert_int_equal(differ, 0);
}

static void switch_source(struct sim *sim)
{
	sim->text = !sim->text;
	sim->first = true;
	store_source_changed(sim->st);
	for (int i = 0; i < MAX_SOCKS; i++) {
		struct fake *f = &sim->fakes[i];

		if (!f->gone)
			f->shown = false;
		if (f->alive && f->gone)
			f->alive = false; /* one fake stands for one row */
		f->missed = 0;
		f->stale = f->destroyed = f->hidden = false;
		if (f->alive)
			f->r.cookie = sim->text ? 0 : ++sim->next_cookie;
	}
}

static void step(struct sim *sim)
{
	const struct snapshot *before = sim->snap;
	bool switched = false;

	sim->ms += 500 + roll(&sim->rnd, 1000);
	store_tick_begin(sim->st, sim->ms, sim->ms);
	if (!sim->first && !roll(&sim->rnd, 60)) {
		switch_source(sim);
		switched = true;
	}
	mutate(sim);
	dump(sim);
	store_each_unknown(sim->st, !roll(&sim->rnd, 3), find_owners, sim);
	expire(sim);
	sim->snap = publish(sim->st);
	if (before)
		expect_changed(before, sim->snap);
	snapshot_release(before);
	expect_rows(sim);
	expect_ports(sim);
	expect_counts(sim);
	if (switched) {
		assert_int_equal(sim->snap->counts.born, 0);
		assert_int_equal(sim->snap->counts.died, 0);
	}
	sim->first = false;
	hold_some(sim);
}

static void run(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	assert_non_null(sim);
	sim->rnd.state = seed;
	sim->st = store_new();
	sim->first = true;
	host(sim->st);
	for (int t = 0; t < TICKS; t++)
		step(sim);
	for (int i = 0; i < 4; i++)
		snapshot_release(sim->held[i].snap);
	snapshot_release(sim->snap);
	store_free(sim->st);
	free(sim);
}

static void churn_agrees_with_the_oracle(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		run(seed * 0x9e3779b97f4a7c15ull);
}

static uint64_t content(const struct snapshot *snap)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *s = snap->socks[i];

		if (s)
			sum += (s->r.cookie * 31 + s->r.proto) * 31 + s->owner_status * 7u +
			       (s->port == SLOT_NONE ? 0 : snap->ports[s->port]->port);
	}
	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snap->ports[i];

		if (p)
			sum += ((p->port * 31u + p->conns) * 31ull + p->n_socks) * 31 + p->recvq;
	}
	return sum;
}

static void any_order_gives_the_same_content(void **state)
{
	uint64_t first = 0;

	(void)state;
	for (uint32_t round = 0; round < 20; round++) {
		struct sim *sim = calloc(1, sizeof(*sim));
		struct prng shuffle = {77 + round};
		const struct snapshot *snap = NULL;
		struct sock_rec recs[MAX_SOCKS];
		uint64_t sum;

		assert_non_null(sim);
		sim->rnd.state = 42;
		sim->st = store_new();
		for (uint32_t i = 0; i < MAX_SOCKS; i++) {
			if (i % 7 == 6)
				bear_mptcp(sim, &sim->fakes[i]);
			if (!sim->fakes[i].alive)
				bear(sim, &sim->fakes[i]);
			recs[i] = sim->fakes[i].r;
		}
		for (uint32_t i = MAX_SOCKS; round && i-- > 1;) {
			uint32_t k = roll(&shuffle, i + 1);
			struct sock_rec swap = recs[i];

			recs[i] = recs[k];
			recs[k] = swap;
		}
		tick(sim->st, 1000, recs, MAX_SOCKS, &snap);
		sum = content(snap);
		if (!round)
			first = sum;
		assert_true(sum == first);
		tick(sim->st, 2000, recs, MAX_SOCKS, &snap);
		assert_int_equal(snap->n_changed_socks, 0);
		assert_int_equal(snap->n_changed_ports, 0);
		snapshot_release(snap);
		store_free(sim->st);
		free(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(churn_agrees_with_the_oracle),
		cmocka_unit_test(any_order_gives_the_same_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
