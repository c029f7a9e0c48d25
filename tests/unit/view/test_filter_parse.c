/* What the parser takes and in what form it gives it back, and what it says of mistakes. */
#include "lib/unit.h"

#include "view/filter.h"

#include <errno.h>

static uint16_t find_port(void *ctx, const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint16_t port;
	} ports[] = {{"http", 80}, {"https", 443}, {"ssh", 22}, {"http-alt", 8080}};

	(void)ctx;
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (strlen(ports[i].name) == len && !memcmp(ports[i].name, name, len))
			return ports[i].port;
	return 0;
}

static size_t find_host(void *ctx, const char *name, size_t len, struct netaddr *ret, size_t max)
{
	static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};

	(void)ctx;
	if (len != 9 || memcmp(name, "localhost", len) != 0 || max < 2)
		return 0;
	ret[0] = netaddr_v4(v4);
	ret[1] = netaddr_v6(v6);
	return 2;
}

static const struct filter_names names = {.port = find_port, .host = find_host};

static int parse(enum pane pane, const char *text, size_t len, struct filter **ret,
		 struct filter_error *ret_error)
{
	const struct filter_context context = {.pane = pane, .names = &names};

	return filter_parse(&context, text, len, ret, ret_error);
}

static char *format(const struct filter *f)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	filter_format(f, &out);
	return strbuf_detach(&out, NULL);
}

