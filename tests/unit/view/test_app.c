/* The table under change: rows never move under the finger, and what is drawn is what is there. */
#include <time.h>

#include "lib/unit.h"
#include "unit/view/churn.h"
#include "unit/view/scene.h"

#define TICKS 200

/* Opens, closes and re-sorts around one row, which itself lives on. */
static void disturb(struct churn *c, uint32_t keep, bool may_close)
{
	for (int i = 0; i < 12; i++) {
		uint32_t at = churn_next(c) % CHURN_SOCKS;

		if (at == keep)
			continue;
		c->open[at] = may_close ? !c->open[at] : true;
		c->recvq[at] = churn_next(c) % 128;
	}
	c->recvq[keep] = churn_next(c) % 128;
}

static void hold_still(const char *sort, uint32_t seed)
{
	struct churn c;
	int y;

	churn_open(&c, seed, NULL);
	churn_press(&c, sort);
	churn_press(&c, "1 0 6 0");
	y = churn_selected_y(&c);
	assert_true(churn_line_has_port(&c, y, 1060));
	for (int i = 0; i < TICKS; i++) {
		disturb(&c, 60, true);
		churn_tick(&c);
		assert_int_equal(churn_selected_y(&c), y);
		if (!churn_line_has_port(&c, y, 1060)) {
			char line[512];

			churn_line(&c, y, line, sizeof(line));
			fail_msg("tick %d: %s", i, line);
		}
	}
	/* and the signal goes to exactly that process */
	vec_clear(&c.effects.list);
	churn_press(&c, "k");
	assert_true(c.effects.list.len >= 1);
	assert_int_equal(c.effects.list.data[0].kind, EFFECT_TARGETS_OPEN);
	assert_int_equal(c.effects.list.data[0].n_targets, 1);
	assert_int_equal(c.effects.list.data[0].targets[0].pid, 160);
	assert_int_equal(c.effects.list.data[0].targets[0].start_ticks, 7060);
	churn_close(&c);
}

static void test_selection_by_port(void **state)
{
	(void)state;
	hold_still("", 1);
	hold_still("I", 2);
}

static void test_selection_by_queue(void **state)
{
	(void)state;
	hold_still("M", 3);
	hold_still("M I", 4);
}

/* Before the user moves, the view stays at the top. */
static void test_top_until_moved(void **state)
{
	struct churn c;

	(void)state;
	churn_open(&c, 5, NULL);
	churn_press(&c, "M");
	for (int i = 0; i < 30; i++) {
		disturb(&c, 0, true);
		churn_tick(&c);
		assert_int_equal(churn_selected_y(&c), 4);
	}
	churn_close(&c);
}

/* A selected row that goes stays, marked, until the user moves off. */
static void test_selected_gone_row_stays(void **state)
{
	struct churn c;
	int y;

	(void)state;
	churn_open(&c, 6, NULL);
	churn_press(&c, "1 0 6 0");
	y = churn_selected_y(&c);
	c.open[60] = false;
	for (int i = 0; i < 20; i++) {
		churn_tick(&c);
		assert_int_equal(churn_selected_y(&c), y);
		if (!churn_line_has_port(&c, y, 1060))
			fail_msg("gone from the screen at tick %d", i);
	}
	assert_int_equal(grid_at(&c.grid, y, 0)->text[0], '-');
	vec_clear(&c.effects.list);
	churn_press(&c, "k");
	for (size_t i = 0; i < c.effects.list.len; i++)
		assert_int_not_equal(c.effects.list.data[i].kind, EFFECT_TARGETS_OPEN);
	churn_press(&c, "Down");
	churn_tick(&c);
	churn_tick(&c);
	assert_true(churn_selected_y(&c) > 0);
	for (y = 0; y < 22; y++)
		assert_false(churn_line_has_port(&c, y, 1060));
	churn_close(&c);
}

/* While a dialog is open nothing behind it moves; the targets stay those that were named. */
static void test_order_is_frozen_behind_a_dialog(void **state)
{
	char before[512], after[512];
	struct churn c;

	(void)state;
	churn_open(&c, 7, NULL);
	churn_press(&c, "M 1 0 6 0 F6");
	app_render(c.app, &c.grid);
	churn_line(&c, 21, before, sizeof(before));
	for (int i = 0; i < 10; i++) {
		c.recvq[churn_next(&c) % CHURN_SOCKS] = 127;
		churn_tick(&c);
	}
	app_render(c.app, &c.grid);
	churn_line(&c, 21, after, sizeof(after));
	before[24] = after[24] = '\0'; /* frame and address; the queue may change */
	assert_string_equal(before, after);
	churn_press(&c, "Esc");
	assert_true(churn_line_has_port(&c, churn_selected_y(&c), 1060));
	churn_close(&c);
}

