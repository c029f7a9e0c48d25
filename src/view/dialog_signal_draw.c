/* How the signal dialog looks. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/dialog_signal.h"
#include "view/pen.h"
#include "view/signals.h"

#define SIGNAL_COLS 12

static const char *outcome(const struct holder *h, char buf[64])
{
	switch (h->state) {
	case APP_TARGET_OPEN:
		return h->sent ? "sending" : "not signalled";
	case APP_TARGET_SIGNALLED:
		return h->killed ? "KILL sent" : "sent";
	case APP_TARGET_DIED:
		snprintf(buf, 64, "died after %lld ms%s", (long long)h->after_ms,
			 h->killed ? " (KILL)" : "");
		return buf;
	case APP_TARGET_ALIVE:
		return "still alive";
	case APP_TARGET_DENIED:
		return "not permitted (EPERM)";
	case APP_TARGET_RECYCLED:
		return "the pid is another process now: nothing was sent";
	case APP_TARGET_GONE_BEFORE:
		return "had ended before";
	case APP_TARGET_FORBIDDEN:
		return "never signalled from here";
	default:
		return "failed";
	}
}

static enum role outcome_role(const struct holder *h)
{
	if (h->state == APP_TARGET_DIED)
		return ROLE_GOOD;
	return h->state == APP_TARGET_SIGNALLED || h->state == APP_TARGET_OPEN ? ROLE_DIALOG
									       : ROLE_WARNING;
}

static void draw_holder(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y, int x,
			int cols)
{
	const struct signal_dialog *s = (struct signal_dialog *)d;
	const struct holder *h = &s->holders.data[i];
	struct pen pen = {g, y, x, x + cols};
	char buf[64];

	(void)app;
	if (s->stage == SIGNAL_SENT) {
		pen.end = x + cols / 2;
		pen_puts(&pen, ROLE_DIALOG, h->name);
		pen.end = x + cols;
		pen_puts(&pen, ROLE_DIALOG, "  ");
		if (h->chosen || h->sent)
			pen_puts(&pen, outcome_role(h), outcome(h, buf));
		return;
	}
	pen_puts(&pen, ROLE_DIALOG, h->chosen ? "[x] " : h->refusal ? " !  " : "[ ] ");
	pen_puts(&pen, h->refusal ? ROLE_MUTED : ROLE_DIALOG, h->name);
	pen_puts(&pen, ROLE_DIALOG, "  ");
	if (h->refusal == REFUSED_PROTECTED)
		pen_puts(&pen, ROLE_WARNING, "never signalled from here");
	else if (h->refusal == REFUSED_GONE)
		pen_puts(&pen, ROLE_WARNING, "gone");
	else if (h->answered && h->state != APP_TARGET_OPEN)
		pen_puts(&pen, ROLE_WARNING, outcome(h, buf));
	else
		pen_raw(&pen, ROLE_DIALOG, h->listens, strlen(h->listens));
}

static void draw_signals(struct signal_dialog *s, struct grid *g, const struct area *area)
{
	size_t n;
	const struct signal_name *all = signals_all(&n);
	uint32_t rows = area->rows > 0 ? (uint32_t)area->rows : 1;

	if (s->signal_cursor < s->signal_top)
		s->signal_top = s->signal_cursor;
	if (s->signal_cursor >= s->signal_top + rows)
		s->signal_top = s->signal_cursor - rows + 1;
	for (int i = 0; i < area->rows && s->signal_top + (uint32_t)i < n; i++) {
		uint32_t at = s->signal_top + (uint32_t)i;

		grid_putf(g, area->y + i, area->x,
			  at == s->signal_cursor ? ROLE_DIALOG_SELECTED : ROLE_DIALOG, "%2d %-6s",
			  all[at].number, all[at].name);
	}
}

static const char *signal_word(const struct signal_dialog *s, char buf[32])
{
	size_t n;
	const struct signal_name *all = signals_all(&n);
	int sig = s->stage == SIGNAL_CHOOSE ? all[s->signal_cursor].number : s->sig;

	if (s->stage == SIGNAL_CHOOSE && s->typed.len)
		sig = signals_parse(s->typed.text, s->typed.len);
	if (sig < 0)
		snprintf(buf, 32, "%.20s?", s->typed.text);
	else if (signals_name(sig))
		snprintf(buf, 32, "%d SIG%s", sig, signals_name(sig));
	else
		snprintf(buf, 32, "%d", sig);
	return buf;
}

/* What Enter would do, in as many words as fit. */
static void draw_choice(struct signal_dialog *s, struct pen *pen)
{
	char sig[32], full[160], brief[64], wait[16] = "never";
	uint32_t n = signal_chosen(s);

	signal_word(s, sig);
	if (s->kill_wait)
		snprintf(wait, sizeof(wait), "after %d s", signal_kill_after(s));
	snprintf(full, sizeof(full), "Enter: %s to %u  Tab Space: targets  ^K: KILL %s", sig, n,
		 wait);
	snprintf(brief, sizeof(brief), "Enter: %s to %u  ^K: %s", sig, n, wait);
	pen_choose(pen, ROLE_KEY, full, brief, sig, NULL);
}

