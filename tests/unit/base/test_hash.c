#include "lib/unit.h"

#include "base/hash.h"
#include "unit/base/random.h"

#define KEYS 512

/* Few keys, many steps: every operation against a plain array that says what must be there. */
static void agrees_with_an_array(void **state)
{
	uint64_t value_of[KEYS], seed = 2, got;
	bool there[KEYS] = {0};
	size_t count = 0;
	struct hash h;

	(void)state;
	hash_init(&h, 42);
	for (size_t step = 0; step < 200000; step++) {
		uint64_t key = random_below(&seed, KEYS), value = random_u64(&seed);

		if (random_below(&seed, 2)) {
			assert_int_equal(hash_put(&h, key, value), !there[key]);
			count += !there[key];
			there[key] = true;
			value_of[key] = value;
		} else {
			assert_int_equal(hash_del(&h, key), there[key]);
			count -= there[key];
			there[key] = false;
		}
		assert_int_equal(hash_count(&h), count);
		key = random_below(&seed, KEYS);
		got = 77;
		assert_int_equal(hash_get(&h, key, &got), there[key]);
		assert_true(got == (there[key] ? value_of[key] : 77));
	}
	for (uint64_t key = 0; key < KEYS; key++)
		assert_int_equal(hash_get(&h, key, NULL), there[key]);
	hash_done(&h);
}

static void visits_every_key_once(void **state)
{
	bool seen[1000] = {0};
	uint64_t key, value;
	size_t pos = 0, visits = 0;
	struct hash h;

	(void)state;
	hash_init(&h, 7);
	assert_false(hash_next(&h, &pos, &key, &value));
	for (uint64_t i = 0; i < 1000; i++)
		hash_put(&h, i, i * 3);
	for (pos = 0; hash_next(&h, &pos, &key, &value); visits++) {
		assert_true(key < 1000 && !seen[key]);
		assert_int_equal(value, key * 3);
		seen[key] = true;
	}
	assert_int_equal(visits, 1000);
	assert_false(hash_next(&h, &pos, &key, &value));
	hash_done(&h);
}

static void clear_forgets_all(void **state)
{
	struct hash h;

	(void)state;
	hash_init(&h, 7);
	hash_clear(&h);
	hash_put(&h, 0, 1);
	hash_put(&h, UINT64_MAX, 2);
	hash_clear(&h);
	assert_int_equal(hash_count(&h), 0);
	assert_false(hash_get(&h, 0, NULL));
	assert_false(hash_get(&h, UINT64_MAX, NULL));
	assert_false(hash_del(&h, 0));
	hash_done(&h);
}

/* Keys that lie in slots one after the other: the longest such run bounds every search. */
static size_t longest_run(const struct hash *h)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < 2 * h->size; i++) {
		run = h->slots[i & (h->size - 1)].key ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

static void patterns_of_keys_do_not_pile_up(void **state)
{
	const uint64_t steps[] = {1,
				  2,
				  8,
				  1 << 12,
				  1 << 20,
				  UINT64_C(1) << 32,
				  UINT64_C(1) << 46,
				  UINT64_C(0x9e3779b97f4a7c15),
				  1000003};

	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			struct hash h;

			hash_init(&h, seed * UINT64_C(0xd1342543de82ef95));
			for (uint64_t n = 1; n <= 50000; n++)
				hash_put(&h, n * steps[i], n);
			assert_int_equal(hash_count(&h), 50000);
			assert_true(longest_run(&h) < 2000);
			hash_done(&h);
		}
	}
}

/* Keys chosen to meet in one map must not meet in a map with another seed. */
static void colliding_keys_depend_on_the_seed(void **state)
{
	struct hash one, other;
	uint64_t seed = 3;

	(void)state;
	hash_init(&one, 1234);
	hash_init(&other, UINT64_C(0xfeedfacecafebeef));
	for (size_t i = 0; i < 40000; i++)
		hash_put(&one, random_u64(&seed), 0);
	for (size_t i = 0; i < one.size / 16; i++) {
		if (one.slots[i].key)
			hash_put(&other, one.slots[i].key, 0);
	}
	assert_true(hash_count(&other) > 1000);
	assert_true(longest_run(&other) < 200);
	hash_done(&one);
	hash_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_an_array),
		cmocka_unit_test(visits_every_key_once),
		cmocka_unit_test(clear_forgets_all),
		cmocka_unit_test(patterns_of_keys_do_not_pile_up),
		cmocka_unit_test(colliding_keys_depend_on_the_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