/* What is on screen is sorted and complete, whatever repaired the order. */
static void test_repaired_order_is_the_order(void **state)
{
	struct churn c;

	(void)state;
	churn_open(&c, 8, NULL);
	churn_press(&c, "M Home");
	for (int i = 0; i < TICKS; i++) {
		uint32_t n = 0, last = 128, y = 4;

		disturb(&c, 0, false);
		churn_tick(&c);
		app_render(c.app, &c.grid);
		for (uint32_t s = 0; s < CHURN_SOCKS; s++)
			n += c.open[s];
		assert_int_equal(app_row_count(c.app), n);
		for (; y < 22; y++) {
			char line[512];
			unsigned recvq = 0;
			char *slash;

			churn_line(&c, (int)y, line, sizeof(line));
			slash = strchr(line, '/');
			assert_non_null(slash);
			while (slash > line && slash[-1] != ' ')
				slash--;
			recvq = (unsigned)strtoul(slash, NULL, 10);
			assert_true(recvq <= last);
			last = recvq;
		}
	}
	churn_close(&c);
}

/* --- 100k rows --- */

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 20
#else
#define SLOWER 3 /* shared machines; the bench program has the honest numbers */
#endif

static void timed(struct scene *sc, const char *keys, double limit_ms)
{
	double start = cpu_ms(), ms;

	scene_keys(sc, keys);
	app_render(sc->app, &sc->grid);
	ms = cpu_ms() - start;
	if (getenv("TIMES"))
		print_message("%s: %.1f ms\n", keys, ms);
	if (ms > limit_ms * SLOWER)
		fail_msg("%s took %.1f ms", keys, ms);
}

static void test_large(void **state)
{
	struct demo *large = demo_new_large(100000);
	struct app_event e = {.kind = APP_SNAPSHOT};
	struct scene sc;

	(void)state;
	scene_open(&sc, 50, 160, NULL);
	e.snapshot = demo_snapshot(large);
	scene_event(&sc, e);
	scene_keys(&sc, "Tab");
	assert_true(app_row_count(sc.app) > 90000);
	timed(&sc, "PgDn", 10);
	timed(&sc, "End", 10);
	timed(&sc, "Home", 10);
	timed(&sc, ">", 50);
	timed(&sc, "I", 50);
	timed(&sc, "\\ 4", 60);
	timed(&sc, "4", 60);
	timed(&sc, "Esc", 60);
	timed(&sc, "M", 50);
	scene_close(&sc);
	demo_free(large);
}

/* Unfinished work never keeps a key from being answered: each slice is short. */
static void test_slices(void **state)
{
	struct demo *large = demo_new_large(100000);
	struct app_event e = {.kind = APP_SNAPSHOT, .mono_ms = DEMO_MONO_MS};
	struct app_event key = {.kind = APP_KEY, .mono_ms = DEMO_MONO_MS};
	uint32_t slices = 0;
	double worst = 0;
	struct scene sc;

	(void)state;
	scene_open(&sc, 50, 160, NULL);
	e.snapshot = demo_snapshot(large);
	scene_keys(&sc, "Tab");
	scene_event(&sc, e);
	key.key.code = 'M';
	app_handle(sc.app, &key, &sc.effects);
	for (bool more = true; more; slices++) {
		double start = cpu_ms();

		more = app_work(sc.app);
		app_render(sc.app, &sc.grid);
		if (cpu_ms() - start > worst)
			worst = cpu_ms() - start;
	}
	assert_true(slices > 2);
	if (getenv("TIMES"))
		print_message("%u slices, worst %.1f ms\n", slices, worst);
	assert_true(worst < 16 * SLOWER);
	scene_close(&sc);
	demo_free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selection_by_port),
		cmocka_unit_test(test_selection_by_queue),
		cmocka_unit_test(test_top_until_moved),
		cmocka_unit_test(test_selected_gone_row_stays),
		cmocka_unit_test(test_order_is_frozen_behind_a_dialog),
		cmocka_unit_test(test_repaired_order_is_the_order),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
