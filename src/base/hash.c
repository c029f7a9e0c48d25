#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define HASH_SIZE_MIN 16

/* The high and the low half of a 128-bit product folded together: every bit of the key reaches the
 * low bits, and which keys meet there depends on the seed in both factors. */
static size_t home(const struct hash *h, uint64_t key)
{
	uint64_t other = (h->seed << 32 | h->seed >> 32) ^ UINT64_C(0x9e3779b97f4a7c15);
	unsigned __int128 product = (unsigned __int128)(key ^ h->seed) * (other | 1);

	return (size_t)((uint64_t)product ^ (uint64_t)(product >> 64)) & (h->size - 1);
}

/* The slot of key, or the free one where it belongs. There is always a free one. */
static struct hash_slot *find_slot(const struct hash *h, uint64_t key)
{
	size_t i = home(h, key);

	while (h->slots[i].key && h->slots[i].key != key)
		i = (i + 1) & (h->size - 1);
	return &h->slots[i];
}

static void grow(struct hash *h)
{
	struct hash_slot *old = h->slots;
	size_t old_size = h->size;

	h->size = old_size ? old_size * 2 : HASH_SIZE_MIN;
	h->slots = xcalloc(h->size, sizeof(*h->slots));
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].key)
			*find_slot(h, old[i].key) = old[i];
	}
	free(old);
}

void hash_init(struct hash *h, uint64_t seed)
{
	*h = (struct hash){.seed = seed};
}

void hash_done(struct hash *h)
{
	free(h->slots);
	hash_init(h, h->seed);
}

void hash_clear(struct hash *h)
{
	if (h->size)
		memset(h->slots, 0, h->size * sizeof(*h->slots));
	h->count = 0;
	h->has_zero = false;
}

bool hash_get(const struct hash *h, uint64_t key, uint64_t *ret_value)
{
	const struct hash_slot *slot;

	if (!key) {
		if (h->has_zero && ret_value)
			*ret_value = h->zero_value;
		return h->has_zero;
	}
	if (!h->size)
		return false;
	slot = find_slot(h, key);
	if (slot->key && ret_value)
		*ret_value = slot->value;
	return slot->key != 0;
}

static bool put_zero(struct hash *h, uint64_t value)
{
	bool added = !h->has_zero;

	h->has_zero = true;
	h->zero_value = value;
	h->count += added;
	return added;
}

bool hash_put(struct hash *h, uint64_t key, uint64_t value)
{
	struct hash_slot *slot;

	if (!key)
		return put_zero(h, value);
	slot = h->size ? find_slot(h, key) : NULL;
	if (slot && slot->key) {
		slot->value = value;
		return false;
	}
	if (!slot || h->count + 1 > h->size / 4 * 3) {
		grow(h);
		slot = find_slot(h, key);
	}
	*slot = (struct hash_slot){.key = key, .value = value};
	h->count++;
	return true;
}

/* Moves back what had to go past slot `hole`, so that no search stops early at it. */
static void close_gap(struct hash *h, size_t hole)
{
	size_t mask = h->size - 1;

	for (size_t i = (hole + 1) & mask; h->slots[i].key; i = (i + 1) & mask) {
		size_t wandered = (i - home(h, h->slots[i].key)) & mask;

		if (wandered >= ((i - hole) & mask)) {
			h->slots[hole] = h->slots[i];
			hole = i;
		}
	}
	h->slots[hole] = (struct hash_slot){0};
}

bool hash_del(struct hash *h, uint64_t key)
{
	struct hash_slot *slot;

	if (!hash_get(h, key, NULL))
		return false;
	h->count--;
	if (!key) {
		h->has_zero = false;
		return true;
	}
	slot = find_slot(h, key);
	close_gap(h, (size_t)(slot - h->slots));
	return true;
}

size_t hash_count(const struct hash *h)
{
	return h->count;
}

bool hash_next(const struct hash *h, size_t *pos, uint64_t *ret_key, uint64_t *ret_value)
{
	if (*pos == 0) {
		*pos = 1;
		if (h->has_zero) {
			*ret_key = 0;
			*ret_value = h->zero_value;
			return true;
		}
	}
	for (; *pos <= h->size; ++*pos) {
		const struct hash_slot *slot = &h->slots[*pos - 1];

		if (slot->key) {
			*ret_key = slot->key;
			*ret_value = slot->value;
			++*pos;
			return true;
		}
	}
	return false;
}
