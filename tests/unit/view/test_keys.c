/* Each action, by each of its keys in both profiles, does what its help says. */
#include <errno.h>

#include "unit/view/scene.h"
#include "view/actions.h"

/*
 * before: keys that lead there. Then the action's key. after: keys, then the screen must show
 * `shows`, must not show `hides`, the selected line must hold `selected`, and the effect must have
 * been asked for. Unused members are NULL or -1.
 */
struct script {
	enum action_id id;
	const char *before, *after, *shows, *hides, *selected;
	int effect;
};

#define NO_EFFECT (-1)

static const struct script scripts[] = {
	{ACTION_UP, "Down Down", "", NULL, NULL, " 22 ", NO_EFFECT},
	{ACTION_DOWN, "", "", NULL, NULL, "0.0.0.0               22", NO_EFFECT},
	{ACTION_PAGE_UP, "End", "", NULL, NULL, "0/511", NO_EFFECT},
	{ACTION_PAGE_DOWN, "", "", NULL, NULL, "cart", NO_EFFECT},
	{ACTION_HALF_UP, "End", "", NULL, NULL, "6379", NO_EFFECT},
	{ACTION_HALF_DOWN, "", "", NULL, NULL, "3306", NO_EFFECT},
	{ACTION_TOP, "Down Down Down", "", NULL, NULL, "raw", NO_EFFECT},
	{ACTION_BOTTOM, "", "", NULL, NULL, "51820", NO_EFFECT},
	{ACTION_LEFT, "Right Right", "", "ADDRESS", "PROTO", NULL, NO_EFFECT},
	{ACTION_RIGHT, "", "", "ADDRESS", "PROTO", NULL, NO_EFFECT},
	{ACTION_ROW_START, "Right Right Right", "", "PROTO", NULL, NULL, NO_EFFECT},
	{ACTION_ROW_END, "", "", NULL, "PROTO", NULL, NO_EFFECT},
	{ACTION_SECTION_NEXT, "8 0 Enter", "", "Owners", NULL, "Owners", NO_EFFECT},
	{ACTION_SECTION_PREV, "8 0 Enter Tab Tab", "", NULL, NULL, "Owners", NO_EFFECT},
	{ACTION_PANE_NEXT, "", "", "[Sockets]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_PREV, "", "", "[Events]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_1, "Tab", "", "[Ports]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_2, "", "", "[Sockets]", NULL, NULL, EFFECT_NEEDS},
	{ACTION_PANE_3, "", "", "[Processes]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_4, "", "", "[Namespaces]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_5, "", "", "[Containers]", NULL, NULL, NO_EFFECT},
	{ACTION_PANE_6, "", "", "[Events]", NULL, NULL, NO_EFFECT},
	{ACTION_OPEN, "8 0", "", "80 › Endpoint", NULL, NULL, NO_EFFECT},
	{ACTION_BACK, "8 0 Enter", "", NULL, "Endpoint", "812", NO_EFFECT},
	{ACTION_SEARCH, "", "r e d i s Enter", NULL, NULL, "redis-server", NO_EFFECT},
	{ACTION_MATCH_NEXT, "/ r e d i s Enter", "", "match 2/2", NULL, "::1", NO_EFFECT},
	{ACTION_MATCH_PREV, "/ r e d i s Enter n", "", "match 1/2", NULL, "127.0.0.1", NO_EFFECT},
	{ACTION_FILTER, "", "r e d i s Enter", "filter redis", "sshd", NULL, NO_EFFECT},
	{ACTION_CLEAR, "\\ r e d i s Enter", "", "sshd", "filter redis", NULL, NO_EFFECT},
	{ACTION_WIDER, "", "", "all  ", NULL, NULL, EFFECT_NEEDS},
	{ACTION_FAMILIES, "Tab", "", "44/44", NULL, NULL, EFFECT_NEEDS},
	{ACTION_USER, "", "Enter", "user root", NULL, NULL, NO_EFFECT},
	{ACTION_SORT_LEFT, "", "", "sort local_addr", NULL, NULL, NO_EFFECT},
	{ACTION_SORT_RIGHT, "", "", "sort -queue", NULL, NULL, NO_EFFECT},
	{ACTION_SORT_LIST, "", "Down Enter", "sort -queue", NULL, NULL, NO_EFFECT},
	{ACTION_REVERSE, "", "", "sort -local_port", NULL, "51820", NO_EFFECT},
	{ACTION_SORT_NUMBER, "M", "", "sort local_port", NULL, "raw", NO_EFFECT},
	{ACTION_SORT_PRESSURE, "", "", "sort -queue", NULL, "8000", NO_EFFECT},
	{ACTION_SORT_TRAFFIC, "", "", "sort -rx_rate", NULL, NULL, NO_EFFECT},
	{ACTION_GROUP, "", "", "812 nginx (2)", NULL, NULL, NO_EFFECT},
	{ACTION_EXPAND, "t t -", "", "nfsd (kernel)", NULL, NULL, NO_EFFECT},
	{ACTION_COLLAPSE, "t t", "", NULL, "nfsd (kernel)", NULL, NO_EFFECT},
	{ACTION_FOLD_ALL, "t", "", "812 nginx (2)", "tcp ", NULL, NO_EFFECT},
	{ACTION_TAG, "", "Down", "1 tagged", NULL, NULL, NO_EFFECT},
	{ACTION_TAG_PROCESS, "8 0", "Down", "2 tagged", NULL, NULL, NO_EFFECT},
	{ACTION_UNTAG, "Space", "Down", NULL, "tagged", NULL, NO_EFFECT},
	{ACTION_SIGNAL, "8 0", "", "[x] 812 nginx", NULL, NULL, EFFECT_TARGETS_OPEN},
	{ACTION_DESTROY, "Tab Down Down", "", "Destroy this socket?", NULL, NULL,
	 EFFECT_FLUSH_INPUT},
	{ACTION_FDS, "8 0", "", "[eventpoll]", NULL, "Descriptors", EFFECT_NEEDS},
	{ACTION_ENVIRON, "8 0", "", "PATH=/bin", NULL, "Environment", EFFECT_NEEDS},
	{ACTION_LONG_COMMAND, "", "", "python3 -m ", NULL, NULL, NO_EFFECT},
	{ACTION_WHY, "8 0", "", "why tcp 0.0.0.0:80", NULL, NULL, EFFECT_NEEDS},
	{ACTION_BASELINE, "", "", "against this moment", NULL, NULL, EFFECT_BASELINE},
	{ACTION_FOLLOW, "8 0", "Down", "follow  ", NULL, NULL, NO_EFFECT},
	{ACTION_PAUSE, "", "", "PAUSED", NULL, NULL, EFFECT_PAUSE},
	{ACTION_INTERVAL, "", "Ctrl-U 2 . 5 Enter", NULL, NULL, NULL, EFFECT_INTERVAL},
	{ACTION_NAMES, "", "", "http", NULL, NULL, NO_EFFECT},
	{ACTION_COLUMNS, "", "Space Esc", NULL, "PROTO", NULL, NO_EFFECT},
	{ACTION_SETTINGS, "", "Enter Esc", NULL, NULL, NULL, EFFECT_REDRAW},
	{ACTION_SAVE, "I", "", NULL, NULL, NULL, EFFECT_SAVE_SETTINGS},
	{ACTION_COPY, "8 0", "Enter", "address copied", NULL, NULL, EFFECT_COPY},
	{ACTION_EXPORT, "", "Down Down Enter Enter", NULL, NULL, NULL, EFFECT_EXPORT},
	{ACTION_COMMAND, "", "p a n e Space e v e n t s Enter", "[Events]", NULL, NULL, NO_EFFECT},
	{ACTION_HELP, "", "", "one line up", NULL, NULL, NO_EFFECT},
	{ACTION_REDRAW, "", "", NULL, NULL, NULL, EFFECT_RESCAN},
	{ACTION_SUSPEND, "", "", NULL, NULL, NULL, EFFECT_SUSPEND},
	{ACTION_CLOSE, "", "", NULL, NULL, NULL, EFFECT_QUIT},
	{ACTION_QUIT, "8 0 Enter", "", NULL, NULL, NULL, EFFECT_QUIT},
	{ACTION_VIM_HINT, "", "", "--keys=vim", NULL, NULL, NO_EFFECT},
};

#define PAGE "8 0 Enter"
#define CONN_PAGE "Tab / 4 0 5 2 2 Enter Enter"
#define LONG_PAGE "Alt-3 1 2 1 0 Enter Down Down"

/* The same on a page, for the actions that pages have. */
static const struct script page_scripts[] = {
	{ACTION_UP, PAGE " Down Down", "", NULL, NULL, "accept queue", NO_EFFECT},
	{ACTION_DOWN, PAGE, "", NULL, NULL, "accept queue", NO_EFFECT},
	{ACTION_PAGE_UP, PAGE " End", "", NULL, NULL, "connections", NO_EFFECT},
	{ACTION_PAGE_DOWN, PAGE, "", NULL, NULL, "Owners", NO_EFFECT},
	{ACTION_HALF_UP, PAGE " End", "", NULL, NULL, "primary", NO_EFFECT},
	{ACTION_HALF_DOWN, PAGE, "", NULL, NULL, "queue  ", NO_EFFECT},
	{ACTION_TOP, PAGE " Down Down Down", "", NULL, NULL, "Endpoint", NO_EFFECT},
	{ACTION_BOTTOM, PAGE, "", NULL, NULL, "fin-wait-1", NO_EFFECT},
	{ACTION_LEFT, LONG_PAGE " Right", "", "command          /usr", NULL, NULL, NO_EFFECT},
	{ACTION_RIGHT, LONG_PAGE, "", NULL, "command          /usr", NULL, NO_EFFECT},
	{ACTION_ROW_START, LONG_PAGE " Right Right", "", "command          /usr", NULL, NULL,
	 NO_EFFECT},
	{ACTION_ROW_END, LONG_PAGE, "", NULL, "command          /usr", NULL, NO_EFFECT},
	{ACTION_SECTION_NEXT, PAGE, "", "Owners", NULL, "Owners", NO_EFFECT},
	{ACTION_SECTION_PREV, PAGE " Tab Tab", "", NULL, NULL, "Owners", NO_EFFECT},
	{ACTION_PANE_1, "Tab Enter", "", "[Ports]", " › ", NULL, NO_EFFECT},
	{ACTION_PANE_2, PAGE, "", "[Sockets]", " › ", NULL, NO_EFFECT},
	{ACTION_PANE_3, PAGE, "", "[Processes]", " › ", NULL, NO_EFFECT},
	{ACTION_PANE_4, PAGE, "", "[Namespaces]", " › ", NULL, NO_EFFECT},
	{ACTION_PANE_5, PAGE, "", "[Containers]", " › ", NULL, NO_EFFECT},
	{ACTION_PANE_6, PAGE, "", "[Events]", " › ", NULL, NO_EFFECT},
	{ACTION_OPEN, PAGE " Tab Down", "", "› 812 nginx ›", NULL, NULL, NO_EFFECT},
	{ACTION_BACK, PAGE, "", NULL, " › ", "812", NO_EFFECT},
	{ACTION_SEARCH, PAGE, "s c o p e Enter", NULL, NULL, "scope", NO_EFFECT},
	{ACTION_MATCH_NEXT, PAGE " / n g i n x Enter", "", "match 2/", NULL, NULL, NO_EFFECT},
	{ACTION_MATCH_PREV, PAGE " / n g i n x Enter n", "", "match 1/", NULL, NULL, NO_EFFECT},
	{ACTION_SIGNAL, PAGE, "", "[x] 812 nginx", NULL, NULL, EFFECT_TARGETS_OPEN},
	{ACTION_DESTROY, CONN_PAGE, "", "Destroy this socket?", NULL, NULL, EFFECT_FLUSH_INPUT},
	{ACTION_FDS, PAGE, "", "[eventpoll]", NULL, "Descriptors", EFFECT_NEEDS},
	{ACTION_ENVIRON, PAGE, "", "PATH=/bin", NULL, "Environment", EFFECT_NEEDS},
	{ACTION_WHY, PAGE, "", "why tcp 0.0.0.0:80", NULL, NULL, EFFECT_NEEDS},
	{ACTION_PAUSE, PAGE, "", "PAUSED", NULL, NULL, EFFECT_PAUSE},
	{ACTION_NAMES, PAGE, "", "port             http", NULL, NULL, NO_EFFECT},
	{ACTION_SETTINGS, PAGE, "Enter Esc", " › ", NULL, NULL, EFFECT_REDRAW},
	{ACTION_SAVE, PAGE, "", NULL, NULL, NULL, EFFECT_SAVE_SETTINGS},
	{ACTION_COPY, PAGE, "Enter", "address copied", NULL, NULL, EFFECT_COPY},
	{ACTION_COMMAND, PAGE, "p a n e Space e v e n t s Enter", "[Events]", NULL, NULL,
	 NO_EFFECT},
	{ACTION_HELP, PAGE, "", "one line up", NULL, NULL, NO_EFFECT},
	{ACTION_REDRAW, PAGE, "", NULL, NULL, NULL, EFFECT_RESCAN},
	{ACTION_SUSPEND, PAGE, "", NULL, NULL, NULL, EFFECT_SUSPEND},
	{ACTION_CLOSE, PAGE, "", NULL, " › ", NULL, NO_EFFECT},
	{ACTION_QUIT, PAGE, "", NULL, NULL, NULL, EFFECT_QUIT},
	{ACTION_VIM_HINT, PAGE, "", "--keys=vim", NULL, NULL, NO_EFFECT},
};

static void vim(struct app_config *cfg, struct settings *settings)
{
	(void)cfg;
	settings->vim = true;
}

static bool fail_script(struct scene *sc, const struct script *script, const char *name,
			const char *what)
{
	print_error("%s by %s: %s\nselected: %s\n", actions[script->id].id, name, what,
		    scene_selected(sc));
	print_error("%s\n", scene_text(sc));
	return false;
}

static bool check(struct scene *sc, const struct script *script, const char *name)
{
	if (script->shows && !scene_shows(sc, script->shows))
		return fail_script(sc, script, name, script->shows);
	if (script->hides && scene_shows(sc, script->hides))
		return fail_script(sc, script, name, script->hides);
	if (script->selected && !strstr(scene_selected(sc), script->selected))
		return fail_script(sc, script, name, script->selected);
	if (script->effect != NO_EFFECT && !scene_effect(sc, (enum effect_kind)script->effect))
		return fail_script(sc, script, name, "its effect");
	return true;
}

static uint32_t run(const struct script *script, const char *keys, bool in_vim)
{
	uint32_t failed = 0;
	struct key key;

	while (keys_next(&keys, &key)) {
		char name[KEYS_NAME_MAX];
		struct scene sc;

		scene_open(&sc, 24, 80, in_vim ? vim : NULL);
		scene_keys(&sc, script->before);
		scene_forget(&sc);
		scene_keys(&sc, keys_name(key, name));
		scene_keys(&sc, script->after);
		failed += !check(&sc, script, name);
		scene_close(&sc);
	}
	return failed;
}

static uint32_t run_all(const struct script *list, size_t n)
{
	uint32_t failed = 0;

	for (size_t i = 0; i < n; i++) {
		failed += run(&list[i], action_keys(list[i].id, false), false);
		if (actions[list[i].id].vim_keys)
			failed += run(&list[i], action_keys(list[i].id, true), true);
	}
	return failed;
}

#define N(array) (sizeof(array) / sizeof(*(array)))

static void test_actions(void **state)
{
	(void)state;
	assert_int_equal(run_all(scripts, N(scripts)), 0);
}

static void test_actions_on_pages(void **state)
{
	(void)state;
	assert_int_equal(run_all(page_scripts, N(page_scripts)), 0);
}

/* Digits are ten keys of one action: they have a test of their own. */
static void test_jump(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0");
	assert_non_null(strstr(scene_selected(&sc), " 80 "));
	scene_keys(&sc, "8 0");
	assert_non_null(strstr(scene_selected(&sc), "docker-proxy"));
	scene_pass(&sc, 900);
	scene_keys(&sc, "2 2");
	assert_non_null(strstr(scene_selected(&sc), "sshd"));
	scene_keys(&sc, "Alt-3 9 0 1");
	assert_non_null(strstr(scene_selected(&sc), "redis-server"));
	scene_keys(&sc, "Alt-6 1");
	assert_true(scene_shows(&sc, "no number"));
	scene_close(&sc);
}

static bool is_in(const struct script *list, size_t n, int id)
{
	for (size_t i = 0; i < n; i++)
		if ((int)list[i].id == id)
			return true;
	return false;
}

/* In each context that it is listed for. */
static void test_every_action_is_tested(void **state)
{
	(void)state;
	for (int id = 0; id < ACTION_COUNT; id++) {
		if (id == ACTION_JUMP)
			continue;
		if (!is_in(scripts, N(scripts), id))
			fail_msg("%s has no test", actions[id].id);
		if ((actions[id].contexts & ACTION_PAGE) &&
		    !is_in(page_scripts, N(page_scripts), id))
			fail_msg("%s has no test on a page", actions[id].id);
	}
}

/* One key, one action: in one context no key is bound twice. */
static void test_no_key_twice(void **state)
{
	(void)state;
	for (int profile = 0; profile < 2; profile++)
		for (int id = 0; id < ACTION_COUNT; id++) {
			const char *list = action_keys((enum action_id)id, profile);
			struct key key;

			while (keys_next(&list, &key))
				for (unsigned context = 1; context <= 2; context *= 2)
					if (actions[id].contexts & context)
						assert_int_equal(action_find(key, context, profile),
								 id);
			assert_string_equal(list + strspn(list, " "), "");
		}
}

static void test_names_of_keys(void **state)
{
	static const char *const names[] = {"Ctrl-D", "PgUp", "F10", "F1", "Alt-1",	"Space",
					    "n",      "N",    "\\",  "é",  "Shift-Tab", "Enter"};
	char buf[KEYS_NAME_MAX];
	struct key key;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(keys_parse(names[i], strlen(names[i]), &key), 0);
		assert_string_equal(keys_name(key, buf), names[i]);
	}
	assert_int_equal(keys_parse("Hyper-x", 7, &key), -EINVAL);
	assert_int_equal(keys_parse("F13", 3, &key), -EINVAL);
}

static void test_unknown_key_tells_help(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "x");
	assert_true(scene_shows(&sc, "no action on x; h shows the keys"));
	scene_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_actions_on_pages),
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_every_action_is_tested),
		cmocka_unit_test(test_no_key_twice),
		cmocka_unit_test(test_names_of_keys),
		cmocka_unit_test(test_unknown_key_tells_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
