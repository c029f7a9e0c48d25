#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/complete.h"
#include "cli/config.h"
#include "cli/diff.h"
#include "cli/kill.h"
#include "cli/live.h"
#include "cli/options.h"
#include "cli/query.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "cli/wait.h"
#include "cli/watch.h"
#include "cli/why.h"

/* ---- settings: files, then options ---- */

static bool is_setting(const char *name)
{
	struct settings defaults;
	const char *known;

	settings_default(&defaults);
	for (size_t i = 0; (known = settings_get(&defaults, i, NULL)); i++)
		if (!strcmp(known, name))
			return true;
	return false;
}

static int set_yes(bool *flag, const char *value, bool meaning, const char **ret_error)
{
	*ret_error = "yes or no";
	if (!strcmp(value, "yes"))
		*flag = meaning;
	else if (!strcmp(value, "no"))
		*flag = !meaning;
	else
		return -EINVAL;
	return 0;
}

/* What a file may say beside the settings of the screen. An administrator's readonly stays. */
static int set_from_file(void *ctx, const char *name, const char *value, bool system,
			 const char **ret_error)
{
	struct plan *plan = ctx;
	bool flag = false;
	int err;

	(void)system;
	if (is_setting(name))
		return settings_set(&plan->settings, name, value, ret_error);
	if (strcmp(name, "readonly") && strcmp(name, "bpf") && strcmp(name, "runtime"))
		return -ENOENT;
	err = set_yes(&flag, value, true, ret_error);
	if (!strcmp(name, "readonly"))
		plan->session.readonly |= flag;
	else if (!err && !strcmp(name, "bpf"))
		plan->session.no_bpf |= !flag;
	else if (!err)
		plan->session.no_runtime |= !flag;
	return err;
}

static int load_config(struct plan *plan)
{
	struct strbuf warnings, error;
	struct config_env env;
	int err;

	settings_default(&plan->settings);
	if (plan->no_config)
		return 0;
	strbuf_init(&warnings, 0);
	strbuf_init(&error, 0);
	config_env(&env, plan->config);
	err = config_load(&env, set_from_file, plan, &warnings, &error);
	if (warnings.len)
		say_raw(&warnings);
	if (err)
		say("%s", strbuf_str(&error));
	strbuf_done(&error);
	strbuf_done(&warnings);
	return err;
}

static int set_option(struct plan *plan, const char *name, const char *value)
{
	const char *expected = NULL;

	if (!value || !settings_set(&plan->settings, name, value, &expected))
		return 0;
	say("--%s: \"%s\" is not %s", name, value, expected);
	return -EINVAL;
}

static int overlay(struct plan *plan)
{
	struct settings *s = &plan->settings;
	struct settings_pane *pane = &s->panes[plan->pane];

	if (set_option(plan, "theme", plan->theme) || set_option(plan, "keys", plan->keys) ||
	    set_option(plan, "bell", plan->bell))
		return -EINVAL;
	if (plan->interval_ms >= 0)
		s->interval_ms = plan->interval_ms;
	if (plan->hold_ms >= 0)
		s->hold_ms = plan->hold_ms;
	if (plan->families)
		s->families = plan->families;
	s->ascii |= plan->ascii;
	s->mouse &= !plan->no_mouse;
	if (plan->numeric)
		s->names = NAMES_NUMERIC;
	if (plan->n_columns) {
		memcpy(pane->columns, plan->columns_list, sizeof(plan->columns_list));
		pane->n_columns = (uint8_t)plan->n_columns;
	}
	if (plan->sort_col < COL_COUNT) {
		pane->sort = (uint16_t)plan->sort_col;
		pane->descending = plan->sort_descending;
	}
	plan->session.interval_ms = s->interval_ms;
	plan->session.hold_ms = s->hold_ms;
	return 0;
}

/* ---- texts ---- */

static int write_text(const struct strbuf *text)
{
	int err = sink_write_fd(&(int){STDOUT_FILENO}, strbuf_str(text), text->len);

	if (err && err != -EPIPE)
		say("cannot write: %s", strerror(-err));
	return err ? CLI_FATAL : CLI_OK;
}

