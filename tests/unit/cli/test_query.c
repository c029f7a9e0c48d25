#include "lib/unit.h"

#include "cli/diff.h"
#include "cli/hint.h"
#include "cli/options.h"
#include "cli/query.h"
#include "lib/demo_snapshot.h"

static struct demo *demo;
static struct plan plan;
static struct query query;

/* The rows that a command line selects in the demo host. */
static size_t select_rows(char *words[], int n)
{
	struct strbuf error;

	strbuf_init(&error, 0);
	plan_done(&plan);
	query_done(&query);
	if (options_parse(n, words, false, &plan, &error))
		fail_msg("%s", strbuf_str(&error));
	settings_default(&plan.settings);
	if (plan.families)
		plan.settings.families = plan.families;
	if (query_init(&query, &plan, plan.pane, &error))
		fail_msg("%s", strbuf_str(&error));
	query_run(&query, demo_snapshot(demo), demo_lookup(demo));
	strbuf_done(&error);
	return query.slots.len;
}

#define rows_of(...)                                                                               \
	select_rows((char *[]){(char *)(uintptr_t) "inettop", __VA_ARGS__, NULL},                  \
		    (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)) + 1)
#define W(word) ((char *)(uintptr_t)(word))

static struct value cell(size_t i, enum column_id col)
{
	struct value v = {0};
	struct row row;

	assert_true(row_at(demo_snapshot(demo), query.pane, query.slots.data[i], &row));
	column_get(col, &row, demo_lookup(demo), &v);
	return v;
}

static void test_gone_rows(void **state)
{
	struct row row;

	(void)state;
	assert_true(rows_of(W("-b")) > 0);
	for (size_t i = 0; i < query.slots.len; i++) {
		assert_true(row_at(demo_snapshot(demo), query.pane, query.slots.data[i], &row));
		assert_false(row_head(&row)->gone);
	}
	assert_true(rows_of(W("gone")) > 0); /* unless the filter asks for them */
	assert_true(row_at(demo_snapshot(demo), query.pane, query.slots.data[0], &row));
	assert_true(row_head(&row)->gone);
}

static void test_wider(void **state)
{
	size_t some = rows_of(W("-b")), all = rows_of(W("-a"));
	size_t inet = rows_of(W("--pane"), W("sockets"));
	size_t every = rows_of(W("--pane"), W("sockets"), W("-A"), W("all"));

	(void)state;
	assert_true(all > some);
	assert_true(every > inet);
	assert_true(rows_of(W("-A"), W("unix"), W("--pane"), W("sockets")) < every);
}

static void test_order(void **state)
{
	(void)state;
	assert_true(rows_of(W("-b")) > 2); /* the pane's own: by port */
	for (size_t i = 1; i < query.slots.len; i++)
		assert_true(cell(i - 1, COL_LOCAL_PORT).num <= cell(i, COL_LOCAL_PORT).num);
	assert_true(rows_of(W("-s"), W("-pid")) > 2); /* unknown ones come last all the same */
	for (size_t i = 1; i < query.slots.len; i++) {
		struct value before = cell(i - 1, COL_PID), after = cell(i, COL_PID);

		if (after.type > VALUE_PENDING)
			assert_true(before.type > VALUE_PENDING && before.num >= after.num);
	}
}

static void test_tree(void **state)
{
	const struct snapshot *snap = demo_snapshot(demo);
	const struct proc *child = NULL;
	char pid[16];

	(void)state;
	for (uint32_t i = 0; i < snap->n_procs; i++)
		if (snap->procs[i] && snap->procs[i]->r.ppid > 1 && snap->procs[i]->n_socks)
			child = snap->procs[i];
	assert_non_null(child);
	snprintf(pid, sizeof(pid), "%u", child->r.ppid);
	rows_of(W("-p"), pid, W("--tree"), W("--pane"), W("processes"));
	assert_true(query_has_pid(&query, child->r.pid));
	assert_true(query_has_pid(&query, child->r.ppid));
	assert_false(query_has_pid(&query, 1));
	for (size_t i = 0; i < query.slots.len; i++)
		assert_true(query_has_pid(&query, (uint32_t)cell(i, COL_PID).num));
}

