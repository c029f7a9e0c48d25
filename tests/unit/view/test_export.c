#include "rows.h"

#include <locale.h>

#include "view/export.h"

static char *exported(const struct demo *demo, enum export_format format, size_t width)
{
	static const enum column_id cols[] = {COL_LOCAL_PORT, COL_OWNER, COL_PID};
	static const uint32_t slots[] = {14, 0, 9999, 2};
	struct export_view view = {
		.snap = demo_snapshot(demo),
		.lookup = demo_lookup(demo),
		.host = DEMO_HOST,
		.pane = PANE_PORTS,
		.slots = slots,
		.n_slots = 4,
		.cols = cols,
		.n_cols = 3,
		.style = {.export = true},
		.width = width,
	};
	struct strbuf out;
	struct sink sink;

	strbuf_init(&out, 0);
	sink_init(&sink, keep, &out);
	export_write(&view, format, &sink);
	assert_int_equal(sink_flush(&sink), 0);
	sink_done(&sink);
	return strbuf_detach(&out, NULL);
}

static void text_is_a_table_in_the_order_of_the_view(void **state)
{
	struct demo *demo = demo_new();
	char *text = exported(demo, EXPORT_TEXT, 0), *cut = exported(demo, EXPORT_TEXT, 8);

	(void)state;
	assert_string_equal(text, " PORT PROCESS             PID\n"
				  "31337 \xd7\x90\\u202eevil\\x1b[2J 1600\n"
				  "   22 sshd                700\n"
				  "   80 nginx               812\n");
	assert_string_equal(cut, " PORT PR\n31337 \xd7\x90\\\n   22 ss\n   80 ng\n");
	free(text);
	free(cut);
	demo_free(demo);
}

static void every_format_has_the_same_rows(void **state)
{
	struct demo *demo = demo_new();
	char *json = exported(demo, EXPORT_JSON, 0), *lines = exported(demo, EXPORT_JSONL, 0);
	char *csv = exported(demo, EXPORT_CSV, 0);
	json_t *doc = read_json(json, strlen(json)), *ports = json_object_get(doc, "ports");
	size_t n_lines = 0, n_cells = 0;

	(void)state;
	assert_int_equal(json_array_size(ports), 3);
	assert_int_equal(json_integer_value(member(json_array_get(ports, 0), "local_port")), 31337);
	for (char *p = lines; *p; p++)
		n_lines += *p == '\n';
	for (char *p = csv; *p; p++)
		n_cells += *p == '\n';
	assert_int_equal(n_lines, 4);
	assert_int_equal(n_cells, 4);
	json_decref(doc);
	free(json);
	free(lines);
	free(csv);
	demo_free(demo);
}

static void the_format_follows_the_file_name(void **state)
{
	(void)state;
	assert_int_equal(export_format_of("a.json"), EXPORT_JSON);
	assert_int_equal(export_format_of("a.csv.jsonl"), EXPORT_JSONL);
	assert_int_equal(export_format_of("/tmp/ports.csv"), EXPORT_CSV);
	assert_int_equal(export_format_of("json"), EXPORT_TEXT);
	assert_int_equal(export_format_of(".csv"), EXPORT_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_a_table_in_the_order_of_the_view),
		cmocka_unit_test(every_format_has_the_same_rows),
		cmocka_unit_test(the_format_follows_the_file_name),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
