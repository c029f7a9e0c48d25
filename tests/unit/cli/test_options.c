#include "lib/unit.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cluster.h"
#include "cli/endpoint.h"
#include "cli/options.h"

#define ARGS_MAX 24

static struct plan plan;
static struct strbuf error;

/* Splits a line at blanks and parses it. */
static int parse_on(bool tty, const char *line)
{
	static char text[512];
	char *argv[ARGS_MAX + 1] = {(char *)(uintptr_t) "inettop"};
	int argc = 1;

	plan_done(&plan);
	strbuf_done(&error);
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = text; *word;) {
		size_t len = strcspn(word, " ");
		bool last = !word[len];

		word[len] = '\0';
		assert_true(argc < ARGS_MAX);
		argv[argc++] = word;
		word += last ? len : len + 1;
	}
	return options_parse(argc, argv, tty, &plan, &error);
}

static void parse(const char *line)
{
	if (parse_on(true, line))
		fail_msg("%s: %s", line, strbuf_str(&error));
}

static void assert_error(const char *line, const char *wanted)
{
	if (!parse_on(true, line))
		fail_msg("no error: %s", line);
	if (!strstr(strbuf_str(&error), wanted))
		fail_msg("%s: \"%s\" lacks \"%s\"", line, strbuf_str(&error), wanted);
	assert_null(strchr(strbuf_str(&error), '\n'));
	assert_int_equal(error.failed, false);
}

static void assert_condition(const char *line, const char *wanted)
{
	parse(line);
	if (!wanted)
		assert_null(plan.condition);
	else
		assert_string_equal(plan.condition, wanted);
}

