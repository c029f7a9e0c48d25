#include <pthread.h>
#include <stdatomic.h>

#include "unit/model/store_world.h"

static void first_dump_marks_nothing_then_new_ones_are_new(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80), listener(2, v6_any(), 443)};

	tick(w->st, 1000, recs, 1, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.mark, MARK_NONE);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.first_ms, -1);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->head.mark, MARK_NONE);
	tick(w->st, 2000, recs, 2, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.mark, MARK_NEW);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.first_ms, 2000);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 443)->head.mark, MARK_NEW);
	assert_int_equal(
		snapshot_mark(w->snap, &port_at_number(w->snap, PROTO_TCP, 443)->head, 6999),
		MARK_NEW);
	assert_int_equal(
		snapshot_mark(w->snap, &port_at_number(w->snap, PROTO_TCP, 443)->head, 7000),
		MARK_NONE);
	assert_int_equal(w->snap->counts.born, 1);
	assert_int_equal(w->snap->counts.listeners, 2);
}

static void steady_tick_keeps_objects(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(0, 0, 0, 0), 80),
				   conn(2, v4(10, 0, 0, 1), 80, 5000)};
	const struct sock *before;
	const struct port *port;

	recs[1].timer = TIMER_KEEPALIVE;
	recs[1].expires_ms = 7000000;
	tick(w->st, 1000, recs, 2, &w->snap);
	before = sock_by_cookie(w->snap, PROTO_TCP, 2);
	port = port_at_number(w->snap, PROTO_TCP, 80);
	recs[1].expires_ms -= 1000;
	tick(w->st, 2003, recs, 2, &w->snap);
	assert_ptr_equal(sock_by_cookie(w->snap, PROTO_TCP, 2), before);
	assert_ptr_equal(port_at_number(w->snap, PROTO_TCP, 80), port);
	assert_int_equal(w->snap->n_changed_socks, 0);
	assert_int_equal(w->snap->n_changed_ports, 0);
	assert_int_equal(before->expires_ms, 7001000);
	recs[1].recvq = 5;
	tick(w->st, 3000, recs, 2, &w->snap);
	assert_int_equal(w->snap->n_changed_socks, 1);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->r.recvq, 5);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.mark, MARK_NONE);
}

static void gone_needs_two_absences_or_a_destroy_event(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 81)};
	uint64_t id;

	tick(w->st, 1000, recs, 2, &w->snap);
	id = sock_by_cookie(w->snap, PROTO_TCP, 1)->head.id;
	store_destroyed(w->st, SLOT_NONE, PROTO_COUNT, 2);
	tick(w->st, 2000, recs, 0, &w->snap);
	assert_false(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.gone);
	assert_true(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.gone);
	assert_true(port_at_number(w->snap, PROTO_TCP, 81)->head.gone);
	tick(w->st, 3000, recs, 1, &w->snap);
	tick(w->st, 4000, recs, 0, &w->snap);
	assert_false(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.gone);
	tick(w->st, 5000, recs, 0, &w->snap);
	assert_true(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.gone);
	assert_null(store_sock(w->st, id));
	assert_int_equal(w->snap->counts.sockets, 0);
	assert_int_equal(w->snap->counts.listeners, 0);
	store_pin(w->st, id);
	tick(w->st, 50000, recs, 0, &w->snap);
	assert_non_null(snapshot_sock_by_id(w->snap, id));
	assert_null(sock_by_cookie(w->snap, PROTO_TCP, 2));
	store_pin(w->st, 0);
	tick(w->st, 51000, recs, 0, &w->snap);
	assert_int_equal(w->snap->live_socks, 0);
	assert_null(port_at_number(w->snap, PROTO_TCP, 80));
}

