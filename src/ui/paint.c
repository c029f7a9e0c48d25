#include "ui/paint.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/term.h"

#define NCURSES_NOMACROS
#include <curses.h>

#define CLUSTER_CHARS 4 /* a base, two marks, the end */

void paint_init(struct paint *p)
{
	*p = (struct paint){.theme = -1};
}

void paint_done(struct paint *p)
{
	free(p->cells);
	paint_init(p);
}

void paint_redraw(struct paint *p)
{
	p->rows = 0;
	clearok(curscr, TRUE);
}

/* --- styles */

/* ncurses' number of a theme's colour; -1 where the terminal has no colours of its own. */
static short colour(int number, bool *ret_bold)
{
	if (number >= 8 && COLORS < 16) {
		*ret_bold = true;
		number -= 8;
	}
	return (short)number;
}

static short pair_of(int *n_pairs, short fg, short bg)
{
	short have_fg, have_bg, i;

	if (fg < 0 && bg < 0)
		return 0;
	for (i = 1; i <= *n_pairs; i++)
		if (pair_content(i, &have_fg, &have_bg) == OK && have_fg == fg && have_bg == bg)
			return i;
	if (*n_pairs + 1 >= COLOR_PAIRS || init_pair((short)(*n_pairs + 1), fg, bg) != OK)
		return 0;
	return (short)++*n_pairs;
}

static void set_theme(struct paint *p, enum theme_id theme)
{
	enum theme_depth depth = term_depth();
	bool own = depth != DEPTH_MONO && use_default_colors() == OK;
	int n_pairs = 0, role;
	struct style s;
	short fg, bg;
	bool bold, ignored;

	for (role = 0; role < ROLE_COUNT; role++) {
		s = theme_style(theme, depth, (enum role)role);
		bold = (s.attrs & STYLE_BOLD) != 0;
		p->pairs[role] = 0;
		if (depth != DEPTH_MONO) {
			fg = colour(s.fg < 0 && !own ? COLOR_WHITE : s.fg, &bold);
			bg = colour(s.bg < 0 && !own ? COLOR_BLACK : s.bg, &ignored);
			p->pairs[role] = pair_of(&n_pairs, fg, bg);
		}
		p->attrs[role] = (bold ? A_BOLD : 0) | (s.attrs & STYLE_DIM ? A_DIM : 0) |
				 (s.attrs & STYLE_REVERSE ? A_REVERSE : 0) |
				 (s.attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0);
	}
	p->theme = (int)theme;
	p->rows = 0;
}

/* --- cells */

static void to_wide(const struct cell *c, wchar_t ret[CLUSTER_CHARS])
{
	size_t done = 0, n, i = 0;
	uint32_t cp;

	while (i < CLUSTER_CHARS - 1 && (n = utf8_decode(c->text + done, c->len - done, &cp))) {
		ret[i++] = cp < 0x80 || term_is_utf8() ? (wchar_t)cp : L'?';
		done += n;
	}
	if (!i || (unsigned)ret[0] < ' ' || ret[0] == 0x7f)
		ret[0] = i ? L'?' : L' ', i = 1;
	if (!term_is_utf8())
		i = 1;
	ret[i] = L'\0';
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	return a->len == b->len && a->width == b->width && a->role == b->role &&
	       !memcmp(a->text, b->text, a->len);
}

static void put_cells(struct paint *p, const struct grid *g, int y, int from, int to)
{
	const struct cell *row = g->cells + (size_t)y * (size_t)g->cols;
	cchar_t *line = xcalloc((size_t)(to - from), sizeof(*line));
	wchar_t wide[CLUSTER_CHARS];
	int x, n = 0, pad;

	for (x = from; x < to; x++) {
		if (!row[x].width)
			continue;
		to_wide(&row[x], wide);
		setcchar(&line[n++], wide, p->attrs[row[x].role], p->pairs[row[x].role], NULL);
		pad = term_is_utf8() ? 0 : row[x].width - 1;
		if (pad) /* its '?' is narrow */
			setcchar(&line[n++], L" ", p->attrs[row[x].role], p->pairs[row[x].role],
				 NULL);
	}
	mvadd_wchnstr(y, from, line, n);
	free(line);
}

/* Sends the part of a row between its first and its last change. */
static void paint_row(struct paint *p, const struct grid *g, int y)
{
	const struct cell *now = g->cells + (size_t)y * (size_t)g->cols;
	const struct cell *before = p->cells + (size_t)y * (size_t)g->cols;
	int from = 0, to = g->cols;

	if (p->rows) {
		while (from < to && same_cell(&now[from], &before[from]))
			from++;
		while (to > from && same_cell(&now[to - 1], &before[to - 1]))
			to--;
	}
	while (from > 0 && from < to && !now[from].width)
		from--;
	while (to > from && to < g->cols && !now[to].width)
		to++;
	if (from < to)
		put_cells(p, g, y, from, to);
}

static void place_cursor(struct paint *p, const struct grid *g)
{
	bool shown = g->cursor_x >= 0 && g->cursor_y >= 0;

	leaveok(stdscr, !shown);
	if (shown)
		move(g->cursor_y, g->cursor_x);
	if (shown != p->cursor)
		curs_set(shown ? 1 : 0);
	p->cursor = shown;
}

void paint_grid(struct paint *p, const struct grid *g, enum theme_id theme)
{
	size_t n = (size_t)g->rows * (size_t)g->cols;
	int y;

	if (p->theme != (int)theme)
		set_theme(p, theme);
	if (p->rows != g->rows || p->cols != g->cols) {
		p->cells = xreallocarray(p->cells, n, sizeof(*p->cells));
		p->rows = 0;
		erase();
	}
	for (y = 0; y < g->rows; y++)
		paint_row(p, g, y);
	memcpy(p->cells, g->cells, n * sizeof(*p->cells));
	p->rows = g->rows;
	p->cols = g->cols;
	place_cursor(p, g);
	wnoutrefresh(stdscr);
	doupdate();
	term_frame();
}
