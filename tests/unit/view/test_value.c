#include "lib/unit.h"

#include <errno.h>
#include <sys/socket.h>

#include "view/value.h"

static const char *shown(struct value v, struct value_style style)
{
	static struct strbuf out;

	strbuf_done(&out);
	strbuf_init(&out, 0);
	value_text(&v, &style, &out);
	return strbuf_str(&out);
}

static struct value number(enum value_type type, uint64_t num)
{
	return (struct value){.type = type, .num = num};
}

static struct value text(enum value_type type, const char *s, size_t len)
{
	return (struct value){.type = type, .str = {s, (uint32_t)len}};
}

#define PLAIN ((struct value_style){0})

static void numbers_are_shown_for_people(void **state)
{
	(void)state;
	assert_string_equal(shown(number(VALUE_U64, 1234567), PLAIN), "1234567");
	assert_string_equal(shown(number(VALUE_SIZE, 1536), PLAIN), "1.5K");
	assert_string_equal(shown(number(VALUE_MICROS, 999), PLAIN), "999us");
	assert_string_equal(shown(number(VALUE_MICROS, 52514), PLAIN), "52.5ms");
	assert_string_equal(shown(number(VALUE_MICROS, 204000), PLAIN), "204ms");
	assert_string_equal(shown(number(VALUE_DURATION, 92), PLAIN), "92ms");
	assert_string_equal(shown(number(VALUE_DURATION, 7012), PLAIN), "7.0s");
	assert_string_equal(shown(number(VALUE_AGE, 41000), PLAIN), "41s");
	assert_string_equal(shown(number(VALUE_AGE_MAX, 41000), PLAIN), "\xe2\x89\xa4"
									"41s");
	assert_string_equal(
		shown(number(VALUE_AGE_MAX, 41000), (struct value_style){.ascii = true}), "<=41s");
	assert_string_equal(shown(number(VALUE_BOOL, 1), PLAIN), "yes");
	assert_string_equal(shown((struct value){.type = VALUE_RATIO, .num = 3, .max = 128}, PLAIN),
			    "3/128");
	assert_string_equal(shown(number(VALUE_RATIO, 7), PLAIN), "7");
}

static void exact_numbers_on_request(void **state)
{
	struct value_style exact = {.numeric = true};

	(void)state;
	assert_string_equal(shown(number(VALUE_SIZE, 1536), exact), "1536");
	assert_string_equal(shown(number(VALUE_AGE, 1384), exact), "1.384");
	assert_string_equal(shown(number(VALUE_AGE, 1500), exact), "1.5");
	assert_string_equal(shown(number(VALUE_AGE, 2000), exact), "2");
	assert_string_equal(shown(number(VALUE_MICROS, 52514), exact), "52514");
}

static void nothing_is_a_dash_and_waiting_an_ellipsis(void **state)
{
	(void)state;
	assert_string_equal(shown(number(VALUE_NONE, 0), PLAIN), "-");
	assert_string_equal(shown(text(VALUE_STRING, "", 0), PLAIN), "-");
	assert_string_equal(shown(number(VALUE_PENDING, 0), PLAIN), "\xe2\x80\xa6");
	assert_string_equal(shown(number(VALUE_PENDING, 0), (struct value_style){.ascii = true}),
			    "...");
}

static void hostile_text_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(shown(text(VALUE_STRING, "a\x1b[2J\0b", 7), PLAIN), "a\\x1b[2J\\x00b");
	assert_string_equal(shown(text(VALUE_COMMAND, "sh\0-c\0\x1b]0;x\a", 13), PLAIN),
			    "sh -c \\x1b]0;x\\x07");
	assert_string_equal(shown((struct value){.type = VALUE_STRING,
						 .str = {"x\0", 2},
						 .prefix = "@",
						 .suffix = " (kernel)"},
				  PLAIN),
			    "@x\\x00 (kernel)");
	assert_string_equal(shown((struct value){.type = VALUE_ENDPOINT,
						 .num = 80,
						 .addr = {.family = AF_INET},
						 .name = "h\x1bst"},
				  PLAIN),
			    "h\\x1bst:80");
}