static void failed_dump_makes_rows_stale(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 81)};
	struct dump partial = ALL;

	tick(w->st, 1000, recs, 2, &w->snap);
	partial.complete = 0;
	for (int64_t ms = 2000; ms < 6000; ms += 1000) {
		store_tick_begin(w->st, ms, ms);
		put_all(w->st, 0, partial, recs, 1);
		snapshot_release(w->snap);
		w->snap = publish(w->st);
		assert_true(w->snap->partial);
		assert_true(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.stale);
		assert_false(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.gone);
		assert_false(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.stale);
	}
	tick(w->st, 7000, recs, 2, &w->snap);
	assert_false(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.stale);
	assert_false(w->snap->partial);
}

static void rows_out_of_scope_stay(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   conn(2, v4(127, 0, 0, 1), 80, 5000)};
	struct dump listen = {PROTO_BIT(PROTO_TCP), STATE_BIT(STATE_LISTEN), PROTO_BIT(PROTO_TCP)};

	tick(w->st, 1000, recs, 2, &w->snap);
	for (int64_t ms = 2000; ms < 5000; ms += 1000) {
		store_tick_begin(w->st, ms, ms);
		put_all(w->st, 0, listen, recs, 1);
		snapshot_release(w->snap);
		w->snap = publish(w->st);
	}
	assert_non_null(sock_by_cookie(w->snap, PROTO_TCP, 2));
	tick(w->st, 6000, recs, 1, &w->snap);
	assert_null(sock_by_cookie(w->snap, PROTO_TCP, 2)); /* died unseen: no mark */
	assert_int_equal(w->snap->counts.died, 0);
}

static void wider_scope_marks_nothing_new(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   conn(2, v4(127, 0, 0, 1), 80, 5000)};
	struct dump listen = {PROTO_BIT(PROTO_TCP), STATE_BIT(STATE_LISTEN), PROTO_BIT(PROTO_TCP)};

	store_tick_begin(w->st, 1000, 1000);
	put_all(w->st, host(w->st), listen, recs, 1);
	w->snap = publish(w->st);
	tick(w->st, 2000, recs, 2, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->head.mark, MARK_NONE);
}

static void source_change_makes_no_marks(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[3] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 81),
				   conn(3, v4(127, 0, 0, 1), 80, 5000)};
	uint64_t id;

	tick(w->st, 1000, recs, 3, &w->snap);
	id = port_at_number(w->snap, PROTO_TCP, 80)->head.id;
	for (int i = 0; i < 3; i++)
		recs[i].cookie = 0;
	store_source_changed(w->st);
	tick(w->st, 2000, recs, 3, &w->snap);
	assert_int_equal(w->snap->live_socks, 3);
	for (uint32_t i = 0; i < w->snap->n_socks; i++) {
		if (w->snap->socks[i])
			assert_int_equal(w->snap->socks[i]->head.mark, MARK_NONE);
	}
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->head.id, id);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->head.mark, MARK_NONE);
	assert_int_equal(w->snap->n_events, 0);
	tick(w->st, 3000, recs, 3, &w->snap);
	assert_int_equal(w->snap->n_changed_socks, 0);
}

static void text_rows_without_inode_are_told_apart_by_tuple(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[3] = {conn(0, v4(127, 0, 0, 1), 80, 5000),
				   conn(0, v4(127, 0, 0, 1), 80, 5001),
				   conn(0, v4(127, 0, 0, 1), 80, 5001)};

	for (int i = 0; i < 3; i++) {
		recs[i].inode = 0;
		recs[i].state = STATE_TIME_WAIT;
	}
	tick(w->st, 1000, recs, 3, &w->snap);
	assert_int_equal(w->snap->live_socks, 2);
	assert_int_equal(w->snap->socks[0]->owner_status, OWNER_TIME_WAIT);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->n_socks, 2);
	assert_false(port_at_number(w->snap, PROTO_TCP, 80)->is_listener);
}