/* Modes that need nothing of the kernel; -1 = others. */
static int write_static(const struct plan *plan)
{
	struct strbuf text;
	int code = -1;

	strbuf_init(&text, 0);
	if (plan->mode == PLAN_HELP)
		options_help(&text);
	else if (plan->mode == PLAN_VERSION)
		strbuf_addf(&text, "%s %s\n%s\n", PACKAGE_NAME, PACKAGE_VERSION,
			    session_features());
	else if (plan->mode == PLAN_COLUMNS)
		complete_columns_help(plan->pane, &text);
	else if (plan->mode == PLAN_COMPLETE && !complete_needs_session(plan->complete))
		complete_static(plan, &text);
	if (plan->mode == PLAN_COMPLETE && !complete_is_known(plan->complete)) {
		say("--complete: no such kind; see --complete kinds");
		code = CLI_USAGE;
	} else if (text.len) {
		code = write_text(&text);
	}
	strbuf_done(&text);
	return code;
}

/* A filter with a mistake ends the run before anything is opened. */
static int check_filter(const struct plan *plan)
{
	enum pane pane = plan->mode == PLAN_WATCH ? PANE_EVENTS : plan->pane;
	struct strbuf error;
	struct query query;
	int err;

	strbuf_init(&error, 0);
	err = query_init(&query, plan, pane, &error);
	if (err)
		say_raw(&error);
	query_done(&query);
	strbuf_done(&error);
	return err;
}

int cli_parse(int argc, char **argv, struct plan *plan)
{
	struct strbuf error;
	int code;

	strbuf_init(&error, 0);
	if (options_parse(argc, argv, isatty(STDOUT_FILENO), plan, &error)) {
		say("%s", strbuf_str(&error));
		code = CLI_USAGE;
	} else if ((code = write_static(plan)) < 0) {
		if (load_config(plan) || overlay(plan) || check_filter(plan))
			code = CLI_USAGE;
	}
	strbuf_done(&error);
	return code;
}

void cli_done(struct plan *plan)
{
	plan_done(plan);
}

/* ---- running ---- */

static int run_check(struct live *live)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	session_check(live->session, &text);
	sink_add(&live->out, strbuf_str(&text), text.len);
	strbuf_done(&text);
	return live_end(live, CLI_OK);
}

static int run_complete(struct live *live)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	complete_live(live->plan, live->session, &text);
	sink_add(&live->out, strbuf_str(&text), text.len);
	strbuf_done(&text);
	return live_end(live, CLI_OK);
}

int cli_run(const struct plan *plan, struct session *session)
{
	static int (*const runs[])(struct live * live) = {
		[PLAN_LIST] = batch_run,  [PLAN_WATCH] = watch_run,	    [PLAN_WAIT] = wait_run,
		[PLAN_KILL] = kill_run,	  [PLAN_SAVE_BASELINE] = diff_save, [PLAN_DIFF] = diff_run,
		[PLAN_CHECK] = run_check, [PLAN_COMPLETE] = run_complete,   [PLAN_WHY] = why_run,
	};
	struct live live;
	int code;

	if (plan->mode >= sizeof(runs) / sizeof(*runs) || !runs[plan->mode]) {
		say("this is not in this build");
		return CLI_FATAL;
	}
	live_init(&live, plan, session);
	code = runs[plan->mode](&live);
	live_done(&live);
	return code;
}

int cli_save_settings(const struct plan *plan, const char *lines, struct strbuf *ret_text)
{
	struct config_env env;

	if (plan->session.readonly || plan->no_config) {
		strbuf_adds(ret_text, plan->no_config ? "--no-config" : "read-only");
		return -EPERM;
	}
	config_env(&env, plan->config);
	return config_save(&env, lines, is_setting, ret_text);
}

void cli_stats(uint64_t epoch, const struct tick_stats *stats)
{
	stats_say(epoch, stats);
}