static void addresses_and_endpoints(void **state)
{
	struct value v = {.type = VALUE_ADDR, .addr = {.family = AF_INET6, .bytes = {[15] = 1}}};

	(void)state;
	assert_string_equal(shown(v, PLAIN), "::1");
	v.type = VALUE_ENDPOINT;
	v.num = 22;
	assert_string_equal(shown(v, PLAIN), "[::1]:22");
	v.str = (struct bytes){"eth0", 4};
	assert_string_equal(shown(v, PLAIN), "[::1%eth0]:22");
	assert_string_equal(shown(number(VALUE_ENDPOINT, 0), PLAIN), "*:*");
}

static void times_of_today_and_before(void **state)
{
	struct value_style noon = {.wall_ms = INT64_C(1768478400000)};
	struct value v = number(VALUE_TIME, UINT64_C(1768478399001));

	(void)state;
	assert_string_equal(shown(v, noon), "11:59:59");
	noon.utc_offset_s = 3600;
	assert_string_equal(shown(v, noon), "12:59:59");
	noon.utc_offset_s = 0;
	assert_string_equal(shown(number(VALUE_TIME, UINT64_C(1709164800000)), noon),
			    "Feb 29 00:00");
	noon.numeric = true;
	assert_string_equal(shown(v, noon), "2026-01-15T11:59:59.001Z");
	assert_string_equal(shown(number(VALUE_TIME, 0), noon), "1970-01-01T00:00:00.000Z");
	assert_string_equal(shown(number(VALUE_TIME, UINT64_C(4107542399999)), noon),
			    "2100-02-28T23:59:59.999Z");
	assert_string_equal(shown(number(VALUE_TIME, UINT64_MAX), noon),
			    "1970-01-01T00:00:00.000Z");
}

static void assert_order(struct value a, struct value b)
{
	assert_int_equal(value_compare(&a, &b), -1);
	assert_int_equal(value_compare(&b, &a), 1);
	assert_int_equal(value_compare(&a, &a), 0);
	assert_int_equal(value_compare(&b, &b), 0);
}

static void order_follows_the_type(void **state)
{
	struct value full = {.type = VALUE_RATIO, .num = 3, .max = 4};
	struct value long_queue = {.type = VALUE_RATIO, .num = 100, .max = 4096};

	(void)state;
	assert_order(number(VALUE_U64, 9), number(VALUE_U64, 10));
	assert_order(number(VALUE_U64, 0), number(VALUE_U64, UINT64_MAX));
	assert_order(text(VALUE_STRING, "a", 1), text(VALUE_STRING, "ab", 2));
	assert_order(text(VALUE_STRING, "a\0a", 3), text(VALUE_STRING, "a\0b", 3));
	assert_order(number(VALUE_U64, UINT64_MAX), number(VALUE_PENDING, 0));
	assert_order(number(VALUE_PENDING, 0), number(VALUE_NONE, 0));
	assert_order(number(VALUE_AGE, 5), number(VALUE_AGE_MAX, 5));
	assert_order(long_queue, full);
	assert_order(number(VALUE_U64, 33), text(VALUE_STRING, "alice", 5));
	assert_order(
		(struct value){.type = VALUE_ADDR, .addr = {.family = AF_INET, .bytes = {9}}},
		(struct value){.type = VALUE_ADDR, .addr = {.family = AF_INET, .bytes = {10}}});
}

static void ratios_compare_with_percents_and_numbers(void **state)
{
	struct value queue = {.type = VALUE_RATIO, .num = 103, .max = 128};
	struct value percent = number(VALUE_PERCENT, 8000), count = number(VALUE_U64, 100);

	(void)state;
	assert_int_equal(value_fill(&queue), 8046);
	assert_true(value_compare(&queue, &percent) > 0);
	assert_true(value_compare(&queue, &count) > 0);
	queue.num = 100;
	assert_true(value_compare(&queue, &percent) < 0);
	assert_int_equal(value_compare(&queue, &count), 0);
}

static uint16_t ports(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	return len == 4 && !memcmp(name, "http", 4) ? 80 : 0;
}

static struct literal parsed(enum value_type type, const char *s)
{
	const char *error;
	struct literal lit;

	assert_int_equal(value_parse(type, s, strlen(s), ports, NULL, &lit, &error), 0);
	assert_null(error);
	return lit;
}

