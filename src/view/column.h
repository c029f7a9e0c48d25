/*
 * The column table: one row in columns.def, one getter. Ids are the JSON names (SPEC 5), aliases are
 * accepted wherever a column is named (options, filters, sort).
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
	const char *id;      /* JSON name, lower case; nested ones as container.id */
	const char *aliases; /* space separated, may be "" */
	const char *title;   /* heading on screen */
	const char *help;    /* one line */
	enum value_type type;
	enum column_align align;
	uint8_t min_width, max_width; /* 0 = as wide as wanted */
	uint32_t panes;      /* PANE_BIT mask where it exists */
	uint64_t needs;      /* NEED_* bits that fill it */
	bool descending;     /* first sort direction */
	void (*get)(const struct row *row, const struct lookup *lookup, struct value *ret);
};

extern const struct column columns[COL_COUNT];

/* The column with this id or alias in this pane, or COL_COUNT. */
enum column_id column_find(enum pane pane, const char *name, size_t len);

/* Nearest known name for a misspelt one in this pane (static text), or NULL. */
const char *column_suggest(enum pane pane, const char *name, size_t len);

/* Names of the panes: "ports" ...; -1 when unknown. */
const char *pane_name(enum pane pane);
int pane_by_name(const char *name, size_t len);

/* Array of the pane in a snapshot: row i, false for a NULL entry. */
bool row_at(const struct snapshot *snap, enum pane pane, uint32_t slot, struct row *ret);
uint32_t row_slots(const struct snapshot *snap, enum pane pane);
const struct row_head *row_head(const struct row *row); /* NULL for events */
uint64_t row_id(const struct row *row);

#endif
