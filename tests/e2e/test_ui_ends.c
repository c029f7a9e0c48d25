/* Every way out gives the terminal back, and no way out takes long. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e/probe.h"

static void assert_given_back(struct vt *vt, int exit_status)
{
	int row, col;
	bool visible;

	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), exit_status);
	assert_true(vt_termios_restored(vt));
	assert_false(vt_alt_screen(vt));
	vt_cursor(vt, &row, &col, &visible);
	assert_true(visible);
	vt_free(vt);
}

static void ends_by_the_signal_it_got(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP,	SIGINT,	 SIGQUIT, SIGXCPU,
				      SIGUSR1, SIGUSR2, SIGALRM, SIGPROF};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		vt = probe_start(NULL);
		vt_signal(vt, signals[i]);
		assert_true(vt_wait_raw(vt, "\033[?1049l", VT_DEADLINE));
		assert_given_back(vt, 256 + signals[i]);
	}
}

static void a_crash_gives_the_terminal_back(void **state)
{
	struct vt *vt = probe_start(NULL);
	int status;

	(void)state;
	vt_type(vt, "x");
	status = vt_wait_exit(vt, VT_DEADLINE);
	assert_true(status != -1 && status != 0);
	assert_true(vt_termios_restored(vt));
	assert_false(vt_alt_screen(vt));
	vt_free(vt);
}

static void a_broken_pipe_is_no_reason_to_end(void **state)
{
	struct vt *vt = probe_start(NULL);

	(void)state;
	vt_signal(vt, SIGPIPE);
	vt_type(vt, "a");
	assert_true(vt_wait_text(vt, "key a", VT_DEADLINE));
	probe_quit(vt);
}

static void ignored_signals_stay_ignored(void **state)
{
	struct vt *vt = probe_shell(NULL, "trap '' INT QUIT; exec \"$0\"");

	(void)state;
	assert_true(vt_wait_text(vt, "probe ", VT_DEADLINE));
	vt_signal(vt, SIGINT);
	vt_type(vt, "a");
	assert_true(vt_wait_text(vt, "key a", VT_DEADLINE));
	probe_quit(vt);
}

/* Waits for the end without reading what the program writes. */
static void wait_unread(struct vt *vt)
{
	siginfo_t info;

	alarm(VT_DEADLINE / 1000);
	while (waitid(P_PID, (id_t)vt_pid(vt), &info, WEXITED | WNOWAIT) < 0)
		assert_int_equal(errno, EINTR);
	alarm(0);
}

static void a_terminal_that_went_away_ends_it(void **state)
{
	static const char *const scripts[] = {
		"exec \"$0\"",
		"trap '' HUP; exec \"$0\"",
		"setsid -w \"$0\"",
	};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		vt = probe_shell(NULL, scripts[i]);
		assert_true(vt_wait_text(vt, "probe ", VT_DEADLINE));
		vt_hangup(vt);
		wait_unread(vt);
		vt_free(vt);
	}
}

/* Nobody reads: the line fills up, and SIGTERM works all the same. */
static void a_stalled_terminal_delays_no_signal(void **state)
{
	struct vt_options big = {.rows = 100, .cols = 300};
	struct vt *vt = probe_start(&big);
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		vt_send(vt, "LL", 2);
	vt_signal(vt, SIGTERM);
	wait_unread(vt);
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 256 + SIGTERM);
	assert_true(vt_termios_restored(vt));
	vt_free(vt);
}

static void suspends_and_comes_back(void **state)
{
	static const char *const env[] = {"PS1=ready> ", NULL};
	struct vt_options o = {.env = env};
	const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
	struct vt *vt = vt_start(&o, argv);
	char command[4200];
	int round;

	(void)state;
	snprintf(command, sizeof(command), "%s<Enter>", probe_path());
	assert_true(vt_wait_text(vt, "ready>", VT_DEADLINE));
	vt_type(vt, command);
	assert_true(vt_wait_text(vt, "probe 80x24", VT_DEADLINE));
	for (round = 0; round < 2; round++) {
		vt_type(vt, "<C-z>");
		assert_true(vt_wait_text(vt, "Stopped", VT_DEADLINE));
		assert_false(vt_alt_screen(vt));
		vt_type(vt, "stty -a | tr ' ;' '\\n\\n' | grep -cx -e echo -e icanon<Enter>");
		assert_true(vt_wait_text(vt, "\n2\n", VT_DEADLINE));
		vt_resize(vt, 30, 90 + round);
		vt_type(vt, "fg<Enter>");
		assert_true(vt_wait_text(vt, round ? "probe 91x30" : "probe 90x30", VT_DEADLINE));
		assert_true(vt_alt_screen(vt));
		vt_type(vt, "a");
		assert_true(vt_wait_text(vt, "key a", VT_DEADLINE));
	}
	vt_type(vt, "q");
	assert_true(vt_wait_text(vt, "ready>", VT_DEADLINE));
	assert_false(vt_alt_screen(vt));
	vt_type(vt, "exit<Enter>");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

static void draws_anew_after_a_stop_by_others(void **state)
{
	struct vt *vt = probe_start(NULL);
	size_t clears = vt_clears(vt);

	(void)state;
	vt_signal(vt, SIGSTOP);
	vt_signal(vt, SIGCONT);
	vt_type(vt, "a");
	assert_true(vt_wait_text(vt, "key a", VT_DEADLINE));
	assert_true(vt_clears(vt) > clears);
	assert_true(vt_alt_screen(vt));
	probe_quit(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_by_the_signal_it_got),
		cmocka_unit_test(a_crash_gives_the_terminal_back),
		cmocka_unit_test(a_broken_pipe_is_no_reason_to_end),
		cmocka_unit_test(ignored_signals_stay_ignored),
		cmocka_unit_test(a_terminal_that_went_away_ends_it),
		cmocka_unit_test(a_stalled_terminal_delays_no_signal),
		cmocka_unit_test(suspends_and_comes_back),
		cmocka_unit_test(draws_anew_after_a_stop_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
