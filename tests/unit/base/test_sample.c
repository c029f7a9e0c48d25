#include "lib/unit.h"

static void version_is_three_numbers(void **state)
{
	int major, minor, patch, end = 0;

	(void)state;
	assert_int_equal(sscanf(PACKAGE_VERSION, "%d.%d.%d%n", &major, &minor, &patch, &end), 3);
	assert_int_equal(PACKAGE_VERSION[end], '\0');
}

static void skips_say_why(void **state)
{
	(void)state;
	if (!PACKAGE_VERSION[0])
		skip_because("this package has no version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_is_three_numbers),
		cmocka_unit_test(skips_say_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
