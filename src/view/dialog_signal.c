/*
 * The signal dialog. Nothing is sent by one key: the box names every target first, throws away what
 * was typed ahead, and ignores keys for a moment. The targets are pinned when the box opens.
 */
#include "view/dialog_signal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "view/signals.h"

#define ALIVE_AFTER_MS 3000

/* What Ctrl-K steps through, seconds. */
static const uint8_t kill_waits[] = {0, 5, 10, 30, 2};

int signal_kill_after(const struct signal_dialog *s)
{
	return kill_waits[s->kill_wait];
}

static void open_targets(struct app *app, struct signal_dialog *s)
{
	struct app_target *targets;
	struct effect *effect;

	targets = arena_alloc(&app->text, (s->holders.len + 1) * sizeof(*targets));
	for (size_t i = 0; i < s->holders.len; i++) {
		targets[i].pid = s->holders.data[i].pid;
		targets[i].start_ticks = s->holders.data[i].start_ticks;
		s->holders.data[i].answered = false;
	}
	effect = app_effect(app, EFFECT_TARGETS_OPEN);
	effect->targets = targets;
	effect->n_targets = (uint32_t)s->holders.len;
}

static void enter_stage(struct app *app, struct signal_dialog *s, enum signal_stage stage)
{
	s->stage = stage;
	s->shown_ms = app->mono_ms;
	prompt_start(&s->typed, NULL, NULL);
	app_effect(app, EFFECT_FLUSH_INPUT);
}

static void send(struct app *app, struct signal_dialog *s, struct holder *h, int sig)
{
	struct effect *effect = app_effect(app, EFFECT_SIGNAL);

	effect->index = (uint32_t)(h - s->holders.data);
	effect->sig = sig;
	h->sent = true;
}

static void send_all(struct app *app, struct signal_dialog *s)
{
	for (size_t i = 0; i < s->holders.len; i++) {
		struct holder *h = &s->holders.data[i];

		if (h->chosen && h->refusal == REFUSED_NOT && h->answered &&
		    h->state == APP_TARGET_OPEN)
			send(app, s, h, s->sig);
	}
	s->sent_ms = app->mono_ms;
	enter_stage(app, s, SIGNAL_SENT);
}

static bool needs_confirmation(const struct app *app, const struct signal_dialog *s)
{
	if (signal_chosen(s) > 1)
		return true;
	for (size_t i = 0; i < s->holders.len; i++)
		if (s->holders.data[i].chosen && s->holders.data[i].uid != app->uid)
			return true;
	return false;
}

static bool has_proxy(const struct signal_dialog *s)
{
	for (size_t i = 0; i < s->holders.len; i++)
		if (s->holders.data[i].chosen && s->holders.data[i].proxy)
			return true;
	return false;
}

/* Every chosen target must be pinned: an unanswered one cannot be hit for certain. */
static bool all_pinned(const struct signal_dialog *s)
{
	for (size_t i = 0; i < s->holders.len; i++)
		if (s->holders.data[i].chosen && !s->holders.data[i].answered)
			return false;
	return true;
}

static void go_on(struct app *app, struct signal_dialog *s)
{
	size_t n;
	const struct signal_name *all = signals_all(&n);

	if (!signal_chosen(s)) {
		app_say(app, ROLE_WARNING, "no target is chosen");
		return;
	}
	if (!all_pinned(s)) {
		app_say(app, ROLE_WARNING, "one moment: the targets are being pinned");
		return;
	}
	if (s->stage == SIGNAL_CHOOSE) {
		s->sig = s->typed.len ? signals_parse(s->typed.text, s->typed.len)
				      : all[s->signal_cursor].number;
		if (s->sig < 0) {
			app_say(app, ROLE_ERROR, "no such signal");
			return;
		}
	}
	if (s->stage == SIGNAL_CHOOSE && has_proxy(s))
		enter_stage(app, s, SIGNAL_YES);
	else if (s->stage != SIGNAL_CONFIRM && needs_confirmation(app, s))
		enter_stage(app, s, SIGNAL_CONFIRM);
	else
		send_all(app, s);
}

static bool guarded(const struct app *app, const struct signal_dialog *s)
{
	return app->mono_ms - s->shown_ms < DIALOG_GUARD_MS;
}

/* --- keys --- */

static void toggle(struct app *app, struct signal_dialog *s)
{
	struct holder *h;

	if (s->base.cursor >= s->holders.len)
		return;
	h = &s->holders.data[s->base.cursor];
	if (h->refusal == REFUSED_PROTECTED)
		app_say(app, ROLE_WARNING, "%u is never signalled from here", h->pid);
	else if (h->refusal == REFUSED_NOT)
		h->chosen = !h->chosen;
}

