/* The screen as an SVG picture: one rectangle per run of a background, one text per run of a style.
 */
#include <errno.h>
#include <string.h>

#include "lib/vt_internal.h"

#define FG 0xd4d4d4u
#define BG 0x1e1e1eu
#define CELL_WIDTH 8.4 /* em width of common monospace fonts at 14 px */
#define CELL_HEIGHT 18
#define MARGIN 12

struct style {
	uint32_t fg, bg;
	bool bold, dim, underline;
};

static struct style style_of(struct vt *vt, const struct vt_cell *cell)
{
	struct style s = {.fg = vt_rgb(vt, cell->fg, FG),
			  .bg = vt_rgb(vt, cell->bg, BG),
			  .bold = cell->bold,
			  .dim = cell->dim,
			  .underline = cell->underline};
	uint32_t fg = s.fg;

	if (cell->reverse) {
		s.fg = s.bg;
		s.bg = fg;
	}
	return s;
}

static bool same_style(const struct style *a, const struct style *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold && a->dim == b->dim &&
	       a->underline == b->underline;
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else
			fputc(*text, out);
	}
}

static void put_run(FILE *out, int row, int col, int end, const struct style *s, const char *text)
{
	double x = MARGIN + col * CELL_WIDTH, width = (end - col) * CELL_WIDTH;
	int y = MARGIN + row * CELL_HEIGHT;

	if (s->bg != BG)
		fprintf(out,
			"<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#%06x\"/>\n",
			x, y, width, CELL_HEIGHT, s->bg);
	if (text[strspn(text, " ")] == '\0' && !s->underline)
		return;
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" fill=\"#%06x\"%s%s%s>", x,
		y + 13, width, s->fg, s->bold ? " font-weight=\"bold\"" : "",
		s->dim ? " opacity=\"0.55\"" : "",
		s->underline ? " text-decoration=\"underline\"" : "");
	put_escaped(out, text);
	fputs("</text>\n", out);
}

static void put_row(struct vt *vt, FILE *out, int row)
{
	struct vt_buffer text = {0};
	struct vt_cell cell;
	struct style s, run = {0};
	int col, start = 0;

	for (col = 0; col < vt->cols; col++) {
		cell = vt_cell(vt, row, col);
		s = cell.width ? style_of(vt, &cell) : run;
		if (col && !same_style(&s, &run)) {
			put_run(out, row, start, col, &run, text.data);
			text.len = 0;
			start = col;
		}
		run = s;
		vt_buffer_add(&text, cell.text, strlen(cell.text));
	}
	put_run(out, row, start, col, &run, text.data);
	vt_buffer_clear(&text);
}

int vt_svg(struct vt *vt, const char *path)
{
	double width = 2 * MARGIN + vt->cols * CELL_WIDTH;
	int height = 2 * MARGIN + vt->rows * CELL_HEIGHT, row;
	FILE *out = fopen(path, "w");

	if (!out)
		return -errno;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%.0f\" "
		"height=\"%d\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" "
		"font-size=\"14\" xml:space=\"preserve\">\n"
		"<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#%06x\"/>\n",
		width, height, width, height, BG);
	for (row = 0; row < vt->rows; row++)
		put_row(vt, out, row);
	fputs("</svg>\n", out);
	return fclose(out) ? -errno : 0;
}
