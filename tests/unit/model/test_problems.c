#include "model/problems.h"
#include "unit/model/store_world.h"

/* One socket with one owner, and the sentence about its rows. */
struct scene {
	struct store *st;
	const struct snapshot *snap;
	const struct sock *s;
	const struct port *p;
	struct strbuf out;
};

static void play(struct scene *sc, struct sock_rec rec, struct proc_rec owner)
{
	struct owner o = {.pid = owner.pid, .fd = 3};

	memset(sc, 0, sizeof(*sc));
	strbuf_init(&sc->out, 0);
	sc->st = store_new();
	tick(sc->st, 1000, &rec, 1, &sc->snap);
	if (owner.pid) {
		store_owners_set(sc->st, rec.inode, &o, 1, true);
		store_proc_put(sc->st, &owner);
	}
	snapshot_release(sc->snap);
	sc->snap = publish(sc->st);
	sc->s = sock_by_cookie(sc->snap, rec.proto, rec.cookie);
	assert_non_null(sc->s);
	sc->p = snapshot_port(sc->snap, sc->s->port);
}

static void end(struct scene *sc)
{
	snapshot_release(sc->snap);
	store_free(sc->st);
	strbuf_done(&sc->out);
}

static const char *about_sock(struct scene *sc, int64_t now_ms)
{
	strbuf_reset(&sc->out);
	explain_sock(&sc->out, sc->snap, sc->s, now_ms);
	return strbuf_str(&sc->out);
}

static const char *about_port(struct scene *sc)
{
	strbuf_reset(&sc->out);
	explain_port(&sc->out, sc->snap, sc->p, sc->snap->mono_ms);
	return strbuf_str(&sc->out);
}

static struct proc_rec web(char state, bool deleted)
{
	return (struct proc_rec){.pid = 42,
				 .state = state,
				 .start_ticks = 9,
				 .comm = text("web"),
				 .exe = text("/bin/web"),
				 .exe_deleted = deleted,
				 .have = PROC_HAVE_STAT | PROC_HAVE_EXE};
}

static void queue_is_full_only_beyond_its_limit(void **state)
{
	struct sock_rec rec = listener(1, v4(127, 0, 0, 1), 80);
	struct scene sc;

	(void)state;
	rec.sendq = 2;
	rec.recvq = 2;
	play(&sc, rec, web('S', false));
	assert_int_equal(problems_port(sc.snap, sc.p), 0);
	assert_string_equal(about_port(&sc), "2 of 2 in the accept queue");
	assert_int_equal(sc.snap->counts.problems, 0);
	end(&sc);
	rec.recvq = 3;
	play(&sc, rec, web('S', false));
	assert_int_equal(problems_port(sc.snap, sc.p), PROBLEM_QUEUE_FULL);
	assert_int_equal(problems_sock(sc.snap, sc.s), PROBLEM_QUEUE_FULL);
	assert_string_equal(about_port(&sc),
			    "3 of 2 in the accept queue: connections are being dropped");
	assert_int_equal(sc.snap->counts.problems, 1);
	end(&sc);
}

static void time_wait_says_when_it_is_free(void **state)
{
	struct sock_rec rec = conn(1, v4(127, 0, 0, 1), 80, 5000);
	struct scene sc;

	(void)state;
	rec.state = STATE_TIME_WAIT;
	rec.inode = 0;
	rec.timer = TIMER_TIME_WAIT;
	rec.expires_ms = 60000;
	play(&sc, rec, (struct proc_rec){0});
	assert_string_equal(about_sock(&sc, 20001), "TIME_WAIT, free in 41 s");
	assert_string_equal(about_sock(&sc, 99999), "TIME_WAIT, free in 0 s");
	end(&sc);
}

static void owners_troubles_are_the_rows(void **state)
{
	struct sock_rec rec = listener(1, v4(127, 0, 0, 1), 80);
	struct scene sc;

	(void)state;
	play(&sc, rec, web('T', false));
	assert_int_equal(problems_port(sc.snap, sc.p), PROBLEM_STOPPED);
	assert_string_equal(about_port(&sc), "web (42) is stopped: it accepts nothing");
	assert_int_equal(sc.snap->counts.problems, 2); /* the endpoint and the process */
	end(&sc);
	play(&sc, rec, web('S', true));
	assert_int_equal(problems_sock(sc.snap, sc.s), PROBLEM_DELETED_EXE);
	end(&sc);
}

static void close_waits_pile_up(void **state)
{
	struct sock_rec recs[16];
	const struct snapshot *snap = NULL;
	struct store *st = store_new();
	struct owner o = {.pid = 42};

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		recs[i] = conn(i + 1, v4(127, 0, 0, 1), 80, 5000 + i);
		recs[i].state = STATE_CLOSE_WAIT;
	}
	for (uint32_t n = 15; n <= 16; n++) {
		tick(st, n * 1000, recs, n, &snap);
		for (uint32_t i = 0; i < n; i++)
			store_owners_set(st, recs[i].inode, &o, 1, true);
		snapshot_release(snap);
		snap = publish(st);
		assert_int_equal(problems_proc(snap, snapshot_proc_by_pid(snap, 42)),
				 n == 16 ? PROBLEM_CLOSE_WAIT : 0);
	}
	snapshot_release(snap);
	store_free(st);
}

static void drops_are_a_problem_while_they_rise(void **state)
{
	struct sock_rec rec = listener(1, v4(127, 0, 0, 1), 80);
	const struct snapshot *snap = NULL;
	struct store *st = store_new();

	(void)state;
	rec.proto = PROTO_UDP;
	rec.state = STATE_UNCONN;
	rec.have |= REC_DROPS;
	rec.drops = 7;
	tick(st, 1000, &rec, 1, &snap);
	assert_int_equal(snap->counts.problems, 0);
	rec.drops = 8;
	tick(st, 2000, &rec, 1, &snap);
	assert_int_equal(problems_port(snap, snap->ports[0]), PROBLEM_DROPS);
	assert_int_equal(snap->counts.problems, 1);
	tick(st, 13000, &rec, 1, &snap);
	assert_int_equal(problems_port(snap, snap->ports[0]), 0);
	assert_int_equal(snap->counts.problems, 0);
	snapshot_release(snap);
	store_free(st);
}

static void bound_only_is_explained(void **state)
{
	struct sock_rec rec = listener(1, v4(127, 0, 0, 1), 80);
	struct scene sc;

	(void)state;
	rec.state = STATE_BOUND;
	play(&sc, rec, web('S', false));
	assert_int_equal(problems_port(sc.snap, sc.p), PROBLEM_BOUND_ONLY);
	assert_int_equal(problems_sock(sc.snap, sc.s), PROBLEM_BOUND_ONLY);
	assert_string_equal(problems_text(PROBLEM_BOUND_ONLY), "bound, not listening");
	end(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_is_full_only_beyond_its_limit),
		cmocka_unit_test(time_wait_says_when_it_is_free),
		cmocka_unit_test(owners_troubles_are_the_rows),
		cmocka_unit_test(close_waits_pile_up),
		cmocka_unit_test(drops_are_a_problem_while_they_rise),
		cmocka_unit_test(bound_only_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
