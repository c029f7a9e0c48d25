/*
 * The rows of one pane in the order they are shown: filter, sort, grouping over the slots of a
 * snapshot. Rows are named by their ids across snapshots.
 *
 * Filter verdicts and sort keys are kept per slot and made anew only for rows that changed; the
 * order is repaired (rows out of place are taken out, sorted and merged back), not sorted again.
 * Work is done in slices by table_work(); until it is done the lines are those of before.
 */
#ifndef INETTOP_VIEW_TABLE_H
#define INETTOP_VIEW_TABLE_H

#include "base/hash.h"
#include "base/vec.h"
#include "model/needs.h"
#include "view/column.h"

#define TABLE_SORT_MAX 3

enum table_grouping {
	GROUPING_NONE,
	GROUPING_PROCESS,
	GROUPING_UNIT,
	GROUPING_CONTAINER,
	GROUPING_NETNS,
	GROUPING_SERVICE,
	GROUPING_TREE, /* processes below their parents */
	GROUPING_COUNT
};

/* One line on screen: a row, or the head of a group of rows. */
struct table_line {
	uint32_t slot;	/* of the row; of a group's first member for its head */
	uint32_t group; /* index, or SLOT_NONE */
	uint8_t depth;
	bool head;   /* the line stands for the group */
	bool folded; /* and hides its members (or a tree row its children) */
	bool parent; /* a tree row with children */
};

struct table_group {
	uint64_t key;	       /* stable across snapshots, never 0 */
	uint32_t start, count; /* of its members in table.members */
	bool folded;
};

/* A sort key of one row, comparable without asking the row again. */
struct order_key {
	uint64_t high;
	union {
		struct {
			uint64_t mid, low;
		};
		struct bytes str; /* points into the snapshot or a name that stays */
	};
	uint8_t rank; /* 0 value, 1 pending, 2 none */
	bool text;
};

typedef bool table_match_fn(void *ctx, const struct row *row);

struct table {
	enum pane pane;
	const struct snapshot *snap;
	struct sort_key sort[TABLE_SORT_MAX];
	uint8_t n_sort;
	table_match_fn *match; /* NULL = all */
	void *match_ctx;
	bool match_plain;    /* verdicts depend on the row alone, not on its process */
	bool match_volatile; /* verdicts depend on more than the row: time, peers */
	enum table_grouping grouping;

	/* by slot */
	uint32_t n_slots;
	uint64_t *ids;
	const void **objects;
	uint8_t *verdicts, *placed;
	struct order_key *keys;
	uint64_t *dirty_procs; /* bit set by process slot */
	uint32_t n_dirty_procs;

	VEC(uint32_t) order, kept, moved, merged, scratch;
	uint8_t stage;
	uint32_t pos, width;
	bool all_dirty, keys_dirty, resort, lines_dirty;
	bool text_endpoints; /* an endpoint's sort key points into another row's object */
	bool partial;	     /* only the candidates can differ from the snapshot before */
	VEC(uint32_t) candidates, touched;
	uint64_t neighbours; /* digest of namespaces and containers */

	VEC(struct table_line) lines; /* only when grouped */
	VEC(struct table_group) groups;
	VEC(uint32_t) members; /* all rows in the order of the groups or the tree */
	struct hash folds;     /* group key -> 1 folded, 2 open */
	bool fold_default;
	uint32_t total;	  /* rows before the filter, as of the last finished scan */
	uint32_t counted; /* the same, of the scan under way */
};

void table_init(struct table *t, enum pane pane);
void table_done(struct table *t);

/* The rows are those of this snapshot now; previous: the one whose objects may still be compared
 * with (the table's last one, alive), or NULL. */
void table_set_snapshot(struct table *t, const struct snapshot *snap,
			const struct snapshot *previous);

void table_set_sort(struct table *t, const struct sort_key *keys, size_t n);

/* Which rows are shown. volatile_: the verdict of an unchanged row may change. */
void table_set_match(struct table *t, table_match_fn *match, void *ctx, bool volatile_);

void table_set_grouping(struct table *t, enum table_grouping grouping);

/* Works on what is pending, at most about `rows` rows. True while there is more. */
bool table_work(struct table *t, const struct lookup *lookup, uint32_t rows);

/* Whether nothing is pending: the lines are those of the rows. */
bool table_idle(const struct table *t);

uint32_t table_count(const struct table *t); /* lines */
uint32_t table_rows(const struct table *t);  /* rows that match */
struct table_line table_line(const struct table *t, uint32_t index);

/* The id of what a line shows: the row's, or the group's key for a head. */
uint64_t table_line_id(const struct table *t, uint32_t index);

/* The row of a line (a head's first member); false when the snapshot lost it meanwhile. */
bool table_row(const struct table *t, uint32_t index, struct row *ret_row);

/* Line of a row or a group, SLOT_NONE if not there. */
uint32_t table_find(const struct table *t, uint64_t id, bool head);

/* Folding: how > 0 open, < 0 closed, 0 the other way. */
void table_fold(struct table *t, uint64_t key, int how);
void table_fold_all(struct table *t);

/* A group's name for the screen: raw bytes into out. */
void table_group_name(const struct table *t, const struct table_group *group, struct strbuf *out);

/* Makes the lines from the order; for table.c. */
void table_group_build(struct table *t);

#endif
