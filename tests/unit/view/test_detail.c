/* Pages: every fact that names another thing can be followed, and back; the help; what is asked. */
#include "unit/view/scene.h"
#include "view/actions.h"

static void test_every_link_can_be_followed(void **state)
{
	static const char *const pages[] = {"8 0 Enter",	 "Alt-2 Down Down Down Enter",
					    "Alt-3 8 1 2 Enter", "Alt-4 Enter",
					    "Alt-5 Down Enter",	 "8 0 w"};
	uint32_t followed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		char before[256], line[256];
		struct scene sc;

		scene_open(&sc, 24, 80, NULL);
		scene_keys(&sc, pages[i]);
		for (int at = 0; at < 60; at++) {
			bool link;

			snprintf(before, sizeof(before), "%s", scene_selected(&sc));
			scene_forget(&sc);
			scene_keys(&sc, "Enter");
			if (strstr(before, "epoll")) { /* to what it watches, on this page */
				assert_non_null(strstr(scene_selected(&sc), "    4  pipe"));
				scene_keys(&sc, "Up");
			}
			link = !scene_shows(&sc, "names nothing to follow") &&
			       !strstr(before, "epoll");
			assert_false(scene_shows(&sc, "it is gone"));
			if (link) {
				followed++;
				scene_keys(&sc, "Esc");
			}
			snprintf(line, sizeof(line), "%s", scene_selected(&sc));
			assert_string_equal(line, before);
			scene_keys(&sc, "Down");
		}
		scene_close(&sc);
	}
	assert_true(followed > 40);
}

/* Facts that name a thing lead to it: what the line says, then where it goes. */
static void test_facts_lead_to_what_they_name(void **state)
{
	static const struct {
		const char *page, *line, *leads_to;
	} facts[] = {
		{"8 0 Enter", "process          nginx", "› 812 nginx"},
		{"8 0 8 0 Enter", "0.0.0.0:8080 -> 172.17.0.2:80 tcp", "tcp 0.0.0.0:80 ›"},
		{"Alt-5 Down Enter", "0.0.0.0:8080 -> 172.17.0.2:80", "› tcp 0.0.0.0:8080"},
		{"Alt-3 8 1 2 Enter", "net 4026531840", "› netns 4026531840"},
		{"Alt-3 8 1 3 Enter", "parent  ", "› 812 nginx"},
		{"Alt-2 Down Down Enter", "netns_name", "› netns"},
		{"Alt-2 / 4 0 5 2 2 Enter Enter", "remote  ", "40522 › Socket"},
		{"Alt-2 / 4 0 5 2 2 Enter Enter", "peer.pid", "› Process"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		struct scene sc;
		int at = 0;

		scene_open(&sc, 60, 120, NULL);
		scene_keys(&sc, facts[i].page);
		while (at++ < 150 && !strstr(scene_selected(&sc), facts[i].line))
			scene_keys(&sc, "Down");
		if (!strstr(scene_selected(&sc), facts[i].line))
			fail_msg("no line %s\n%s", facts[i].line, scene_text(&sc));
		scene_keys(&sc, "Enter");
		if (!scene_shows(&sc, facts[i].leads_to))
			fail_msg("%s leads elsewhere\n%s", facts[i].line, scene_text(&sc));
		scene_close(&sc);
	}
}

static void test_to_the_other_end_and_back(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 40, 100, NULL);
	scene_keys(&sc, "Tab / 4 0 5 2 2 Enter Enter / p r i m a r y Enter Enter");
	assert_true(scene_shows(&sc, " › Process"));
	scene_keys(&sc, "Tab Down Enter");
	assert_true(scene_shows(&sc, " › Socket"));
	scene_keys(&sc, "Esc Esc Esc");
	assert_true(scene_shows(&sc, "[Sockets]"));
	assert_false(scene_shows(&sc, " › "));
	assert_non_null(strstr(scene_selected(&sc), "40522"));
	scene_keys(&sc, "Esc Esc Esc");
	assert_null(scene_effect(&sc, EFFECT_QUIT));
	scene_close(&sc);
}

