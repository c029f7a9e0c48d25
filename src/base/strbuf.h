/* Growable byte buffer with a hard maximum, for text built from data of unknown size.
 * Going past the maximum never aborts: the addition is refused whole, `failed` is set and stays
 * set, and every later addition is refused too, until strbuf_reset(). */
#ifndef INETTOP_BASE_STRBUF_H
#define INETTOP_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define STRBUF_MAX_DEFAULT ((size_t)64 << 20)

struct strbuf {
	char *data; /* NULL while nothing was added; else NUL after the last byte */
	size_t len; /* bytes, without that NUL */
	size_t cap;
	size_t max; /* most bytes it will hold */
	bool failed;
};

/* max in bytes, 0 = STRBUF_MAX_DEFAULT. Allocates nothing. */
void strbuf_init(struct strbuf *sb, size_t max);

/* Frees the memory; the buffer is empty and usable again. */
void strbuf_done(struct strbuf *sb);

/* Forgets content and failure, keeps the memory. */
void strbuf_reset(struct strbuf *sb);

/* Appends len raw bytes, a string, one byte, formatted text. */
void strbuf_add(struct strbuf *sb, const void *mem, size_t len);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* The content as a string, "" while empty. Valid until the next change. */
const char *strbuf_str(const struct strbuf *sb);

/* Hands the content over as a heap string (never NULL; the caller frees it) and leaves the buffer
 * empty. ret_len may be NULL. */
char *strbuf_detach(struct strbuf *sb, size_t *ret_len);

#endif
