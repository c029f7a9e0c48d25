/* The terminal harness itself, with a shell as the program. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

static struct vt *start(const struct vt_options *options, const char *script)
{
	const char *const argv[] = {"bash", "-c", script, NULL};

	return vt_start(options, argv);
}

static void shows_text_where_it_was_put(void **state)
{
	struct vt *vt = start(NULL, "printf '\\033[5;10Hh\\303\\251llo \\346\\274\\242!'; read x");
	int col;

	(void)state;
	assert_true(vt_wait_text(vt, "!", VT_DEADLINE));
	assert_string_equal(vt_row(vt, 4), "         h\303\251llo \346\274\242!");
	assert_int_equal(vt_find(vt, "llo", &col), 4);
	assert_int_equal(col, 11);
	assert_int_equal(vt_find(vt, "!", &col), 4);
	assert_int_equal(col, 17);
	assert_int_equal(vt_find(vt, "absent", &col), -1);
	vt_free(vt);
}

static void knows_colours_and_attributes(void **state)
{
	struct vt *vt =
		start(NULL, "printf '\\033[1;31mA\\033[22;2;38;5;2;44mB\\033[0;7;4mC\\033[22m';"
			    "printf '\\033[0mD\\033[38;2;1;2;3mE\\033['; printf '2mF.'; read x");
	struct vt_cell a, b, c, d, e, f;

	(void)state;
	assert_true(vt_wait_text(vt, "ABCDEF.", VT_DEADLINE));
	a = vt_cell(vt, 0, 0), b = vt_cell(vt, 0, 1), c = vt_cell(vt, 0, 2);
	d = vt_cell(vt, 0, 3), e = vt_cell(vt, 0, 4), f = vt_cell(vt, 0, 5);
	assert_true(a.bold && !a.dim && a.fg == 1 && a.bg == VT_DEFAULT);
	assert_true(!b.bold && b.dim && b.fg == 2 && b.bg == 4);
	assert_true(!c.dim && c.reverse && c.underline && c.fg == VT_DEFAULT);
	assert_true(!d.reverse && !d.underline && d.fg == VT_DEFAULT);
	assert_true(e.fg == (VT_RGB | 0x010203) && !e.dim && f.dim);
	vt_free(vt);
}

static void repeats_and_scrolls_as_xterm_does(void **state)
{
	struct vt *vt = start(NULL, "printf 'x\\033[4by\\n'; read x");

	(void)state;
	assert_true(vt_wait_row(vt, 0, "xxxxxy", VT_DEADLINE));
	vt_free(vt);
}

static void sends_keys(void **state)
{
	struct vt *vt =
		start(NULL, "stty raw -echo; printf '\\033[?1hready'; head -c 14 | od -An -tx1;"
			    "printf done; head -c 1 >/dev/null");

	(void)state;
	assert_true(vt_wait_text(vt, "ready", VT_DEADLINE));
	vt_type(vt, "a<Up><C-c><M-1><Esc><F1><lt>");
	vt_type(vt, "<S-Tab>");
	assert_true(vt_wait_text(vt, "61 1b 4f 41 03 1b 31 1b 1b 4f 50 3c 1b 5b", VT_DEADLINE));
	vt_free(vt);
}

static void pastes_in_brackets_when_asked(void **state)
{
	struct vt *vt =
		start(NULL, "stty raw -echo; printf '\\033[?2004hready'; head -c 15 | od -An -c;"
			    "head -c 1 >/dev/null");

	(void)state;
	assert_true(vt_wait_text(vt, "ready", VT_DEADLINE));
	vt_paste(vt, "pas");
	assert_true(vt_wait_text(vt, "[   2   0   0   ~   p   a   s", VT_DEADLINE));
	vt_free(vt);
}

static void clicks_where_asked(void **state)
{
	struct vt *vt = start(NULL, "stty raw -echo; printf '\\033[?1000h\\033[?1006hready';"
				    "head -c 9 | od -An -c; head -c 1 >/dev/null");

	(void)state;
	assert_true(vt_wait_text(vt, "ready", VT_DEADLINE));
	vt_mouse(vt, 4, 6, 1);
	assert_true(vt_wait_text(vt, "<   0   ;   7   ;   5   M", VT_DEADLINE));
	vt_free(vt);
}

static void resizes(void **state)
{
	struct vt_options small = {.rows = 10, .cols = 40};
	struct vt *vt = start(&small, "while :; do stty size; read -t 0.05 x; done");

	(void)state;
	assert_true(vt_wait_text(vt, "10 40", VT_DEADLINE));
	vt_resize(vt, 20, 100);
	assert_true(vt_wait_text(vt, "20 100", VT_DEADLINE));
	assert_int_equal(vt_rows(vt), 20);
	vt_free(vt);
}

static void tells_how_the_program_ended(void **state)
{
	struct vt *vt = start(NULL, "printf last-words; exit 7");

	(void)state;
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 7);
	assert_string_equal(vt_row(vt, 0), "last-words");
	vt_free(vt);

	vt = start(NULL, "kill -TERM $$");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 256 + SIGTERM);
	vt_free(vt);

	vt = start(NULL, "printf up; read x");
	assert_true(vt_wait_text(vt, "up", VT_DEADLINE));
	vt_hangup(vt);
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 256 + SIGHUP);
	vt_free(vt);
}

static void notices_what_is_left_behind(void **state)
{
	struct vt *vt =
		start(NULL, "printf '\\033[?1049h\\033[?25l'; stty raw -echo; printf 1; read -n1 x;"
			    "printf '\\033[?1049l\\033[?25h'; stty sane; printf 2; read x");
	int row, col;
	bool visible;

	(void)state;
	assert_true(vt_wait_text(vt, "1", VT_DEADLINE));
	vt_cursor(vt, &row, &col, &visible);
	assert_true(vt_alt_screen(vt) && !visible && col == 1);
	assert_false(vt_termios_restored(vt));
	vt_type(vt, "x");
	assert_true(vt_wait_text(vt, "2", VT_DEADLINE));
	vt_cursor(vt, &row, &col, &visible);
	assert_true(!vt_alt_screen(vt) && visible);
	vt_free(vt);

	vt = start(NULL, "saved=$(stty -g); stty raw -echo; stty \"$saved\"");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	assert_true(vt_termios_restored(vt));
	vt_free(vt);
}

static void counts_bytes_clears_and_titles(void **state)
{
	struct vt *vt = start(
		NULL,
		"printf '\\033]2;one\\a\\033]0;two\\033\\\\\\033[2J\\033[H\\033[Jend'; read x");

	(void)state;
	assert_true(vt_wait_text(vt, "end", VT_DEADLINE));
	assert_string_equal(vt_title(vt), "two");
	assert_int_equal(vt_clears(vt), 2);
	assert_int_equal(vt_bytes(vt), 30);
	vt_free(vt);
}

static void environment_is_the_one_given(void **state)
{
	static const char *const env[] = {"COLOUR=blue sky", NULL};
	struct vt_options o = {.term = "vt100", .env = env, .cwd = "/"};
	struct vt *vt = start(&o, "echo \"$TERM,$COLOUR,$PWD\"; read x");

	(void)state;
	assert_true(vt_wait_text(vt, "vt100,blue sky,/", VT_DEADLINE));
	vt_free(vt);
	o.term = "";
	vt = start(&o, "echo \"<$TERM>\"; env | grep -c ^TERM; read x");
	assert_true(vt_wait_row(vt, 1, "0", VT_DEADLINE));
	vt_free(vt);
}

static void a_wait_that_cannot_succeed_ends(void **state)
{
	struct vt *vt = start(NULL, "printf here; read x");

	(void)state;
	assert_true(vt_wait_text(vt, "here", VT_DEADLINE));
	assert_false(vt_wait_text(vt, "there", 50));
	assert_int_equal(vt_wait_exit(vt, 50), -1);
	vt_signal(vt, SIGKILL);
	assert_false(vt_wait_text(vt, "there", VT_DEADLINE));
	vt_free(vt);
}

static void draws_pictures(void **state)
{
	struct vt *vt = start(NULL, "printf 'a<b \\033[41;1m&'; read x");
	char path[] = "/tmp/inettop-svg.XXXXXX", text[8192];
	int fd = mkstemp(path);
	ssize_t n;

	(void)state;
	assert_true(fd >= 0);
	assert_true(vt_wait_text(vt, "&", VT_DEADLINE));
	assert_int_equal(vt_svg(vt, path), 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	unlink(path);
	assert_non_null(strstr(text, "a&lt;b"));
	assert_non_null(strstr(text, "font-weight=\"bold\">&amp;<"));
	assert_non_null(strstr(text, "<rect x=\"45.6\""));
	assert_non_null(strstr(text, "</svg>\n"));
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_text_where_it_was_put),
		cmocka_unit_test(knows_colours_and_attributes),
		cmocka_unit_test(repeats_and_scrolls_as_xterm_does),
		cmocka_unit_test(sends_keys),
		cmocka_unit_test(pastes_in_brackets_when_asked),
		cmocka_unit_test(clicks_where_asked),
		cmocka_unit_test(resizes),
		cmocka_unit_test(tells_how_the_program_ended),
		cmocka_unit_test(notices_what_is_left_behind),
		cmocka_unit_test(counts_bytes_clears_and_titles),
		cmocka_unit_test(environment_is_the_one_given),
		cmocka_unit_test(a_wait_that_cannot_succeed_ends),
		cmocka_unit_test(draws_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
