/*
 * Rows as CSV: the same fields as JSON under the same names, nested ones as container.id, lists
 * joined by a space (their text forms: view/list.h), `args` left out, null as an empty cell.
 */
#ifndef INETTOP_VIEW_CSV_ROW_H
#define INETTOP_VIEW_CSV_ROW_H

#include "base/csvw.h"
#include "view/field.h"

struct csv_rows {
	struct csvw w;
	const struct lookup *lookup; /* borrowed */
	bool with_gone;		     /* rows that are gone too: off */
	size_t n_fields;
	struct field fields[COL_COUNT];
	struct strbuf scratch;
};

void csv_rows_init(struct csv_rows *cr, struct sink *sink, enum pane pane,
		   const struct lookup *lookup);
void csv_rows_done(struct csv_rows *cr);

void csv_rows_header(struct csv_rows *cr);

/* Returns false for a gone row that was not asked for. */
bool csv_rows_add(struct csv_rows *cr, const struct row *row);

#endif