/* In the Sockets pane: text, its canonical form. */
static const struct {
	const char *text, *canonical;
} good[] = {
	{":8080", ":8080"},
	{"tcp:443", "tcp:443"},
	{"6", "6"},
	{"4", "4"},
	{"4tcp", "4tcp"},
	{"6udp@[::1]:53", "6udp@[::1]:53"},
	{"udp@127.0.0.1:53", "udp@127.0.0.1:53"},
	{"@[::1]:22", "@[::1]:22"},
	{"@::1", "@::1"},
	{":8000-8100,443", ":8000-8100,443"},
	{":http,https", ":http,https"},
	{"tcp:http-alt", "tcp:http-alt"},
	{"tcp", "tcp"},
	{"unix", "unix"},
	{"80", "80"},
	{"127.0.0.1:80", "127.0.0.1:80"},
	{"[::1]:22", "[::1]:22"},
	{"::1", "::1"},
	{"*:80", "*:80"},
	{"10.0.0.0/8", "10.0.0.0/8"},
	{"10.0.0.1", "10.0.0.1"},
	{"localhost:80", "localhost:80"},
	{"@localhost", "@localhost"},
	{"sport = :80", "sport = :80"},
	{"sport=:80", "sport = :80"},
	{"sport :80", "sport = :80"},
	{"sport 80", "sport = 80"},
	{"sport:80", "sport = 80"},
	{"dport >= :1024", "dport >= :1024"},
	{"dport != :http", "not dport = :http"},
	{"dport gt 1024", "not dport <= 1024"},
	{"dport < 1024", "not dport >= 1024"},
	{"dport lt :ssh", "not dport >= :ssh"},
	{"src 10.0.0.0/8", "src = 10.0.0.0/8"},
	{"src 10/8", "src = 10/8"},
	{"src 10.0.0.1:80", "src = 10.0.0.1:80"},
	{"src = [::1]:443", "src = [::1]:443"},
	{"src fe80::1:80", "src = fe80::1:80"},
	{"src ::1", "src = ::1"},
	{"src 2001:db8::/32", "src = 2001:db8::/32"},
	{"src any", "src = any"},
	{"src *:80", "src = *:80"},
	{"src unix:/run/*.sock", "src = unix:/run/*.sock"},
	{"src unix:/run/x or src /b", "src = unix:/run/x or src = /b"},
	{"not src inet:10.0.0.1 sport = :80", "not src = inet:10.0.0.1 and sport = :80"},
	{"dst vsock:3:1024", "dst = vsock:3:1024"},
	{"src netlink:route:kernel", "src = netlink:route:kernel"},
	{"src link:ip:eth0", "src = link:ip:eth0"},
	{"dev lo", "dev = lo"},
	{"dev != lo", "not dev = lo"},
	{"dev = 3", "dev = 3"},
	{"fwmark = 0x1/0xff", "fwmark = 0x1/0xff"},
	{"fwmark != 5", "not fwmark = 5"},
	{"cgroup /sys/fs/cgroup/system.slice/", "cgroup = /sys/fs/cgroup/system.slice/"},
	{"cgroup:foo", "cgroup:foo"},
	{"cgroup ~ foo", "cgroup~foo"},
	{"autobound", "autobound"},
	{"state established", "state established"},
	{"state established state time-wait", "state established state time-wait"},
	{"exclude listening exclude closed", "exclude listening exclude closed"},
	{"state connected exclude syn-sent sport = :80",
	 "state connected exclude syn-sent and sport = :80"},
	{"sport = :80 state listening or new state big",
	 "((sport = :80 and state listening) or new) and state big"},
	{"( dport = :22 or sport = :22 )", "dport = :22 or sport = :22"},
	{"(dport=:22||sport=:22)&&!new", "(dport = :22 or sport = :22) and not new"},
	{"a or b and c or d", "((a or b) and c) or d"},
	{"a b c", "a and b and c"},
	{"a or b c", "(a or b) and c"},
	{"not a b", "not a and b"},
	{"! ! a", "not not a"},
	{"!(a b)", "not (a and b)"},
	{"((a))", "a"},
	{"pid:812", "pid:812"},
	{"pid: 812", "pid:812"},
	{"pid>100", "pid>100"},
	{"user:www-data", "user:www-data"},
	{"user=0", "user=0"},
	{"user:~^www", "user~^www"},
	{"comm:nginx", "comm:nginx"},
	{"comm=nginx", "comm=nginx"},
	{"comm!=nginx", "not comm=nginx"},
	{"comm:\"a b\"", "comm:\"a b\""},
	{"exe:~^/usr", "exe~^/usr"},
	{"exe~^/usr/(s)?bin", "exe~^/usr/(s)?bin"},
	{"exe !~ ^/usr", "not exe~^/usr"},
	{"exe=~^/usr", "exe~^/usr"},
	{"container:web", "container:web"},
	{"pod:x", "pod:x"},
	{"ns:blue", "ns:blue"},
	{"unit:nginx", "unit:nginx"},
	{"scope:any", "scope:any"},
	{"age<10s", "age<10s"},
	{"age < 10s", "age<10s"},
	{"age lt 10s", "age<10s"},
	{"drops>0", "drops>0"},
	{"queue>80%", "queue>80%"},
	{"queue>80", "queue>80"},
	{"tx>1M", "tx>1M"},
	{"new changed gone stale problems", "new and changed and gone and stale and problems"},
	{"mark:gone", "mark:gone"},
	{"\"tcp\"", "\"tcp\""},
	{"\"\"", "\"\""},
	{"~^ng.nx", "~^ng.nx"},
	{"~(a|b)c", "~(a|b)c"},
	{"(~foo|~bar)", "~foo|~bar"},
	{"~[)(]x", "~[)(]x"},
	{"~\"a b\"", "~\"a b\""},
	{"!~foo", "not ~foo"},
	{"!foo", "not foo"},
	{"!:80", "not :80"},
	{"rtt>10ms", "rtt>10ms"},
	{"state:listen", "state:listen"},
	{"state=established", "state=established"},
	{"proto:tcp", "proto:tcp"},
	{"proto=tcp", "proto=tcp"},
	{"port:80,443", "port:80,443"},
	{"port>1024", "port>1024"},
	{"local_addr:10.0.0.0/8", "local_addr:10.0.0.0/8"},
	{"address=127.0.0.1", "address=127.0.0.1"},
	{"remote:x", "remote:x"},
	{"v6only:yes", "v6only:yes"},
	{"inode:5", "inode:5"},
	{"cookie:77", "cookie:77"},
	{"family:inet6", "family:inet6"},
	{"tree:812", "tree:812"},
	{"sport = *", "sport = *"},
	{"sport = :", "sport = :"},
	{"src 10.0.0.0/255.0.0.0", "src = 10.0.0.0/255.0.0.0"},
	{"[fe80::1%eth0]:80", "[fe80::1%eth0]:80"},
	{"dport = :0x50", "dport = :0x50"},
	{"foo\\ bar", "\"foo bar\""},
	{"foo\\(bar", "\"foo(bar\""},
	{"comm:a\\:b", "comm:\"a:b\""},
	{"a\\:b", "\"a:b\""},
	{"\\80", "\"80\""},
	{"owners = =", "owners=\"=\""},
	{"comm: ~x", "comm:\"~x\""},
	{"src inet:10.0.0.1 or src ::/0", "src = inet:10.0.0.1 or src = ::/0"},
	{"4@10.1.2.3:22", "4@10.1.2.3:22"},
	{"tcp@[fe80::1]", "tcp@[fe80::1]"},
	{"udplite", "udplite"},
	{"sctp:1-10", "sctp:1-10"},
	{"TCP:80", "TCP:80"},
	{"mptcp", "mptcp"},
	{"sport > 80 80", "not sport <= 80 and 80"},
	{"state all exclude closed sport = :22 or dport = :22",
	 "state all exclude closed and (sport = :22 or dport = :22)"},
	{"excl listening :22", "exclude listening and :22"},
	{"age", "age"},
	{"age>1h30m", "age>1h30m"},
	{"queue>=100%", "queue>=100%"},
	{"queue:3", "queue:3"},
	{"rx<10K", "rx<10K"},
	{"remote_port:443", "remote_port:443"},
	{"owner_status:known", "owner_status:known"},
	{"state!=listen", "not state=listen"},
	{"proto!=udp", "not proto=udp"},
	{"cmdline~\"a b\" foo", "cmdline~\"a b\" and foo"},
	{"x \"y z\" !w", "x and \"y z\" and not w"},
	{"not not not x", "not not not x"},
	{":22 | :23 & :24", "(:22 or :23) and :24"},
	{"((:22))", ":22"},
	{"\"a\\\"b\"", "\"a\\\"b\""},
	{"\"a\\\\b\"", "\"a\\\\b\""},
	{"~\"a\\\"b\"", "~\"a\\\"b\""},
	{"caf\\\303\251", "\"caf\303\251\""},
	{"caf\303\251", "caf\303\251"},
	{"comm~\303\251", "comm~\303\251"},
	{"tcp|udp", "tcp or udp"},
	{"tcp&&udp", "tcp and udp"},
	{"tcp and udp or sctp", "(tcp and udp) or sctp"},
	{"-foo", "-foo"},
	{"--port=80", "--port=80"},
	{"a,b", "a,b"},
	{"tx_rate>=1.5M/s", "tx_rate>=1.5M/s"},
	{"tcp.rtt_us<1ms", "tcp.rtt_us<1ms"},
	{"local:127", "local:127"},
	{"@10.0.0.0/8:80", "@10.0.0.0/8:80"},
	{"10.0.0.0/8:80", "10.0.0.0/8:80"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"fe80::1%eth0", "fe80::1%eth0"},
	{"[::]:0", "[::]:0"},
	{"0.0.0.0:80", "0.0.0.0:80"},
	{"*:*", "*:*"},
	{"*", "*"},
};

