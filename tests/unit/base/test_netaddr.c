#include "lib/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/netaddr.h"
#include "unit/base/random.h"

static struct netaddr parsed(const char *text)
{
	struct netaddr addr = {0};

	assert_int_equal(netaddr_parse(text, strlen(text), &addr, NULL, NULL), 0);
	return addr;
}

static struct netprefix prefix(const char *text)
{
	struct netprefix result = {0};

	assert_int_equal(netaddr_parse_prefix(text, strlen(text), &result), 0);
	return result;
}

static void formats_as_rfc5952(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",
		"255.255.255.255",
		"10.0.0.1",
		"127.0.0.1",
		"::",
		"::1",
		"2001:db8::1",
		"2001:db8:0:1:1:1:1:1",
		"2001:db8::1:0:0:1",
		"2001:0:0:1::1",
		"fe80::",
		"1::",
		"::ffff:10.1.2.3",
		"1:2:3:4:5:6:7:8",
		"ff02::1:ff00:0",
		"abcd:ef01:2345::",
	};
	char buf[NETADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct netaddr addr = parsed(texts[i]);

		assert_string_equal(netaddr_format(&addr, buf), texts[i]);
	}
	assert_string_equal(netaddr_format(&(struct netaddr){0}, buf), "");
}

static void formats_and_parses_like_libc(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (size_t i = 0; i < 50000; i++) {
		char ours[NETADDR_TEXT_MAX], libc[INET6_ADDRSTRLEN];
		struct netaddr addr, again;
		uint8_t bytes[16];

		/* Half of the bytes 0, so that runs of zero groups are common. */
		for (size_t j = 0; j < 16; j++)
			bytes[j] = (uint8_t)(random_below(&seed, 2) ? random_u64(&seed) : 0);
		if (i % 8 == 0)
			memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		if (i % 8 < 4)
			memset(bytes + i % 4, 0, 12);
		addr = i % 3 ? netaddr_v6(bytes) : netaddr_v4(bytes);
		assert_non_null(inet_ntop(addr.family, bytes, libc, sizeof(libc)));
		assert_string_equal(netaddr_format(&addr, ours), libc);
		again = parsed(ours);
		assert_int_equal(netaddr_compare(&addr, &again), 0);
	}
}

static void zone_is_kept_apart(void **state)
{
	static const char *const texts[] = {"fe80::1%eth0", "[fe80::1%eth0]"};
	struct netaddr addr;
	const char *zone;
	size_t len;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(netaddr_parse(texts[i], strlen(texts[i]), &addr, &zone, &len), 0);
		assert_int_equal(len, 4);
		assert_memory_equal(zone, "eth0", 4);
		assert_int_equal(netaddr_parse(texts[i], strlen(texts[i]), &addr, NULL, NULL),
				 -EINVAL);
	}
	assert_int_equal(netaddr_parse("[::1]:22", 5, &addr, &zone, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(netaddr_scope(&addr), SCOPE_LOOPBACK);
}

static void malformed_addresses_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"*",
		"1.2.3",
		"1.2.3.4.5",
		"256.1.1.1",
		"1.2.3.4 ",
		"[1.2.3.4]",
		"[::1",
		"::1]",
		"[]",
		"1.2.3.4%eth0",
		"fe80::1%",
		"[fe80::1]%eth0",
		":::",
		"1::2::3",
		"g::",
		"01.2.3.4",
		"1:2:3:4:5:6:7:8:9",
		"localhost",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
	};
	struct netaddr addr;
	const char *zone;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (netaddr_parse(texts[i], strlen(texts[i]), &addr, &zone, &len) != -EINVAL)
			fail_msg("'%s' was taken for an address", texts[i]);
	}
	assert_int_equal(netaddr_parse("1.2.3.4\0", 8, &addr, NULL, NULL), -EINVAL);
}

static void prefixes_hold_what_they_should(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool inside;
	} cases[] = {
		{"10.0.0.0/8", "10.255.1.2", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10/8", "10.9.9.9", true},
		{"192.168.4/22", "192.168.7.255", true},
		{"192.168.4/22", "192.168.8.0", false},
		{"0.0.0.0/0", "1.2.3.4", true},
		{"0.0.0.0/0", "::1", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"1.2.3.4", "1.2.3.4", true},
		{"1.2.3.4", "1.2.3.5", false},
		{"fe80::/10", "febf::1", true},
		{"fe80::/10", "fec0::1", false},
		{"::/0", "ff02::1", true},
		{"::/0", "1.2.3.4", false},
		{"[::1]/128", "::1", true},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netprefix p = prefix(cases[i].prefix);
		struct netaddr addr = parsed(cases[i].addr);

		if (netaddr_in_prefix(&addr, &p) != cases[i].inside)
			fail_msg("%s in %s", cases[i].addr, cases[i].prefix);
	}
	assert_false(
		netaddr_in_prefix(&(struct netaddr){0}, &(struct netprefix){{AF_INET, {0}}, 0}));
}