/* What is typed moves the cursor to the signal it names. */
static void typed_changed(struct signal_dialog *s)
{
	size_t n;
	const struct signal_name *all = signals_all(&n);
	int sig = signals_parse(s->typed.text, s->typed.len);

	for (uint32_t i = 0; i < n; i++)
		if (all[i].number == sig)
			s->signal_cursor = i;
}

static bool move_signal(struct signal_dialog *s, struct key key)
{
	size_t n;

	signals_all(&n);
	if (key.code == KEYSYM_UP && s->signal_cursor > 0)
		s->signal_cursor--;
	else if (key.code == KEYSYM_DOWN && s->signal_cursor + 1 < n)
		s->signal_cursor++;
	else
		return key.code == KEYSYM_UP || key.code == KEYSYM_DOWN;
	prompt_start(&s->typed, NULL, NULL);
	return true;
}

static void choose_key(struct app *app, struct signal_dialog *s, struct key key)
{
	if (key.code == KEYSYM_ENTER) {
		if (!guarded(app, s))
			go_on(app, s);
	} else if (key.code == KEYSYM_TAB || key.code == KEYSYM_BACKTAB) {
		s->on_targets = !s->on_targets;
	} else if (key.code == ' ') {
		toggle(app, s);
	} else if ((key.mods & KEYMOD_CTRL) && key.code == 'k') {
		s->kill_wait = (uint8_t)((s->kill_wait + 1) % sizeof(kill_waits));
	} else if (s->on_targets && dialog_list_key(&s->base, key)) {
		return;
	} else if (!move_signal(s, key) && prompt_key(&s->typed, key) == PROMPT_CHANGED) {
		typed_changed(s);
	}
}

static void yes_key(struct app *app, struct signal_dialog *s, struct key key)
{
	if (key.code == KEYSYM_ENTER) {
		if (!guarded(app, s) && !strcmp(s->typed.text, "yes"))
			go_on(app, s);
	} else {
		prompt_key(&s->typed, key);
	}
}

static void signal_key(struct app *app, struct dialog *d, struct key key)
{
	struct signal_dialog *s = (struct signal_dialog *)d;
	bool cancel = key.code == KEYSYM_ESC ||
		      ((key.mods & KEYMOD_CTRL) && (key.code == 'c' || key.code == 'g'));

	if (cancel || (s->stage == SIGNAL_SENT && !guarded(app, s))) {
		app_effect(app, EFFECT_TARGETS_CLOSE);
		dialog_close(app);
	} else if (s->stage == SIGNAL_CHOOSE) {
		choose_key(app, s, key);
	} else if (s->stage == SIGNAL_YES) {
		yes_key(app, s, key);
	} else if (s->stage == SIGNAL_CONFIRM && key.code == 'y' && !guarded(app, s)) {
		go_on(app, s);
	}
}

/* --- what comes back --- */

static bool is_settled(const struct holder *h)
{
	return !h->sent || (h->state != APP_TARGET_OPEN && h->state != APP_TARGET_SIGNALLED &&
			    h->state != APP_TARGET_ALIVE);
}

static void signal_result(struct app *app, struct dialog *d, const struct app_result *result)
{
	struct signal_dialog *s = (struct signal_dialog *)d;
	struct holder *h;

	(void)app;
	if (result->kind != APP_RESULT_TARGET || result->index >= s->holders.len)
		return;
	h = &s->holders.data[result->index];
	h->answered = true;
	h->state = result->state;
	h->after_ms = result->after_ms;
	if (s->stage != SIGNAL_SENT && h->state != APP_TARGET_OPEN)
		h->chosen = false;
}

static void signal_tick(struct app *app, struct dialog *d)
{
	struct signal_dialog *s = (struct signal_dialog *)d;

	if (s->stage != SIGNAL_SENT)
		return;
	for (size_t i = 0; i < s->holders.len; i++) {
		struct holder *h = &s->holders.data[i];

		if (is_settled(h))
			continue;
		if (app->mono_ms - s->sent_ms >= ALIVE_AFTER_MS && !h->killed)
			h->state = APP_TARGET_ALIVE;
		if (s->kill_wait && !h->killed && s->sig != SIGKILL &&
		    app->mono_ms - s->sent_ms >= signal_kill_after(s) * 1000) {
			h->killed = true;
			send(app, s, h, SIGKILL);
		}
	}
}