#define HOST "expected an address, perhaps with /BITS and :PORT, or a host of /etc/hosts"
#define AT_HOST "expected an address or a host of /etc/hosts, perhaps with ports"
#define PORTS "expected ports such as 80, http, 8000-8100 or 80,443"
#define STATE "expected a state such as established, listening or connected"
#define NO_FIELD "no field has this name; quote it to look for it as text"
#define SYNTAX FILTER_SYNTAX
#define UNKNOWN FILTER_FIELD_UNKNOWN
#define ELSEWHERE FILTER_FIELD_ELSEWHERE

/* Where the caret stands, what is said, what is suggested. Messages of PCRE2 are its own. */
static const struct {
	const char *text;
	enum filter_error_kind kind;
	size_t offset, len;
	const char *message, *suggestion;
} bad[] = {
	{"@nohost", SYNTAX, 0, 7, AT_HOST, NULL},
	{"fwmark x", SYNTAX, 7, 1, "expected a mark such as 1, 0x10 or 0x1/0xff", NULL},
	{"state a", SYNTAX, 6, 1, STATE, NULL},
	{"state", SYNTAX, 5, 0, "expected a state such as established or listening", NULL},
	{"state bogus", SYNTAX, 6, 5, STATE, NULL},
	{"(a", SYNTAX, 0, 1, "the parenthesis is not closed", NULL},
	{"a)", SYNTAX, 1, 1, "no parenthesis was opened before this", NULL},
	{"()", SYNTAX, 1, 1, "expected a condition", NULL},
	{"a or", SYNTAX, 4, 0, "expected a condition", NULL},
	{"or a", SYNTAX, 0, 2, "expected a condition", NULL},
	{"a and or b", SYNTAX, 6, 2, "expected a condition", NULL},
	{"pod:", SYNTAX, 4, 0, "expected a value", NULL},
	{"scope:bogus", SYNTAX, 6, 5, "expected any, loopback, link, private, global or multicast",
	 NULL},
	{"tx>abc", SYNTAX, 3, 3, "expected a size such as 1500 or 2M", NULL},
	{"\"unclosed", SYNTAX, 0, 9, "the quote is not closed", NULL},
	{"~(", SYNTAX, 1, 1, NULL, NULL},
	{"foo:bar", UNKNOWN, 0, 3, NO_FIELD, NULL},
	{"prot:tcp", UNKNOWN, 0, 4, NO_FIELD, "proto"},
	{"commm:nginx", UNKNOWN, 0, 5, NO_FIELD, "comm"},
	{"prot = tcp", UNKNOWN, 0, 4, NO_FIELD, "proto"},
	{"lifetime:1", ELSEWHERE, 0, 8, "the sockets pane does not have this, events has", NULL},
	{"tcp.rtt>10ms", UNKNOWN, 0, 7, NO_FIELD, NULL},
	{"proto:foo", SYNTAX, 6, 3, "expected a protocol such as tcp or udp", NULL},
	{"v6only>1", SYNTAX, 0, 8, "this field is compared with : = != ~ and !~", NULL},
	{"= 5", SYNTAX, 0, 1, "expected the name of a field before this", NULL},
	{"< 5", SYNTAX, 0, 1, "expected the name of a field before this", NULL},
	{"a < 5", UNKNOWN, 0, 1, NO_FIELD, NULL},
	{"5 < 6", UNKNOWN, 0, 1, NO_FIELD, NULL},
	{"tcp:", SYNTAX, 0, 4, PORTS, NULL},
	{":", SYNTAX, 0, 1, PORTS, NULL},
	{"@", SYNTAX, 0, 1, AT_HOST, NULL},
	{":99999999999", SYNTAX, 0, 12, PORTS, NULL},
	{":http-nothing", SYNTAX, 0, 13, PORTS, NULL},
	{":5-3", SYNTAX, 0, 4, PORTS, NULL},
	{"sport >= *", SYNTAX, 9, 1, "expected a port number or a service name", NULL},
	{"src", SYNTAX, 3, 0, "expected a value", NULL},
	{"src )", SYNTAX, 4, 1, "expected a value", NULL},
	{"src 1.2.3.4.5", SYNTAX, 4, 9, HOST, NULL},
	{"src [::1", SYNTAX, 4, 4, HOST, NULL},
	{"src [::1]x", SYNTAX, 4, 6, HOST, NULL},
	{"src 10.0.0.0/255.0.255.0", SYNTAX, 4, 20, HOST, NULL},
	{"sport = :80 and", SYNTAX, 15, 0, "expected a condition", NULL},
	{"sport >", SYNTAX, 7, 0, "expected a value", NULL},
	{"src = = 10.0.0.1", SYNTAX, 6, 1, HOST, NULL},
	{"dev", SYNTAX, 3, 0, "expected a value", NULL},
	{"dev = ", SYNTAX, 6, 0, "expected a value", NULL},
	{"fwmark = 1/", SYNTAX, 9, 2, "expected a mark such as 1, 0x10 or 0x1/0xff", NULL},
	{"fwmark = 4294967296", SYNTAX, 9, 10, "expected a mark such as 1, 0x10 or 0x1/0xff", NULL},
	{"cgroup", SYNTAX, 6, 0, "expected a value", NULL},
	{"exclude", SYNTAX, 7, 0, "expected a state such as established or listening", NULL},
	{"age<", SYNTAX, 4, 0, "expected a value", NULL},
	{"age<x", SYNTAX, 4, 1, "expected a duration such as 10s or 5m", NULL},
	{"inode>x", SYNTAX, 6, 1, "expected a number", NULL},
	{"pid:abc", SYNTAX, 4, 3, "expected a process id", NULL},
	{"pid<abc", SYNTAX, 4, 3, "expected a number", NULL},
	{"user<5", SYNTAX, 0, 6, "users are compared with : = != ~ and !~", NULL},
	{"mark:old", SYNTAX, 5, 3, "expected new, changed or gone", NULL},
	{"family:ipv7", SYNTAX, 7, 4, "expected inet, inet6, unix, packet, netlink or vsock", NULL},
	{"(((:22", SYNTAX, 2, 1, "the parenthesis is not closed", NULL},
	{")", SYNTAX, 0, 1, "expected a condition", NULL},
	{"!", SYNTAX, 1, 0, "expected a condition", NULL},
	{"~[", SYNTAX, 1, 1, NULL, NULL},
	{"~*a", SYNTAX, 1, 2, NULL, NULL},
	{"~a{1000000}", SYNTAX, 9, 2, NULL, NULL},
	{"new:x", UNKNOWN, 0, 3, NO_FIELD, NULL},
	{"a=b=c", UNKNOWN, 0, 1, NO_FIELD, NULL},
	{"v6only=maybe", SYNTAX, 7, 5, "expected yes or no", NULL},
	{"cookie:x", SYNTAX, 7, 1, "expected a number", NULL},
};