static void literals_have_the_units_of_their_column(void **state)
{
	(void)state;
	assert_int_equal(parsed(VALUE_U64, "812").v.num, 812);
	assert_int_equal(parsed(VALUE_RATE, "1M").v.num, 1 << 20);
	assert_int_equal(parsed(VALUE_AGE, "10s").v.num, 10000);
	assert_int_equal(parsed(VALUE_AGE, "10").v.num, 10000);
	assert_int_equal(parsed(VALUE_DURATION, "250").v.num, 250);
	assert_int_equal(parsed(VALUE_DURATION, "2s").v.num, 2000);
	assert_int_equal(parsed(VALUE_MICROS, "10ms").v.num, 10000);
	assert_int_equal(parsed(VALUE_MICROS, "350us").v.num, 350);
	assert_int_equal(parsed(VALUE_MICROS, "350").v.num, 350);
	assert_int_equal(parsed(VALUE_PORT, "http").v.num, 80);
	assert_int_equal(parsed(VALUE_PORT, "65535").v.num, 65535);
	assert_int_equal(parsed(VALUE_BOOL, "Yes").v.num, 1);
	assert_int_equal(parsed(VALUE_BOOL, "off").v.num, 0);
	assert_int_equal(parsed(VALUE_RATIO, "80%").v.type, VALUE_PERCENT);
	assert_int_equal(parsed(VALUE_RATIO, "80%").v.num, 8000);
	assert_int_equal(parsed(VALUE_RATIO, "80").v.type, VALUE_U64);
	assert_int_equal(parsed(VALUE_TIME, "2026-01-15T12:00:00").v.num, UINT64_C(1768478400000));
	assert_int_equal(parsed(VALUE_TIME, "2024-02-29").v.num, UINT64_C(1709164800000));
	assert_int_equal(parsed(VALUE_STRING, "nginx").v.str.len, 5);
}

static void address_literals_may_have_a_prefix(void **state)
{
	struct literal net = parsed(VALUE_ADDR, "10.0.0.0/8"),
		       one = parsed(VALUE_ADDR, "fe80::1%eth0");

	(void)state;
	assert_true(net.prefix);
	assert_int_equal(net.bits, 8);
	assert_false(one.prefix);
	assert_int_equal(one.v.addr.family, AF_INET6);
	assert_int_equal(one.v.str.len, 4);
}

static void bad_literals_say_what_was_expected(void **state)
{
	static const struct {
		enum value_type type;
		const char *text, *expected;
		int err;
	} cases[] = {
		{VALUE_U64, "12x", "number", -EINVAL},
		{VALUE_U64, "", "number", -EINVAL},
		{VALUE_U64, "99999999999999999999", "number", -ERANGE},
		{VALUE_COOKIE, "0x1", "number", -EINVAL},
		{VALUE_AGE, "10 parsecs", "duration", -EINVAL},
		{VALUE_RATE, "fast", "size", -EINVAL},
		{VALUE_PORT, "htpp", "service name", -EINVAL},
		{VALUE_PORT, "4294967296", "port", -ERANGE},
		{VALUE_ADDR, "10.0.0.0/33", "address", -EINVAL},
		{VALUE_ADDR, "300.1.1.1", "address", -EINVAL},
		{VALUE_BOOL, "maybe", "yes or no", -EINVAL},
		{VALUE_RATIO, "x%", "percentage", -EINVAL},
		{VALUE_TIME, "yesterday!", "time", -EINVAL},
		{VALUE_TIME, "2026-13-01", "time", -EINVAL},
		{VALUE_TIME, "2026-01-01T", "time", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *error = NULL, *s = cases[i].text;
		struct literal lit;

		assert_int_equal(
			value_parse(cases[i].type, s, strlen(s), ports, NULL, &lit, &error),
			cases[i].err);
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_shown_for_people),
		cmocka_unit_test(exact_numbers_on_request),
		cmocka_unit_test(nothing_is_a_dash_and_waiting_an_ellipsis),
		cmocka_unit_test(hostile_text_is_escaped),
		cmocka_unit_test(addresses_and_endpoints),
		cmocka_unit_test(times_of_today_and_before),
		cmocka_unit_test(order_follows_the_type),
		cmocka_unit_test(ratios_compare_with_percents_and_numbers),
		cmocka_unit_test(literals_have_the_units_of_their_column),
		cmocka_unit_test(address_literals_may_have_a_prefix),
		cmocka_unit_test(bad_literals_say_what_was_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
