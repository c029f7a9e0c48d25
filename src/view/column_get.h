/*
 * Getters behind columns.def, for use in column.c only: each fills *ret, which comes as VALUE_NONE,
 * for a row of one of the panes its column is in. They borrow from the snapshot and the lookup.
 */
#ifndef INETTOP_VIEW_COLUMN_GET_H
#define INETTOP_VIEW_COLUMN_GET_H

#include <string.h>

#include "view/column.h"

#define COLUMN(sym, id, aliases, title, help, type, align, min, max, panes, needs, flags, getter)  \
	void get_##getter(const struct row *row, const struct lookup *lookup, struct value *ret);
#include "view/columns.def"
#undef COLUMN

static inline void set_num(struct value *ret, enum value_type type, uint64_t num)
{
	ret->type = type;
	ret->num = num;
}

static inline void set_word(struct value *ret, const char *word)
{
	if (!*word)
		return;
	ret->type = VALUE_WORD;
	ret->str = (struct bytes){word, (uint32_t)strlen(word)};
}

static inline void set_text(struct value *ret, const char *text)
{
	if (!text)
		return;
	ret->type = VALUE_STRING;
	ret->str = (struct bytes){text, (uint32_t)strlen(text)};
}

static inline void set_bytes(struct value *ret, struct bytes bytes)
{
	if (!bytes.ptr)
		return;
	ret->type = VALUE_STRING;
	ret->str = bytes;
}

/* The process a row is about: itself, or the primary owner's (the listener's when not accepted). */
const struct proc *row_proc(const struct row *row);

/* The namespace a row is in, NULL when unknown. */
const struct netns *row_netns(const struct row *row);

/* What names the container of a row's process, of the row itself or behind its published port. */
const struct container_rec *row_container(const struct row *row);

/* A command line as socket and port rows give it: at most this many bytes. */
#define CMDLINE_CUT_BYTES 4096
struct bytes cut_cmdline(struct bytes cmdline);

#endif
