/* Terminal types, sizes, colours, what is sent and what the app's wishes do. */
#include <sys/stat.h>
#include <unistd.h>

#include "e2e/probe.h"

static void works_on(const char *type)
{
	struct vt_options o = {.term = type};
	struct vt *vt = probe_start(&o);

	assert_string_equal(vt_row(vt, 0), "probe 80x24");
	vt_type(vt, "a<Down>");
	assert_true(vt_wait_row(vt, 2, "key Down", VT_DEADLINE));
	assert_string_equal(vt_row(vt, 1), "key a");
	assert_int_equal(vt_find(vt, "not known", NULL), -1);
	vt_type(vt, "q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	assert_true(vt_termios_restored(vt));
	vt_free(vt);
}

static void works_on_the_usual_terminals(void **state)
{
	static const char *const types[] = {
		"xterm-256color", "xterm", "screen-256color", "screen", "tmux-256color",
		"linux",	  "vt100", "vt220",	      "rxvt",	"rxvt-unicode-256color"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		works_on(types[i]);
}

/* Those whose entries only some systems have. */
static void works_on_other_terminals(void **state)
{
	static const char *const types[][2] = {
		{"foot", "/usr/share/terminfo/f/foot"},
		{"xterm-kitty", "/usr/share/terminfo/x/xterm-kitty"},
		{"alacritty", "/usr/share/terminfo/a/alacritty"},
		{"xterm-direct", "/usr/share/terminfo/x/xterm-direct"},
	};
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (access(types[i][1], R_OK) < 0)
			continue;
		works_on(types[i][0]);
		n++;
	}
	if (!n)
		skip_because("needs the entries of ncurses-term");
}

static void an_unknown_type_is_drawn_as_a_known_one(void **state)
{
	static const char *const types[] = {"no-such-terminal", "", "../../tmp/x", "unknown"};
	struct vt_options o = {.cols = 120};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		o.term = types[i];
		vt = probe_start(&o);
		assert_true(vt_wait_text(vt, "drawn as for xterm-256color", VT_DEADLINE));
		probe_quit(vt);
	}
}

static void says_why_there_can_be_no_screen(void **state)
{
	static const char *const scripts[][2] = {
		{"TERM=dumb \"$0\"", "'dumb' cannot place the cursor"},
		{"\"$0\" </dev/null", "needs a terminal"},
		{"\"$0\" >/dev/null", "needs a terminal"},
	};
	struct vt_options o = {.cols = 120};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		vt = probe_shell(&o, scripts[i][0]);
		assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 3);
		assert_int_equal(vt_find(vt, scripts[i][1], NULL), 0);
		assert_string_equal(vt_row(vt, 1), "");
		vt_free(vt);
	}
}

/* CVE-2023-29491: a description of the invoking user is not for a program with more rights. */
static void ignores_descriptions_of_the_user_under_sudo(void **state)
{
	struct vt_options o = {.cols = 120};
	char dir[] = "/tmp/inettop-terminfo.XXXXXX", script[512];
	struct vt *vt;

	(void)state;
	if (geteuid() != 0)
		skip_because("needs root");
	assert_non_null(mkdtemp(dir));
	snprintf(script, sizeof(script),
		 "export TERMINFO=%s; infocmp xterm | sed 's/^xterm[^,]*/mine/' >%s/mine.ti &&"
		 "tic %s/mine.ti && TERM=mine \"$0\"",
		 dir, dir, dir);
	vt = probe_shell(&o, script);
	assert_true(vt_wait_text(vt, "probe ", VT_DEADLINE));
	assert_int_equal(vt_find(vt, "not known", NULL), -1);
	vt_free(vt);
	snprintf(script, sizeof(script), "export TERMINFO=%s; SUDO_UID=1000 TERM=mine \"$0\"", dir);
	vt = probe_shell(&o, script);
	assert_true(vt_wait_text(vt, "'mine' is not known", VT_DEADLINE));
	vt_free(vt);
	snprintf(script, sizeof(script), "rm -r %s", dir);
	vt = probe_shell(NULL, script);
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

static void has_every_size(void **state)
{
	static const int sizes[][2] = {{4, 20}, {10, 40}, {24, 80}, {80, 300}, {1, 1}, {2, 500}};
	struct vt_options o = {0};
	struct vt *vt;
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		o.rows = sizes[i][0];
		o.cols = sizes[i][1];
		if (o.cols < 6) {
			vt = probe_start(NULL);
			vt_resize(vt, o.rows, o.cols);
			vt_resize(vt, 24, 81);
			assert_true(vt_wait_text(vt, "probe 81x24", VT_DEADLINE));
			probe_quit(vt);
			continue;
		}
		vt = probe_start(&o);
		snprintf(text, sizeof(text), "probe %dx%d", o.cols, o.rows);
		assert_int_equal(vt_find(vt, text, NULL), 0);
		assert_string_equal(vt_cell(vt, o.rows - 1, o.cols - 1).text, "#");
		probe_quit(vt);
	}
}

