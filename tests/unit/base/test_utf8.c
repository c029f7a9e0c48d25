#include "lib/unit.h"

#include "base/utf8.h"
#include "unit/base/random.h"

static void every_character_survives_a_round_trip(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x110010; cp++) {
		bool scalar = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
		char bytes[4];
		uint32_t back = 0;
		size_t len = utf8_encode(cp, bytes);

		assert_int_equal(len != 0, scalar);
		if (!scalar)
			continue;
		assert_int_equal(utf8_decode(bytes, len, &back), len);
		assert_int_equal(back, cp);
		assert_int_equal(utf8_decode(bytes, len - 1, &back), 0);
	}
}

static void malformed_sequences_are_refused(void **state)
{
	static const char *const texts[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc3",
		"\xc3(",
		"\xe0\x80\xaf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xe2\x82",
		"\xe2(\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf0\x9f\x98",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
	};
	uint32_t cp = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(utf8_decode(texts[i], strlen(texts[i]), &cp), 0);
		assert_false(utf8_valid(texts[i], strlen(texts[i])));
	}
	assert_int_equal(cp, 99);
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("a\0\xc3\xa4\xf0\x9f\x98\x80", 8));
}

/* Whatever decodes must encode to the same bytes: then no two spellings of a character exist. */
static void no_other_spelling_is_accepted(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (size_t i = 0; i < 500000; i++) {
		uint64_t noise = random_u64(&seed) | 0x80;
		char bytes[4], again[4];
		uint32_t cp;
		size_t used;

		memcpy(bytes, &noise, 4);
		used = utf8_decode(bytes, 4, &cp);
		if (!used)
			continue;
		assert_int_equal(utf8_encode(cp, again), used);
		assert_memory_equal(bytes, again, used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_survives_a_round_trip),
		cmocka_unit_test(malformed_sequences_are_refused),
		cmocka_unit_test(no_other_spelling_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
