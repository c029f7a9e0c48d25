#include "lib/unit.h"

#include <time.h>

#include "base/clock.h"

static void rfc3339_is_utc_with_ms(void **state)
{
	char buf[CLOCK_RFC3339_MAX];

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_string_equal(clock_rfc3339(buf, 0), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_rfc3339(buf, 1709251199007), "2024-02-29T23:59:59.007Z");
	assert_string_equal(clock_rfc3339(buf, 253402300799999), "9999-12-31T23:59:59.999Z");
	assert_string_equal(clock_rfc3339(buf, 253402300800000), "");
	assert_string_equal(clock_rfc3339(buf, UINT64_MAX), "");
}

static void screens_show_local_time(void **state)
{
	char buf[CLOCK_LOCAL_MAX];

	(void)state;
	setenv("TZ", "TEST-5:30", 1);
	tzset();
	assert_string_equal(clock_local_hms(buf, 1709251199007), "05:29:59");
	assert_string_equal(clock_local_hms(buf, UINT64_MAX), "");
}

static void clocks_run(void **state)
{
	uint64_t mono = mono_ms(), wall = wall_ms();

	(void)state;
	assert_true(mono_ms() >= mono);
	assert_true(wall / 1000 + 1 >= (uint64_t)time(NULL) && wall / 1000 <= (uint64_t)time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_is_utc_with_ms),
		cmocka_unit_test(screens_show_local_time),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
