/* The one sanitiser between bytes from outside and any output, and the measuring of its result.
 *
 * Cleaned text is valid UTF-8 without control, format, bidi, zero-width, private-use, line or
 * paragraph separator characters and with at most two combining marks on a base. What is not shown
 * as itself is shown as an escape, never dropped or blanked:
 *	\t \n \r	those three control characters
 *	\xNN		other C0 controls, DEL, bytes that are not UTF-8
 *	\uXXXX		other characters up to U+FFFF
 *	\UXXXXXXXX	characters above
 * A backslash stays as it is. Escapes are for people; exact bytes are in the JSON output. */
#ifndef INETTOP_BASE_TEXT_H
#define INETTOP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

enum text_flags {
	TEXT_UTF8 = 0,	 /* for a UTF-8 terminal: characters that wcwidth() knows */
	TEXT_ASCII = 1,	 /* characters above U+007F become escapes too */
	TEXT_EXPORT = 2, /* for files: the same result in every locale, unknown characters stay */
};

/* Part of a cleaned text: bytes [offset, offset + len) take `columns` columns. */
struct text_slice {
	size_t offset;
	size_t len;
	size_t columns;
	bool cut;  /* something was left out */
	bool half; /* a two-column character did not fit in the last column: put a space there */
};

/* Appends len raw bytes (NUL is legal) to out, cleaned. Returns true when anything was escaped.
 * A combining mark at the start, or after an escape, has no base and is escaped. */
bool text_clean(const char *raw, size_t len, enum text_flags flags, struct strbuf *out);

/* Whether a character must never reach a screen as itself: Cc, Cf, Zl, Zp, Co, Cs,
 * noncharacters and those that Unicode calls default-ignorable. Does not depend on the locale. */
bool text_is_hidden(uint32_t cp);

/* Columns of a character as ncurses counts them: wcwidth() when LC_CTYPE can tell, else a small
 * table that agrees with it; -1 when not known or hidden. */
int text_char_width(uint32_t cp);

/* Columns of cleaned text. */
size_t text_width(const char *clean, size_t len);

/* The longest head (text_clip) or tail (text_clip_left) of cleaned text that fits into columns;
 * a character is never parted from its combining marks. */
void text_clip(const char *clean, size_t len, size_t columns, struct text_slice *ret_slice);
void text_clip_left(const char *clean, size_t len, size_t columns, struct text_slice *ret_slice);

/* Appends cleaned text cut to at most columns: when it does not fit, its head and an ellipsis, or
 * (left) an ellipsis and its tail, for paths. TEXT_ASCII uses '>' and '<'. Returns the columns
 * used, which can be one less than asked next to a two-column character. */
size_t text_fit(const char *clean, size_t len, size_t columns, enum text_flags flags,
		struct strbuf *out);
size_t text_fit_left(const char *clean, size_t len, size_t columns, enum text_flags flags,
		     struct strbuf *out);

#endif
