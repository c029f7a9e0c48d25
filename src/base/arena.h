/* Chunked bump allocator: many small allocations that end together. Out of memory aborts. */
#ifndef INETTOP_BASE_ARENA_H
#define INETTOP_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk; /* the one in use, older ones behind it */
	size_t chunk_size;	   /* least size of a new chunk */
	size_t bytes;
};

/* chunk_size in bytes, 0 = 64 KiB; it suits the expected content. Allocates nothing. */
void arena_init(struct arena *a, size_t chunk_size);

/* Frees everything; the arena is empty and usable again. */
void arena_done(struct arena *a);

/* Ends all allocations, keeps the largest chunk for the next ones. */
void arena_reset(struct arena *a);

/* size bytes aligned to 16, not cleared; never NULL. */
void *arena_alloc(struct arena *a, size_t size)
	__attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(16)));

/* Copies exactly len bytes (NULs too) and adds a NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t len)
	__attribute__((malloc, returns_nonnull));

/* Heap bytes held, used or not. */
size_t arena_bytes(const struct arena *a);

#endif
