/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef INETTOP_BASE_UTF8_H
#define INETTOP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s. Returns its length (1 to 4) and the code point, or 0 when len is 0
 * or the bytes there are not a whole valid character (*ret_cp untouched). */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret_cp);

/* Encodes cp, returns the length, or 0 for a surrogate or a value above U+10FFFF. No NUL added. */
size_t utf8_encode(uint32_t cp, char ret_bytes[4]);

/* Whether all len bytes are valid. */
bool utf8_valid(const char *s, size_t len);

#endif