static void test_mode(void **state)
{
	static const struct {
		const char *line;
		enum plan_mode mode;
		enum plan_output output;
	} cases[] = {
		{"", PLAN_SCREEN, OUTPUT_NONE},
		{":80", PLAN_SCREEN, OUTPUT_NONE},
		{"-b", PLAN_LIST, OUTPUT_NONE},
		{"--json", PLAN_LIST, OUTPUT_JSON},
		{"--jsonl", PLAN_LIST, OUTPUT_JSONL},
		{"--csv", PLAN_LIST, OUTPUT_CSV},
		{"-t :80", PLAN_LIST, OUTPUT_TERSE},
		{"-q :80", PLAN_LIST, OUTPUT_QUIET},
		{"--watch", PLAN_WATCH, OUTPUT_NONE},
		{"--watch --jsonl", PLAN_WATCH, OUTPUT_JSONL},
		{"--wait up :80", PLAN_WAIT, OUTPUT_NONE},
		{"--wait=handover :80", PLAN_WAIT, OUTPUT_NONE},
		{"--kill :80", PLAN_KILL, OUTPUT_NONE},
		{"--kill=HUP :80", PLAN_KILL, OUTPUT_NONE},
		{"--save-baseline f", PLAN_SAVE_BASELINE, OUTPUT_NONE},
		{"--diff f", PLAN_DIFF, OUTPUT_NONE},
		{"--check", PLAN_CHECK, OUTPUT_NONE},
		{"--columns help", PLAN_COLUMNS, OUTPUT_NONE},
		{"--check -h", PLAN_HELP, OUTPUT_NONE},
		{"-V", PLAN_VERSION, OUTPUT_NONE},
		{"--complete panes", PLAN_COMPLETE, OUTPUT_NONE},
		{"why 80", PLAN_WHY, OUTPUT_NONE},
		{"why -h", PLAN_HELP, OUTPUT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		parse(cases[i].line);
		assert_int_equal(plan.mode, cases[i].mode);
		assert_int_equal(plan.output, cases[i].output);
	}
	assert_int_equal(parse_on(false, ":80"), 0);
	assert_int_equal(plan.mode, PLAN_LIST);
}

static void test_values(void **state)
{
	(void)state;
	parse("-n 3 -d 0.5 -w 40 --hold 10 --timeout 2 --wait down -A unix,vsock -4 :1 :2");
	assert_int_equal(plan.iterations, 3);
	assert_int_equal(plan.interval_ms, 500);
	assert_int_equal(plan.width, 40);
	assert_int_equal(plan.hold_ms, 10000);
	assert_int_equal(plan.timeout_ms, 2000);
	assert_int_equal(plan.wait, WAIT_DOWN);
	assert_int_equal(plan.families, PROTO_BIT(PROTO_UNIX) | PROTO_BIT(PROTO_VSOCK));
	assert_string_equal(plan.filter, ":1 :2");
	parse("--pane sockets -c proto,pid,remote_addr -s -pid --source proc --owners bpf");
	assert_int_equal(plan.pane, PANE_SOCKETS);
	assert_int_equal(plan.n_columns, 3);
	assert_int_equal(plan.columns_list[2].col, COL_REMOTE_ADDR);
	assert_int_equal(plan.sort_col, COL_PID);
	assert_true(plan.sort_descending);
	assert_int_equal(plan.session.source, SOURCE_PROC);
	assert_int_equal(plan.session.owners, OWNERS_BPF);
	parse("-c proto --pane sockets"); /* in any order */
	assert_int_equal(plan.n_columns, 1);
	parse("--netns web --no-bpf --no-runtime --readonly");
	assert_string_equal(plan.session.netns, "web");
	assert_true(plan.session.no_bpf && plan.session.no_runtime && plan.session.readonly);
	parse("--netns all");
	assert_null(plan.session.netns);
	parse("");
	assert_int_equal(plan.interval_ms, -1);
	assert_int_equal(plan.sort_col, COL_COUNT);
	assert_int_equal(plan.timeout_ms, -1);
}

static void test_signals(void **state)
{
	(void)state;
	parse("--kill :80");
	assert_int_equal(plan.sig, SIGTERM);
	parse("--kill=sighup :80");
	assert_int_equal(plan.sig, SIGHUP);
	parse("--kill=9 :80");
	assert_int_equal(plan.sig, SIGKILL);
	assert_int_equal(options_signal("0"), -1);
	assert_int_equal(options_signal("-9"), -1);
	assert_int_equal(options_signal("9x"), -1);
	assert_int_equal(options_signal("TERMINATE"), -1);
}

static void test_conditions(void **state)
{
	(void)state;
	assert_condition("", NULL);
	assert_condition(":80 or :81", ":80 or :81");
	assert_condition("-u root", "user:\"root\"");
	assert_condition("-u root :80 or :81", "user:\"root\" (:80 or :81)");
	assert_condition("-6 -p 12", "family:inet6 pid:12");
	assert_condition("-l", NULL);
	assert_condition("-l --pane sockets", "state listening state unconnected");
	assert_condition("-l --pane processes", "listeners>0");
	parse("-p 12 --tree");
	assert_true(plan.tree);
	assert_non_null(plan.condition); /* it is a filter: exit code 1 when nothing matches */
	assert_null(plan.shorthand);
}

static void test_clusters(void **state)
{
	(void)state;
	assert_condition("-tulpn", "(proto:tcp or proto:udp or proto:udplite)");
	assert_int_equal(plan.pane, PANE_PORTS);
	assert_int_equal(plan.mode, PLAN_SCREEN);
	assert_true(plan.numeric);
	assert_condition("-tan", "(proto:tcp)");
	assert_int_equal(plan.pane, PANE_SOCKETS);
	assert_condition("-tunap", "(proto:tcp or proto:udp or proto:udplite)");
	assert_int_equal(plan.pane, PANE_SOCKETS);
	assert_condition("-lntp", "(proto:tcp)");
	assert_int_equal(plan.pane, PANE_PORTS);
	parse("-tn");
	assert_non_null(strstr(plan.condition, "(proto:tcp) state established state syn-sent"));
	assert_condition("-tn state time-wait", "(proto:tcp) (state time-wait)");
	assert_condition("-tanH4 :22", "(proto:tcp) family:inet (:22)");
	assert_true(plan.no_heading);
	parse("-xl");
	assert_int_equal(plan.pane, PANE_SOCKETS);
	assert_int_equal(plan.families, PROTO_BIT(PROTO_UNIX));
	parse("-an");
	assert_int_equal(plan.families, PROTO_MASK_ALL);
	assert_null(plan.condition);
	parse("-tano");
	assert_int_equal(plan.columns_list[plan.n_columns - 3].col, COL_TIMER_NAME);
	parse("-tani --pane ports"); /* the pane wins; it lacks those columns */
	assert_int_equal(plan.pane, PANE_PORTS);
}

static void test_not_clusters(void **state)
{
	static const char *const ours[] = {"-t",  "-bn1", "-n4",   "-w80",	"-w46", "-uroot",
					   "-p1", "-bt",  "--all", "-uaccount", "-",	""};

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		assert_false(cluster_is(ours[i]));
	parse("-bn1 -w46");
	assert_int_equal(plan.iterations, 1);
	assert_int_equal(plan.width, 46);
	parse("-t :8080");
	assert_int_equal(plan.output, OUTPUT_TERSE);
	parse("-s -pid"); /* an argument, though it looks like letters of ss */
	assert_int_equal(plan.sort_col, COL_PID);
	parse("-- -tan");
	assert_string_equal(plan.filter, "-tan");
}

static const struct {
	const char *line, *wanted;
} errors[] = {
	{"--jsn", "did you mean --json?"},
	{"--columms proto", "did you mean --columns?"},
	{"--frobnicate-everything", "see inettop -h"},
	{"-Y", "unknown option \"-Y\""},
	{"--json=yes", "takes no argument"},
	{"--pane", "--pane needs an argument"},
	{"-d", "--delay needs an argument"},
	{"--pane portz", "\"portz\" is none of ports"},
	{"-d 0.05", "from 0.1 to 3600"},
	{"-d 3601", "from 0.1 to 3600"},
	{"-d abc", "\"abc\""},
	{"-d -1", "\"-1\""},
	{"-n 0", "\"0\" is not a number from 1"},
	{"-n 99999999999", "--iterations"},
	{"-n 1x", "--iterations"},
	{"-w 0", "--width"},
	{"-p 0", "--pid"},
	{"-p nginx", "--pid"},
	{"-u no-such-user-here", "there is no user"},
	{"-u 99999999999", "--user"},
	{"-A inet7", "\"inet7\" is none of inet unix"},
	{"-A unix,,inet", "\"\" is none of"},
	{"-c proto,prot", "did you mean proto?"},
	{"-c qqqqqqqq", "--columns help"},
	{"-s qqqqqqqq", "--sort: the pane ports has no column"},
	{"--pane events -c queue", "the pane events has no column"},
	{"-4 -6", "exclude each other"},
	{"--json --csv", "exclude each other"},
	{"-t -q", "exclude each other"},
	{"--watch --wait up :80", "cannot be combined"},
	{"--kill --diff f :80", "cannot be combined"},
	{"--check --watch", "cannot be combined"},
	{"--kill", "--kill needs a FILTER"},
	{"--wait up", "--wait needs a FILTER"},
	{"--wait sideways :80", "none of up|down|handover"},
	{"--kill=NOPE :80", "is no signal"},
	{"--kill --readonly :80", "exclude each other"},
	{"--tree", "--tree needs -p"},
	{"--timeout 5", "--timeout is for"},
	{"--timeout x --wait up :80", "--timeout"},
	{"--watch --csv", "--watch writes"},
	{"--wait up :80 --json", "writes text"},
	{"--diff f --pane sockets", "of the pane ports"},
	{"--source maybe", "none of auto|netlink|proc"},
	{"--owners x", "none of auto|bpf|proc"},
	{"--color sometimes", "none of auto|always|never"},
	{"--keys emacs", "none of default|vim"},
	{"--hold x", "--hold"},
	{"--speed 2", "--speed needs --replay"},
	{"--probe", "an option of inettop why"},
	{"why", "an ENDPOINT is needed"},
	{"why 1 2", "one ENDPOINT at a time"},
	{"why --csv 80", "means nothing to inettop why"},
	{"why 99999", "expected a port"},
	{"why --probe=maybe 80", "is not \"force\""},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		assert_error(errors[i].line, errors[i].wanted);
}

static void test_errors_are_clean(void **state)
{
	(void)state;
	assert_error("--pane \033]0;x\a", "\\x1b]0;x\\x07");
	assert_null(memchr(strbuf_str(&error), '\033', error.len));
}

static void assert_endpoint(const char *text, uint8_t proto, const char *addr, uint16_t port)
{
	struct why_want want = {0};
	char buf[NETADDR_TEXT_MAX];
	const char *expected = NULL;

	if (endpoint_parse(text, &want, &expected))
		fail_msg("%s: %s", text, expected);
	assert_int_equal(want.proto, proto);
	assert_int_equal(want.port, port);
	assert_int_equal(want.any_addr, !addr);
	if (addr)
		assert_string_equal(netaddr_format(&want.addr, buf), addr);
}

static void test_endpoints(void **state)
{
	static const char *const bad[] = {"",
					  ":",
					  "tcp",
					  "0",
					  "65536",
					  "::1:80",
					  "1.2.3:80",
					  "unix:80",
					  "[::1]",
					  "80x",
					  "[fe80::1%nodev]:80",
					  "1.2.3.4:"};
	struct why_want want = {0};
	const char *expected;

	(void)state;
	assert_endpoint("8080", PROTO_TCP, NULL, 8080);
	assert_endpoint(":8080", PROTO_TCP, NULL, 8080);
	assert_endpoint("udp:53", PROTO_UDP, NULL, 53);
	assert_endpoint("*:53", PROTO_TCP, NULL, 53);
	assert_endpoint("127.0.0.1:8080", PROTO_TCP, "127.0.0.1", 8080);
	assert_endpoint("tcp:[::]:8080", PROTO_TCP, "::", 8080);
	assert_endpoint("udp@127.0.0.1:53", PROTO_UDP, "127.0.0.1", 53);
	assert_endpoint("[fe80::1%lo]:80", PROTO_TCP, "fe80::1", 80);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		expected = NULL;
		assert_int_not_equal(endpoint_parse(bad[i], &want, &expected), 0);
		assert_non_null(expected);
	}
}

static void test_help(void **state)
{
	struct strbuf help, list;
	size_t lines = 0;

	(void)state;
	strbuf_init(&help, 0);
	strbuf_init(&list, 0);
	options_help(&help);
	options_list(&list);
	for (const char *at = strbuf_str(&help); *at; lines++) {
		size_t len = strcspn(at, "\n");

		assert_true(len <= 80);
		at += len + 1;
	}
	assert_true(lines <= 24);
	for (const char *at = strbuf_str(&list); *at;) {
		char name[64];
		size_t len = strcspn(at, "\t");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!strstr(strbuf_str(&help), name))
			fail_msg("-h lacks %s", name);
		at = strchr(at, '\n') + 1;
	}
	strbuf_done(&list);
	strbuf_done(&help);
}

static int teardown(void **state)
{
	(void)state;
	plan_done(&plan);
	strbuf_done(&error);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),	  cmocka_unit_test(test_values),
		cmocka_unit_test(test_signals),	  cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_clusters),  cmocka_unit_test(test_not_clusters),
		cmocka_unit_test(test_errors),	  cmocka_unit_test(test_errors_are_clean),
		cmocka_unit_test(test_endpoints), cmocka_unit_test(test_help),
	};

	strbuf_init(&error, 0);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
