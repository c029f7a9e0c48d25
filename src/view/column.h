/*
 * The column table: one row in columns.def, one getter. Ids are the JSON names (SPEC 5), aliases
 * are accepted wherever a column is named (options, filters, sort).
 */
#ifndef INETTOP_VIEW_COLUMN_H
#define INETTOP_VIEW_COLUMN_H

#include "model/lookup.h"
#include "model/snapshot.h"
#include "view/value.h"

enum pane {
	PANE_PORTS,
	PANE_SOCKETS,
	PANE_PROCESSES,
	PANE_NAMESPACES,
	PANE_CONTAINERS,
	PANE_EVENTS,
	PANE_COUNT
};

#define PANE_BIT(p) (1u << (p))

/* One row of a pane: obj is a struct port, sock, proc, netns, container or event by pane. */
struct row {
	const struct snapshot *snap;
	const void *obj;
	uint8_t pane;
	uint32_t slot;
};

enum column_id {
#define COLUMN(sym, ...) COL_##sym,
#include "view/columns.def"
#undef COLUMN
	COL_COUNT
};

enum column_align { ALIGN_LEFT, ALIGN_RIGHT };

struct column {
	const char *id;	     /* JSON name, lower case; nested ones as container.id */
	const char *aliases; /* space separated, may be "" */
	const char *title;   /* heading on screen */
	const char *help;    /* one line */
	enum value_type type;
	enum column_align align;
	uint8_t min_width, max_width; /* 0 = as wide as wanted */
	uint32_t panes;		      /* PANE_BIT mask where it exists */
	uint64_t needs;		      /* NEED_* bits that fill it */
	bool descending;	      /* first sort direction: greatest first */
	bool json;		      /* part of JSON and CSV; false = for the screen only */
	void (*get)(const struct row *row, const struct lookup *lookup, struct value *ret);
};

extern const struct column columns[COL_COUNT];

/* The value of a row's cell. */
void column_get(enum column_id col, const struct row *row, const struct lookup *lookup,
		struct value *ret);

/* Whether the pane has the column. */
bool column_in(enum column_id col, enum pane pane);

/* Its name in the pane's JSON: the id, without "container." in the Containers pane. */
const char *column_json_name(enum column_id col, enum pane pane);

/* The column with this id or alias in this pane, or COL_COUNT. An id wins over an alias; a name
 * that only other panes have is not found. Case is ignored. */
enum column_id column_find(enum pane pane, const char *name, size_t len);

/* Nearest known name for a misspelt one in this pane (static text), or NULL. */
const char *column_suggest(enum pane pane, const char *name, size_t len);

/* NEED bits of all JSON columns of a pane. */
uint64_t column_json_needs(enum pane pane);

/* A column that the pane shows unless told otherwise, leftmost first. The smaller the priority the
 * longer it stays when there is little room: 1 = even at 40 columns, 2 = at 80, 3 = at 120, 4 =
 * when wider still. */
struct pane_column {
	enum column_id col;
	uint8_t priority;
};
const struct pane_column *pane_columns(enum pane pane, size_t *ret_n);

/* What the screen shows instead below 60 columns; the greatest priority is dropped first. */
const struct pane_column *pane_narrow_columns(enum pane pane, size_t *ret_n);

/* The pane's own sort order: keys in order of weight. */
struct sort_key {
	enum column_id col;
	bool descending;
};
const struct sort_key *pane_sort(enum pane pane, size_t *ret_n);

/* The column that typed digits jump in (SPEC 4), COL_COUNT = none. */
enum column_id pane_number_column(enum pane pane);

/* Names of the panes: "ports" ...; -1 when unknown. */
const char *pane_name(enum pane pane);
int pane_by_name(const char *name, size_t len);

/* Array of the pane in a snapshot: row i, false for a NULL entry. */
bool row_at(const struct snapshot *snap, enum pane pane, uint32_t slot, struct row *ret);
uint32_t row_slots(const struct snapshot *snap, enum pane pane);
const struct row_head *row_head(const struct row *row); /* NULL for events */
uint64_t row_id(const struct row *row);

#endif
