#include "lib/unit.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "base/humanise.h"
#include "unit/base/random.h"

#define SECOND UINT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

static void durations_read_well(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{999, "0s"},
		{41 * SECOND, "41s"},
		{59999, "59s"},
		{60000, "1m00"},
		{192 * SECOND, "3m12"},
		{HOUR - 1, "59m59"},
		{5 * HOUR + 120 * SECOND, "5h02"},
		{DAY - 1, "23h59"},
		{3 * DAY + 4 * HOUR, "3d4h"},
		{10 * DAY - 1, "9d23h"},
		{10 * DAY, "10d"},
		{400 * DAY, "400d"},
	};
	char buf[HUMANISE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(humanise_duration(buf, cases[i].ms), cases[i].text);
	assert_string_equal(humanise_duration(buf, UINT64_MAX), "213503982334d");
}

static void sizes_read_well(void **state)
{
	static const struct {
		uint64_t value;
		const char *bytes, *count;
	} cases[] = {
		{0, "0", "0"},
		{999, "999", "999"},
		{1000, "1.0K", "1000"},
		{1229, "1.2K", "1229"},
		{9999, "9.8K", "9999"},
		{10000, "9.8K", "10k"},
		{10240, "10K", "10k"},
		{1023487, "999K", "1.0M"},
		{1023488, "1.0M", "1.0M"},
		{15 << 20, "15M", "16M"},
		{999499, "976K", "999k"},
		{999500, "976K", "1.0M"},
		{UINT64_MAX, "16E", "18E"},
	};
	char buf[HUMANISE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(humanise_bytes(buf, cases[i].value), cases[i].bytes);
		assert_string_equal(humanise_count(buf, cases[i].value), cases[i].count);
	}
}

static void a_small_rate_is_not_zero(void **state)
{
	char buf[HUMANISE_MAX];

	(void)state;
	assert_string_equal(humanise_rate(buf, 0), "0");
	assert_string_equal(humanise_rate(buf, 0.01), "<1");
	assert_string_equal(humanise_rate(buf, 1.6), "2");
	assert_string_equal(humanise_rate(buf, 1536), "1.5K");
	assert_string_equal(humanise_rate(buf, -5), "0");
	assert_string_equal(humanise_rate(buf, (double)NAN), "0");
	assert_string_equal(humanise_rate(buf, DBL_MAX), "8.0P");
}

static void widths_stay_small(void **state)
{
	char buf[HUMANISE_MAX];
	uint64_t seed = 6;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		uint64_t value = random_u64(&seed) >> random_below(&seed, 64);

		assert_true(strlen(humanise_bytes(buf, value)) <= 4);
		assert_true(strlen(humanise_count(buf, value)) <= 4);
		assert_true(strlen(humanise_duration(buf, value % (9999 * DAY))) <= 5);
	}
}

static void parses_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{"10s", 10 * SECOND},
		{"10", 10 * SECOND},
		{"2m", 120 * SECOND},
		{"1h30m", HOUR + 1800 * SECOND},
		{"1.5h", HOUR + 1800 * SECOND},
		{"250ms", 250},
		{"3m12", 192 * SECOND},
		{"5h02", 5 * HOUR + 120 * SECOND},
		{"3d4h", 3 * DAY + 4 * HOUR},
		{"0.1", 100},
		{"1d1h1m1s1ms", DAY + HOUR + 61001},
		{"1h5s", HOUR + 5 * SECOND},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(humanise_parse_duration(cases[i].text, strlen(cases[i].text), &ms),
				 0);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void parses_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{"0", 0},	  {"1500", 1500},  {"1.5M", 1572864}, {"1.5m", 1572864},
		{"64KiB", 65536}, {"10kB", 10240}, {"2M/s", 2097152}, {"5B", 5},
		{"1E", 0},	  {"3kb/s", 3072},
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = humanise_parse_bytes(cases[i].text, strlen(cases[i].text), &value);

		assert_int_equal(r, strcmp(cases[i].text, "1E") == 0 ? -ERANGE : 0);
		if (!r)
			assert_int_equal(value, cases[i].bytes);
	}
	assert_int_equal(humanise_parse_count("1.5k", 4, &value), 0);
	assert_int_equal(value, 1500);
}

static void parses_percents(void **state)
{
	double percent = 0;

	(void)state;
	assert_int_equal(humanise_parse_percent("80%", 3, &percent), 0);
	assert_true(percent > 79.99 && percent < 80.01);
	assert_int_equal(humanise_parse_percent("12.5%", 5, &percent), 0);
	assert_true(percent > 12.49 && percent < 12.51);
	assert_int_equal(humanise_parse_percent("80", 2, &percent), -EINVAL);
	assert_int_equal(humanise_parse_percent("%", 1, &percent), -EINVAL);
	assert_int_equal(humanise_parse_percent("80%%", 4, &percent), -EINVAL);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",    "s",    "-1s", "+1",   "1x",  "1 s", "1.", ".5",	 "1..5", "1.5.", "0x10",
		"1e3", "1s1m", "1s5", "1m1m", "1kk", "iB",  "1i", "nan", "inf",	 "1mss", "1ib",
	};
	uint64_t value = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);

		if (humanise_parse_duration(texts[i], len, &value) != -EINVAL ||
		    humanise_parse_count(texts[i], len, &value) != -EINVAL ||
		    humanise_parse_bytes(texts[i], len, &value) != -EINVAL)
			fail_msg("'%s' was accepted", texts[i]);
	}
	assert_int_equal(value, 99);
	assert_int_equal(humanise_parse_duration("99999999999999999d", 18, &value), -ERANGE);
	assert_int_equal(humanise_parse_bytes("99999999999999999999999", 23, &value), -ERANGE);
}

/* What a cell shows can be typed into a filter and means the same, to the digits shown. */
static void shown_text_parses_back(void **state)
{
	char buf[HUMANISE_MAX], again[HUMANISE_MAX];
	uint64_t seed = 8, back;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		uint64_t value = random_u64(&seed) >> (12 + random_below(&seed, 52));

		humanise_duration(buf, value);
		assert_int_equal(humanise_parse_duration(buf, strlen(buf), &back), 0);
		assert_string_equal(humanise_duration(again, back), buf);
		humanise_bytes(buf, value);
		assert_int_equal(humanise_parse_bytes(buf, strlen(buf), &back), 0);
		assert_string_equal(humanise_bytes(again, back), buf);
		humanise_count(buf, value);
		assert_int_equal(humanise_parse_count(buf, strlen(buf), &back), 0);
		if (value > 9999 && back > 9999)
			assert_string_equal(humanise_count(again, back), buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_read_well),	    cmocka_unit_test(sizes_read_well),
		cmocka_unit_test(a_small_rate_is_not_zero), cmocka_unit_test(widths_stay_small),
		cmocka_unit_test(parses_durations),	    cmocka_unit_test(parses_sizes),
		cmocka_unit_test(parses_percents),	    cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(shown_text_parses_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
