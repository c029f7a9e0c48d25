#include "view/app.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "model/problems.h"
#include "view/app_internal.h"

struct effect *app_effect(struct app *app, enum effect_kind kind)
{
	struct effect effect = {.kind = kind};

	vec_push(&app->effects->list, effect);
	return &app->effects->list.data[app->effects->list.len - 1];
}

const char *app_text(struct app *app, const char *text, size_t len)
{
	return arena_strndup(&app->text, text, len);
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
	va_list args;

	strbuf_reset(&app->message);
	va_start(args, format);
	strbuf_vaddf(&app->message, format, args);
	va_end(args);
	app->message_role = role;
	app->message_until = app->mono_ms + MESSAGE_MS;
}

struct pane_view *app_view(struct app *app)
{
	return &app->panes[app->pane];
}

enum text_flags app_text_flags(const struct app *app)
{
	return app->settings.ascii ? TEXT_ASCII : TEXT_UTF8;
}

void app_style(const struct app *app, struct value_style *ret)
{
	*ret = (struct value_style){.ascii = app->settings.ascii,
				    .wall_ms = app->wall_ms,
				    .utc_offset_s = app->utc_offset_s};
}

bool app_is_protected(const struct app *app, uint32_t pid)
{
	for (uint32_t i = 0; i < app->n_protected; i++)
		if (app->protected_pids[i] == pid)
			return true;
	return pid <= 1;
}

void app_settings_changed(struct app *app, const struct settings *before)
{
	const struct settings *now = &app->settings;

	if (now->interval_ms != before->interval_ms)
		app_effect(app, EFFECT_INTERVAL)->ms = now->interval_ms;
	if (now->hold_ms != before->hold_ms)
		app_effect(app, EFFECT_HOLD)->ms = now->hold_ms;
	if (now->mouse != before->mouse)
		app_effect(app, EFFECT_MOUSE)->on = now->mouse;
	if (now->theme != before->theme || now->ascii != before->ascii)
		app_effect(app, EFFECT_REDRAW);
	if ((now->names == NAMES_DNS) != app->dns_on) {
		app->dns_on = now->names == NAMES_DNS;
		app_effect(app, EFFECT_DNS)->on = app->dns_on;
	}
	if (page_top(app))
		page_refresh(page_top(app), app);
	for (int i = 0; i < PANE_COUNT; i++) {
		memset(app->panes[i].widths, 0, sizeof(app->panes[i].widths));
		if (now->panes[i].sort != before->panes[i].sort ||
		    now->panes[i].descending != before->panes[i].descending)
			view_apply_sort(&app->panes[i]);
		if (now->families != before->families)
			view_rematch(&app->panes[i]);
	}
}

bool app_frozen(const struct app *app)
{
	return app->n_dialogs > 0;
}

/* --- life --- */

static void parse_base_filter(struct app *app, const char *text)
{
	struct app_filter_error error;

	if (!text || !*text)
		return;
	app->base_text = xstrdup(text);
	for (int i = 0; i < PANE_COUNT; i++) {
		struct pane_view *view = &app->panes[i];

		view->base_text = app->base_text;
		if (app_filter_parse(i, text, app->filter_names, &view->base, &error))
			view->base_error = xstrdup(error.message);
	}
}

static void copy_config(struct app *app, const struct app_config *cfg)
{
	if (cfg->settings)
		app->settings = *cfg->settings;
	else
		settings_default(&app->settings);
	if (cfg->lookup)
		app->lookup = *cfg->lookup;
	app->filter_names = cfg->filter_names;
	app->host = xstrdup(cfg->host ? cfg->host : "");
	app->version = xstrdup(cfg->version ? cfg->version : "");
	app->readonly = cfg->readonly;
	app->uid = cfg->uid;
	app->n_protected = cfg->n_protected;
	app->protected_pids = xmalloc((cfg->n_protected + 1) * sizeof(uint32_t));
	if (cfg->n_protected)
		memcpy(app->protected_pids, cfg->protected_pids,
		       cfg->n_protected * sizeof(uint32_t));
	app->utc_offset_s = cfg->utc_offset_s;
	app->pane = cfg->pane;
}

struct app *app_new(const struct app_config *cfg)
{
	struct app *app = xcalloc(1, sizeof(*app));

	arena_init(&app->text, 0);
	strbuf_init(&app->message, 0);
	strbuf_init(&app->scratch, 0);
	strbuf_init(&app->cell, 0);
	strbuf_init(&app->title, 0);
	hash_init(&app->bell_seen, 0x517cc1b727220a95u);
	app->rows = 24;
	app->cols = 80;
	app->jump_ms = -1;
	copy_config(app, cfg);
	parse_base_filter(app, cfg->filter);
	for (int i = 0; i < PANE_COUNT; i++) {
		view_init(app, i);
		app->panes[i].all = cfg->all;
	}
	bell_set(app);
	return app;
}

