/* Signals are sent safely: SPEC 4, rule by rule. Then the other dialogs. */
#include <signal.h>

#include "unit/view/scene.h"

static void readonly(struct app_config *cfg, struct settings *settings)
{
	(void)settings;
	cfg->readonly = true;
}

static void other_user(struct app_config *cfg, struct settings *settings)
{
	(void)settings;
	cfg->uid = 1000;
}

static void guards_nginx(struct app_config *cfg, struct settings *settings)
{
	static const uint32_t pids[] = {812};

	(void)settings;
	cfg->protected_pids = pids;
	cfg->n_protected = 1;
}

static void pin(struct scene *sc, uint32_t index, enum app_target_state state)
{
	scene_result(
		sc, (struct app_result){.kind = APP_RESULT_TARGET, .index = index, .state = state});
}

static void pin_all(struct scene *sc)
{
	const struct effect *open = scene_effect(sc, EFFECT_TARGETS_OPEN);

	assert_non_null(open);
	for (uint32_t i = 0, n = open->n_targets; i < n; i++)
		pin(sc, i, APP_TARGET_OPEN);
}

static uint64_t start_of(struct scene *sc, uint32_t pid)
{
	return snapshot_proc_by_pid(&sc->snap, pid)->r.start_ticks;
}

static void test_sends_to_the_primary(void **state)
{
	const struct effect *effect;
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	effect = scene_effect(&sc, EFFECT_TARGETS_OPEN);
	assert_non_null(effect);
	assert_int_equal(effect->n_targets, 3);
	assert_int_equal(effect->targets[0].pid, 812);
	assert_int_equal(effect->targets[0].start_ticks, start_of(&sc, 812));
	assert_non_null(scene_effect(&sc, EFFECT_FLUSH_INPUT));
	pin_all(&sc);
	scene_pass(&sc, 301);
	scene_keys(&sc, "Enter");
	effect = scene_effect(&sc, EFFECT_SIGNAL);
	assert_non_null(effect);
	assert_int_equal(effect->index, 0);
	assert_int_equal(effect->sig, SIGTERM);
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 1);
	scene_result(&sc, (struct app_result){.kind = APP_RESULT_TARGET,
					      .index = 0,
					      .state = APP_TARGET_DIED,
					      .after_ms = 7});
	assert_true(scene_shows(&sc, "died after 7 ms"));
	scene_pass(&sc, 301);
	scene_keys(&sc, "x");
	assert_non_null(scene_effect(&sc, EFFECT_TARGETS_CLOSE));
	assert_false(scene_shows(&sc, "died after"));
	scene_close(&sc);
}

static void test_enter_is_ignored_at_first(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	pin_all(&sc);
	scene_keys(&sc, "Enter");
	scene_pass(&sc, 299);
	scene_keys(&sc, "Enter Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_pass(&sc, 1);
	scene_keys(&sc, "Enter");
	assert_non_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

static void test_nothing_goes_to_an_unpinned_target(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	pin(&sc, 0, APP_TARGET_RECYCLED);
	assert_true(scene_shows(&sc, "another process"));
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

static void test_number_or_name(void **state)
{
	static const struct {
		const char *typed;
		int sig;
	} cases[] = {
		{"9", SIGKILL}, {"hup", SIGHUP}, {"SIGUSR1", SIGUSR1}, {"10", SIGUSR1}, {"34", 34}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene sc;

		scene_open(&sc, 24, 80, NULL);
		scene_keys(&sc, "8 0 k");
		pin_all(&sc);
		scene_type(&sc, cases[i].typed);
		scene_pass(&sc, 400);
		scene_keys(&sc, "Enter");
		assert_non_null(scene_effect(&sc, EFFECT_SIGNAL));
		assert_int_equal(scene_effect(&sc, EFFECT_SIGNAL)->sig, cases[i].sig);
		scene_close(&sc);
	}
}

static void test_no_such_signal(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	pin_all(&sc);
	scene_type(&sc, "foo");
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	assert_true(scene_shows(&sc, "no such signal"));
	scene_close(&sc);
}

static void test_several_targets_ask_again(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k Tab Down Space");
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	assert_true(scene_shows(&sc, "really send 15 SIGTERM to 2 processes"));
	scene_keys(&sc, "y");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_keys(&sc, "y");
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 2);
	scene_close(&sc);
}

static void test_another_users_process_asks_again(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, other_user);
	scene_keys(&sc, "8 0 k");
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	assert_true(scene_shows(&sc, "y: really send"));
	scene_keys(&sc, "Esc");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	assert_non_null(scene_effect(&sc, EFFECT_TARGETS_CLOSE));
	scene_close(&sc);
}

static void test_protected_is_refused(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, guards_nginx);
	scene_keys(&sc, "8 0 k");
	assert_true(scene_shows(&sc, "never signalled from here"));
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Space Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "Alt-3 1 k");
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Space Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

