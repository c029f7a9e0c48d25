#include "view/csv_row.h"

#include <string.h>

void csv_rows_init(struct csv_rows *cr, struct sink *sink, enum pane pane,
		   const struct lookup *lookup)
{
	struct field all[COL_COUNT];
	size_t n = field_list(pane, all);

	*cr = (struct csv_rows){.lookup = lookup};
	csvw_init(&cr->w, sink);
	strbuf_init(&cr->scratch, 0);
	for (size_t i = 0; i < n; i++)
		if (all[i].col != COL_ARGS)
			cr->fields[cr->n_fields++] = all[i];
}

void csv_rows_done(struct csv_rows *cr)
{
	csvw_done(&cr->w);
	strbuf_done(&cr->scratch);
}

void csv_rows_header(struct csv_rows *cr)
{
	for (size_t i = 0; i < cr->n_fields; i++)
		csvw_cell(&cr->w, cr->fields[i].name, strlen(cr->fields[i].name));
	csvw_end_row(&cr->w);
}

bool csv_rows_add(struct csv_rows *cr, const struct row *row)
{
	const struct row_head *head = row_head(row);
	struct value v;

	if (head && head->gone && !cr->with_gone)
		return false;
	for (size_t i = 0; i < cr->n_fields; i++) {
		struct bytes cell;

		field_get(&cr->fields[i], row, cr->lookup, &v);
		cell = value_csv(&v, &cr->scratch);
		csvw_cell(&cr->w, cell.ptr, cell.len);
	}
	csvw_end_row(&cr->w);
	return true;
}