void app_free(struct app *app)
{
	if (!app)
		return;
	app->effects = &(struct effects){0};
	while (app->n_dialogs)
		dialog_close(app);
	while (app->n_pages)
		page_close(app);
	vec_done(&app->effects->list);
	for (int i = 0; i < PANE_COUNT; i++)
		view_done(&app->panes[i]);
	for (size_t i = 0; i < sizeof(app->histories) / sizeof(*app->histories); i++)
		prompt_history_done(&app->histories[i]);
	filter_free(app->bell);
	hash_done(&app->bell_seen);
	arena_done(&app->text);
	strbuf_done(&app->message);
	strbuf_done(&app->scratch);
	strbuf_done(&app->cell);
	strbuf_done(&app->title);
	vec_done(&app->watch);
	free(app->host);
	free(app->version);
	free(app->base_text);
	free(app->protected_pids);
	free(app);
}

/* --- snapshots --- */

static void push_spark(uint32_t *ring, uint32_t n)
{
	memmove(ring, ring + 1, (SPARK_MAX - 1) * sizeof(*ring));
	ring[SPARK_MAX - 1] = n;
}

/* n since the snapshot before, as a rate: rounded up, so that one is never none. */
static uint32_t per_second(uint32_t n, const struct snapshot *before, const struct snapshot *now)
{
	int64_t ms = now->mono_ms - before->mono_ms;

	return ms > 0 ? (uint32_t)(((uint64_t)n * 1000 + (uint64_t)ms - 1) / (uint64_t)ms) : n;
}

static void on_snapshot(struct app *app, const struct snapshot *snap)
{
	const struct snapshot *previous = app->snap;

	app->snap = snap;
	push_spark(app->born, previous ? per_second(snap->counts.born, previous, snap) : 0);
	push_spark(app->died, previous ? per_second(snap->counts.died, previous, snap) : 0);
	if (app->n_spark < SPARK_MAX)
		app->n_spark++;
	if (app->bell && bell_rings(app))
		app_effect(app, EFFECT_BELL);
	for (int i = 0; i < PANE_COUNT; i++)
		if (i != (int)app->pane || app_frozen(app))
			table_set_snapshot(&app->panes[i].table, snap, NULL);
	if (app_frozen(app)) {
		app->frozen_behind = true;
	} else {
		view_refresh(app_view(app), app->frozen_behind ? NULL : previous);
		app->frozen_behind = false;
	}
	if (page_top(app))
		page_refresh(page_top(app), app);
	dialog_snapshot(app);
}

/* After a dialog closed: the order may move again. */
static void thaw(struct app *app)
{
	if (!app->frozen_behind || app_frozen(app) || !app->snap)
		return;
	app->frozen_behind = false;
	view_refresh(app_view(app), NULL);
}

void app_show_pane(struct app *app, enum pane pane)
{
	while (app->n_pages)
		page_close(app);
	app->pane = pane;
	app->jump_ms = -1;
	if (app->snap)
		view_refresh(app_view(app), NULL);
}

bool app_work(struct app *app)
{
	bool more = false;

	if (app->snap && !app_frozen(app))
		view_work(app_view(app), SLICE_ROWS, &more);
	if (app->snap && !more && app_view(app)->job.on)
		more = search_work(app, SEARCH_SLICE);
	return more;
}

/* --- events --- */

static void on_key(struct app *app, struct key key)
{
	unsigned context = page_top(app) ? ACTION_PAGE : ACTION_TABLE;
	enum action_id id;
	char name[KEYS_NAME_MAX];

	if (dialog_top(app)) {
		dialog_key(app, key);
		return;
	}
	if (app->ask != ASK_NOTHING) {
		ask_key(app, key);
		return;
	}
	app->message_until = 0;
	id = action_find(key, context, app->settings.vim);
	if (id == ACTION_COUNT)
		app_say(app, ROLE_MUTED, "no action on %s; h shows the keys", keys_name(key, name));
	else
		app_do(app, id, key);
}

static void on_result(struct app *app, const struct app_result *result)
{
	dialog_result(app, result);
	switch (result->kind) {
	case APP_RESULT_EXPORT:
		if (result->err)
			app_say(app, ROLE_ERROR, "not written: %s", strerror(-result->err));
		else
			app_say(app, ROLE_GOOD, "written");
		break;
	case APP_RESULT_DESTROY:
		if (result->err)
			app_say(app, ROLE_ERROR, "not destroyed: %s", strerror(-result->err));
		else
			app_say(app, ROLE_GOOD, "socket destroyed");
		break;
	case APP_RESULT_COPY:
	case APP_RESULT_SAVE:
	case APP_RESULT_MESSAGE:
		strbuf_reset(&app->scratch);
		if (result->text)
			text_clean(result->text, strlen(result->text), app_text_flags(app),
				   &app->scratch);
		if (result->text || result->err)
			app_say(app, result->err ? ROLE_ERROR : ROLE_GOOD, "%s",
				result->text ? strbuf_str(&app->scratch) : strerror(-result->err));
		break;
	case APP_RESULT_TARGET:
		break;
	}
}

static void on_tick(struct app *app)
{
	if (app->jump_ms >= 0 && app->mono_ms - app->jump_ms >= JUMP_MS)
		app->jump_ms = -1;
}