static void draw_confirm(struct signal_dialog *s, struct pen *pen)
{
	char sig[32], full[96], brief[64];
	uint32_t n = signal_chosen(s);

	signal_word(s, sig);
	snprintf(full, sizeof(full), "y: really send %s to %u process%s   Esc: no", sig, n,
		 n == 1 ? "" : "es");
	snprintf(brief, sizeof(brief), "y: %s to %u  Esc: no", sig, n);
	pen_choose(pen, ROLE_WARNING, full, brief, "y: send  Esc: no", NULL);
}

/* The foot of the box: what the next key would do. */
static void draw_foot(struct app *app, struct signal_dialog *s, struct grid *g,
		      const struct area *area)
{
	struct pen pen = {g, area->y + area->rows - 1, area->x, area->x + area->cols};

	if (app->message_until > app->mono_ms) {
		pen_puts(&pen, app->message_role, strbuf_str(&app->message));
	} else if (s->stage == SIGNAL_CHOOSE) {
		draw_choice(s, &pen);
	} else if (s->stage == SIGNAL_CONFIRM) {
		draw_confirm(s, &pen);
	} else if (s->stage == SIGNAL_YES) {
		pen_choose(&pen, ROLE_WARNING,
			   "docker-proxy: type yes and Enter: ", "type yes: ", NULL);
		pen_puts(&pen, ROLE_PROMPT, s->typed.text);
		g->cursor_y = pen.y;
		g->cursor_x = pen.x;
	} else {
		pen_puts(&pen, ROLE_MUTED, "any key closes");
	}
}

/* What would follow, of every target chosen and of the one under the cursor. */
static void consequences(const struct signal_dialog *s, struct strbuf *out)
{
	if (s->incomplete)
		strbuf_adds(out, "looking for more holders");
	for (uint32_t i = 0; i < s->holders.len; i++) {
		const struct holder *h = &s->holders.data[i];

		if (!(h->chosen || i == s->base.cursor) || !h->consequences || !*h->consequences)
			continue;
		strbuf_adds(out, out->len ? "; " : "");
		if (signal_chosen(s) > 1)
			strbuf_addf(out, "%u: ", h->pid);
		strbuf_adds(out, h->consequences);
	}
}

/* Above the foot, in at most a third of the box. Takes its lines off the area. */
static void draw_consequences(struct signal_dialog *s, struct grid *g, struct area *area)
{
	struct pen pen = {g, area->y, area->x, area->x + area->cols};
	int most = area->rows / 3, lines;
	struct strbuf text;

	strbuf_init(&text, 0);
	if (s->stage != SIGNAL_SENT)
		consequences(s, &text);
	lines = pen_wrap(&pen, ROLE_WARNING, strbuf_str(&text), 0);
	if (lines > most)
		lines = most > 0 ? most : area->rows > 1;
	area->rows -= lines;
	pen.y = area->y + area->rows;
	if (lines > 0)
		pen_wrap(&pen, ROLE_WARNING, strbuf_str(&text), lines);
	strbuf_done(&text);
}

void signal_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct signal_dialog *s = (struct signal_dialog *)d;
	int want = (int)s->holders.len + 2 < 15 ? 15 : (int)s->holders.len + 2;
	bool side = s->stage == SIGNAL_CHOOSE && g->cols >= 36;
	const char *title = s->stage == SIGNAL_SENT ? "Signal sent"
			    : g->cols >= 36	    ? "Send a signal"
						    : "Type a signal";
	struct area area, list;

	dialog_frame(app, g, title, want, 90, &area);
	list = area;
	list.rows--;
	draw_consequences(s, g, &list);
	if (side) {
		draw_signals(s, g, &list);
		list.x += SIGNAL_COLS;
		list.cols -= SIGNAL_COLS;
	}
	dialog_list(d, g, &list, draw_holder, app);
	if (side && !s->on_targets)
		grid_paint(g, list.y + (int)(d->cursor - d->top), list.x, list.cols, ROLE_DIALOG);
	draw_foot(app, s, g, &area);
}
