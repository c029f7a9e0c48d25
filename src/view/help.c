/* The help: made from the table of actions, scrolls, can be searched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "view/dialog.h"
#include "view/pen.h"

#define LINE_MAX 200

struct help_line {
	char text[LINE_MAX];
	bool heading;
};

struct help {
	struct dialog base;
	VEC(struct help_line) lines;
	bool searching;
	struct prompt prompt;
	char word[PROMPT_MAX];
};

static void add(struct help *h, bool heading, const char *text)
{
	struct help_line line = {.heading = heading};

	snprintf(line.text, sizeof(line.text), "%s", text);
	vec_push(&h->lines, line);
}

static void add_group(struct help *h, const struct app *app, enum action_group group)
{
	char text[LINE_MAX];

	add(h, true, action_group_name(group));
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		const char *keys = action_keys((enum action_id)i, app->settings.vim);

		if (actions[i].group != group || !*keys ||
		    (app->readonly && (actions[i].contexts & ACTION_DEED)))
			continue;
		if (i == ACTION_JUMP)
			keys = "0-9";
		snprintf(text, sizeof(text), "  %-16s %s", keys, actions[i].help);
		add(h, false, text);
	}
	add(h, false, "");
}

static void add_more(struct help *h)
{
	static const char *const lines[] = {
		"  + new, - gone, ~ changed, ? stale; * tagged, > followed",
		"  prompts: Ctrl-A/E/U/W/K, arrows, Up/Down history, Esc Ctrl-C Ctrl-G cancel",
		"  mouse: click selects, double click opens, a title sorts, the wheel moves",
		"  commands: :8080 :pane NAME :sort -COLUMN :filter TEXT :w FILE.csv",
		"  and :set NAME VALUE :columns LIST :stats :save :q",
	};

	add(h, true, "Marks, prompts, mouse");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		add(h, false, lines[i]);
}

static void find(struct help *h, int step)
{
	uint32_t n = (uint32_t)h->lines.len, at = h->base.cursor;

	for (uint32_t tried = 0; *h->word && tried < n; tried++) {
		if (tried || step)
			at = (at + (step < 0 ? n - 1 : 1)) % n;
		if (strcasestr(h->lines.data[at].text, h->word)) {
			h->base.cursor = at;
			return;
		}
	}
}

static void search_key(struct app *app, struct help *h, struct key key)
{
	switch (prompt_key(&h->prompt, key)) {
	case PROMPT_CHANGED:
		snprintf(h->word, sizeof(h->word), "%s", h->prompt.text);
		find(h, 0);
		break;
	case PROMPT_DONE:
		prompt_remember(&app->histories[ASK_SEARCH], h->prompt.text);
		h->searching = false;
		break;
	case PROMPT_CANCELLED:
		h->searching = false;
		break;
	default:
		break;
	}
}

static void help_key(struct app *app, struct dialog *d, struct key key)
{
	struct help *h = (struct help *)d;

	if (h->searching) {
		search_key(app, h, key);
	} else if (dialog_list_key(d, key)) {
		return;
	} else if (key.code == '/' || key.code == KEYSYM_F1 + 2) {
		h->searching = true;
		prompt_start(&h->prompt, &app->histories[ASK_SEARCH], NULL);
	} else if (key.code == 'n' || key.code == 'N') {
		find(h, key.code == 'n' ? 1 : -1);
	} else if (key.code == ' ') {
		dialog_list_key(d, (struct key){.code = KEYSYM_PGDN});
	} else if (dialog_is_cancel(key) || key.code == 'h' || key.code == '?' ||
		   key.code == KEYSYM_F1 || key.code == KEYSYM_ENTER) {
		dialog_close(app);
	}
}

static void draw_help_line(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y,
			   int x, int cols)
{
	const struct help *h = (struct help *)d;
	const struct help_line *line = &h->lines.data[i];

	(void)app;
	grid_put(g, y, x, cols, line->heading ? ROLE_HEADER_VALUE : ROLE_DIALOG, line->text,
		 strlen(line->text));
	if (!line->heading && strlen(line->text) > 18)
		grid_paint(g, y, x, cols < 18 ? cols : 18, ROLE_KEY);
	if (*h->word && strcasestr(line->text, h->word)) {
		int from = (int)(strcasestr(line->text, h->word) - line->text);
		int len = (int)strlen(h->word);

		if (from < cols)
			grid_paint(g, y, x + from, from + len > cols ? cols - from : len,
				   ROLE_MATCH);
	}
}

static void help_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct help *h = (struct help *)d;
	struct area area;
	int y;

	dialog_frame(app, g, "Help", (int)d->n + 1, 84, &area);
	y = area.y + area.rows - 1;
	area.rows--;
	dialog_list(d, g, &area, draw_help_line, app);
	if (h->searching) {
		int used = grid_put(g, y, area.x, area.cols, ROLE_PROMPT, "/", 1);

		used += grid_put(g, y, area.x + used, area.cols - used, ROLE_PROMPT, h->prompt.text,
				 h->prompt.len);
		g->cursor_y = y;
		g->cursor_x = area.x + used;
	} else {
		struct pen pen = {g, y, area.x, area.x + area.cols};

		pen_choose(&pen, ROLE_MUTED, "/ search  n next  Esc close", "/ search  Esc close",
			   NULL);
	}
}

static void help_free(struct dialog *d)
{
	struct help *h = (struct help *)d;

	vec_done(&h->lines);
	free(h);
}

void dialog_help_open(struct app *app)
{
	static const struct dialog_ops ops = {
		.key = help_key, .draw = help_draw, .free = help_free};
	struct help *h = xcalloc(1, sizeof(*h));

	h->base.ops = &ops;
	for (int group = 0; group < GROUP_COUNT; group++)
		add_group(h, app, (enum action_group)group);
	add_more(h);
	h->base.n = (uint32_t)h->lines.len;
	dialog_push(app, &h->base);
}