static void first_owners_are_no_change_other_owners_are(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};

	tick(w->st, 1000, recs, 1, &w->snap);
	assert_int_equal(store_count_unknown(w->st), 1);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->owner_status, OWNER_PENDING);
	one_owner(w->st, recs[0].inode, 42);
	proc(w->st, 42, 7, "nginx");
	republish(w);
	assert_int_equal(store_count_unknown(w->st), 0);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.mark, MARK_NONE);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->head.mark, MARK_NONE);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->owners[0].pid, 42);
	assert_int_equal(snapshot_proc_by_pid(w->snap, 42)->listeners, 1);
	one_owner(w->st, recs[0].inode, 43);
	proc(w->st, 43, 8, "nginx");
	republish(w);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.mark, MARK_CHANGED);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->head.mark, MARK_CHANGED);
	assert_null(snapshot_proc_by_pid(w->snap, 42));
	assert_int_equal(w->snap->events[w->snap->n_events - 1]->kind, EVENT_HANDOVER);
	assert_int_equal(w->snap->events[w->snap->n_events - 1]->pid, 43);
	assert_int_equal(w->snap->events[w->snap->n_events - 1]->previous_pid, 42);
}

/* A full look that found nobody else tells that those known are all; it is no change. */
static void holders_become_complete(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	struct owner owners[2] = {{.pid = 30}, {.pid = 40}};

	tick(w->st, 1000, recs, 1, &w->snap);
	store_owners_set(w->st, recs[0].inode, owners, 2, false);
	republish(w);
	assert_false(sock_by_cookie(w->snap, PROTO_TCP, 1)->owners_complete);
	assert_false(port_at_number(w->snap, PROTO_TCP, 80)->owners_complete);
	store_owners_complete(w->st);
	republish(w);
	assert_true(sock_by_cookie(w->snap, PROTO_TCP, 1)->owners_complete);
	assert_true(port_at_number(w->snap, PROTO_TCP, 80)->owners_complete);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->n_owners, 2);
	assert_int_not_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.mark, MARK_CHANGED);
}

static void primary_is_whom_a_person_would_name(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	struct owner owners[4] = {{.pid = 30}, {.pid = 1}, {.pid = 20}, {.pid = 10}};
	const struct sock *s;

	tick(w->st, 1000, recs, 1, &w->snap);
	store_owners_set(w->st, recs[0].inode, owners, 4, true);
	proc(w->st, 10, 1, "systemd");
	proc(w->st, 1, 0, "init");
	proc(w->st, 20, 500, "worker");
	proc(w->st, 30, 400, "master");
	republish(w);
	s = sock_by_cookie(w->snap, PROTO_TCP, 1);
	assert_int_equal(s->n_owners, 4);
	assert_int_equal(s->owners[0].pid, 30);
	assert_int_equal(s->owner0.pid, 30);
	assert_int_equal(s->owners[1].pid, 1);
	assert_int_equal(s->owners[2].pid, 10);
	assert_int_equal(snapshot_proc(w->snap, s->proc)->r.pid, 30);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->owners[0].pid, 30);
}

static struct bytes web_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 77 ? text("/web") : (struct bytes){0};
}

static void cgroup_of_the_socket_decides_the_primary(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	struct owner owners[2] = {{.pid = 30}, {.pid = 20}};
	struct proc_rec web = {.pid = 30,
			       .start_ticks = 900,
			       .have = PROC_HAVE_STAT | PROC_HAVE_CGROUP,
			       .cgroup = text("/web")};

	recs[0].have |= REC_CGROUP;
	recs[0].cgroup_id = 77;
	store_set_cgroup_resolver(w->st, web_cgroup, NULL);
	tick(w->st, 1000, recs, 1, &w->snap);
	store_owners_set(w->st, recs[0].inode, owners, 2, true);
	proc(w->st, 20, 1, "old");
	store_proc_put(w->st, &web);
	republish(w);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->owner0.pid, 30);
}

