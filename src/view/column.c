#include "view/column.h"

#include <string.h>
#include <strings.h>

#include "model/needs.h"
#include "view/column_get.h"

#define PO PANE_BIT(PANE_PORTS)
#define SO PANE_BIT(PANE_SOCKETS)
#define PR PANE_BIT(PANE_PROCESSES)
#define NA PANE_BIT(PANE_NAMESPACES)
#define CO PANE_BIT(PANE_CONTAINERS)
#define EV PANE_BIT(PANE_EVENTS)
#define ALL (PANE_BIT(PANE_COUNT) - 1)
#define NEED_CTR (NEED_OWNERS | NEED_PROCS | NEED_CONTAINERS)
#define JSON 1u
#define DESC 2u

#define CONTAINER_PREFIX "container."

const struct column columns[COL_COUNT] = {
#define COLUMN(sym, id_, aliases_, title_, help_, type_, align_, min_, max_, panes_, needs_,       \
	       flags_, getter)                                                                     \
	[COL_##sym] = {                                                                            \
		.id = id_,                                                                         \
		.aliases = aliases_,                                                               \
		.title = title_,                                                                   \
		.help = help_,                                                                     \
		.type = VALUE_##type_,                                                             \
		.align = ALIGN_##align_,                                                           \
		.min_width = min_,                                                                 \
		.max_width = max_,                                                                 \
		.panes = (panes_),                                                                 \
		.needs = (needs_),                                                                 \
		.descending = ((flags_)&DESC) != 0,                                                \
		.json = ((flags_)&JSON) != 0,                                                      \
		.get = get_##getter,                                                               \
	},
#include "view/columns.def"
#undef COLUMN
};

void column_get(enum column_id col, const struct row *row, const struct lookup *lookup,
		struct value *ret)
{
	*ret = (struct value){.type = VALUE_NONE};
	columns[col].get(row, lookup, ret);
}

bool column_in(enum column_id col, enum pane pane)
{
	return (columns[col].panes & PANE_BIT(pane)) != 0;
}

const char *column_json_name(enum column_id col, enum pane pane)
{
	const char *id = columns[col].id;
	size_t skip = strlen(CONTAINER_PREFIX);

	return pane == PANE_CONTAINERS && !strncmp(id, CONTAINER_PREFIX, skip) ? id + skip : id;
}

uint64_t column_json_needs(enum pane pane)
{
	uint64_t needs = 0;

	for (int i = 0; i < COL_COUNT; i++)
		if (columns[i].json && column_in(i, pane))
			needs |= columns[i].needs;
	return needs;
}

static bool same_word(const char *word, size_t word_len, const char *name, size_t len)
{
	return word_len == len && !strncasecmp(word, name, len);
}

/* Whether name is one of the words of a space separated list. */
static bool in_words(const char *words, const char *name, size_t len)
{
	while (*words) {
		size_t word = strcspn(words, " ");

		if (same_word(words, word, name, len))
			return true;
		words += word + strspn(words + word, " ");
	}
	return false;
}

enum column_id column_find(enum pane pane, const char *name, size_t len)
{
	for (int i = 0; i < COL_COUNT; i++) {
		const char *id = columns[i].id, *json = column_json_name(i, pane);

		if (column_in(i, pane) && (same_word(id, strlen(id), name, len) ||
					   same_word(json, strlen(json), name, len)))
			return i;
	}
	for (int i = 0; i < COL_COUNT; i++)
		if (column_in(i, pane) && in_words(columns[i].aliases, name, len))
			return i;
	return COL_COUNT;
}

#define SUGGEST_MAX 24

/* Levenshtein distance of two words of at most SUGGEST_MAX bytes. */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int row[SUGGEST_MAX + 1];

	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		unsigned int corner = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			unsigned int change = corner + ((a[i - 1] | 0x20) != (b[j - 1] | 0x20));

			corner = row[j];
			row[j] = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[b_len];
}

struct guess {
	const char *name;
	size_t len;
	const char *best; /* id of the column */
	unsigned int best_distance;
};

static void guess_words(struct guess *g, const char *words, const char *id)
{
	while (*words) {
		size_t word = strcspn(words, " ");

		if (word <= SUGGEST_MAX) {
			unsigned int d = distance(g->name, g->len, words, word);

			if (d < g->best_distance) {
				g->best = id;
				g->best_distance = d;
			}
		}
		words += word + strspn(words + word, " ");
	}
}

const char *column_suggest(enum pane pane, const char *name, size_t len)
{
	struct guess g = {.name = name, .len = len, .best_distance = len < 4 ? 2 : 3};

	if (!len || len > SUGGEST_MAX)
		return NULL;
	for (int i = 0; i < COL_COUNT; i++) {
		if (!column_in(i, pane))
			continue;
		guess_words(&g, column_json_name(i, pane), column_json_name(i, pane));
		guess_words(&g, columns[i].aliases, column_json_name(i, pane));
	}
	return g.best;
}
