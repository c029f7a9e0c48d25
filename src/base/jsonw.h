/* Streaming JSON writer (RFC 8259) on a sink: compact, one line per document, the same in every
 * locale. The caller keeps keys and values in order; nesting is at most 64. */
#ifndef INETTOP_BASE_JSONW_H
#define INETTOP_BASE_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sink.h"

struct jsonw {
	struct sink *sink; /* borrowed; holds the write error */
	unsigned depth;
	uint64_t filled; /* bit n: something was written at depth n + 1 */
	bool after_key;
};

/* Needs no end: the struct owns nothing. Flushing is the caller's. */
void jsonw_init(struct jsonw *w, struct sink *sink);

void jsonw_begin_object(struct jsonw *w);
void jsonw_end_object(struct jsonw *w);
void jsonw_begin_array(struct jsonw *w);
void jsonw_end_array(struct jsonw *w);

/* Ends a document with a newline; the next value starts a new one. */
void jsonw_end_line(struct jsonw *w);

/* The name of the next value: a trusted ASCII identifier. */
void jsonw_key(struct jsonw *w, const char *name);

/* Raw bytes as a string: every valid character is kept, hidden ones (text_is_hidden()) as \uXXXX,
 * each byte that is not UTF-8 becomes U+FFFD. Returns true when such a byte was replaced. */
bool jsonw_string(struct jsonw *w, const char *raw, size_t len);

/* Raw bytes as a base64 string (RFC 4648 section 4, padded). */
void jsonw_base64(struct jsonw *w, const void *mem, size_t len);

/* Key and string of an outside fact; when bytes had to be replaced, NAME_b64 with the raw bytes
 * follows. */
void jsonw_text(struct jsonw *w, const char *name, const char *raw, size_t len);

/* Numbers beyond 2^53 are not exact in most readers and become null. */
void jsonw_u64(struct jsonw *w, uint64_t value);
void jsonw_i64(struct jsonw *w, int64_t value);

/* All 64 bits as a decimal string, for cookies. */
void jsonw_u64_string(struct jsonw *w, uint64_t value);

/* At most three decimals, none when it is whole; null for NaN and beyond 2^53 / 1000. */
void jsonw_double(struct jsonw *w, double value);

void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);

/* A value that is JSON already, made by us. */
void jsonw_raw(struct jsonw *w, const char *json, size_t len);

#endif
