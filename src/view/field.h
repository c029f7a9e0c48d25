/*
 * The machine form of a pane's rows: which fields, in which order, nested how. JSON and CSV are
 * both written from this, and it is derived from columns.def.
 */
#ifndef INETTOP_VIEW_FIELD_H
#define INETTOP_VIEW_FIELD_H

#include "view/column.h"

#define FIELD_NAME_MAX 32

struct field {
	enum column_id col;
	const char *name;	    /* "container.id", static text */
	char group[FIELD_NAME_MAX]; /* "container", "" for a field that is not nested */
	const char *member;	    /* "id": name without the group */
	bool opens, closes;	    /* first and last member of its group */
};

/* The fields of a pane in order; ret has room for COL_COUNT. Returns how many there are. */
size_t field_list(enum pane pane, struct field ret[COL_COUNT]);

/* A row's value for a machine: null where the screen shows a stand-in (a number for a name). */
void field_get(const struct field *field, const struct row *row, const struct lookup *lookup,
	       struct value *ret);

/* "socket" "port" "process" ...: what one row of the pane is called. */
const char *field_row_type(enum pane pane);

#endif
