/*
 * The screen layer alone: an app that shows what it is told, over a session that watches nothing.
 * Keys: q quit, Ctrl-Z suspend, b bell, y copy, m mouse off, f flush typed-ahead input, L redraw,
 * x dies by SIGSEGV, w slow work, c cursor, k signal the process of $PROBE_PID, E export to
 * $PROBE_FILE, W save, N nothing changes any more.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ui/ui.h"

#define LINES_KEPT 16

struct app {
	struct settings settings;
	char lines[LINES_KEPT][200];
	unsigned n_lines;
	int rows, cols, work;
	bool cursor, frozen;
	uint64_t snapshots;
	struct app_target target;
};

struct session {
	int fd;
};

struct session_target {
	uint32_t pid;
	bool signalled;
};

/* --- the session */

static struct session session;

int session_start(struct session *s)
{
	s->fd = eventfd(0, EFD_CLOEXEC);
	return 0;
}

int session_fd(const struct session *s)
{
	return s->fd;
}

void session_lookup(struct session *s, struct lookup *ret)
{
	(void)s;
	memset(ret, 0, sizeof(*ret));
}

const struct snapshot *session_take(struct session *s)
{
	(void)s;
	return NULL;
}

void session_release(const struct snapshot *snap)
{
	(void)snap;
}

void session_set_needs(struct session *s, const struct needs *needs)
{
	(void)s, (void)needs;
}

void session_set_interval(struct session *s, int64_t ms)
{
	(void)s, (void)ms;
}

void session_set_hold(struct session *s, int64_t ms)
{
	(void)s, (void)ms;
}

void session_set_paused(struct session *s, bool paused)
{
	(void)s, (void)paused;
}

void session_set_baseline(struct session *s, bool on)
{
	(void)s, (void)on;
}

void session_rescan(struct session *s)
{
	(void)s;
}

void session_set_dns(struct session *s, bool on)
{
	(void)s, (void)on;
}

void session_destroy(struct session *s, uint64_t sock_id)
{
	(void)s, (void)sock_id;
}

bool session_destroyed(struct session *s, int *ret_err)
{
	(void)s;
	*ret_err = 0;
	return false;
}

struct session_target *session_target_open(struct session *s, uint32_t pid, uint64_t start_ticks)
{
	struct session_target *t = xcalloc(1, sizeof(*t));

	(void)s, (void)start_ticks;
	t->pid = pid;
	return t;
}

enum target_result session_target_result(const struct session_target *t, int64_t *ret_after_ms)
{
	*ret_after_ms = t->signalled ? 7 : -1;
	return t->signalled ? TARGET_DIED : TARGET_OPEN;
}

enum target_result session_target_signal(struct session_target *t, int sig)
{
	(void)sig;
	t->signalled = true;
	return TARGET_SIGNALLED;
}

enum target_result session_target_poll(struct session_target *t, int64_t kill_after_ms,
				       int64_t wait_ms)
{
	(void)t, (void)kill_after_ms, (void)wait_ms;
	return TARGET_DIED;
}

int session_target_fd(const struct session_target *t)
{
	(void)t;
	return -1;
}

void session_target_close(struct session_target *t)
{
	free(t);
}

/* --- the app */

struct app *app_new(const struct app_config *cfg)
{
	struct app *app = xcalloc(1, sizeof(*app));

	app->settings = *cfg->settings;
	return app;
}

void app_free(struct app *app)
{
	free(app);
}

static void __attribute__((format(printf, 2, 3))) say(struct app *app, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->lines[app->n_lines++ % LINES_KEPT], sizeof(app->lines[0]), format, args);
	va_end(args);
}

static void want(struct effects *effects, struct effect e)
{
	vec_push(&effects->list, e);
}

static void on_letter(struct app *app, uint32_t letter, struct effects *effects)
{
	static const char letters[] = "qbfL", copied[] = "443";
	static const enum effect_kind kinds[] = {EFFECT_QUIT, EFFECT_BELL, EFFECT_FLUSH_INPUT,
						 EFFECT_REDRAW};
	const char *at = letter < 128 ? strchr(letters, (int)letter) : NULL, *value;

	if (at && *at)
		want(effects, (struct effect){.kind = kinds[at - letters]});
	else if (letter == 'y')
		want(effects, (struct effect){.kind = EFFECT_COPY, .text = copied, .text_len = 3});
	else if (letter == 'm')
		want(effects, (struct effect){.kind = EFFECT_MOUSE, .on = false});
	else if (letter == 'x')
		raise(SIGSEGV);
	else if (letter == 'w')
		app->work = 1000000;
	else if (letter == 'c')
		app->cursor = !app->cursor;
	else if (letter == 'N')
		app->frozen = true;
	else if (letter == 'W')
		want(effects,
		     (struct effect){.kind = EFFECT_SAVE_SETTINGS, .text = "", .text_len = 0});
	if (letter == 'E' && (value = getenv("PROBE_FILE")))
		want(effects, (struct effect){.kind = EFFECT_EXPORT,
					      .text = value,
					      .text_len = strlen(value)});
	if (letter == 'k') {
		app->target.pid = 1;
		want(effects, (struct effect){.kind = EFFECT_TARGETS_OPEN,
					      .targets = &app->target,
					      .n_targets = 1});
		want(effects, (struct effect){.kind = EFFECT_SIGNAL, .sig = SIGTERM});
	}
}

