/* Keys, mouse and pasted text on their way from the terminal to the app. */
#include "e2e/probe.h"

static void type_and_expect(struct vt *vt, const char *keys, const char *shown)
{
	vt_type(vt, keys);
	assert_true(vt_wait_text(vt, shown, VT_DEADLINE));
}

static void keys_of_every_kind(void **state)
{
	static const char *const keys[][2] = {
		{"a", "key a"},
		{"\303\251", "key \303\251"},
		{"<Up>", "key Up"},
		{"<Left>", "key Left"},
		{"<PgUp>", "key PgUp"},
		{"<PgDn>", "key PgDn"},
		{"<Home>", "key Home"},
		{"<End>", "key End"},
		{"<Enter>", "key Enter"},
		{"<Tab>", "key Tab"},
		{"<S-Tab>", "key Shift-Tab"},
		{"<F1>", "key F1"},
		{"<F4>", "key F4"},
		{"<F5>", "key F5"},
		{"<F10>", "key F10"},
		{"<BS>", "key Backspace"},
		{"<Del>", "key Delete"},
		{"<C-d>", "key Ctrl-D"},
		{"<C-c>", "key Ctrl-C"},
		{"<M-1>", "key Alt-1"},
		{"<M-6>", "key Alt-6"},
		{"\033[1;5C", "Ctrl-Right"},
		{"\033[1;3A", "Alt-Up"},
		{" ", "key Space"},
	};
	struct vt *vt = probe_start(NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		type_and_expect(vt, keys[i][0], keys[i][1]);
	probe_quit(vt);
}

/* What terminals send whose terminfo entry says something else. */
static void sequences_that_entries_forget(void **state)
{
	static const char *const keys[][2] = {
		{"\033[1~", "key Home"}, {"\033[F", "key End"},	      {"\033[11~", "key F1"},
		{"\033[A", "key Up"},	 {"\033OB", "key Down"},      {"\033[8~", "key End"},
		{"\033[7~", "key Home"}, {"\033[Z", "key Shift-Tab"},
	};
	static const char *const types[] = {"xterm-256color", "screen-256color", "linux"};
	struct vt_options o = {0};
	struct vt *vt;
	size_t i, t;

	(void)state;
	for (t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		o.term = types[t];
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			vt = probe_start(&o);
			type_and_expect(vt, keys[i][0], keys[i][1]);
			vt_free(vt);
		}
	}
}

static void escape_alone_is_a_key(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	type_and_expect(vt, "<Esc>", "key Esc");
	type_and_expect(vt, "1", "key 1");
	probe_quit(vt);
}

static void mouse(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_mouse(vt, 4, 7, 1);
	assert_true(vt_wait_text(vt, "mouse 0 at 7,4", VT_DEADLINE));
	vt_mouse(vt, 4, 7, 1);
	assert_true(vt_wait_text(vt, "mouse 1 at 7,4", VT_DEADLINE));
	vt_mouse(vt, 5, 7, 4);
	assert_true(vt_wait_text(vt, "mouse 2 at 7,5", VT_DEADLINE));
	vt_mouse(vt, 6, 7, 5);
	assert_true(vt_wait_text(vt, "mouse 3 at 7,6", VT_DEADLINE));
	vt_mouse(vt, 7, 70, 3);
	type_and_expect(vt, "a", "key a");
	assert_int_equal(vt_find(vt, "70,7", NULL), -1);
	vt_type(vt, "m");
	assert_true(vt_wait_raw(vt, "1000l", VT_DEADLINE));
	probe_quit(vt);
}

static void pasted_text_is_one_event(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_paste(vt, "kq:8080\r\303\251");
	assert_true(vt_wait_text(vt, "paste 10: kq:8080?\303\251", VT_DEADLINE));
	assert_int_equal(vt_find(vt, "key ", NULL), -1);
	type_and_expect(vt, "a", "key a");
	probe_quit(vt);
}

static void a_paste_without_end_ends(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_send(vt, "\033[200~abc", 9);
	assert_true(vt_wait_text(vt, "paste 3: abc", VT_DEADLINE));
	type_and_expect(vt, "a", "key a");
	probe_quit(vt);
}

static void a_paste_has_a_limit(void **state)
{
	char *text = malloc(100001);
	struct vt *vt = probe_start(NULL);

	(void)state;
	assert_non_null(text);
	memset(text, 'q', 100000);
	text[100000] = '\0';
	vt_paste(vt, text);
	assert_true(vt_wait_text(vt, "paste 65536: qqq", VT_DEADLINE));
	type_and_expect(vt, "a", "key a");
	probe_quit(vt);
	free(text);
}

static void typed_ahead_is_thrown_away_when_asked(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_type(vt, "1f234");
	assert_true(vt_wait_text(vt, "key f", VT_DEADLINE));
	type_and_expect(vt, "5", "key 5");
	assert_int_equal(vt_find(vt, "key 2", NULL), -1);
	probe_quit(vt);
}

static void keys_are_answered_during_long_work(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	type_and_expect(vt, "w", "working");
	type_and_expect(vt, "1", "key 1");
	type_and_expect(vt, "2", "key 2");
	assert_true(vt_find(vt, "working", NULL) == 0);
	probe_quit(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_every_kind),
		cmocka_unit_test(sequences_that_entries_forget),
		cmocka_unit_test(escape_alone_is_a_key),
		cmocka_unit_test(mouse),
		cmocka_unit_test(pasted_text_is_one_event),
		cmocka_unit_test(a_paste_without_end_ends),
		cmocka_unit_test(a_paste_has_a_limit),
		cmocka_unit_test(typed_ahead_is_thrown_away_when_asked),
		cmocka_unit_test(keys_are_answered_during_long_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
