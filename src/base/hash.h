/* Map from 64-bit keys (0 too) to 64-bit values: open addressing with linear probing, deletion by
 * shifting back, so there are no tombstones. It grows and never shrinks. */
#ifndef INETTOP_BASE_HASH_H
#define INETTOP_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_slot {
	uint64_t key; /* 0 = free */
	uint64_t value;
};

struct hash {
	struct hash_slot *slots;
	size_t size;  /* a power of two, or 0 */
	size_t count; /* with key 0 */
	uint64_t seed;
	bool has_zero; /* key 0 has no slot, it lives here */
	uint64_t zero_value;
};

/* seed: a number that whoever chooses the keys cannot know, else they can make it slow (keys are
 * inodes and cookies). Allocates nothing. */
void hash_init(struct hash *h, uint64_t seed);

/* Frees the memory; the map is empty and usable again. */
void hash_done(struct hash *h);

/* Forgets all keys, keeps the memory. */
void hash_clear(struct hash *h);

/* Whether key is there; its value in *ret_value (may be NULL), untouched when it is not. */
bool hash_get(const struct hash *h, uint64_t key, uint64_t *ret_value);

/* Sets the value of key. Returns true if the key was not there before. */
bool hash_put(struct hash *h, uint64_t key, uint64_t value);

/* Returns whether the key was there. */
bool hash_del(struct hash *h, uint64_t key);

size_t hash_count(const struct hash *h);

/* Visits every key once, in no order: start with *pos = 0, false at the end.
 * Between calls values may be set with hash_put() on known keys; no key may be added or deleted. */
bool hash_next(const struct hash *h, size_t *pos, uint64_t *ret_key, uint64_t *ret_value);

#endif
