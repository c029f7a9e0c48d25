/* A view written to a sink in one of the formats of the export dialog and of batch mode. */
#ifndef INETTOP_VIEW_EXPORT_H
#define INETTOP_VIEW_EXPORT_H

#include "base/sink.h"
#include "view/column.h"

enum export_format { EXPORT_TEXT, EXPORT_JSON, EXPORT_JSONL, EXPORT_CSV, EXPORT_COUNT };

/* All pointers are borrowed. */
struct export_view {
	const struct snapshot *snap;
	const struct lookup *lookup;
	const char *host;
	enum pane pane;
	const uint32_t *slots; /* rows in the order of the view */
	size_t n_slots;
	const enum column_id *cols; /* text only */
	size_t n_cols;
	struct value_style style; /* text only */
	size_t width;		  /* text only: cut lines to this many columns, 0 = not */
	bool no_heading;	  /* text and CSV */
	bool with_gone; /* JSON and CSV leave rows out that are gone, unless set; text shows what it
			   gets */
};

/* Errors of writing stay in the sink. */
void export_write(const struct export_view *view, enum export_format format, struct sink *sink);

/* The format for a file name by its ending: .json .jsonl .csv, anything else is text. */
enum export_format export_format_of(const char *file_name);

#endif
