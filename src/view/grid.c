#include "view/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define GRID_SIDE_MAX 1000
#define GRID_LINE_MAX 1024

void grid_init(struct grid *g)
{
	memset(g, 0, sizeof(*g));
	g->cursor_x = g->cursor_y = -1;
}

void grid_done(struct grid *g)
{
	free(g->cells);
	grid_init(g);
}

static int between(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

void grid_resize(struct grid *g, int rows, int cols)
{
	rows = between(rows, 1, GRID_SIDE_MAX);
	cols = between(cols, 1, GRID_SIDE_MAX);
	if (rows != g->rows || cols != g->cols) {
		g->cells = xreallocarray(g->cells, (size_t)rows * (size_t)cols, sizeof(*g->cells));
		g->rows = rows;
		g->cols = cols;
	}
	grid_clear(g);
}

static struct cell *cell_at(const struct grid *g, int y, int x)
{
	if (y < 0 || x < 0 || y >= g->rows || x >= g->cols)
		return NULL;
	return &g->cells[(size_t)y * (size_t)g->cols + (size_t)x];
}

const struct cell *grid_at(const struct grid *g, int y, int x)
{
	return cell_at(g, y, x);
}

static void set_blank(struct cell *cell, enum role role)
{
	*cell = (struct cell){.text = " ", .len = 1, .width = 1, .role = (uint8_t)role};
}

void grid_clear(struct grid *g)
{
	grid_fill(g, 0, 0, g->rows, g->cols, ROLE_NORMAL);
	g->cursor_x = g->cursor_y = -1;
}

/* Before a cell is overwritten: the other half of a wide character there becomes a blank. */
static void part_wide(struct grid *g, int y, int x)
{
	struct cell *cell = cell_at(g, y, x);
	struct cell *other;

	if (!cell)
		return;
	other = cell->width == 2   ? cell_at(g, y, x + 1)
		: cell->width == 0 ? cell_at(g, y, x - 1)
				   : NULL;
	if (other)
		set_blank(other, other->role);
}

static void put_cell(struct grid *g, int y, int x, int width, enum role role, const char *text,
		     size_t len)
{
	struct cell *cell = cell_at(g, y, x);
	struct cell *right = cell_at(g, y, x + 1);

	if (!cell)
		return;
	part_wide(g, y, x);
	if (width == 2 && right)
		part_wide(g, y, x + 1);
	*cell = (struct cell){.len = (uint8_t)len, .width = (uint8_t)width, .role = (uint8_t)role};
	memcpy(cell->text, text, len);
	if (width == 2 && right)
		*right = (struct cell){.role = (uint8_t)role};
}

/* Adds a combining mark to the character that ends before x. */
static void put_mark(struct grid *g, int y, int x, const char *text, size_t len)
{
	struct cell *cell = cell_at(g, y, x - 1);

	if (cell && cell->width == 0)
		cell = cell_at(g, y, x - 2);
	if (!cell || cell->len + len > sizeof(cell->text))
		return;
	memcpy(cell->text + cell->len, text, len);
	cell->len = (uint8_t)(cell->len + len);
}

int grid_put(struct grid *g, int y, int x, int columns, enum role role, const char *text,
	     size_t len)
{
	int room = x < g->cols ? g->cols - x : 0;
	int used = 0;

	if (columns < room)
		room = columns;
	while (len > 0) {
		uint32_t cp = '?';
		size_t n = utf8_decode(text, len, &cp);
		int width = n ? text_char_width(cp) : -1;

		if (width == 0 && n) {
			put_mark(g, y, x + used, text, n);
		} else if (used + (width > 1 ? 2 : 1) > room) {
			if (used < room)
				put_cell(g, y, x + used++, 1, role, " ", 1);
			break;
		} else if (width < 0 || cp < 0x20 || cp == 0x7f) {
			put_cell(g, y, x + used++, 1, role, "?", 1);
		} else {
			put_cell(g, y, x + used, width, role, text, n);
			used += width;
		}
		text += n ? n : 1;
		len -= n ? n : 1;
	}
	return used;
}

int grid_puts(struct grid *g, int y, int x, enum role role, const char *text)
{
	return grid_put(g, y, x, g->cols, role, text, strlen(text));
}

int grid_putf(struct grid *g, int y, int x, enum role role, const char *format, ...)
{
	char line[GRID_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return grid_puts(g, y, x, role, line);
}

void grid_fill(struct grid *g, int y, int x, int rows, int cols, enum role role)
{
	for (int row = y; row < y + rows; row++) {
		part_wide(g, row, x);
		part_wide(g, row, x + cols - 1);
		for (int col = x; col < x + cols; col++) {
			struct cell *cell = cell_at(g, row, col);

			if (cell)
				set_blank(cell, role);
		}
	}
}

void grid_paint(struct grid *g, int y, int x, int cols, enum role role)
{
	for (int col = x; col < x + cols; col++) {
		struct cell *cell = cell_at(g, y, col);

		if (cell)
			cell->role = (uint8_t)role;
	}
}

void grid_box(struct grid *g, int y, int x, int rows, int cols, enum role role, const char *title)
{
	static const char *const utf8[] = {"─", "│", "┌", "┐", "└", "┘"};
	static const char *const ascii[] = {"-", "|", "+", "+", "+", "+"};
	const char *const *part = g->ascii ? ascii : utf8;

	if (rows < 2 || cols < 2)
		return;
	grid_fill(g, y, x, rows, cols, role);
	for (int col = x + 1; col < x + cols - 1; col++) {
		grid_puts(g, y, col, role, part[0]);
		grid_puts(g, y + rows - 1, col, role, part[0]);
	}
	for (int row = y + 1; row < y + rows - 1; row++) {
		grid_put(g, row, x, 1, role, part[1], strlen(part[1]));
		grid_put(g, row, x + cols - 1, 1, role, part[1], strlen(part[1]));
	}
	grid_puts(g, y, x, role, part[2]);
	grid_puts(g, y, x + cols - 1, role, part[3]);
	grid_puts(g, y + rows - 1, x, role, part[4]);
	grid_puts(g, y + rows - 1, x + cols - 1, role, part[5]);
	if (title && cols > 6) {
		int used = grid_put(g, y, x + 3, cols - 6, role, title, strlen(title));

		grid_puts(g, y, x + 2, role, " ");
		grid_puts(g, y, x + 3 + used, role, " ");
	}
}

static void trim(struct strbuf *out, size_t start)
{
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

static void dump_line(const struct grid *g, int y, bool roles, struct strbuf *out)
{
	size_t start = out->len;

	for (int x = 0; x < g->cols; x++) {
		const struct cell *cell = grid_at(g, y, x);

		if (roles)
			strbuf_addc(out, role_letter(cell->role));
		else
			strbuf_add(out, cell->text, cell->len);
	}
	if (out->data)
		trim(out, start);
	strbuf_addc(out, '\n');
}

void grid_dump(const struct grid *g, bool roles, struct strbuf *out)
{
	for (int y = 0; y < g->rows; y++)
		dump_line(g, y, false, out);
	if (!roles)
		return;
	strbuf_adds(out, "--roles\n");
	for (int y = 0; y < g->rows; y++)
		dump_line(g, y, true, out);
}
