/* What happens over the ticks: bell, follow, rates, search while rows move, holders that join. */
#include "unit/view/churn.h"

static uint32_t count(struct churn *c, enum effect_kind kind)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->effects.list.len; i++)
		n += c->effects.list.data[i].kind == kind;
	vec_clear(&c->effects.list);
	return n;
}

static bool shows(struct churn *c, const char *text)
{
	struct strbuf sb;
	bool found;

	app_render(c->app, &c->grid);
	strbuf_init(&sb, 0);
	grid_dump(&c->grid, false, &sb);
	found = strstr(strbuf_str(&sb), text) != NULL;
	strbuf_done(&sb);
	return found;
}

static void with_bell(struct churn *c, const char *bell)
{
	struct settings settings;

	settings_default(&settings);
	snprintf(settings.bell, sizeof(settings.bell), "%s", bell);
	churn_open(c, 1, &settings);
	churn_tick(c);
}

/* It rings when a row appears, changes owner or goes, once each, and for no other row. */
static void bell_on_port(const char *filter)
{
	struct churn c;

	with_bell(&c, filter);
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	churn_tick(&c);
	c.open[1] = true; /* another port */
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	c.open[51] = true;
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 1);
	churn_tick(&c);
	c.recvq[51] = 9; /* a queue is no news */
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	c.pid[51] = 999;
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 1);
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	c.open[51] = false;
	churn_tick(&c);
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 1);
	for (int i = 0; i < 12; i++)
		churn_tick(&c); /* until the gone row has left */
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	churn_close(&c);
}

static void test_bell(void **state)
{
	(void)state;
	bell_on_port(":1051");
}

/* A field that only Sockets has makes it a bell of sockets. */
static void test_bell_of_sockets(void **state)
{
	(void)state;
	bell_on_port(":1051 and recvq<1000 and not timer:on");
}

static void test_bell_that_cannot_be(void **state)
{
	struct churn c;

	(void)state;
	with_bell(&c, "no-such-field:1");
	assert_true(shows(&c, "bell: "));
	c.open[51] = true;
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 0);
	churn_press(&c, ": s e t Space b e l l Space : 1 0 5 3 Enter");
	churn_tick(&c);
	c.open[53] = true;
	churn_tick(&c);
	assert_int_equal(count(&c, EFFECT_BELL), 1);
	churn_close(&c);
}

/* A followed row carries the selection along, wherever sorting puts it. */
static void test_follow(void **state)
{
	struct churn c;
	int y;

	(void)state;
	churn_open(&c, 3, NULL);
	churn_press(&c, "M 1 0 6 0 F");
	assert_true(shows(&c, "following this row"));
	y = churn_selected_y(&c);
	for (int i = 0; i < 50; i++) {
		for (uint32_t s = 0; s < CHURN_SOCKS; s++)
			c.recvq[s] = churn_next(&c) % 128;
		churn_tick(&c);
		assert_int_equal(churn_selected_y(&c), y);
		assert_true(churn_line_has_port(&c, y, 1060));
	}
	churn_press(&c, "F");
	assert_true(shows(&c, "no longer following"));
	churn_close(&c);
}

/* A head line of births and deaths, as rates of a second. */
static void test_rates_of_births(void **state)
{
	struct churn c;

	(void)state;
	churn_open(&c, 4, NULL);
	churn_tick(&c);
	assert_true(shows(&c, "new 0/s"));
	for (uint32_t i = 0; i < 10; i++)
		c.open[2 * i + 1] = true;
	churn_tick(&c);
	assert_true(shows(&c, "new 10/s"));
	assert_true(shows(&c, "█"));
	for (uint32_t i = 0; i < 10; i++)
		c.open[2 * i + 1] = false;
	churn_tick(&c);
	churn_tick(&c);
	assert_true(shows(&c, "gone 10/s"));
	churn_close(&c);
}

/* Rows that come and go while a search is on: the match stays the match. */
static void test_search_goes_on(void **state)
{
	struct churn c;

	(void)state;
	churn_open(&c, 5, NULL);
	churn_press(&c, "/ 1 0 6 Enter");
	assert_true(shows(&c, "match 1/7")); /* pid 106 and six ports */
	assert_true(churn_line_has_port(&c, churn_selected_y(&c), 1006));
	for (uint32_t i = 9; i < 60; i += 3)
		c.open[i] = !c.open[i];
	churn_tick(&c);
	assert_true(churn_line_has_port(&c, churn_selected_y(&c), 1006));
	churn_press(&c, "n");
	assert_true(churn_line_has_port(&c, churn_selected_y(&c), 1060));
	churn_press(&c, "N N");
	assert_true(churn_line_has_port(&c, churn_selected_y(&c), 1106));
	assert_true(shows(&c, "match 7/7"));
	churn_close(&c);
}

/* A baseline is told in the corner, and marks stay past the hold time. */
static void test_banners(void **state)
{
	struct churn c;

	(void)state;
	churn_open(&c, 6, NULL);
	churn_press(&c, "b");
	assert_int_equal(count(&c, EFFECT_BASELINE), 1);
	store_baseline(c.store, true);
	churn_tick(&c);
	assert_true(shows(&c, "BASELINE"));
	c.open[51] = true;
	for (int i = 0; i < 30; i++)
		churn_tick(&c);
	churn_press(&c, "1 0 5 1");
	assert_int_equal(grid_at(&c.grid, churn_selected_y(&c), 0)->text[0], '+');
	churn_press(&c, "Z");
	assert_true(shows(&c, "PAUSED BASELINE"));
	churn_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bell),
		cmocka_unit_test(test_bell_of_sockets),
		cmocka_unit_test(test_bell_that_cannot_be),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_rates_of_births),
		cmocka_unit_test(test_search_goes_on),
		cmocka_unit_test(test_banners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