static void malformed_prefixes_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"::/129",
		"10/8/8",
		"10./8",
		".1/8",
		"1.2.3.4.5/8",
		"10.0.0.0/-1",
		"10.0.0.0/0x8",
		"999/8",
		"10.0.0.0/4294967304",
		"a/8",
	};
	struct netprefix result;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (netaddr_parse_prefix(texts[i], strlen(texts[i]), &result) != -EINVAL)
			fail_msg("'%s' was taken for a prefix", texts[i]);
	}
}

static void scopes_follow_the_registries(void **state)
{
	static const struct {
		const char *addr, *scope;
	} cases[] = {
		{"0.0.0.0", "any"},
		{"::", "any"},
		{"::ffff:0.0.0.0", "any"},
		{"127.0.0.1", "loopback"},
		{"127.5.5.5", "loopback"},
		{"::1", "loopback"},
		{"::ffff:127.0.0.1", "loopback"},
		{"169.254.1.1", "link"},
		{"fe80::1", "link"},
		{"febf::1", "link"},
		{"255.255.255.255", "link"},
		{"10.0.0.1", "private"},
		{"172.16.0.1", "private"},
		{"172.31.255.255", "private"},
		{"172.32.0.1", "global"},
		{"192.168.1.1", "private"},
		{"100.64.0.1", "private"},
		{"100.128.0.1", "global"},
		{"fc00::1", "private"},
		{"fdff::1", "private"},
		{"::ffff:10.0.0.1", "private"},
		{"8.8.8.8", "global"},
		{"2606:4700::1111", "global"},
		{"224.0.0.251", "multicast"},
		{"239.1.1.1", "multicast"},
		{"ff02::1", "multicast"},
		{"240.0.0.1", "global"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netaddr addr = parsed(cases[i].addr);
		const char *name = scope_name(netaddr_scope(&addr));

		if (strcmp(name, cases[i].scope) != 0)
			fail_msg("%s is %s, not %s", cases[i].addr, cases[i].scope, name);
		assert_int_equal(netaddr_is_any(&addr), strcmp(name, "any") == 0);
	}
	assert_true(netaddr_is_any(&(struct netaddr){0}));
}

static void order_is_none_v4_v6_then_bytes(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0", "9.0.0.0", "10.0.0.0",	"10.0.0.200", "255.0.0.0",
		"::",	   "::1",     "::ffff:1.2.3.4", "fe80::"};
	const struct netaddr none = {0};

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		struct netaddr a = parsed(sorted[i]);

		assert_true(netaddr_compare(&none, &a) < 0);
		for (size_t j = 0; j < 9; j++) {
			struct netaddr b = parsed(sorted[j]);
			int order = netaddr_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

static void unmap_gives_the_v4_inside(void **state)
{
	struct netaddr mapped = parsed("::ffff:10.1.2.3"), plain = parsed("10.1.2.3");
	struct netaddr v6 = parsed("::fffe:10.1.2.3"), same = netaddr_unmap(&v6);
	struct netaddr out = netaddr_unmap(&mapped);

	(void)state;
	assert_true(netaddr_is_v4_mapped(&mapped));
	assert_int_equal(netaddr_compare(&out, &plain), 0);
	assert_false(netaddr_is_v4_mapped(&v6));
	assert_int_equal(netaddr_compare(&same, &v6), 0);
	assert_false(netaddr_is_v4_mapped(&plain));
}

static void random_text_never_upsets_the_parsers(void **state)
{
	static const char alphabet[] = "0123456789abcdef:.%/[]x";
	uint64_t seed = 11;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		char text[64], again[NETADDR_TEXT_MAX];
		size_t len = random_below(&seed, sizeof(text)), zone_len;
		struct netprefix p;
		struct netaddr addr;
		const char *zone;

		for (size_t j = 0; j < len; j++)
			text[j] = alphabet[random_below(&seed, sizeof(alphabet) - 1)];
		if (netaddr_parse(text, len, &addr, &zone, &zone_len) == 0) {
			struct netaddr back = parsed(netaddr_format(&addr, again));

			assert_true(zone >= text && zone + zone_len <= text + len);
			assert_int_equal(netaddr_compare(&addr, &back), 0);
		}
		if (netaddr_parse_prefix(text, len, &p) == 0)
			assert_true(netaddr_in_prefix(&p.addr, &p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_as_rfc5952),
		cmocka_unit_test(formats_and_parses_like_libc),
		cmocka_unit_test(zone_is_kept_apart),
		cmocka_unit_test(malformed_addresses_are_refused),
		cmocka_unit_test(prefixes_hold_what_they_should),
		cmocka_unit_test(malformed_prefixes_are_refused),
		cmocka_unit_test(scopes_follow_the_registries),
		cmocka_unit_test(order_is_none_v4_v6_then_bytes),
		cmocka_unit_test(unmap_gives_the_v4_inside),
		cmocka_unit_test(random_text_never_upsets_the_parsers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
