#include "lib/unit.h"

#include "base/csvw.h"
#include "unit/base/sink_memory.h"

static void rows_are(const char *const *cells, size_t columns, size_t count, const char *expected)
{
	struct strbuf text;
	struct sink sink;
	struct csvw w;

	strbuf_init(&text, 0);
	sink_init(&sink, sink_memory, &text);
	csvw_init(&w, &sink);
	for (size_t i = 0; i < count; i++) {
		csvw_cell(&w, cells[i], strlen(cells[i]));
		if ((i + 1) % columns == 0)
			csvw_end_row(&w);
	}
	assert_int_equal(sink_flush(&sink), 0);
	assert_string_equal(strbuf_str(&text), expected);
	csvw_done(&w);
	sink_done(&sink);
	strbuf_done(&text);
}

static void cells_are_quoted_where_needed(void **state)
{
	static const char *const cells[] = {"proto", "port", "comm", "tcp",	   "8080", "a,b",
					    "udp",   "",     "",     "say \"hi\"", " x ",  "a;b"};

	(void)state;
	rows_are(cells, 3, 12,
		 "proto,port,comm\r\n"
		 "tcp,8080,\"a,b\"\r\n"
		 "udp,,\r\n"
		 "\"say \"\"hi\"\"\", x ,a;b\r\n");
}

static void hostile_cells_are_cleaned(void **state)
{
	static const char *const cells[] = {"a\r\nb", "\x1b[2J,", "\xff\u202e", "\u00e9"};

	(void)state;
	rows_are(cells, 4, 4, "a\\r\\nb,\"\\x1b[2J,\",\\xff\\u202e,\u00e9\r\n");
}

static void a_lone_empty_cell_is_not_an_empty_line(void **state)
{
	static const char *const cells[] = {"pod", "", "x"};

	(void)state;
	rows_are(cells, 1, 3, "pod\r\n\"\"\r\nx\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_quoted_where_needed),
		cmocka_unit_test(hostile_cells_are_cleaned),
		cmocka_unit_test(a_lone_empty_cell_is_not_an_empty_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