/* On a page a signal goes to what the line names, else to whom the page is about. */
static void test_signal_from_a_page(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 40, 100, NULL);
	scene_keys(&sc, "8 0 Enter Tab Down Down k");
	assert_int_equal(scene_effect(&sc, EFFECT_TARGETS_OPEN)->n_targets, 1);
	assert_int_equal(scene_effect(&sc, EFFECT_TARGETS_OPEN)->targets[0].pid, 813);
	scene_close(&sc);
}

static void test_process_page_asks_for_its_details(void **state)
{
	struct needs needs;
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 l");
	app_needs(sc.app, &needs);
	assert_int_equal(needs.detail, DETAIL_PROC);
	assert_int_equal(needs.detail_pid, 812);
	scene_keys(&sc, "e");
	app_needs(sc.app, &needs);
	assert_int_equal(needs.detail, DETAIL_ENVIRON);
	scene_keys(&sc, "Esc w");
	app_needs(sc.app, &needs);
	assert_int_equal(needs.detail, DETAIL_WHY);
	assert_int_equal(needs.why.port, 80);
	assert_int_equal(needs.why.proto, PROTO_TCP);
	scene_close(&sc);
}

static void test_reads_only_what_is_on_screen(void **state)
{
	struct needs needs;
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	app_needs(sc.app, &needs);
	assert_true(needs.bits & NEED_CONN_COUNTS);
	assert_false(needs.bits & NEED_CONNS);
	assert_false(needs.bits & (NEED_TCP_INFO | NEED_TCP_INFO_ALL | NEED_DNS | NEED_PEERS));
	assert_int_equal(needs.protos, PROTO_MASK_INET);
	assert_int_equal(needs.n_watch, 0);
	scene_keys(&sc, "Tab");
	app_needs(sc.app, &needs);
	assert_true(needs.bits & NEED_CONNS);
	assert_int_equal(needs.n_watch, 18);
	scene_keys(&sc, "A");
	app_needs(sc.app, &needs);
	assert_int_equal(needs.protos, PROTO_MASK_ALL);
	scene_keys(&sc, "D D");
	app_needs(sc.app, &needs);
	assert_true(needs.bits & NEED_DNS);
	scene_close(&sc);
}

static void vim(struct app_config *cfg, struct settings *settings)
{
	(void)cfg;
	settings->vim = true;
}

/* Every action is in the help, with its keys of the profile in force. */
static void help_is_complete(bool in_vim)
{
	struct scene sc;

	scene_open(&sc, 80, 120, in_vim ? vim : NULL);
	scene_keys(&sc, "F1");
	for (int id = 0; id < ACTION_COUNT; id++) {
		const char *keys = action_keys((enum action_id)id, in_vim);
		char line[256];

		if (!*keys)
			continue;
		snprintf(line, sizeof(line), "  %-16s %s", id == ACTION_JUMP ? "0-9" : keys,
			 actions[id].help);
		line[70] = '\0';
		scene_keys(&sc, id < ACTION_COUNT / 2 ? "Home" : "End");
		if (!scene_shows(&sc, line))
			fail_msg("not in the help: %s\n%s", line, scene_text(&sc));
	}
	scene_close(&sc);
}

static void test_help_is_complete(void **state)
{
	(void)state;
	help_is_complete(false);
	help_is_complete(true);
}

static void test_help_is_searched(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "h / d e s t r o y Enter");
	assert_non_null(strstr(scene_selected(&sc), "destroy one socket"));
	scene_keys(&sc, "q");
	assert_null(scene_effect(&sc, EFFECT_QUIT));
	scene_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_link_can_be_followed),
		cmocka_unit_test(test_facts_lead_to_what_they_name),
		cmocka_unit_test(test_to_the_other_end_and_back),
		cmocka_unit_test(test_signal_from_a_page),
		cmocka_unit_test(test_process_page_asks_for_its_details),
		cmocka_unit_test(test_reads_only_what_is_on_screen),
		cmocka_unit_test(test_help_is_complete),
		cmocka_unit_test(test_help_is_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
