#include "ui/effects.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/clipboard.h"
#include "ui/newfile.h"

#define WAIT_MS 5000 /* after a signal, until "still alive" is the answer */
#define POLL_MS 100

void effects_init(struct doer *d, struct session *session, struct app *app,
		  const struct ui_config *cfg, bool readonly)
{
	*d = (struct doer){.session = session, .app = app, .cfg = cfg, .readonly = readonly};
}

static void close_targets(struct doer *d)
{
	size_t i;

	for (i = 0; i < d->targets.len; i++)
		session_target_close(d->targets.data[i].target);
	vec_clear(&d->targets);
}

void effects_done(struct doer *d)
{
	size_t i;

	close_targets(d);
	vec_done(&d->targets);
	for (i = 0; i < d->results.len; i++)
		free(d->results.data[i].text);
	vec_done(&d->results);
}

/* --- answers */

static void answer(struct doer *d, struct app_result result, const char *text)
{
	struct effects_result r = {.result = result, .text = text ? xstrdup(text) : NULL};

	r.result.text = r.text;
	vec_push(&d->results, r);
}

void effects_say(struct doer *d, int err, const char *text)
{
	answer(d, (struct app_result){.kind = APP_RESULT_MESSAGE, .err = err}, text);
}

bool effects_next_result(struct doer *d, struct effects_result *ret_result)
{
	if (!d->results.len)
		return false;
	*ret_result = d->results.data[0];
	d->results.len--;
	memmove(d->results.data, d->results.data + 1, d->results.len * sizeof(*d->results.data));
	return true;
}

static enum app_target_state state_of(enum target_result result)
{
	_Static_assert((int)APP_TARGET_FAILED == (int)TARGET_FAILED, "the same order");
	return (enum app_target_state)result;
}

static void tell_target(struct doer *d, uint32_t index, enum target_result result, int64_t after_ms)
{
	d->targets.data[index].told = result;
	answer(d,
	       (struct app_result){.kind = APP_RESULT_TARGET,
				   .index = index,
				   .state = state_of(result),
				   .after_ms = after_ms},
	       NULL);
}

/* --- signals */

static void open_targets(struct doer *d, const struct effect *e)
{
	struct effects_target t = {0};
	uint32_t i;
	int64_t after_ms;

	close_targets(d);
	for (i = 0; i < e->n_targets; i++) {
		t.target = session_target_open(d->session, e->targets[i].pid,
					       e->targets[i].start_ticks);
		vec_push(&d->targets, t);
		tell_target(d, i, session_target_result(t.target, &after_ms), -1);
	}
}

static void signal_target(struct doer *d, const struct effect *e)
{
	struct effects_target *t;

	if (e->index >= d->targets.len)
		return;
	t = &d->targets.data[e->index];
	t->signalled = true;
	tell_target(d, e->index, session_target_signal(t->target, e->sig), 0);
}

static void poll_target(struct doer *d, uint32_t index)
{
	struct effects_target *t = &d->targets.data[index];
	int64_t after_ms = -1;
	enum target_result result;

	if (!t->signalled || (t->told != TARGET_SIGNALLED && t->told != TARGET_ALIVE))
		return;
	result = session_target_poll(t->target, -1, WAIT_MS);
	if (result == t->told)
		return;
	session_target_result(t->target, &after_ms);
	tell_target(d, index, result, after_ms);
}

void effects_poll(struct doer *d)
{
	uint32_t i;
	int err;

	for (i = 0; i < d->targets.len; i++)
		poll_target(d, i);
	if (session_destroyed(d->session, &err))
		answer(d, (struct app_result){.kind = APP_RESULT_DESTROY, .err = err}, NULL);
}

int effects_timeout(const struct doer *d)
{
	size_t i;

	for (i = 0; i < d->targets.len; i++)
		if (d->targets.data[i].signalled && (d->targets.data[i].told == TARGET_SIGNALLED ||
						     d->targets.data[i].told == TARGET_ALIVE))
			return POLL_MS;
	return -1;
}

/* --- files and the clipboard */