static void test_docker_proxy_wants_yes(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 8 0 k");
	assert_true(scene_shows(&sc, "stop container web instead"));
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	assert_true(scene_shows(&sc, "type yes"));
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter y Enter");
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_type(&sc, "es");
	scene_keys(&sc, "Enter");
	assert_non_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

static void test_kill_after_a_wait(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k Ctrl-K");
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	pin(&sc, 0, APP_TARGET_SIGNALLED);
	scene_pass(&sc, 3100);
	assert_true(scene_shows(&sc, "still alive"));
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 1);
	assert_true(app_deadline(sc.app) > sc.now);
	scene_pass(&sc, 2000);
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 2);
	assert_int_equal(scene_effect(&sc, EFFECT_SIGNAL)->sig, SIGKILL);
	scene_pass(&sc, 2000);
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 2);
	scene_close(&sc);
}

static void test_denied_is_reported(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	pin(&sc, 0, APP_TARGET_DENIED);
	assert_true(scene_shows(&sc, "not permitted (EPERM)"));
	scene_close(&sc);
}

static void test_tagged_rows_together(void **state)
{
	const struct effect *effect;
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "Alt-3 9 0 1 Space 8 1 2 Space k");
	effect = scene_effect(&sc, EFFECT_TARGETS_OPEN);
	assert_non_null(effect);
	assert_int_equal(effect->n_targets, 2);
	assert_int_equal(effect->targets[0].pid + effect->targets[1].pid, 901 + 812);
	scene_close(&sc);
}

static void test_rows_without_a_process(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "3 3 0 6 k");
	assert_null(scene_effect(&sc, EFFECT_TARGETS_OPEN));
	assert_true(scene_shows(&sc, "no live process"));
	scene_keys(&sc, "7 7 7 7 k");
	scene_close(&sc);
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "7 7 7 7 k"); /* gone */
	assert_null(scene_effect(&sc, EFFECT_TARGETS_OPEN));
	scene_close(&sc);
}

static void test_readonly(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, readonly);
	scene_keys(&sc, "8 0 k");
	assert_true(scene_shows(&sc, "--readonly"));
	scene_keys(&sc, "F9 X W E");
	scene_type(&sc, ":w /tmp/x.csv");
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_TARGETS_OPEN));
	assert_null(scene_effect(&sc, EFFECT_SAVE_SETTINGS));
	assert_null(scene_effect(&sc, EFFECT_EXPORT));
	assert_null(scene_effect(&sc, EFFECT_DESTROY));
	scene_close(&sc);
}

/* What may not be done is not offered: neither in the help nor in the F-bar. */
static void test_readonly_offers_nothing(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 80, 120, NULL);
	assert_true(scene_shows(&sc, "F9Kill"));
	scene_keys(&sc, "h");
	assert_true(scene_shows(&sc, "send a signal"));
	assert_true(scene_shows(&sc, "destroy one socket"));
	scene_close(&sc);
	scene_open(&sc, 80, 120, readonly);
	assert_false(scene_shows(&sc, "Kill"));
	scene_keys(&sc, "h");
	assert_false(scene_shows(&sc, "send a signal"));
	assert_false(scene_shows(&sc, "destroy one socket"));
	assert_false(scene_shows(&sc, "save the settings"));
	assert_false(scene_shows(&sc, "write the view"));
	assert_true(scene_shows(&sc, "copy address"));
	scene_keys(&sc, "Esc F2 W");
	assert_null(scene_effect(&sc, EFFECT_SAVE_SETTINGS));
	scene_close(&sc);
}

