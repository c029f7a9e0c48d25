/* Boxes over the screen: a stack of dialogs, and the list most of them are. For the view only. */
#ifndef INETTOP_VIEW_DIALOG_H
#define INETTOP_VIEW_DIALOG_H

#include "view/app_internal.h"

/* Enter and letters mean nothing for this long after a box that can do harm came up. */
#define DIALOG_GUARD_MS 300

struct dialog;

/* Any function but key, draw and free may be NULL. */
struct dialog_ops {
	void (*key)(struct app *app, struct dialog *d, struct key key);
	void (*draw)(struct app *app, struct dialog *d, struct grid *g);
	void (*free)(struct dialog *d);
	void (*paste)(struct app *app, struct dialog *d, struct bytes raw);
	void (*tick)(struct app *app, struct dialog *d);
	void (*result)(struct app *app, struct dialog *d, const struct app_result *result);
	void (*snapshot)(struct app *app, struct dialog *d);
	int64_t (*deadline)(const struct app *app, const struct dialog *d);
};

/* First member of every dialog. Where its list was drawn last, for the mouse. */
struct dialog {
	const struct dialog_ops *ops;
	uint32_t cursor, top;
	uint32_t n; /* lines of the list */
	int list_y, list_x, list_rows, list_cols;
};

struct area {
	int y, x, rows, cols;
};

/* A framed box with a title, as large as wanted or as there is room; the inside is returned. On a
 * small screen it is the whole screen without a frame. */
void dialog_frame(struct app *app, struct grid *g, const char *title, int rows, int cols,
		  struct area *ret);

/* Draws lines of a list with the cursor's line marked; draw puts one line's text. */
void dialog_list(struct dialog *d, struct grid *g, const struct area *area,
		 void (*draw)(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y,
			      int x, int cols),
		 struct app *app);

/* Up, Down, PgUp ... in a list; false if the key is another. */
bool dialog_list_key(struct dialog *d, struct key key);

/* Whether the key is Esc, q, Ctrl-C or Ctrl-G. */
bool dialog_is_cancel(struct key key);

#endif
