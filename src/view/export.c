#include "view/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "view/csv_row.h"
#include "view/json_row.h"

enum export_format export_format_of(const char *file_name)
{
	static const struct {
		const char *ending;
		enum export_format format;
	} endings[] = {{".json", EXPORT_JSON}, {".jsonl", EXPORT_JSONL}, {".csv", EXPORT_CSV}};
	size_t len = strlen(file_name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t n = strlen(endings[i].ending);

		if (len > n && !strcmp(file_name + len - n, endings[i].ending))
			return endings[i].format;
	}
	return EXPORT_TEXT;
}

static void write_json(const struct export_view *view, struct sink *sink, bool lines)
{
	struct json_rows jr;
	struct row row;

	json_rows_init(&jr, sink, view->pane, view->host, view->lookup);
	jr.with_gone = view->with_gone;
	if (!lines)
		json_rows_begin(&jr, view->snap);
	for (size_t i = 0; i < view->n_slots; i++) {
		if (!row_at(view->snap, view->pane, view->slots[i], &row))
			continue;
		if (lines)
			json_rows_line(&jr, &row);
		else
			json_rows_add(&jr, &row);
	}
	if (lines)
		json_rows_summary(&jr, view->snap);
	else
		json_rows_end(&jr);
	json_rows_done(&jr);
}

static void write_csv(const struct export_view *view, struct sink *sink)
{
	struct csv_rows cr;
	struct row row;

	csv_rows_init(&cr, sink, view->pane, view->lookup);
	cr.with_gone = view->with_gone;
	if (!view->no_heading)
		csv_rows_header(&cr);
	for (size_t i = 0; i < view->n_slots; i++)
		if (row_at(view->snap, view->pane, view->slots[i], &row))
			csv_rows_add(&cr, &row);
	csv_rows_done(&cr);
}

/* ---- text: widths first, then lines ---- */

static void cell_text(const struct export_view *view, const struct row *row, size_t i,
		      struct strbuf *cell)
{
	struct value v;

	strbuf_reset(cell);
	column_get(view->cols[i], row, view->lookup, &v);
	value_text(&v, &view->style, cell);
}

static void measure(const struct export_view *view, size_t *widths, struct strbuf *cell)
{
	struct row row;

	for (size_t i = 0; i < view->n_cols; i++)
		widths[i] = view->no_heading ? 1 : strlen(columns[view->cols[i]].title);
	for (size_t r = 0; r < view->n_slots; r++) {
		if (!row_at(view->snap, view->pane, view->slots[r], &row))
			continue;
		for (size_t i = 0; i < view->n_cols; i++) {
			size_t width;

			cell_text(view, &row, i, cell);
			width = text_width(strbuf_str(cell), cell->len);
			if (width > widths[i])
				widths[i] = width;
		}
	}
}

static void add_cell(const struct export_view *view, size_t i, const struct strbuf *cell,
		     size_t width, struct strbuf *line)
{
	size_t used = text_width(strbuf_str(cell), cell->len);
	bool right = columns[view->cols[i]].align == ALIGN_RIGHT;
	size_t pad = width > used ? width - used : 0;

	if (i)
		strbuf_addc(line, ' ');
	if (right)
		strbuf_addf(line, "%*s", (int)pad, "");
	strbuf_add(line, strbuf_str(cell), cell->len);
	if (!right && i + 1 < view->n_cols)
		strbuf_addf(line, "%*s", (int)pad, "");
}

static void end_line(const struct export_view *view, struct strbuf *line, struct sink *sink)
{
	struct text_slice slice = {.len = line->len};

	if (view->width)
		text_clip(strbuf_str(line), line->len, view->width, &slice);
	sink_add(sink, strbuf_str(line), slice.len);
	sink_addc(sink, '\n');
	strbuf_reset(line);
}

static void write_text(const struct export_view *view, struct sink *sink)
{
	size_t *widths = xcalloc(view->n_cols, sizeof(*widths));
	struct strbuf cell, line;
	struct row row;

	strbuf_init(&cell, 0);
	strbuf_init(&line, 0);
	measure(view, widths, &cell);
	for (size_t i = 0; i < view->n_cols && !view->no_heading; i++) {
		strbuf_reset(&cell);
		strbuf_adds(&cell, columns[view->cols[i]].title);
		add_cell(view, i, &cell, widths[i], &line);
	}
	if (!view->no_heading)
		end_line(view, &line, sink);
	for (size_t r = 0; r < view->n_slots; r++) {
		if (!row_at(view->snap, view->pane, view->slots[r], &row))
			continue;
		for (size_t i = 0; i < view->n_cols; i++) {
			cell_text(view, &row, i, &cell);
			add_cell(view, i, &cell, widths[i], &line);
		}
		end_line(view, &line, sink);
	}
	strbuf_done(&line);
	strbuf_done(&cell);
	free(widths);
}

void export_write(const struct export_view *view, enum export_format format, struct sink *sink)
{
	if (format == EXPORT_TEXT)
		write_text(view, sink);
	else if (format == EXPORT_CSV)
		write_csv(view, sink);
	else
		write_json(view, sink, format == EXPORT_JSONL);
}
