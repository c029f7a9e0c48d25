/*
 * Rows as JSON (SPEC 5), streamed: constant memory however many rows there are. Either a document
 * (json_rows_begin, json_rows_add ..., json_rows_end) or lines (json_rows_line ..., and one
 * json_rows_summary per snapshot). Errors of writing stay in the sink.
 */
#ifndef INETTOP_VIEW_JSON_ROW_H
#define INETTOP_VIEW_JSON_ROW_H

#include "view/field.h"

#define JSON_SCHEMA "inettop/1"

struct json_rows {
	struct jsonw w;
	enum pane pane;
	const struct lookup *lookup; /* borrowed; its times are "now" */
	const char *host;	     /* borrowed */
	bool with_gone;		     /* rows that are gone too: off */
	size_t count;		     /* rows written since the last header or summary */
	size_t n_fields;
	struct field fields[COL_COUNT];
	struct strbuf scratch;
	struct strbuf no_tcp; /* the tcp object of a socket without tcp_info */
};

void json_rows_init(struct json_rows *jr, struct sink *sink, enum pane pane, const char *host,
		    const struct lookup *lookup);
void json_rows_done(struct json_rows *jr);

/* The document up to and including the array's opening; what closes it, with a newline. */
void json_rows_begin(struct json_rows *jr, const struct snapshot *snap);
void json_rows_end(struct json_rows *jr);

/* One object of the array. Returns false for a gone row that was not asked for. */
bool json_rows_add(struct json_rows *jr, const struct row *row);

/* One object with "type" on a line of its own. Flushing is the caller's. */
bool json_rows_line(struct json_rows *jr, const struct row *row);

/* The line that ends a snapshot: type "summary", the document's header and the number of rows. */
void json_rows_summary(struct json_rows *jr, const struct snapshot *snap);

/* The members of a row's object, for documents of another kind (evidence of `why`); the caller
 * begins and ends the object. The row must be of jr's pane. */
void json_rows_members(struct json_rows *jr, struct jsonw *w, const struct row *row);

/* "name": bytes as text with its companion, or null. */
void json_member_bytes(struct jsonw *w, const char *name, struct bytes bytes);

#endif
