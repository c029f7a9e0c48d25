/*
 * A typed cell. A column is one thing: a getter of a value. Its text, its order, how the filter
 * compares it and its JSON form all follow from the type, here and nowhere else.
 */
#ifndef INETTOP_VIEW_VALUE_H
#define INETTOP_VIEW_VALUE_H

#include "base/jsonw.h"
#include "base/strbuf.h"
#include "model/record.h"

enum value_type {
	VALUE_NONE,	/* unknown or not applicable: null, "-" on screen, matches nothing but != */
	VALUE_PENDING,	/* not known yet: null, an ellipsis on screen, matches nothing */
	VALUE_U64,	/* a count or a number that people compare: pid, inode, uid, queue */
	VALUE_SIZE,	/* bytes (num) */
	VALUE_RATE,	/* bytes per second (num) */
	VALUE_MICROS,	/* microseconds (num), in JSON too */
	VALUE_DURATION, /* milliseconds (num), in JSON too */
	VALUE_AGE,	/* milliseconds (num), in JSON seconds with up to three decimals */
	VALUE_AGE_MAX,	/* the same as an upper bound: shown with a leading <= sign */
	VALUE_PERCENT,	/* hundredths of a percent (num) */
	VALUE_RATIO,	/* num of max, max 0 = no limit: "3/128"; compares with U64 and PERCENT */
	VALUE_PORT,	/* num; may be given by service name in a filter */
	VALUE_ADDR,	/* addr, or vsock context id + 1 in max; str = zone (device) or NULL */
	VALUE_ENDPOINT, /* the same, num = port; name = host name instead of the address, suffix =
			 * service name instead of the port, where they are wanted */
	VALUE_STRING,  /* raw bytes in str, after `prefix` and before `suffix` (static text or NULL)
			*/
	VALUE_COMMAND, /* arguments in str, each NUL-terminated; shown joined by spaces */
	VALUE_WORD,    /* one of a fixed set of lower case words (static text in str) */
	VALUE_COOKIE,  /* num, a string in JSON */
	VALUE_TIME,    /* wall clock ms (num), in JSON RFC 3339 UTC */
	VALUE_BOOL,    /* num 0 or 1 */
	VALUE_LIST,    /* num items behind `list`: an array in JSON, joined by spaces in text */
	VALUE_TYPE_COUNT
};

struct value;

/* How a list is written: as text (raw bytes, items joined by a space), as a JSON array, and, when
 * json() says that bytes had to be replaced, as an array of base64 strings (may be NULL). */
struct list_ops {
	void (*text)(const struct value *list, struct strbuf *out);
	bool (*json)(const struct value *list, struct jsonw *w);
	void (*base64)(const struct value *list, struct jsonw *w);
};

/* Borrows everything it points to from the snapshot. Members that the type does not use are not
 * set. */
struct value {
	enum value_type type;
	uint64_t num, max;
	struct netaddr addr;
	struct bytes str;
	const char *prefix, *suffix, *name;
	const struct list_ops *list;
	const void *items; /* what list's functions know how to read */
	const void *ctx, *extra;
};

/* How numbers and times are written. */
struct value_style {
	bool numeric;	      /* exact numbers: no humanised units; times in full, UTC */
	bool ascii;	      /* only ASCII characters */
	bool export;	      /* for files: the same in every locale */
	int64_t wall_ms;      /* now: times of another day are shown with their date */
	int32_t utc_offset_s; /* local time minus UTC, for times on screen */
};

/* Three-way order; NONE sorts after everything, PENDING just before it. Both values have the type
 * of one column, or one is a literal of value_parse() for it. */
int value_compare(const struct value *a, const struct value *b);

/* Appends the cell's text: clean, printable, no control byte, never empty ("-" for NONE). */
void value_text(const struct value *v, const struct value_style *style, struct strbuf *out);

/* The value as bytes that a substring or a pattern is looked for in: str itself where that is
 * enough, else built in scratch (which is reset). ptr NULL for NONE and PENDING. Raw, not clean. */
struct bytes value_bytes(const struct value *v, struct strbuf *scratch);

/* Writes "name": value, and "name_b64" when bytes had to be replaced. scratch is reset. */
void value_json(const struct value *v, const char *name, struct jsonw *w, struct strbuf *scratch);

/* The same value as one CSV cell's raw bytes, by the rules of JSON: NULL for null. */
struct bytes value_csv(const struct value *v, struct strbuf *scratch);

/* What a filter compares with. */
struct literal {
	struct value v;
	bool prefix; /* an address with /BITS: match with netaddr_in_prefix() */
	uint8_t bits;
};

/* Ports by name for literals: 0 = unknown name. */
typedef uint16_t port_by_name_fn(void *ctx, const char *name, size_t len);

/*
 * Reads a filter's literal for a column of this type. Units: ages in seconds unless given (10s,
 * 5m), durations in ms, microsecond columns in us, sizes and rates with K M G; PERCENT for a RATIO
 * with
 * %, else a number; `new`-like words lower case; yes/no for BOOL; addresses with optional /BITS.
 * str of the result points into text. 0, or -EINVAL or -ERANGE with *ret_error = what was expected
 * (static text, "a duration such as 10s").
 */
int value_parse(enum value_type type, const char *text, size_t len, port_by_name_fn *port,
		void *port_ctx, struct literal *ret_literal, const char **ret_error);

/* Hundredths of a percent that a RATIO is full, 0 without a limit. */
uint64_t value_fill(const struct value *v);

/* Unix ms as RFC 3339 UTC with milliseconds ("2024-01-31T12:00:00.000Z"). */
#define VALUE_TIME_MAX 40
const char *value_rfc3339(char buf[VALUE_TIME_MAX], uint64_t wall_ms);

#endif
