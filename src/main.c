/* Composes the program: command line -> session -> screen or batch. The only exit() is here. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "session.h"
#include "ui/ui.h"

#define PROTECTED_MAX 64

static int fail(const char *what)
{
	fprintf(stderr, "inettop: %s\n", what);
	return CLI_FATAL;
}

static int save_settings(void *ctx, const char *text, size_t len, struct strbuf *ret_text)
{
	char *lines = xstrndup(text, len);
	int err = cli_save_settings(ctx, lines, ret_text);

	free(lines);
	return err;
}

/* The last tick, and an average frame. */
static void say_stats(struct session *s, const struct ui_stats *ui)
{
	struct tick_stats tick;
	uint64_t epoch = session_last_stats(s, &tick);

	if (ui->frames) {
		tick.cpu_us[PHASE_VIEW] = tick.wall_us[PHASE_VIEW] = ui->view_us / ui->frames;
		tick.cpu_us[PHASE_PAINT] = tick.wall_us[PHASE_PAINT] = ui->paint_us / ui->frames;
	}
	cli_stats(epoch, &tick);
}

static int run_screen(struct plan *plan, struct session *s, struct strbuf *error)
{
	uint32_t protected_pids[PROTECTED_MAX];
	char host[256] = "";
	time_t now = time(NULL);
	struct tm local;
	struct lookup lookup;
	struct ui_config ui = {
		.color = (enum term_color)plan->color,
		.save = save_settings,
		.save_ctx = plan,
	};
	struct app_config app = {
		.settings = &plan->settings,
		.lookup = &lookup,
		.filter = plan->condition,
		.host = host,
		.version = PACKAGE_VERSION,
		.pane = plan->pane,
		.readonly = plan->session.readonly,
		.all = plan->all,
		.uid = geteuid(),
		.protected_pids = protected_pids,
	};
	struct ui_stats stats;
	int end;

	gethostname(host, sizeof(host) - 1);
	session_lookup(s, &lookup);
	app.n_protected = session_protected_pids(s, protected_pids, PROTECTED_MAX);
	app.utc_offset_s = localtime_r(&now, &local) ? (int32_t)local.tm_gmtoff : 0;
	end = ui_run(s, &app, &ui, &stats, error);
	if (plan->stats)
		say_stats(s, &stats);
	if (end > 0) {
		session_free(s);
		ui_die(end);
	}
	return end < 0 ? fail(strbuf_str(error)) : CLI_OK;
}

/*
 * Leaves no closed standard descriptor for a library to open something else on. In the wrong
 * direction, so that whoever writes there learns that nobody reads it.
 */
static void open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(CLI_FATAL);
}

static int run(struct plan *plan, struct session *s, struct strbuf *error)
{
	int err = session_open(s, error);

	if (err) {
		fail(strbuf_str(error));
		return err == -EINVAL ? CLI_USAGE : CLI_FATAL;
	}
	if (plan->mode != PLAN_CHECK && session_drop_rights(s))
		return fail("cannot give up the rights that are not needed");
	return plan->mode == PLAN_SCREEN ? run_screen(plan, s, error) : cli_run(plan, s);
}

int main(int argc, char **argv)
{
	struct session *s = NULL;
	struct strbuf error;
	struct plan plan;
	int code, err;

	open_standard_fds();
	if (session_is_setuid())
		return fail("refuses to run set-user-ID; see RIGHTS in inettop(1)");
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	tzset();
	signal(SIGPIPE, SIG_IGN);
	if (secure_getenv("INETTOP_DEBUG"))
		log_open(secure_getenv("INETTOP_DEBUG"));
	strbuf_init(&error, 0);
	code = cli_parse(argc, argv, &plan);
	if (code < 0) {
		plan.session.complete_first = plan.mode != PLAN_SCREEN;
		plan.session.record = plan.record;
		plan.session.replay = plan.replay;
		plan.session.speed = plan.speed;
		plan.session.readonly |= plan.replay != NULL;
		err = session_new(&plan.session, &s);
		code = err ? fail(strerror(-err)) : run(&plan, s, &error);
		session_free(s);
	}
	cli_done(&plan);
	strbuf_done(&error);
	exit(code);
}