static void on_result(struct app *app, const struct app_result *r)
{
	say(app, "result %d err %d index %u state %d after %lld: %s", (int)r->kind, r->err,
	    r->index, (int)r->state, (long long)r->after_ms, r->text ? r->text : "-");
}

void app_handle(struct app *app, const struct app_event *ev, struct effects *effects)
{
	char name[KEYS_NAME_MAX];

	if (app->frozen)
		return;
	switch (ev->kind) {
	case APP_KEY:
		say(app, "key %s", keys_name(ev->key, name));
		if (ev->key.mods == KEYMOD_CTRL && ev->key.code == 'z')
			want(effects, (struct effect){.kind = EFFECT_SUSPEND});
		else if (!ev->key.mods)
			on_letter(app, ev->key.code, effects);
		break;
	case APP_MOUSE:
		say(app, "mouse %d at %d,%d", (int)ev->mouse.button, ev->mouse.x, ev->mouse.y);
		break;
	case APP_PASTE:
		say(app, "paste %u: %.*s", ev->paste.len,
		    ev->paste.len > 60 ? 60 : (int)ev->paste.len, ev->paste.ptr);
		break;
	case APP_RESIZE:
		app->rows = ev->size.rows;
		app->cols = ev->size.cols;
		break;
	case APP_RESULT:
		on_result(app, &ev->result);
		break;
	case APP_SNAPSHOT:
	case APP_TICK:
		break;
	}
}

bool app_work(struct app *app)
{
	return app->work > 0 && --app->work > 0;
}

int64_t app_deadline(const struct app *app)
{
	(void)app;
	return -1;
}

void app_needs(struct app *app, struct needs *ret_needs)
{
	(void)app;
	memset(ret_needs, 0, sizeof(*ret_needs));
}

void app_render(struct app *app, struct grid *g)
{
	unsigned i, first = app->n_lines > LINES_KEPT ? app->n_lines - LINES_KEPT : 0;

	grid_clear(g);
	g->cursor_x = g->cursor_y = app->cursor ? 1 : -1;
	grid_putf(g, 0, 0, ROLE_HEADER, "probe %dx%d%s%s", app->cols, app->rows,
		  app->settings.ascii ? " ascii" : "", app->work > 0 ? " working" : "");
	for (i = first; i < app->n_lines; i++)
		grid_puts(g, (int)(i - first) + 1, 0, ROLE_NEW, app->lines[i % LINES_KEPT]);
	grid_puts(g, g->rows - 2, g->cols - 4, ROLE_SELECTED,
		  app->settings.ascii ? "wide" : "\346\274\242\346\274\242");
	grid_fill(g, g->rows - 1, 0, 1, g->cols, ROLE_STATUS);
	grid_puts(g, g->rows - 1, g->cols - 1, ROLE_STATUS, "#");
}

const struct settings *app_settings(const struct app *app)
{
	return &app->settings;
}

int app_export(struct app *app, enum app_format format, struct sink *out)
{
	(void)app, (void)format;
	sink_adds(out, "exported\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct settings settings = {.mouse = true};
	struct app_config app_cfg = {.settings = &settings};
	struct ui_config cfg = {.color = TERM_COLOR_AUTO};
	struct ui_stats stats;
	struct strbuf error;
	int ret;

	setlocale(LC_ALL, "");
	if (argc > 1)
		cfg.color = strcmp(argv[1], "never") ? TERM_COLOR_ALWAYS : TERM_COLOR_NEVER;
	strbuf_init(&error, 0);
	ret = ui_run(&session, &app_cfg, &cfg, &stats, &error);
	if (ret > 0)
		ui_die(ret);
	if (ret < 0)
		fprintf(stderr, "probe: %s\n", strbuf_str(&error));
	strbuf_done(&error);
	return ret < 0 ? 3 : 0;
}