/* The wait before SIGKILL is chosen: never, 5, 10, 30, 2 seconds. */
static void test_kill_wait_is_chosen(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k");
	assert_true(scene_shows(&sc, "KILL never"));
	scene_keys(&sc, "Ctrl-K Ctrl-K");
	assert_true(scene_shows(&sc, "KILL after 10 s"));
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	pin(&sc, 0, APP_TARGET_SIGNALLED);
	scene_pass(&sc, 3500);
	assert_true(app_deadline(sc.app) == sc.now + 6500);
	scene_pass(&sc, 6400);
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 1);
	/* a snapshot at the very moment must not swallow it */
	sc.now += 200;
	scene_event(&sc, (struct app_event){.kind = APP_SNAPSHOT, .snapshot = &sc.snap});
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 2);
	assert_int_equal(scene_effect(&sc, EFFECT_SIGNAL)->sig, SIGKILL);
	scene_close(&sc);
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "8 0 k Ctrl-K Ctrl-K Ctrl-K Ctrl-K Ctrl-K");
	assert_true(scene_shows(&sc, "KILL never"));
	scene_close(&sc);
}

/* The head of a group stands for all of its rows, whatever they are grouped by. */
static void test_head_of_a_group(void **state)
{
	static const char *const groups[] = {"t", "t t", "t t t", "t t t t", "t t t t t"};

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const struct effect *open;
		bool nginx = false;
		struct scene sc;

		scene_open(&sc, 40, 100, NULL);
		scene_keys(&sc, "\\ 8 1 2 Enter");
		scene_keys(&sc, groups[i]);
		scene_keys(&sc, "Home k");
		open = scene_effect(&sc, EFFECT_TARGETS_OPEN);
		assert_non_null(open);
		for (uint32_t t = 0; t < open->n_targets; t++)
			nginx = nginx || open->targets[t].pid == 812;
		assert_true(nginx);
		assert_null(scene_effect(&sc, EFFECT_SIGNAL));
		scene_close(&sc);
	}
}

/* Holders found while the box is open join it, are pinned anew, and are not chosen. */
static void test_holders_join(void **state)
{
	const struct port *ports[256];
	struct app_event event = {.kind = APP_SNAPSHOT};
	struct owner owners[8];
	struct port copy = {.n_owners = 0};
	struct needs needs;
	struct scene sc;

	(void)state;
	scene_open(&sc, 30, 120, NULL);
	assert_true(sc.snap.n_ports < 256);
	for (uint32_t i = 0; i < sc.snap.n_ports; i++) {
		const struct port *p = ports[i] = sc.snap.ports[i];

		if (!p || p->port != 6379 || copy.n_owners)
			continue;
		copy = *p;
		copy.owners_complete = false;
		ports[i] = &copy;
	}
	assert_int_equal(copy.n_owners, 1);
	sc.snap.ports = ports;
	event.snapshot = &sc.snap;
	scene_event(&sc, event);
	scene_keys(&sc, "6 3 7 9 k");
	assert_int_equal(scene_effect(&sc, EFFECT_TARGETS_OPEN)->n_targets, 1);
	assert_true(scene_shows(&sc, "looking for more holders"));
	app_needs(sc.app, &needs);
	assert_true(needs.bits & NEED_COMPLETE);
	owners[0] = copy.owners[0];
	owners[1] = (struct owner){.pid = 812, .fd = 9};
	copy.owners = owners;
	copy.n_owners = 2;
	copy.owners_complete = true;
	scene_forget(&sc);
	scene_event(&sc, event);
	assert_non_null(scene_effect(&sc, EFFECT_TARGETS_CLOSE));
	assert_int_equal(scene_effect(&sc, EFFECT_TARGETS_OPEN)->n_targets, 2);
	assert_true(scene_shows(&sc, "[x] 901 redis-server"));
	assert_true(scene_shows(&sc, "[ ] 812 nginx"));
	assert_true(scene_shows(&sc, "1 other process holds this socket"));
	assert_false(scene_shows(&sc, "looking for more"));
	pin_all(&sc);
	scene_pass(&sc, 400);
	scene_keys(&sc, "Enter");
	scene_pass(&sc, 400);
	scene_keys(&sc, "y"); /* it runs as another user */
	assert_non_null(scene_effect(&sc, EFFECT_SIGNAL));
	assert_int_equal(scene_effect(&sc, EFFECT_SIGNAL)->index, 0);
	assert_int_equal(scene_count(&sc, EFFECT_SIGNAL), 1);
	scene_close(&sc);
}