static void dispatch(struct app *app, const struct app_event *event)
{
	switch (event->kind) {
	case APP_KEY:
		on_key(app, event->key);
		break;
	case APP_MOUSE:
		mouse_handle(app, event->mouse.x, event->mouse.y, event->mouse.button);
		break;
	case APP_PASTE:
		if (dialog_top(app))
			dialog_paste(app, event->paste);
		else if (app->ask != ASK_NOTHING)
			ask_paste(app, event->paste);
		break;
	case APP_RESIZE:
		app->rows = event->size.rows > 0 ? event->size.rows : 1;
		app->cols = event->size.cols > 0 ? event->size.cols : 1;
		view_settle(app_view(app));
		break;
	case APP_SNAPSHOT:
		on_snapshot(app, event->snapshot);
		break;
	case APP_TICK:
		on_tick(app);
		break;
	case APP_RESULT:
		on_result(app, &event->result);
		break;
	}
}

static bool needs_differ(const struct needs *a, const struct needs *b)
{
	return a->bits != b->bits || a->protos != b->protos || a->n_watch != b->n_watch ||
	       a->pin != b->pin || a->detail != b->detail || a->detail_pid != b->detail_pid ||
	       a->detail_start != b->detail_start || memcmp(&a->why, &b->why, sizeof(a->why)) != 0;
}

void app_handle(struct app *app, const struct app_event *event, struct effects *effects)
{
	struct needs needs;
	size_t n_watch = app->watch.len;
	uint64_t *before = xmemdup(app->watch.data ? app->watch.data : &(uint64_t){0},
				   n_watch * sizeof(uint64_t));
	struct settings settings = app->settings;

	arena_reset(&app->text);
	app->effects = effects;
	app->mono_ms = app->lookup.mono_ms = event->mono_ms;
	app->wall_ms = app->lookup.wall_ms = event->wall_ms;
	dispatch(app, event);
	/* what is due is done by whatever event comes first */
	dialog_tick(app);
	thaw(app);
	if (strcmp(settings.bell, app->settings.bell) != 0)
		bell_set(app);
	app_needs(app, &needs);
	if (needs_differ(&needs, &app->last_needs) ||
	    (n_watch && memcmp(before, needs.watch, n_watch * sizeof(uint64_t)) != 0))
		app_effect(app, EFFECT_NEEDS);
	app->last_needs = needs;
	free(before);
	app->effects = NULL;
}

/* --- what the rest of the program asks --- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

int64_t app_deadline(const struct app *app)
{
	int64_t at = dialog_deadline(app);

	if (app->message_until > app->mono_ms)
		at = sooner(at, app->message_until);
	if (app->jump_ms >= 0)
		at = sooner(at, app->jump_ms + JUMP_MS);
	return at;
}

/* Sockets on screen: only for these tcp_info is read. */
static void add_watch(struct app *app)
{
	struct pane_view *view = app_view(app);
	uint32_t n = table_count(&view->table);
	int height = view_height(app);

	vec_clear(&app->watch);
	if (app->pane != PANE_SOCKETS || page_top(app))
		return;
	for (int64_t i = view->top < 0 ? 0 : view->top; i < n && i < view->top + height; i++)
		vec_push(&app->watch, view->table.ids[table_line(&view->table, (uint32_t)i).slot]);
}

void app_needs(struct app *app, struct needs *ret_needs)
{
	struct pane_view *view = app_view(app);

	memset(ret_needs, 0, sizeof(*ret_needs));
	add_watch(app);
	ret_needs->bits = view_needs(view) | NEED_EVENTS | NEED_NETNS_ALL;
	ret_needs->protos = app->settings.families;
	if (view->all_families && (app->pane == PANE_SOCKETS || app->pane == PANE_PROCESSES))
		ret_needs->protos = PROTO_MASK_ALL;
	if (app->settings.names == NAMES_DNS)
		ret_needs->bits |= NEED_DNS;
	if (app->bell)
		ret_needs->bits |= filter_needs(app->bell) | view_rows_need(app, app->bell_pane);
	if (!view->selected_head && view->moved)
		ret_needs->pin = view->selected;
	ret_needs->watch = app->watch.data;
	ret_needs->n_watch = (uint32_t)app->watch.len;
	if (page_top(app))
		page_needs(page_top(app), app, ret_needs);
	if (dialog_wants_holders(app))
		ret_needs->bits |= NEED_COMPLETE;
}

const struct settings *app_settings(const struct app *app)
{
	return &app->settings;
}

uint32_t app_row_count(const struct app *app)
{
	return table_rows(&app->panes[app->pane].table);
}

const char *app_title(struct app *app)
{
	strbuf_reset(&app->title);
	strbuf_adds(&app->title, "inettop ");
	strbuf_adds(&app->title, pane_name(app->pane));
	if (*app->host) {
		strbuf_addc(&app->title, ' ');
		text_clean(app->host, strlen(app->host), app_text_flags(app), &app->title);
	}
	return strbuf_str(&app->title);
}
