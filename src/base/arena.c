#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define ARENA_ALIGN 16
#define ARENA_CHUNK ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of data */
	size_t used;
	_Alignas(ARENA_ALIGN) char data[];
};

void arena_init(struct arena *a, size_t chunk_size)
{
	*a = (struct arena){.chunk_size = chunk_size ? chunk_size : ARENA_CHUNK};
}

static void free_chunks(struct arena *a, struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *older = chunk->older;

		a->bytes -= sizeof(*chunk) + chunk->size;
		free(chunk);
		chunk = older;
	}
}

void arena_done(struct arena *a)
{
	free_chunks(a, a->chunk);
	a->chunk = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk **largest = &a->chunk;
	struct arena_chunk *kept;

	if (!a->chunk)
		return;
	for (struct arena_chunk **at = &a->chunk; *at; at = &(*at)->older) {
		if ((*at)->size > (*largest)->size)
			largest = at;
	}
	kept = *largest;
	*largest = kept->older;
	free_chunks(a, a->chunk);
	kept->older = NULL;
	kept->used = 0;
	a->chunk = kept;
}

static void add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *chunk;
	size_t total;

	if (size < a->chunk_size)
		size = a->chunk_size;
	if (__builtin_add_overflow(size, sizeof(*chunk), &total))
		xalloc_oom();
	chunk = xmalloc(total);
	*chunk = (struct arena_chunk){.older = a->chunk, .size = size};
	a->chunk = chunk;
	a->bytes += total;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t rounded;
	void *mem;

	if (__builtin_add_overflow(size ? size : 1, ARENA_ALIGN - 1, &rounded))
		xalloc_oom();
	rounded -= rounded % ARENA_ALIGN;
	if (!a->chunk || rounded > a->chunk->size - a->chunk->used)
		add_chunk(a, rounded);
	mem = a->chunk->data + a->chunk->used;
	a->chunk->used += rounded;
	return mem;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

size_t arena_bytes(const struct arena *a)
{
	return a->bytes;
}