static void test_canonical_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct filter_error error;
		struct filter *f;
		char *text;

		if (parse(PANE_SOCKETS, good[i].text, strlen(good[i].text), &f, &error))
			fail_msg("%s: %s", good[i].text, error.message);
		text = format(f);
		if (strcmp(text, good[i].canonical) != 0)
			fail_msg("%s: got %s, wanted %s", good[i].text, text, good[i].canonical);
		free(text);
		filter_free(f);
	}
}

/* What is written is read as the same again. */
static void test_canonical_form_is_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const char *text = good[i].canonical;
		struct filter_error error;
		struct filter *f;
		char *again;

		if (parse(PANE_SOCKETS, text, strlen(text), &f, &error))
			fail_msg("%s: %s", text, error.message);
		again = format(f);
		assert_string_equal(again, text);
		free(again);
		filter_free(f);
	}
}

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct filter_error error;
		struct filter *f;
		int r = parse(PANE_SOCKETS, bad[i].text, strlen(bad[i].text), &f, &error);

		if (r != -EINVAL || f)
			fail_msg("%s: taken", bad[i].text);
		if (error.kind != bad[i].kind || error.offset != bad[i].offset ||
		    error.len != bad[i].len)
			fail_msg("%s: kind %d at %zu+%zu: %s", bad[i].text, error.kind,
				 error.offset, error.len, error.message);
		if (bad[i].message)
			assert_string_equal(error.message, bad[i].message);
		assert_true(error.message[0] != '\0');
		if (bad[i].suggestion)
			assert_string_equal(error.suggestion, bad[i].suggestion);
		else
			assert_null(error.suggestion);
	}
}

