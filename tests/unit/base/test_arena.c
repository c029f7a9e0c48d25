#include "lib/unit.h"

#include "base/arena.h"
#include "unit/base/random.h"

static void allocations_are_aligned_and_apart(void **state)
{
	unsigned char *mem[2000];
	size_t sizes[2000];
	uint64_t seed = 1;
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	for (size_t i = 0; i < 2000; i++) {
		sizes[i] = random_below(&seed, i % 100 ? 200 : 5000);
		mem[i] = arena_alloc(&a, sizes[i]);
		assert_int_equal((uintptr_t)mem[i] % 16, 0);
		memset(mem[i], (int)(i & 255), sizes[i]);
	}
	for (size_t i = 0; i < 2000; i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(mem[i][j], i & 255);
	}
	arena_done(&a);
	assert_int_equal(arena_bytes(&a), 0);
}

static void strndup_keeps_nul_bytes(void **state)
{
	struct arena a;
	char *copy;

	(void)state;
	arena_init(&a, 0);
	copy = arena_strndup(&a, "\0abs\0tract", 10);
	assert_memory_equal(copy, "\0abs\0tract\0", 11);
	assert_string_equal(arena_strndup(&a, "", 0), "");
	arena_done(&a);
}

static void empty_allocations_are_distinct(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_ptr_not_equal(arena_alloc(&a, 0), arena_alloc(&a, 0));
	arena_done(&a);
}

static void reset_keeps_the_largest_chunk(void **state)
{
	struct arena a;
	size_t held;

	(void)state;
	arena_init(&a, 256);
	arena_reset(&a);
	for (size_t i = 0; i < 50; i++)
		arena_alloc(&a, 100);
	arena_alloc(&a, 100000);
	arena_alloc(&a, 100);
	arena_alloc(&a, 200);
	held = arena_bytes(&a);
	arena_reset(&a);
	assert_true(arena_bytes(&a) >= 100000 && arena_bytes(&a) < held);
	held = arena_bytes(&a);
	memset(arena_alloc(&a, 99000), 1, 99000);
	assert_int_equal(arena_bytes(&a), held);
	arena_done(&a);
}

static void memory_is_bounded_by_use(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	for (size_t round = 0; round < 100; round++) {
		for (size_t i = 0; i < 100; i++)
			arena_alloc(&a, 16);
		arena_reset(&a);
	}
	assert_true(arena_bytes(&a) < 8192);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_and_apart),
		cmocka_unit_test(strndup_keeps_nul_bytes),
		cmocka_unit_test(empty_allocations_are_distinct),
		cmocka_unit_test(reset_keeps_the_largest_chunk),
		cmocka_unit_test(memory_is_bounded_by_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