static void test_caret(void **state)
{
	char *words[] = {W("inettop"), W("-u"), W("root"), W("proto:tcp"), W("colour:red"), NULL};
	struct strbuf error;

	(void)state;
	strbuf_init(&error, 0);
	plan_done(&plan);
	query_done(&query);
	assert_int_equal(options_parse(5, words, false, &plan, &error), 0);
	settings_default(&plan.settings);
	assert_int_not_equal(query_init(&query, &plan, plan.pane, &error), 0);
	/* what was typed, not what -u made of it */
	assert_non_null(strstr(strbuf_str(&error), "\n  proto:tcp colour:red\n            ^~~~~~"));
	strbuf_done(&error);
}

static void test_hint_port(void **state)
{
	(void)state;
	assert_int_equal(hint_port(":8080"), 8080);
	assert_int_equal(hint_port("8080"), 8080);
	assert_int_equal(hint_port("tcp:443"), 443);
	assert_int_equal(hint_port("user:x :22 foo"), 22);
	assert_int_equal(hint_port("@10.1.2.3:53"), 53);
	assert_int_equal(hint_port("comm:nginx"), 0);
	assert_int_equal(hint_port("10.0.0.1"), 0);
	assert_int_equal(hint_port(":99999"), 0);
	assert_int_equal(hint_port(""), 0);
}

#define DOC(rows) "{\"schema\":\"inettop/1\",\"ports\":[" rows "]}"
#define PORT(port, exe, user)                                                                      \
	"{\"netns_name\":\"host\",\"proto\":\"tcp\",\"ifname\":null,\"local_addr\":\"::\","        \
	"\"local_port\":" port ",\"exe\":" exe ",\"user\":\"" user "\"}"

static int diff(const char *old, const char *new, struct strbuf *out)
{
	const char *error;

	strbuf_reset(out);
	return diff_documents(old, strlen(old), new, strlen(new), out, &error);
}

static void test_diff(void **state)
{
	const char *one = DOC(PORT("80", "\"/a\"", "root") "," PORT("81", "\"/b\"", "root"));
	const char *two = DOC(PORT("81", "\"/c\\u001b[2J\"", "www") "," PORT("9", "null", "x"));
	const char *unknown = DOC(PORT("81", "null", "root") "," PORT("80", "\"/a\"", "root"));
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 0);
	assert_int_equal(diff(one, one, &out), 0);
	assert_int_equal(diff(one, unknown, &out), 0); /* order and unknown facts do not count */
	assert_int_equal(diff(one, two, &out), 3);
	assert_string_equal(strbuf_str(&out),
			    "+ tcp [::]:9 netns host user x\n"
			    "- tcp [::]:80 netns host exe /a user root\n"
			    "~ tcp [::]:81 netns host exe /b -> /c\\x1b[2J user root -> www\n");
	assert_true(diff("{", one, &out) < 0);
	assert_true(diff("{\"schema\":\"inettop/2\",\"ports\":[]}", one, &out) < 0);
	assert_true(diff("{\"schema\":\"inettop/1\",\"sockets\":[]}", one, &out) < 0);
	strbuf_done(&out);
}

static int teardown(void **state)
{
	(void)state;
	query_done(&query);
	plan_done(&plan);
	demo_free(demo);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_rows), cmocka_unit_test(test_wider),
		cmocka_unit_test(test_order),	  cmocka_unit_test(test_tree),
		cmocka_unit_test(test_caret),	  cmocka_unit_test(test_hint_port),
		cmocka_unit_test(test_diff),
	};

	demo = demo_new();
	return cmocka_run_group_tests(tests, NULL, teardown);
}