static void accept_queue_shows_the_listeners_owner(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[3] = {conn(2, v4(127, 0, 0, 1), 80, 5000),
				   conn(3, v4(127, 0, 0, 1), 99, 5000),
				   listener(1, v4(0, 0, 0, 0), 80)};
	const struct sock *s;

	recs[0].inode = recs[1].inode = 0;
	tick(w->st, 1000, recs, 3, &w->snap);
	one_owner(w->st, recs[2].inode, 42);
	republish(w);
	s = sock_by_cookie(w->snap, PROTO_TCP, 2);
	assert_int_equal(s->owner_status, OWNER_ACCEPT_QUEUE);
	assert_int_equal(snapshot_proc(w->snap, s->proc)->r.pid, 42);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 3)->owner_status, OWNER_ORPHAN);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->conns, 1);
	store_destroyed(w->st, SLOT_NONE, PROTO_TCP, 1);
	tick(w->st, 2000, recs, 2, &w->snap);
	s = sock_by_cookie(w->snap, PROTO_TCP, 2);
	assert_int_equal(s->owner_status, OWNER_ORPHAN);
	assert_int_equal(s->proc, SLOT_NONE);
	assert_int_equal(s->port, SLOT_NONE);
	recs[0].inode = 5000; /* accepted after all */
	tick(w->st, 3000, recs, 2, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->owner_status, OWNER_PENDING);
	assert_int_equal(store_count_unknown(w->st), 1);
}

static void connections_go_to_the_most_specific_listener(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[4] = {conn(3, v4(127, 0, 0, 1), 80, 5000),
				   conn(4, v4(127, 0, 0, 2), 80, 5000), listener(1, v6_any(), 80),
				   listener(2, v4(127, 0, 0, 1), 80)};

	tick(w->st, 1000, recs, 3, &w->snap);
	assert_int_equal(port_at_number(w->snap, PROTO_TCP, 80)->conns, 2);
	tick(w->st, 2000, recs, 4, &w->snap);
	for (uint32_t i = 0; i < w->snap->n_ports; i++) {
		const struct port *p = w->snap->ports[i];

		assert_int_equal(p->conns, 1);
		assert_int_equal(p->n_socks, 1);
	}
	recs[2].v6only = true;
	recs[2].have |= REC_V6ONLY;
	tick(w->st, 3000, recs, 4, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 3)->port,
			 sock_by_cookie(w->snap, PROTO_TCP, 2)->port);
}

static void reuseport_group_is_one_endpoint(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[3] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(3, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 80)};
	const struct port *p;

	recs[1].recvq = 3;
	tick(w->st, 1000, recs, 3, &w->snap);
	p = port_at_number(w->snap, PROTO_TCP, 80);
	assert_int_equal(w->snap->counts.listeners, 1);
	assert_int_equal(p->n_socks, 3);
	assert_int_equal(p->backlog_cur, 3);
	assert_int_equal(p->backlog_max, 384);
	for (uint32_t i = 1; i < 3; i++)
		assert_true(snapshot_sock(w->snap, p->socks[i - 1])->r.inode <
			    snapshot_sock(w->snap, p->socks[i])->r.inode);
	store_destroyed(w->st, 0, PROTO_TCP, 2);
	tick(w->st, 2000, recs, 2, &w->snap);
	p = port_at_number(w->snap, PROTO_TCP, 80);
	assert_int_equal(p->n_socks, 2);
	assert_int_equal(p->head.mark, MARK_CHANGED);
}