static int64_t signal_deadline(const struct app *app, const struct dialog *d)
{
	const struct signal_dialog *s = (const struct signal_dialog *)d;
	int64_t since = app->mono_ms - s->sent_ms, kill = signal_kill_after(s) * 1000;
	int64_t next = INT64_MAX;

	if (app->mono_ms - s->shown_ms < DIALOG_GUARD_MS)
		return s->shown_ms + DIALOG_GUARD_MS;
	if (s->stage != SIGNAL_SENT)
		return -1;
	if (since < ALIVE_AFTER_MS)
		next = ALIVE_AFTER_MS;
	if (since < kill && kill < next)
		next = kill;
	return next == INT64_MAX ? -1 : s->sent_ms + next;
}

/* Holders that were found since the box opened join it. */
static void signal_snapshot(struct app *app, struct dialog *d)
{
	struct signal_dialog *s = (struct signal_dialog *)d;
	size_t before = s->holders.len;

	if (s->stage != SIGNAL_CHOOSE)
		return;
	signal_gather(app, s);
	if (s->holders.len == before)
		return;
	app_effect(app, EFFECT_TARGETS_CLOSE);
	open_targets(app, s);
}

static void signal_free(struct dialog *d)
{
	struct signal_dialog *s = (struct signal_dialog *)d;

	signal_holders_done(s);
	vec_done(&s->rows);
	free(s);
}

/* --- opening --- */

static void take_tagged(struct app *app, struct signal_dialog *s)
{
	struct pane_view *view = app_view(app);
	uint64_t id, value;
	size_t pos = 0;

	s->pane = app->pane;
	while (hash_next(&view->tags, &pos, &id, &value))
		vec_push(&s->rows, id);
}

/* The head of a group stands for its rows, that of a process for the process. */
static bool take_group(struct app *app, struct signal_dialog *s)
{
	struct pane_view *view = app_view(app);
	const struct table *t = &view->table;
	const struct table_group *group;
	struct row row;

	if (page_top(app) || !table_count(t) || !table_line(t, view->cursor).head ||
	    !table_row(t, view->cursor, &row))
		return false;
	if (t->grouping == GROUPING_PROCESS) {
		s->pane = PANE_PROCESSES;
		if (fact_proc(&row))
			vec_push(&s->rows, fact_proc(&row)->head.id);
		return s->rows.len > 0;
	}
	s->pane = app->pane;
	group = &t->groups.data[table_line(t, view->cursor).group];
	for (uint32_t i = 0; i < group->count; i++)
		vec_push(&s->rows, t->ids[t->members.data[group->start + i]]);
	return true;
}

/* The row under the cursor. */
static bool take_current(struct app *app, struct signal_dialog *s)
{
	struct pane_view *view = app_view(app);
	const struct proc *proc;
	struct row row;

	if (page_top(app) ? page_row(page_top(app), app, &row) : view_selected_row(view, &row)) {
		s->pane = row.pane;
		proc = fact_proc(&row);
		if (row.pane > PANE_PROCESSES && proc) {
			s->pane = PANE_PROCESSES;
			vec_push(&s->rows, proc->head.id);
		} else {
			vec_push(&s->rows, row_id(&row));
		}
		return true;
	}
	return take_group(app, s);
}

static void start_signal_cursor(struct signal_dialog *s)
{
	size_t n;
	const struct signal_name *all = signals_all(&n);

	for (uint32_t i = 0; i < n; i++)
		if (all[i].number == SIGTERM)
			s->signal_cursor = i;
}

bool dialog_wants_holders(const struct app *app)
{
	const struct dialog *d = dialog_top(app);

	return d && d->ops->key == signal_key && ((const struct signal_dialog *)d)->incomplete;
}

void dialog_signal_open(struct app *app)
{
	static const struct dialog_ops ops = {
		.key = signal_key,
		.draw = signal_draw,
		.free = signal_free,
		.tick = signal_tick,
		.result = signal_result,
		.snapshot = signal_snapshot,
		.deadline = signal_deadline,
	};
	struct signal_dialog *s = xcalloc(1, sizeof(*s));
	bool found = true;

	s->base.ops = &ops;
	if (!page_top(app) && hash_count(&app_view(app)->tags))
		take_tagged(app, s);
	else
		found = take_current(app, s);
	if (found)
		signal_gather(app, s);
	if (!s->holders.len) {
		app_say(app, ROLE_WARNING,
			found ? "no live process is known to hold this" : "choose a row first");
		signal_free(&s->base);
		return;
	}
	start_signal_cursor(s);
	dialog_push(app, &s->base);
	open_targets(app, s);
	enter_stage(app, s, SIGNAL_CHOOSE);
}
