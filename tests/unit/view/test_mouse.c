/* The mouse: what is under it is what it does, on tables, pages, prompts and boxes. */
#include "unit/view/scene.h"

static void mouse(struct scene *sc, int x, int y, enum app_button button)
{
	struct app_event event = {.kind = APP_MOUSE};

	event.mouse.x = x;
	event.mouse.y = y;
	event.mouse.button = button;
	scene_event(sc, event);
}

/* Where a text is on the screen. */
static bool place(struct scene *sc, const char *text, int *ret_x, int *ret_y)
{
	const char *screen = scene_text(sc), *at = strstr(screen, text);
	int y = 0;

	if (!at)
		return false;
	for (const char *p = screen; p < at; p++)
		y += *p == '\n';
	while (at > screen && at[-1] != '\n')
		at--;
	/* columns before it; the screens here have one byte a column up to there */
	*ret_x = (int)(strstr(at, text) - at);
	*ret_y = y;
	return true;
}

static void click(struct scene *sc, const char *text, enum app_button button)
{
	int x = 0, y = 0;

	if (!place(sc, text, &x, &y))
		fail_msg("no %s on\n%s", text, scene_text(sc));
	mouse(sc, x, y, button);
}

static void test_rows(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	click(&sc, " 901 ", APP_CLICK);
	assert_non_null(strstr(scene_selected(&sc), " 901 "));
	assert_false(scene_shows(&sc, " › "));
	click(&sc, " 901 ", APP_DOUBLE_CLICK);
	assert_true(scene_shows(&sc, "Endpoint"));
	click(&sc, "primary", APP_DOUBLE_CLICK);
	assert_true(scene_shows(&sc, "› 901 redis-server ›"));
	scene_close(&sc);
}

/* Below the last row there is nothing to select. */
static void test_beside_the_rows(void **state)
{
	char before[256];
	struct scene sc;

	(void)state;
	scene_open(&sc, 40, 80, NULL);
	scene_keys(&sc, "Down Down");
	snprintf(before, sizeof(before), "%s", scene_selected(&sc));
	mouse(&sc, 10, 36, APP_CLICK);
	mouse(&sc, 10, 38, APP_CLICK);
	mouse(&sc, 500, 500, APP_CLICK);
	mouse(&sc, -1, -1, APP_DOUBLE_CLICK);
	assert_string_equal(scene_selected(&sc), before);
	scene_close(&sc);
}

static void test_titles_sort(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	click(&sc, "PID", APP_CLICK);
	assert_true(scene_shows(&sc, "sort pid"));
	click(&sc, "PID", APP_CLICK);
	assert_true(scene_shows(&sc, "sort -pid"));
	click(&sc, "ADDRESS", APP_CLICK);
	assert_true(scene_shows(&sc, "sort local_addr"));
	scene_close(&sc);
}

static void test_tabs_and_wheel(void **state)
{
	struct scene sc;
	int y;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	click(&sc, "Processes", APP_CLICK);
	assert_true(scene_shows(&sc, "[Processes]"));
	click(&sc, "Events", APP_CLICK);
	assert_true(scene_shows(&sc, "[Events]"));
	click(&sc, "Ports", APP_CLICK);
	y = scene_selected_y(&sc);
	mouse(&sc, 5, 10, APP_WHEEL_DOWN);
	assert_int_equal(scene_selected_y(&sc), y + 3);
	mouse(&sc, 5, 10, APP_WHEEL_UP);
	assert_int_equal(scene_selected_y(&sc), y);
	scene_close(&sc);
}

static void test_bar(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	click(&sc, "F6", APP_CLICK);
	assert_true(scene_shows(&sc, "Sort by"));
	scene_keys(&sc, "Esc");
	click(&sc, "F10", APP_CLICK);
	assert_non_null(scene_effect(&sc, EFFECT_QUIT));
	scene_close(&sc);
}

/* In a box a click chooses, a double click takes, the wheel moves; behind it nothing happens. */
static void test_boxes(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "F6");
	click(&sc, "queue ", APP_CLICK);
	assert_non_null(strstr(scene_selected(&sc), "queue"));
	mouse(&sc, 0, 0, APP_CLICK);
	click(&sc, "F10", APP_CLICK);
	assert_true(scene_shows(&sc, "Sort by"));
	assert_null(scene_effect(&sc, EFFECT_QUIT));
	mouse(&sc, 40, 10, APP_WHEEL_DOWN);
	assert_null(strstr(scene_selected(&sc), "queue"));
	click(&sc, "queue ", APP_DOUBLE_CLICK);
	assert_true(scene_shows(&sc, "sort -queue"));
	scene_close(&sc);
}

/* One double click must not send a signal: Enter is ignored for a moment here too. */
static void test_no_signal_by_a_double_click(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	for (uint32_t i = 0; i < 3; i++)
		scene_result(&sc, (struct app_result){.kind = APP_RESULT_TARGET,
						      .index = i,
						      .state = APP_TARGET_OPEN});
	click(&sc, "812 nginx", APP_DOUBLE_CLICK);
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

static void test_prompts_keep_the_mouse_out(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "\\");
	click(&sc, "Events", APP_CLICK);
	assert_true(scene_shows(&sc, "[Ports]"));
	assert_true(scene_shows(&sc, "filter:"));
	scene_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_beside_the_rows),
		cmocka_unit_test(test_titles_sort),
		cmocka_unit_test(test_tabs_and_wheel),
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_no_signal_by_a_double_click),
		cmocka_unit_test(test_prompts_keep_the_mouse_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