static void mptcp_takes_in_tcp(bool tcp_first, struct world *w)
{
	struct sock_rec tcp = listener(1, v4(127, 0, 0, 1), 80);
	struct sock_rec mptcp = listener(9, v4(127, 0, 0, 1), 80);
	struct sock_rec recs[2];
	const struct sock *s;

	mptcp.proto = PROTO_MPTCP;
	mptcp.inode = tcp.inode;
	mptcp.sendq = 0;
	tcp.timer = TIMER_KEEPALIVE;
	tcp.expires_ms = 9000;
	tcp.have |= REC_SOCKOPT;
	mptcp.have |= REC_SOCKOPT;
	mptcp.autobound = true;
	recs[!tcp_first] = tcp;
	recs[tcp_first] = mptcp;
	for (int64_t ms = 1000; ms < 4000; ms += 1000) {
		tick(w->st, ms, recs, 2, &w->snap);
		recs[!tcp_first].expires_ms -= 1000;
		assert_null(sock_by_cookie(w->snap, PROTO_TCP, 1));
		s = sock_by_cookie(w->snap, PROTO_MPTCP, 9);
		assert_true(s->mptcp_folded);
		assert_false(s->r.autobound);
		assert_int_equal(s->r.sendq, 128);
		assert_int_equal(s->r.timer, TIMER_KEEPALIVE);
		assert_int_equal(s->expires_ms, 10000);
		assert_int_equal(w->snap->live_socks, 1);
		assert_int_equal(w->snap->counts.sockets, 1);
		assert_int_equal(w->snap->counts.listeners, 1);
	}
	assert_int_equal(w->snap->n_changed_socks, 0);
	one_owner(w->st, tcp.inode, 42);
	republish(w);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_MPTCP, 9)->owner0.pid, 42);
	assert_int_equal(snapshot_proc_by_pid(w->snap, 42)->n_socks, 1);
	recs[!tcp_first].recvq = 4;
	tick(w->st, 5000, recs, 2, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_MPTCP, 9)->r.recvq, 4);
	tick(w->st, 6000, &recs[!tcp_first], 1, &w->snap);
	tick(w->st, 7000, &recs[!tcp_first], 1, &w->snap);
	assert_non_null(sock_by_cookie(w->snap, PROTO_TCP, 1));
	assert_true(sock_by_cookie(w->snap, PROTO_MPTCP, 9)->head.gone);
	assert_int_equal(store_count_unknown(w->st), 1);
}

static void mptcp_folds_when_tcp_comes_first(void **state)
{
	mptcp_takes_in_tcp(true, *state);
}

static void mptcp_folds_when_tcp_comes_last(void **state)
{
	mptcp_takes_in_tcp(false, *state);
}

static void mptcp_connections_share_the_listeners_cookie(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[3] = {listener(9, v4(127, 0, 0, 1), 80),
				   conn(9, v4(127, 0, 0, 1), 80, 5000),
				   conn(9, v4(127, 0, 0, 1), 80, 5001)};

	for (uint32_t i = 0; i < 3; i++) {
		recs[i].proto = PROTO_MPTCP;
		recs[i].inode += i;
	}
	tick(w->st, 1000, recs, 3, &w->snap);
	tick(w->st, 2000, recs, 3, &w->snap);
	assert_int_equal(w->snap->live_socks, 3);
	assert_int_equal(w->snap->n_changed_socks, 0);
	assert_int_equal(port_at_number(w->snap, PROTO_MPTCP, 80)->conns, 2);
}

static void inode_reuse_does_not_inherit_owners(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 81)};

	recs[1].inode = recs[0].inode;
	tick(w->st, 1000, recs, 1, &w->snap);
	one_owner(w->st, recs[0].inode, 42);
	tick(w->st, 2000, &recs[1], 1, &w->snap); /* the old row is only missing */
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->owner_status, OWNER_PENDING);
	one_owner(w->st, recs[1].inode, 43);
	republish(w);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->owner0.pid, 42);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->owner0.pid, 43);
	tick(w->st, 3000, &recs[1], 1, &w->snap);
	assert_true(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.gone);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->owner0.pid, 42);
	assert_int_equal(snapshot_proc(w->snap, sock_by_cookie(w->snap, PROTO_TCP, 1)->proc)->r.pid,
			 42);
}