/* Conditions that a pane cannot have say which can. */
static void test_other_panes(void **state)
{
	static const struct {
		enum pane pane;
		const char *text;
		bool good;
	} cases[] = {
		{PANE_PORTS, "sport = :80", true},
		{PANE_PORTS, "dport = :80", false},
		{PANE_PORTS, "dst 10/8", false},
		{PANE_PORTS, "state listening", true},
		{PANE_PORTS, "fwmark 1", true},
		{PANE_PORTS, "new problems", true},
		{PANE_PORTS, "rtt>1ms", false},
		{PANE_PORTS, "user:root pid:1 tree:1", true},
		{PANE_PROCESSES, "dport = :80", true},
		{PANE_PROCESSES, "state established", true},
		{PANE_PROCESSES, "user:root", true},
		{PANE_PROCESSES, "cgroup = /a", true},
		{PANE_PROCESSES, "state:R", true},
		{PANE_PROCESSES, "proto:tcp", false},
		{PANE_PROCESSES, "tcp:80 or 812", true},
		{PANE_PROCESSES, "listeners>2", true},
		{PANE_NAMESPACES, ":80", false},
		{PANE_NAMESPACES, "holders>0 new", true},
		{PANE_NAMESPACES, "state all", false},
		{PANE_NAMESPACES, "problems", false},
		{PANE_CONTAINERS, "name:web", true},
		{PANE_CONTAINERS, "image~web 80", true},
		{PANE_CONTAINERS, "pid:1", false},
		{PANE_EVENTS, "event:listen :80", true},
		{PANE_EVENTS, "new", false},
		{PANE_EVENTS, "gap<1s", true},
		{PANE_EVENTS, "state all", false},
		{PANE_EVENTS, "dst 10/8", false},
		{PANE_EVENTS, "src 10/8 dev lo", true},
		{PANE_EVENTS, "user:root pid>1", true},
		{PANE_EVENTS, "autobound", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct filter_error error;
		struct filter *f;
		int r = parse(cases[i].pane, cases[i].text, strlen(cases[i].text), &f, &error);

		if ((r == 0) != cases[i].good)
			fail_msg("%s in %s: %d %s", cases[i].text, pane_name(cases[i].pane), r,
				 r ? error.message : "");
		if (r)
			assert_int_equal(error.kind, FILTER_FIELD_ELSEWHERE);
		filter_free(f);
	}
}

static void test_limits(void **state)
{
	static char text[FILTER_TEXT_MAX + 2];
	struct filter_error error;
	struct filter *f;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(parse(PANE_PORTS, text, FILTER_TEXT_MAX, &f, &error), 0);
	filter_free(f);
	assert_int_equal(parse(PANE_PORTS, text, FILTER_TEXT_MAX + 1, &f, &error), -E2BIG);
	assert_null(f);
	memset(text, '(', sizeof(text));
	assert_int_equal(parse(PANE_PORTS, text, FILTER_TEXT_MAX, &f, &error), -EINVAL);
	assert_string_equal(error.message, "too deeply nested");
	memset(text, '!', sizeof(text));
	assert_int_equal(parse(PANE_PORTS, text, FILTER_TEXT_MAX, &f, &error), -EINVAL);
	assert_string_equal(error.message, "too deeply nested");
	for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, i % 4 ? "|a" : "&a", 2);
	assert_int_equal(parse(PANE_PORTS, text + 1, FILTER_TEXT_MAX - 1, &f, &error), -EINVAL);
	assert_string_equal(error.message, "too deeply nested");
	for (size_t i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, "|a", 2);
	assert_int_equal(parse(PANE_PORTS, text + 1, FILTER_TEXT_MAX - 1, &f, &error), 0);
	filter_free(f);
}

static void test_bytes_that_are_no_text(void **state)
{
	struct filter_error error;
	struct filter *f;

	(void)state;
	assert_int_equal(parse(PANE_PORTS, "a\0b", 3, &f, &error), -EINVAL);
	assert_int_equal(error.offset, 1);
	assert_int_equal(parse(PANE_PORTS, "~\xff", 2, &f, &error), -EINVAL);
	assert_int_equal(parse(PANE_PORTS, "\xff\x80", 2, &f, &error), 0);
	filter_free(f);
	assert_int_equal(parse(PANE_PORTS, NULL, 0, &f, &error), 0);
	assert_true(filter_is_empty(f));
	filter_free(f);
	assert_int_equal(parse(PANE_PORTS, " \t\n", 3, &f, &error), 0);
	assert_true(filter_is_empty(f));
	filter_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_form),
		cmocka_unit_test(test_canonical_form_is_stable),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_other_panes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bytes_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