struct export_job {
	struct app *app;
	enum app_format format;
};

static int fill_export(void *ctx, struct sink *out)
{
	const struct export_job *job = ctx;

	return app_export(job->app, job->format, out);
}

static void export_view(struct doer *d, const struct effect *e)
{
	struct export_job job = {.app = d->app, .format = e->format};
	struct app_result r = {.kind = APP_RESULT_EXPORT, .err = -EPERM};
	char *path = xstrndup(e->text, e->text_len);

	if (!d->readonly)
		r.err = newfile_write(path, fill_export, &job);
	answer(d, r, r.err ? strerror(-r.err) : path);
	free(path);
}

static void save_settings(struct doer *d, const struct effect *e)
{
	struct app_result r = {.kind = APP_RESULT_SAVE, .err = -EPERM};
	struct strbuf text;

	strbuf_init(&text, 0);
	if (d->readonly)
		strbuf_adds(&text, "read-only: nothing is written");
	else if (!d->cfg->save)
		strbuf_adds(&text, "there is no configuration file in use");
	else
		r.err = d->cfg->save(d->cfg->save_ctx, e->text, e->text_len, &text);
	answer(d, r, strbuf_str(&text));
	strbuf_done(&text);
}

static void copy(struct doer *d, const struct effect *e)
{
	struct app_result r = {.kind = APP_RESULT_COPY};
	struct strbuf sequence;

	strbuf_init(&sequence, 0);
	r.err = clipboard_sequence(e->text, e->text_len, &sequence);
	if (!r.err)
		term_put(sequence.data, sequence.len);
	answer(d, r, clipboard_hint(getenv("TMUX"), getenv("STY")));
	strbuf_done(&sequence);
}

/* --- all of them */

/* Effects on the session. False when it is another kind. */
static bool on_session(struct doer *d, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_RESCAN:
		session_rescan(d->session);
		return true;
	case EFFECT_DESTROY:
		session_destroy(d->session, e->sock_id);
		return true;
	case EFFECT_BASELINE:
		session_set_baseline(d->session, e->on);
		return true;
	case EFFECT_INTERVAL:
		session_set_interval(d->session, e->ms);
		return true;
	case EFFECT_HOLD:
		session_set_hold(d->session, e->ms);
		return true;
	case EFFECT_PAUSE:
		session_set_paused(d->session, e->on);
		return true;
	case EFFECT_DNS:
		session_set_dns(d->session, e->on);
		return true;
	default:
		return false;
	}
}

static bool on_targets_and_files(struct doer *d, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_TARGETS_OPEN:
		open_targets(d, e);
		return true;
	case EFFECT_SIGNAL:
		signal_target(d, e);
		return true;
	case EFFECT_TARGETS_CLOSE:
		close_targets(d);
		return true;
	case EFFECT_EXPORT:
		export_view(d, e);
		return true;
	case EFFECT_COPY:
		copy(d, e);
		return true;
	case EFFECT_SAVE_SETTINGS:
		save_settings(d, e);
		return true;
	default:
		return false;
	}
}

static void on_terminal(struct doer *d, const struct effect *e)
{
	if (e->kind == EFFECT_MOUSE)
		term_set_mouse(e->on);
	else if (e->kind == EFFECT_BELL)
		term_put("\a", 1);
	else if (e->kind == EFFECT_NEEDS)
		d->needs = true;
	else if (e->kind == EFFECT_FLUSH_INPUT)
		d->flush_input = true;
	else if (e->kind == EFFECT_SUSPEND)
		d->suspend = true;
	else if (e->kind == EFFECT_REDRAW)
		d->redraw = true;
	else if (e->kind == EFFECT_QUIT)
		d->quit = true;
}

void effects_run(struct doer *d, struct effects *effects)
{
	const struct effect *e;
	size_t i;

	for (i = 0; i < effects->list.len; i++) {
		e = &effects->list.data[i];
		if (!on_session(d, e) && !on_targets_and_files(d, e))
			on_terminal(d, e);
	}
	vec_clear(&effects->list);
}