static void restart_shows_old_and_new_and_the_gap(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 80)};
	const struct event *ev;
	uint32_t rows = 0;

	tick(w->st, 1000, recs, 0, &w->snap);
	tick(w->st, 2000, recs, 1, &w->snap);
	one_owner(w->st, recs[0].inode, 42);
	proc(w->st, 42, 5, "web");
	tick(w->st, 3000, recs, 1, &w->snap);
	ev = w->snap->events[w->snap->n_events - 1];
	assert_int_equal(ev->kind, EVENT_LISTEN);
	assert_int_equal(ev->pid, 42);
	assert_int_equal(ev->gap_ms, -1);
	store_destroyed(w->st, 0, PROTO_TCP, 1);
	tick(w->st, 4000, recs, 0, &w->snap);
	ev = w->snap->events[w->snap->n_events - 1];
	assert_int_equal(ev->kind, EVENT_CLOSE);
	assert_int_equal(ev->lifetime_ms, 2000);
	assert_int_equal(ev->comm.len, 3);
	tick(w->st, 5000, &recs[1], 1, &w->snap);
	one_owner(w->st, recs[1].inode, 43);
	republish(w);
	ev = w->snap->events[w->snap->n_events - 1];
	assert_int_equal(ev->kind, EVENT_LISTEN);
	assert_int_equal(ev->pid, 43);
	assert_int_equal(ev->previous_pid, 42);
	assert_int_equal(ev->gap_ms, 1000);
	for (uint32_t i = 0; i < w->snap->n_ports; i++)
		rows += w->snap->ports[i] && w->snap->ports[i]->port == 80;
	assert_int_equal(rows, 2);
	assert_int_equal(w->snap->n_events, 3);
}

static void events_of_two_sources_are_one(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	struct event ev = {.kind = EVENT_LISTEN,
			   .proto = PROTO_TCP,
			   .addr = v4(127, 0, 0, 1),
			   .port = 80,
			   .netns_cookie = 1,
			   .mono_ms = 1500,
			   .pid = 42,
			   .lifetime_ms = -1};

	tick(w->st, 1000, recs, 0, &w->snap);
	store_tick_begin(w->st, 2000, 2000);
	store_event_seen(w->st, &ev, 1);
	put_all(w->st, 0, ALL, recs, 1);
	one_owner(w->st, recs[0].inode, 42);
	republish(w);
	assert_int_equal(w->snap->n_events, 1);
	store_event_seen(w->st, &ev, 1);
	tick(w->st, 3000, recs, 1, &w->snap);
	assert_int_equal(w->snap->n_events, 1);
	ev.kind = EVENT_CLOSE;
	ev.mono_ms = 3500;
	store_event_seen(w->st, &ev, 1);
	store_destroyed(w->st, 0, PROTO_TCP, 1);
	tick(w->st, 4000, recs, 0, &w->snap);
	assert_int_equal(w->snap->n_events, 2);
	ev.kind = EVENT_LISTEN; /* lived and died between two ticks */
	ev.mono_ms = 4200;
	store_event_seen(w->st, &ev, 7);
	ev.kind = EVENT_CLOSE;
	ev.mono_ms = 4300;
	store_event_seen(w->st, &ev, 7);
	tick(w->st, 5000, recs, 0, &w->snap);
	assert_int_equal(w->snap->n_events, 4);
	assert_int_equal(w->snap->events[2]->gap_ms, 700);
}

static void baseline_keeps_marks_until_off(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   listener(2, v4(127, 0, 0, 1), 81)};
	const struct row_head *head;

	tick(w->st, 1000, recs, 1, &w->snap);
	store_baseline(w->st, true);
	store_destroyed(w->st, 0, PROTO_TCP, 1);
	tick(w->st, 2000, &recs[1], 1, &w->snap);
	tick(w->st, 90000, &recs[1], 1, &w->snap);
	head = &sock_by_cookie(w->snap, PROTO_TCP, 2)->head;
	assert_int_equal(snapshot_mark(w->snap, head, 90000), MARK_NEW);
	assert_true(sock_by_cookie(w->snap, PROTO_TCP, 1)->head.gone);
	store_baseline(w->st, false);
	tick(w->st, 91000, &recs[1], 1, &w->snap);
	head = &sock_by_cookie(w->snap, PROTO_TCP, 2)->head;
	assert_int_equal(snapshot_mark(w->snap, head, 91000), MARK_NONE);
	assert_null(sock_by_cookie(w->snap, PROTO_TCP, 1));
}