static void exported_sizes_do_not_count(void **state)
{
	static const char *const env[] = {"LINES=11", "COLUMNS=33", NULL};
	struct vt_options o = {.env = env};
	struct vt *vt = probe_start(&o);

	(void)state;
	assert_string_equal(vt_row(vt, 0), "probe 80x24");
	vt_resize(vt, 30, 90);
	assert_true(vt_wait_text(vt, "probe 90x30", VT_DEADLINE));
	probe_quit(vt);
}

static void a_resize_storm_ends_at_the_last_size(void **state)
{
	struct vt *vt = probe_start(NULL);
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		vt_resize(vt, 1 + i * 37 % 60, 1 + i * 53 % 190);
		if (i % 8 == 0)
			vt_type(vt, "a");
	}
	vt_resize(vt, 33, 91);
	assert_true(vt_wait_text(vt, "probe 91x33", VT_DEADLINE));
	assert_string_equal(vt_cell(vt, 32, 90).text, "#");
	assert_int_equal(vt_cell(vt, 31, 87).width, 2);
	probe_quit(vt);
}

/* The program may see only the last size, the terminal saw them all. */
static void a_resize_away_and_back_is_drawn_anew(void **state)
{
	struct vt *vt = probe_start(NULL);
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		vt_resize(vt, 2, 3);
		vt_resize(vt, 24, 80);
		assert_true(vt_wait_row(vt, 0, "probe 80x24", VT_DEADLINE));
		assert_true(vt_wait_row(vt, 23, "#", VT_DEADLINE));
	}
	probe_quit(vt);
}

static void sends_only_what_changed(void **state)
{
	struct vt *vt = probe_start(NULL);
	size_t bytes;

	(void)state;
	vt_type(vt, "a");
	assert_true(vt_wait_text(vt, "key a", VT_DEADLINE));
	bytes = vt_bytes(vt);
	vt_type(vt, "b");
	assert_true(vt_wait_text(vt, "key b", VT_DEADLINE));
	assert_in_range(vt_bytes(vt) - bytes, 5, 80);
	assert_int_equal(vt_clears(vt), 1);
	vt_type(vt, "N");
	assert_true(vt_wait_text(vt, "key N", VT_DEADLINE));
	bytes = vt_bytes(vt);
	vt_observe(vt, 300);
	assert_int_equal(vt_bytes(vt), bytes);
	vt_free(vt);
}

static void redraws_when_asked(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_type(vt, "L");
	assert_true(vt_wait_text(vt, "key L", VT_DEADLINE));
	assert_int_equal(vt_clears(vt), 2);
	assert_int_equal(vt_find(vt, "probe 80x24", NULL), 0);
	probe_quit(vt);
}

/* Colours of the selected cell near the bottom right. */
static bool has_colour(struct vt *vt)
{
	struct vt_cell head = vt_cell(vt, 0, 0), selected = vt_cell(vt, 22, 76);

	return head.fg != VT_DEFAULT || selected.fg != VT_DEFAULT || selected.bg != VT_DEFAULT;
}

static void colours_follow_terminal_and_user(void **state)
{
	static const char *const scripts[] = {
		"exec \"$0\"",
		"NO_COLOR= exec \"$0\"",
		"NO_COLOR=1 exec \"$0\" always",
		"NO_COLOR=1 exec \"$0\"",
		"exec \"$0\" never",
		"TERM=vt100 exec \"$0\"",
	};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		vt = probe_shell(NULL, scripts[i]);
		assert_true(vt_wait_text(vt, "probe ", VT_DEADLINE));
		assert_int_equal(has_colour(vt), i < 3);
		assert_true(has_colour(vt) || vt_cell(vt, 22, 76).reverse);
		probe_quit(vt);
	}
}

