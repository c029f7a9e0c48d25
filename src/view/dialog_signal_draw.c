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

/* The foot of the box: what Enter would do, and what would follow. */
static void draw_foot(struct app *app, struct signal_dialog *s, struct grid *g,
		      const struct area *area)
{
	struct pen pen = {g, area->y + area->rows - 1, area->x, area->x + area->cols};
	uint32_t n = signal_chosen(s);
	char buf[32];

	if (app->message_until > app->mono_ms) {
		pen_puts(&pen, app->message_role, strbuf_str(&app->message));
	} else if (s->stage == SIGNAL_CHOOSE) {
		pen_putf(&pen, ROLE_KEY, "Enter: %s to %u", signal_word(s, buf), n);
		pen_puts(&pen, ROLE_MUTED, area->cols < 50 ? "" : "  Tab Space: targets");
		pen_putf(&pen, ROLE_MUTED, "  ^K: KILL after 5 s [%c]", s->kill_later ? 'x' : ' ');
	} else if (s->stage == SIGNAL_CONFIRM) {
		pen_putf(&pen, ROLE_WARNING, "y: really send %s to %u process%s   Esc: no",
			 signal_word(s, buf), n, n == 1 ? "" : "es");
	} else if (s->stage == SIGNAL_YES) {
		pen_puts(&pen, ROLE_WARNING, "docker-proxy: type yes and Enter: ");
		pen_puts(&pen, ROLE_PROMPT, s->typed.text);
		g->cursor_y = pen.y;
		g->cursor_x = pen.x;
	} else {
		pen_puts(&pen, ROLE_MUTED, "any key closes");
	}
}

static void draw_consequences(struct signal_dialog *s, struct grid *g, const struct area *area)
{
	struct pen pen = {g, area->y + area->rows - 2, area->x, area->x + area->cols};
	const struct holder *h =
		s->base.cursor < s->holders.len ? &s->holders.data[s->base.cursor] : NULL;

	if (s->stage == SIGNAL_SENT)
		return;
	if (s->incomplete)
		pen_puts(&pen, ROLE_WARNING, "looking for more holders  ");
	if (h && h->consequences)
		pen_raw(&pen, ROLE_WARNING, h->consequences, strlen(h->consequences));
}

void signal_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct signal_dialog *s = (struct signal_dialog *)d;
	int want = (int)s->holders.len + 2 < 15 ? 15 : (int)s->holders.len + 2;
	bool side = s->stage == SIGNAL_CHOOSE && g->cols >= 36;
	struct area area, list;

	dialog_frame(app, g, s->stage == SIGNAL_SENT ? "Signal sent" : "Send a signal", want, 90,
		     &area);
	list = area;
	list.rows -= area.rows > 3 ? 2 : 1;
	if (side) {
		draw_signals(s, g, &list);
		list.x += SIGNAL_COLS;
		list.cols -= SIGNAL_COLS;
	}
	dialog_list(d, g, &list, draw_holder, app);
	if (side && !s->on_targets)
		grid_paint(g, list.y + (int)(d->cursor - d->top), list.x, list.cols, ROLE_DIALOG);
	if (area.rows > 3)
		draw_consequences(s, g, &area);
	draw_foot(app, s, g, &area);
}
