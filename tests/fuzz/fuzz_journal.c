/*
 * A recording of any bytes, played as --replay plays it: frames into a store, a snapshot of each.
 * Form of the input: frames, each after its length (u16, little endian). What a snapshot says must
 * lie inside it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 16

static void require(int condition)
{
	if (!condition)
		abort();
}

static uint64_t read_bytes(struct bytes b)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < b.len; i++)
		sum += (uint8_t)b.ptr[i];
	return sum;
}

static void on_name(void *ctx, enum journal_name kind, uint64_t key, struct bytes text)
{
	uint64_t *sum = ctx;

	require(kind < JOURNAL_NAME_COUNT);
	*sum += key + read_bytes(text);
}

static void look(const struct snapshot *snap)
{