static void a_plain_locale_gets_ascii(void **state)
{
	static const char *const env[] = {"LC_ALL=C", NULL};
	struct vt_options o = {.env = env};
	struct vt *vt = probe_start(&o);
	const char *raw;
	size_t len, i;

	(void)state;
	assert_string_equal(vt_row(vt, 0), "probe 80x24 ascii");
	raw = vt_raw(vt, &len);
	for (i = 0; i < len; i++)
		assert_true((unsigned char)raw[i] < 0x80);
	probe_quit(vt);
}

static void shows_the_cursor_where_it_is_wanted(void **state)
{
	struct vt *vt = probe_start(NULL);
	int row, col;
	bool visible;

	(void)state;
	vt_cursor(vt, &row, &col, &visible);
	assert_false(visible);
	vt_type(vt, "c");
	assert_true(vt_wait_text(vt, "key c", VT_DEADLINE));
	vt_cursor(vt, &row, &col, &visible);
	assert_true(visible && row == 1 && col == 1);
	probe_quit(vt);
}

static void copies(void **state)
{
	static const char *const env[] = {"TMUX=/tmp/x,1,0", NULL};
	struct vt_options o = {.env = env, .cols = 120};
	struct vt *vt = probe_start(&o);

	(void)state;
	vt_type(vt, "y");
	assert_true(vt_wait_raw(vt, "\033]52;c;NDQz\a", VT_DEADLINE));
	assert_true(vt_wait_text(vt, "set-clipboard on", VT_DEADLINE));
	probe_quit(vt);
}

static void rings(void **state)
{
	struct vt *vt = probe_start(NULL);
	size_t len;

	(void)state;
	assert_null(strchr(vt_raw(vt, &len), '\a'));
	vt_type(vt, "b");
	assert_true(vt_wait_raw(vt, "\a", VT_DEADLINE));
	probe_quit(vt);
}

static void exports_into_a_new_file(void **state)
{
	char dir[] = "/tmp/inettop-export.XXXXXX", variable[80];
	const char *const env[] = {variable, NULL};
	struct vt_options o = {.env = env, .cols = 120};
	struct stat st;
	struct vt *vt;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(variable, sizeof(variable), "PROBE_FILE=%s/view.csv", dir);
	vt = probe_start(&o);
	vt_type(vt, "E");
	assert_true(vt_wait_text(vt, "result 2 err 0", VT_DEADLINE));
	assert_int_equal(stat(variable + 11, &st), 0);
	assert_int_equal(st.st_size, 9);
	vt_type(vt, "E");
	assert_true(vt_wait_text(vt, "File exists", VT_DEADLINE));
	vt_type(vt, "W");
	assert_true(vt_wait_text(vt, "no configuration file", VT_DEADLINE));
	probe_quit(vt);
	assert_int_equal(unlink(variable + 11), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void tells_what_became_of_targets(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_type(vt, "k");
	assert_true(vt_wait_text(vt, "result 0 err 0 index 0 state 2 after 7", VT_DEADLINE));
	assert_true(vt_find(vt, "state 0", NULL) < vt_find(vt, "state 1", NULL));
	assert_true(vt_find(vt, "state 1", NULL) < vt_find(vt, "state 2", NULL));
	probe_quit(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(works_on_the_usual_terminals),
		cmocka_unit_test(works_on_other_terminals),
		cmocka_unit_test(an_unknown_type_is_drawn_as_a_known_one),
		cmocka_unit_test(says_why_there_can_be_no_screen),
		cmocka_unit_test(ignores_descriptions_of_the_user_under_sudo),
		cmocka_unit_test(has_every_size),
		cmocka_unit_test(exported_sizes_do_not_count),
		cmocka_unit_test(a_resize_storm_ends_at_the_last_size),
		cmocka_unit_test(a_resize_away_and_back_is_drawn_anew),
		cmocka_unit_test(sends_only_what_changed),
		cmocka_unit_test(redraws_when_asked),
		cmocka_unit_test(colours_follow_terminal_and_user),
		cmocka_unit_test(a_plain_locale_gets_ascii),
		cmocka_unit_test(shows_the_cursor_where_it_is_wanted),
		cmocka_unit_test(copies),
		cmocka_unit_test(rings),
		cmocka_unit_test(exports_into_a_new_file),
		cmocka_unit_test(tells_what_became_of_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
