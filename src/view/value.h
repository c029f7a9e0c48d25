/*
 * A typed cell. A column is one thing: a getter of a value. Its text, its order, how the filter
 * compares it and its JSON form all follow from the type, here and nowhere else.
 */
#ifndef INETTOP_VIEW_VALUE_H
#define INETTOP_VIEW_VALUE_H

#include "base/strbuf.h"
#include "model/record.h"

enum value_type {
	VALUE_NONE,     /* unknown or not applicable: null, "-" on screen, matches nothing but != */
	VALUE_U64,      /* a count or a number that people compare: pid, inode, uid, queue */
	VALUE_SIZE,     /* bytes (u64) */
	VALUE_RATE,     /* bytes per second (u64) */
	VALUE_DURATION, /* milliseconds (u64) */
	VALUE_AGE_MAX,  /* milliseconds (u64), an upper bound: shown with a leading <= sign */
	VALUE_PERCENT,  /* hundredths of a percent (u64) */
	VALUE_PORT,     /* u64; may be given by service name in a filter */
	VALUE_ADDR,     /* addr, ifindex name in str */
	VALUE_STRING,   /* raw bytes, sanitised when shown */
	VALUE_WORD,     /* one of a fixed set of lower case words (static text in str) */
	VALUE_COOKIE,   /* u64, a string in JSON */
	VALUE_TIME,     /* wall clock ms (u64) */
	VALUE_BOOL      /* u64 0 or 1 */
};

struct value {
	enum value_type type;
	uint64_t num;
	struct netaddr addr;
	struct bytes str;
};

/* How numbers and times are written. */
struct value_style {
	bool numeric;       /* no service names, no humanised units */
	bool ascii;         /* only ASCII characters */
	int64_t wall_ms;    /* now, for relative times */
};

/* Three-way order; VALUE_NONE sorts after everything. Both values have the type of one column. */
int value_compare(const struct value *a, const struct value *b);

/* Appends the cell's text: clean, printable, no control byte. */
void value_text(const struct value *v, const struct value_style *style, struct strbuf *out);

#endif
