/* Typed growable array: `VEC(struct row) rows = {0};`, items are rows.data[0 .. rows.len - 1].
 * All zero is an empty array. Pushing may move data. The macros evaluate v more than once. */
#ifndef INETTOP_BASE_VEC_H
#define INETTOP_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *data;                                                                        \
		size_t len;                                                                        \
		size_t cap;                                                                        \
	}

/* Makes room for n more items. */
#define vec_reserve(v, n)                                                                          \
	((v)->data = vec_grow((v)->data, &(v)->cap, (v)->len, (n), sizeof(*(v)->data)))

/* Appends a copy of item. */
#define vec_push(v, item) (vec_reserve(v, 1), (void)((v)->data[(v)->len++] = (item)))

/* Forgets the items, keeps the memory. */
#define vec_clear(v) ((void)((v)->len = 0))

/* Frees the memory; the array is empty and usable again. Items are not freed. */
#define vec_done(v) (free((v)->data), (void)((v)->data = NULL, (v)->len = 0, (v)->cap = 0))

/* Behind vec_reserve: returns data with room for len + more items, *cap updated. */
static inline void *vec_grow(void *data, size_t *cap, size_t len, size_t more, size_t size)
{
	size_t wanted;
	size_t grown = *cap + *cap / 2 + 8;

	if (more <= *cap - len)
		return data;
	if (__builtin_add_overflow(len, more, &wanted))
		xalloc_oom();
	*cap = grown > wanted ? grown : wanted;
	return xreallocarray(data, *cap, size);
}

#endif
