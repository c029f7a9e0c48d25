/* The grid: wide and combining characters, clipping, boxes, dumps. And the themes' tables. */
#include "lib/unit.h"

#include "view/grid.h"

static void expect(const struct grid *g, bool roles, const char *text)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	grid_dump(g, roles, &out);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_done(&out);
}

static void open_grid(struct grid *g, int rows, int cols)
{
	grid_init(g);
	grid_resize(g, rows, cols);
}

static void test_clips_at_every_edge(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 2, 6);
	assert_int_equal(grid_puts(&g, 0, 3, ROLE_NORMAL, "abcdef"), 3);
	assert_int_equal(grid_put(&g, 1, 0, 2, ROLE_NORMAL, "xyz", 3), 2);
	grid_puts(&g, 2, 0, ROLE_NORMAL, "below");
	grid_puts(&g, -1, 0, ROLE_NORMAL, "above");
	assert_int_equal(grid_puts(&g, 0, 6, ROLE_NORMAL, "right"), 0);
	expect(&g, false, "   abc\nxy\n");
	assert_null(grid_at(&g, 2, 0));
	assert_null(grid_at(&g, 0, 6));
	grid_done(&g);
}

static void test_wide_is_never_cut(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 1, 5);
	assert_int_equal(grid_puts(&g, 0, 0, ROLE_NORMAL, "日本語"), 5);
	expect(&g, false, "日本\n");
	assert_int_equal(grid_at(&g, 0, 1)->width, 0);
	assert_int_equal(grid_at(&g, 0, 4)->text[0], ' ');
	/* overwriting either half blanks the other */
	grid_puts(&g, 0, 1, ROLE_NORMAL, "x");
	expect(&g, false, " x本\n");
	grid_put(&g, 0, 2, 1, ROLE_NORMAL, "y", 1);
	expect(&g, false, " xy\n");
	grid_done(&g);
}

static void test_combining_stays_with_its_base(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 1, 4);
	assert_int_equal(grid_puts(&g, 0, 0, ROLE_NORMAL, "e\xcc\x81g"), 2);
	assert_int_equal(grid_at(&g, 0, 0)->len, 3);
	assert_int_equal(grid_at(&g, 0, 1)->text[0], 'g');
	assert_int_equal(grid_put(&g, 0, 3, 1, ROLE_NORMAL, "o\xcc\x88", 3), 1);
	expect(&g, false, "e\xcc\x81g o\xcc\x88\n");
	grid_done(&g);
}

/* Text should be clean; if it is not, nothing of it reaches the terminal. */
static void test_dirty_bytes_are_replaced(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 1, 8);
	grid_put(&g, 0, 0, 8, ROLE_NORMAL, "a\x1b[\xff\x7f\xc2\x9b", 7);
	expect(&g, false, "a?[???\n");
	grid_done(&g);
}

static void test_box(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 3, 12);
	grid_box(&g, 0, 0, 3, 12, ROLE_BOX, "Title");
	expect(&g, false, "┌─ Title ──┐\n│          │\n└──────────┘\n");
	g.ascii = true;
	grid_box(&g, 0, 0, 3, 12, ROLE_BOX, "A title too long");
	expect(&g, false, "+- A titl -+\n|          |\n+----------+\n");
	grid_done(&g);
}

static void test_roles(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 1, 6);
	grid_puts(&g, 0, 0, ROLE_NEW, "ab");
	grid_puts(&g, 0, 2, ROLE_GONE, "cd");
	grid_paint(&g, 0, 3, 2, ROLE_SELECTED);
	expect(&g, true, "abcd\n--roles\n++-SS\n");
	grid_done(&g);
}

static void test_resize_blanks(void **state)
{
	struct grid g;

	(void)state;
	open_grid(&g, 1, 3);
	grid_puts(&g, 0, 0, ROLE_NEW, "abc");
	grid_resize(&g, 2, 2);
	expect(&g, true, "\n\n--roles\n\n\n");
	grid_resize(&g, 0, 100000);
	assert_int_equal(g.rows, 1);
	assert_int_equal(g.cols, 1000);
	grid_done(&g);
}

static bool same(struct style a, struct style b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

/* Marks are never colour alone, and what must stand out does in every theme and depth. */
static void test_themes_tell_roles_apart(void **state)
{
	static const enum role apart[] = {ROLE_NEW,	ROLE_GONE,	 ROLE_SELECTED,
					  ROLE_TITLE,	ROLE_TAB_ACTIVE, ROLE_DIALOG_SELECTED,
					  ROLE_KEY_TEXT};

	(void)state;
	for (int theme = 0; theme < THEME_COUNT; theme++)
		for (int depth = 0; depth < DEPTH_COUNT; depth++)
			for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
				struct style style = theme_style(theme, depth, apart[i]);
				struct style normal = theme_style(theme, depth, ROLE_NORMAL);

				if (same(style, normal))
					fail_msg("%s: %s looks normal at depth %d",
						 theme_name(theme), role_name(apart[i]), depth);
			}
}

static void test_mono_has_no_colour(void **state)
{
	(void)state;
	for (int theme = 0; theme < THEME_COUNT; theme++)
		for (int role = 0; role < ROLE_COUNT; role++) {
			struct style style = theme_style(theme, DEPTH_MONO, role);

			assert_int_equal(style.fg, -1);
			assert_int_equal(style.bg, -1);
			style = theme_style(theme, DEPTH_16, role);
			assert_true(style.fg < 16 && style.bg < 16);
			if (theme == THEME_MONO)
				assert_int_equal(style.fg, -1);
		}
}

static void test_theme_names(void **state)
{
	(void)state;
	for (int theme = 0; theme < THEME_COUNT; theme++)
		assert_int_equal(theme_by_name(theme_name(theme), strlen(theme_name(theme))),
				 theme);
	assert_int_equal(theme_by_name("color-blind", 11), THEME_COLOURBLIND);
	assert_int_equal(theme_by_name("pink", 4), -1);
}

/* A letter of a dump stands for one role. */
static void test_letters_are_unique(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ROLE_COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			assert_int_not_equal(role_letter(a), role_letter(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clips_at_every_edge),
		cmocka_unit_test(test_wide_is_never_cut),
		cmocka_unit_test(test_combining_stays_with_its_base),
		cmocka_unit_test(test_dirty_bytes_are_replaced),
		cmocka_unit_test(test_box),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_resize_blanks),
		cmocka_unit_test(test_themes_tell_roles_apart),
		cmocka_unit_test(test_mono_has_no_colour),
		cmocka_unit_test(test_theme_names),
		cmocka_unit_test(test_letters_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