static void rates_come_from_two_samples(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[2] = {listener(1, v4(127, 0, 0, 1), 80),
				   conn(2, v4(127, 0, 0, 1), 80, 5000)};
	struct tcp_stats tcp = {.bytes_received = 1000, .bytes_acked = 50};
	const struct sock *s;
	uint64_t id;

	tick(w->st, 1000, recs, 2, &w->snap);
	id = sock_by_cookie(w->snap, PROTO_TCP, 2)->head.id;
	one_owner(w->st, recs[1].inode, 42);
	store_tcp_put(w->st, id, &tcp);
	republish(w);
	assert_int_equal(snapshot_sock_by_id(w->snap, id)->rx_rate, -1);
	assert_true(snapshot_sock_by_id(w->snap, id)->rx_bytes == 1000);
	store_tick_begin(w->st, 2000, 2000);
	put_all(w->st, 0, ALL, recs, 2);
	tcp.bytes_received = 3000;
	store_tcp_put(w->st, id, &tcp);
	republish(w);
	s = snapshot_sock_by_id(w->snap, id);
	assert_int_equal(s->rx_rate, 2000);
	assert_int_equal(s->tx_rate, 0);
	assert_true(s->r.tcp->bytes_received == 3000);
	assert_int_equal(snapshot_port(w->snap, s->port)->rx_rate, 2000);
	assert_int_equal(snapshot_proc_by_pid(w->snap, 42)->rx_rate, 2000);
	assert_int_equal(w->snap->netns[0]->rx_rate, 2000);
	for (int64_t ms = 3000; ms < 7000; ms += 1000) /* not looked at any more */
		tick(w->st, ms, recs, 2, &w->snap);
	assert_int_equal(snapshot_sock_by_id(w->snap, id)->rx_rate, -1);
	assert_null(snapshot_sock_by_id(w->snap, id)->r.tcp);
	tick(w->st, 7000, recs, 2, &w->snap);
	assert_int_equal(snapshot_proc_by_pid(w->snap, 42)->rx_rate, -1);
	assert_int_equal(w->snap->netns[0]->rx_rate, -1);
}

static void both_ends_of_local_connections_find_each_other(void **state)
{
	struct world *w = *state;
	struct publish_args args = {.needs = NEED_PEERS};
	struct sock_rec recs[5] = {
		listener(1, v6_any(), 80),
		conn(2, v4(127, 0, 0, 1), 80, 5000),
		conn(3, v4(10, 0, 0, 9), 5000, 80),
		{.cookie = 4,
		 .inode = 44,
		 .proto = PROTO_UNIX,
		 .family = FAM_UNIX,
		 .state = STATE_ESTABLISHED,
		 .peer_inode = 55},
		{.cookie = 5,
		 .inode = 55,
		 .proto = PROTO_UNIX,
		 .family = FAM_UNIX,
		 .state = STATE_ESTABLISHED,
		 .peer_inode = 44},
	};

	recs[1].family = FAM_INET6; /* the server's end is v4-mapped */
	recs[1].local =
		(struct netaddr){.family = AF_INET6, .bytes = {[10] = 255, 255, 127, 0, 0, 1}};
	recs[1].remote =
		(struct netaddr){.family = AF_INET6, .bytes = {[10] = 255, 255, 10, 0, 0, 9}};
	recs[2].remote = v4(127, 0, 0, 1);
	tick(w->st, 1000, recs, 5, &w->snap);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->peer, SLOT_NONE);
	snapshot_release(w->snap);
	w->snap = store_publish(w->st, &args);
	assert_int_equal(
		snapshot_sock(w->snap, sock_by_cookie(w->snap, PROTO_TCP, 2)->peer)->r.cookie, 3);
	assert_int_equal(
		snapshot_sock(w->snap, sock_by_cookie(w->snap, PROTO_TCP, 3)->peer)->r.cookie, 2);
	assert_int_equal(
		snapshot_sock(w->snap, sock_by_cookie(w->snap, PROTO_UNIX, 4)->peer)->r.cookie, 5);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 1)->peer, SLOT_NONE);
	store_destroyed(w->st, 0, PROTO_TCP, 3);
	store_tick_begin(w->st, 2000, 2000);
	put_all(w->st, 0, ALL, recs, 2);
	snapshot_release(w->snap);
	w->snap = store_publish(w->st, &args);
	assert_int_equal(sock_by_cookie(w->snap, PROTO_TCP, 2)->peer, SLOT_NONE);
}

