/* Allocation that cannot fail: when memory runs out the program ends with one line on stderr. */
#ifndef INETTOP_BASE_XALLOC_H
#define INETTOP_BASE_XALLOC_H

#include <stddef.h>

/* Runs hook once before the abort for lack of memory (the screen restores the terminal with it);
 * NULL removes it. Set it before threads start. The hook must not allocate. */
void xalloc_set_oom_hook(void (*hook)(void));

/* Runs the hook, says "out of memory" and aborts. For callers that know a size cannot be had. */
void xalloc_oom(void) __attribute__((noreturn));

/* As malloc, calloc, realloc and reallocarray, but never NULL; a size of 0 is taken as 1.
 * A product that overflows counts as out of memory. Freed with free(). */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
void *xreallocarray(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copies of a string, of at most len bytes of a string (stops at NUL), of size raw bytes. */
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *mem, size_t size) __attribute__((malloc, returns_nonnull));

#endif