static void test_destroy_asks(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "Alt-2 Down Down Down X y Enter");
	assert_null(scene_effect(&sc, EFFECT_DESTROY));
	scene_pass(&sc, 301);
	scene_keys(&sc, "Enter");
	assert_null(scene_effect(&sc, EFFECT_DESTROY));
	scene_keys(&sc, "y");
	assert_non_null(scene_effect(&sc, EFFECT_DESTROY));
	assert_non_null(snapshot_sock_by_id(&sc.snap, scene_effect(&sc, EFFECT_DESTROY)->sock_id));
	scene_close(&sc);
}

static void test_columns_order_and_width(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "f ] Esc");
	assert_true(scene_shows(&sc, "  ADDRESS "));
	assert_int_equal(app_settings(sc.app)->panes[PANE_PORTS].columns[1].col, COL_PROTO);
	scene_keys(&sc, "f > > Esc");
	assert_int_equal(app_settings(sc.app)->panes[PANE_PORTS].columns[0].width,
			 columns[COL_LOCAL_ADDR].min_width + 2);
	scene_keys(&sc, "W");
	assert_non_null(strstr(scene_effect(&sc, EFFECT_SAVE_SETTINGS)->text,
			       "columns.ports = local_addr:"));
	scene_keys(&sc, "f = Esc");
	assert_int_equal(app_settings(sc.app)->panes[PANE_PORTS].n_columns, 0);
	scene_close(&sc);
}

static void test_settings_change_at_once(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "F2 Down Enter Esc");
	assert_true(app_settings(sc.app)->vim);
	scene_keys(&sc, "F2 Down Down Down Enter Ctrl-U x Enter");
	assert_true(scene_shows(&sc, "seconds from 0.1 to 3600"));
	scene_keys(&sc, "Ctrl-U 3 Enter Esc");
	assert_int_equal(scene_effect(&sc, EFFECT_INTERVAL)->ms, 3000);
	scene_close(&sc);
}

static void test_command_for_this_view(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "Tab A \\ 4 4 3 Enter M y End Enter");
	assert_string_equal(scene_effect(&sc, EFFECT_COPY)->text,
			    "inettop --pane sockets -A all -s -queue '443'");
	scene_close(&sc);
}

/* A paste is text for a prompt and nothing else: never keys. */
static void test_paste(void **state)
{
	struct app_event event = {.kind = APP_PASTE, .paste = {"kq\x1b[2J\nQ", 8}};
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_event(&sc, event);
	assert_null(scene_effect(&sc, EFFECT_QUIT));
	assert_null(scene_effect(&sc, EFFECT_TARGETS_OPEN));
	scene_keys(&sc, "/");
	scene_event(&sc, event);
	assert_true(scene_shows(&sc, "/kq [2J"));
	scene_keys(&sc, "Esc 8 0 k");
	scene_event(&sc, event);
	assert_null(scene_effect(&sc, EFFECT_SIGNAL));
	scene_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sends_to_the_primary),
		cmocka_unit_test(test_enter_is_ignored_at_first),
		cmocka_unit_test(test_nothing_goes_to_an_unpinned_target),
		cmocka_unit_test(test_number_or_name),
		cmocka_unit_test(test_no_such_signal),
		cmocka_unit_test(test_several_targets_ask_again),
		cmocka_unit_test(test_another_users_process_asks_again),
		cmocka_unit_test(test_protected_is_refused),
		cmocka_unit_test(test_docker_proxy_wants_yes),
		cmocka_unit_test(test_kill_after_a_wait),
		cmocka_unit_test(test_denied_is_reported),
		cmocka_unit_test(test_tagged_rows_together),
		cmocka_unit_test(test_rows_without_a_process),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_readonly_offers_nothing),
		cmocka_unit_test(test_kill_wait_is_chosen),
		cmocka_unit_test(test_head_of_a_group),
		cmocka_unit_test(test_holders_join),
		cmocka_unit_test(test_destroy_asks),
		cmocka_unit_test(test_columns_order_and_width),
		cmocka_unit_test(test_settings_change_at_once),
		cmocka_unit_test(test_command_for_this_view),
		cmocka_unit_test(test_paste),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
