/* Asks before one socket is destroyed (SOCK_DESTROY with its exact cookie). */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "view/dialog.h"
#include "view/pen.h"

struct destroy_dialog {
	struct dialog base;
	uint64_t id;
	int64_t shown_ms;
	char *text; /* clean */
};

static void destroy_key(struct app *app, struct dialog *d, struct key key)
{
	struct destroy_dialog *b = (struct destroy_dialog *)d;
	uint64_t id = b->id;

	if (dialog_is_cancel(key) || key.code == 'n') {
		dialog_close(app);
		return;
	}
	if (key.mods || key.code != 'y' || app->mono_ms - b->shown_ms < DIALOG_GUARD_MS)
		return;
	dialog_close(app);
	app_effect(app, EFFECT_DESTROY)->sock_id = id;
}

static void destroy_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct destroy_dialog *b = (struct destroy_dialog *)d;
	struct area area;
	struct pen pen;

	dialog_frame(app, g, "Destroy this socket?", 5, 74, &area);
	pen = (struct pen){g, area.y, area.x, area.x + area.cols};
	pen.y += pen_wrap(&pen, ROLE_DIALOG, b->text, area.rows > 3 ? 2 : 1);
	if (area.rows > 2)
		pen_wrap(&pen, ROLE_MUTED, "its process stays and sees ECONNABORTED",
			 area.y + area.rows - 1 - pen.y);
	pen = (struct pen){g, area.y + area.rows - 1, area.x, area.x + area.cols};
	pen_puts(&pen, ROLE_WARNING, "y: destroy   Esc: no");
}

static void destroy_free(struct dialog *d)
{
	free(((struct destroy_dialog *)d)->text);
	free(d);
}

/* A socket row, or an endpoint that is one socket. */
static const struct sock *sock_of(struct app *app, const struct row *row)
{
	const struct port *port = row->obj;

	if (row->pane == PANE_SOCKETS)
		return row->obj;
	if (row->pane == PANE_PORTS && port->n_socks == 1)
		return snapshot_sock(app->snap, port->socks[0]);
	return NULL;
}

static char *describe(struct app *app, const struct sock *sock)
{
	struct row row = {.snap = app->snap, .obj = sock, .pane = PANE_SOCKETS};
	struct strbuf out;

	strbuf_init(&out, 0);
	fact_cell(app, &row, COL_PROTO, &out);
	strbuf_addc(&out, ' ');
	fact_cell(app, &row, COL_STATE, &out);
	strbuf_addc(&out, ' ');
	fact_cell(app, &row, COL_LOCAL, &out);
	strbuf_adds(&out, app->settings.ascii ? " > " : " → ");
	fact_cell(app, &row, COL_REMOTE, &out);
	strbuf_adds(&out, "  ");
	fact_cell(app, &row, COL_OWNER, &out);
	return strbuf_detach(&out, NULL);
}

void dialog_destroy_open(struct app *app)
{
	static const struct dialog_ops ops = {
		.key = destroy_key, .draw = destroy_draw, .free = destroy_free};
	struct destroy_dialog *b;
	const struct sock *sock;
	struct row row;
	bool found = page_top(app) ? page_row(page_top(app), app, &row)
				   : view_selected_row(app_view(app), &row);

	sock = found ? sock_of(app, &row) : NULL;
	if (!sock) {
		app_say(app, ROLE_WARNING, "choose one socket: Enter shows those of an endpoint");
		return;
	}
	if (sock->head.gone || !sock->r.cookie) {
		app_say(app, ROLE_WARNING,
			sock->head.gone ? "it is gone" : "its cookie is not known");
		return;
	}
	b = xcalloc(1, sizeof(*b));
	b->base.ops = &ops;
	b->id = sock->head.id;
	b->shown_ms = app->mono_ms;
	b->text = describe(app, sock);
	dialog_push(app, &b->base);
	app_effect(app, EFFECT_FLUSH_INPUT);
}