struct release {
	const struct snapshot *_Atomic next;
	_Atomic int stop;
	uint64_t seen;
};

/* Another thread reads each snapshot and releases it. */
static void *reader(void *arg)
{
	struct release *r = arg;

	for (;;) {
		bool last = atomic_load(&r->stop);
		const struct snapshot *snap = atomic_exchange(&r->next, NULL);

		if (!snap && last)
			return NULL;
		if (!snap)
			continue;
		for (uint32_t i = 0; i < snap->n_socks; i++)
			r->seen += snap->socks[i] ? snap->socks[i]->r.local_port : 0;
		snapshot_release(snap);
	}
}

static void another_thread_may_release(void **state)
{
	struct world *w = *state;
	struct release r = {.seen = 0};
	struct sock_rec recs[50];
	pthread_t thread;

	for (uint32_t i = 0; i < 50; i++)
		recs[i] = listener(i + 1, v4(127, 0, 0, 1), 80 + i);
	assert_int_equal(pthread_create(&thread, NULL, reader, &r), 0);
	for (uint32_t t = 0; t < 300; t++) {
		recs[t % 50].recvq = t;
		store_tick_begin(w->st, 1000 + t, 1000);
		put_all(w->st, host(w->st), ALL, recs, 50 - t % 7);
		snapshot_release(atomic_exchange(&r.next, publish(w->st)));
	}
	atomic_store(&r.stop, 1);
	pthread_join(thread, NULL);
	snapshot_release(atomic_load(&r.next));
	assert_true(r.seen > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_dump_marks_nothing_then_new_ones_are_new),
		TEST(steady_tick_keeps_objects),
		TEST(gone_needs_two_absences_or_a_destroy_event),
		TEST(failed_dump_makes_rows_stale),
		TEST(rows_out_of_scope_stay),
		TEST(wider_scope_marks_nothing_new),
		TEST(source_change_makes_no_marks),
		TEST(text_rows_without_inode_are_told_apart_by_tuple),
		TEST(first_owners_are_no_change_other_owners_are),
		TEST(holders_become_complete),
		TEST(primary_is_whom_a_person_would_name),
		TEST(cgroup_of_the_socket_decides_the_primary),
		TEST(accept_queue_shows_the_listeners_owner),
		TEST(connections_go_to_the_most_specific_listener),
		TEST(reuseport_group_is_one_endpoint),
		TEST(mptcp_folds_when_tcp_comes_first),
		TEST(mptcp_folds_when_tcp_comes_last),
		TEST(mptcp_connections_share_the_listeners_cookie),
		TEST(inode_reuse_does_not_inherit_owners),
		TEST(restart_shows_old_and_new_and_the_gap),
		TEST(events_of_two_sources_are_one),
		TEST(baseline_keeps_marks_until_off),
		TEST(rates_come_from_two_samples),
		TEST(both_ends_of_local_connections_find_each_other),
		TEST(another_thread_may_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
