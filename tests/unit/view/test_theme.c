/* What the roles look like: the tables of all themes, and that nothing is told by colour alone. */
#include "unit/view/scene.h"
#include "view/theme.h"

static void describe(struct style style, struct strbuf *out)
{
	if (style.fg < 0)
		strbuf_adds(out, "  -");
	else
		strbuf_addf(out, "%3d", style.fg);
	if (style.bg < 0)
		strbuf_adds(out, "/-  ");
	else
		strbuf_addf(out, "/%-3d", style.bg);
	strbuf_addf(out, "%c%c%c%c", style.attrs & STYLE_BOLD ? 'B' : '.',
		    style.attrs & STYLE_DIM ? 'D' : '.', style.attrs & STYLE_REVERSE ? 'R' : '.',
		    style.attrs & STYLE_UNDERLINE ? 'U' : '.');
}

/* Colours of every role, by theme and depth: with the roles of the other pictures, what a terminal
 * of that depth shows. */
static void test_tables(void **state)
{
	static const char *const depths[] = {"mono", "16", "256"};
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 0);
	for (int theme = 0; theme < THEME_COUNT; theme++) {
		strbuf_addf(&out, "== %s\n%-16s", theme_name(theme), "");
		for (int depth = DEPTH_MONO; depth <= DEPTH_256; depth++)
			strbuf_addf(&out, "  %-11s", depths[depth]);
		strbuf_addc(&out, '\n');
		for (int role = 0; role < ROLE_COUNT; role++) {
			strbuf_addf(&out, "%-16s", role_name(role));
			for (int depth = DEPTH_MONO; depth <= DEPTH_256; depth++) {
				strbuf_adds(&out, "  ");
				describe(theme_style(theme, depth, role), &out);
			}
			strbuf_addc(&out, '\n');
		}
	}
	scene_golden("themes", strbuf_str(&out));
	strbuf_done(&out);
}

static void test_mono_has_no_colour(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		for (int theme = 0; theme < THEME_COUNT; theme++) {
			struct style style = theme_style(theme, DEPTH_MONO, role);

			assert_int_equal(style.fg, -1);
			assert_int_equal(style.bg, -1);
		}
		assert_int_equal(theme_style(THEME_MONO, DEPTH_256, role).fg, -1);
		assert_int_equal(theme_style(THEME_MONO, DEPTH_256, role).bg, -1);
	}
}

static bool same(struct style a, struct style b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

/* In every theme and depth what matters can be told from plain text, and new from gone. */
static void test_marks_stand_out(void **state)
{
	static const uint8_t roles[] = {
		ROLE_NEW,	ROLE_GONE,  ROLE_CHANGED,	  ROLE_SELECTED,
		ROLE_TAGGED,	ROLE_ERROR, ROLE_DIALOG_SELECTED, ROLE_TITLE,
		ROLE_TAB_ACTIVE};

	(void)state;
	for (int theme = 0; theme < THEME_COUNT; theme++)
		for (int depth = DEPTH_MONO; depth <= DEPTH_256; depth++) {
			struct style plain = theme_style(theme, depth, ROLE_NORMAL);

			for (size_t i = 0; i < sizeof(roles); i++)
				assert_false(same(theme_style(theme, depth, roles[i]), plain));
			assert_false(same(theme_style(theme, depth, ROLE_NEW),
					  theme_style(theme, depth, ROLE_GONE)));
			assert_true(theme_style(theme, depth, ROLE_NEW).attrs & STYLE_BOLD);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_mono_has_no_colour),
		cmocka_unit_test(test_marks_stand_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
