#include "rows.h"

#include <stdbool.h>

#include "base/text.h"
#include "view/csv_row.h"

/* A strict reader of RFC 4180: the next cell into *cell, returns ',' or '\n' for what ended it. */
static int read_cell(const char **at, struct strbuf *cell)
{
	bool quoted = **at == '"';

	strbuf_reset(cell);
	*at += quoted;
	for (;; (*at)++) {
		if (quoted && (*at)[0] == '"' && (*at)[1] == '"') {
			(*at)++;
		} else if (quoted && **at == '"') {
			(*at)++;
			quoted = false;
			assert_true(**at == ',' || **at == '\r');
			break;
		} else if (!quoted && (**at == ',' || **at == '\r')) {
			break;
		}
		assert_true((unsigned char)**at >= 0x20 && **at != 0x7f);
		assert_true(quoted || **at != '"');
		strbuf_addc(cell, **at);
	}
	assert_false(quoted);
	if (*(*at)++ == ',')
		return ',';
	assert_int_equal(*(*at)++, '\n');
	return '\n';
}

static void add_text(json_t *value, struct strbuf *out)
{
	if (json_is_integer(value))
		strbuf_addf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		strbuf_addf(out, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		strbuf_adds(out, json_is_true(value) ? "true" : "false");
	else if (json_is_string(value))
		strbuf_add(out, json_string_value(value), json_string_length(value));
}

static void add_side(json_t *item, const char *addr, const char *port, struct strbuf *out)
{
	const char *text = json_string_value(json_object_get(item, addr));

	if (text && strchr(text, ':'))
		strbuf_addf(out, "[%s]:", text);
	else
		strbuf_addf(out, "%s:", text ? text : "*");
	add_text(json_object_get(item, port), out);
}

static void add_item(json_t *item, struct strbuf *out)
{
	if (!json_is_object(item)) {
		add_text(item, out);
	} else if (json_object_get(item, "fd")) {
		add_text(json_object_get(item, "pid"), out);
		if (json_is_integer(json_object_get(item, "tid"))) {
			strbuf_addc(out, '.');
			add_text(json_object_get(item, "tid"), out);
		}
		strbuf_addc(out, ':');
		add_text(json_object_get(item, "fd"), out);
	} else {
		add_side(item, "host_addr", "host_port", out);
		strbuf_adds(out, "->");
		add_side(item, "container_addr", "container_port", out);
		strbuf_addc(out, '/');
		add_text(json_object_get(item, "proto"), out);
	}
}

/* The cell that the rules of SPEC 5 make of a JSON value, before cleaning. */
static void expected_cell(json_t *value, struct strbuf *out)
{
	size_t i;
	json_t *item;

	strbuf_reset(out);
	if (!json_is_array(value)) {
		add_text(value, out);
		return;
	}
	json_array_foreach(value, i, item)
	{
		if (i)
			strbuf_addc(out, ' ');
		add_item(item, out);
	}
}

static char *pane_csv(const struct demo *demo, enum pane pane)
{
	const struct snapshot *snap = demo_snapshot(demo);
	struct csv_rows cr;
	struct strbuf out;
	struct sink sink;
	struct row row;

	strbuf_init(&out, 0);
	sink_init(&sink, keep, &out);
	csv_rows_init(&cr, &sink, pane, demo_lookup(demo));
	csv_rows_header(&cr);
	for (uint32_t i = 0; i < row_slots(snap, pane); i++)
		if (row_at(snap, pane, i, &row))
			csv_rows_add(&cr, &row);
	sink_flush(&sink);
	csv_rows_done(&cr);
	sink_done(&sink);
	return strbuf_detach(&out, NULL);
}

struct names {
	char name[COL_COUNT][FIELD_NAME_MAX * 2];
	size_t n;
};

static const char *read_header(const char *at, struct names *names)
{
	struct strbuf cell;
	int end;

	strbuf_init(&cell, 0);
	names->n = 0;
	do {
		end = read_cell(&at, &cell);
		snprintf(names->name[names->n++], sizeof(names->name[0]), "%s", strbuf_str(&cell));
	} while (end == ',');
	strbuf_done(&cell);
	return at;
}

/* Cells of strings that had bytes replaced in JSON are compared by their name's presence only. */
static void compare_row(const char **at, const struct names *names, json_t *row)
{
	struct strbuf cell, want, clean;

	strbuf_init(&cell, 0);
	strbuf_init(&want, 0);
	strbuf_init(&clean, 0);
	for (size_t i = 0; i < names->n; i++) {
		char companion[FIELD_NAME_MAX * 2 + 8];
		int end = read_cell(at, &cell);

		assert_int_equal(end, i + 1 < names->n ? ',' : '\n');
		assert_non_null(member(row, names->name[i]));
		snprintf(companion, sizeof(companion), "%s_b64", names->name[i]);
		if (member(row, companion)) {
			assert_non_null(strstr(strbuf_str(&cell), "\\x"));
			continue;
		}
		expected_cell(member(row, names->name[i]), &want);
		strbuf_reset(&clean);
		text_clean(strbuf_str(&want), want.len, TEXT_EXPORT, &clean);
		assert_string_equal(strbuf_str(&cell), strbuf_str(&clean));
	}
	strbuf_done(&cell);
	strbuf_done(&want);
	strbuf_done(&clean);
}

static void csv_says_what_json_says(void **state)
{
	struct demo *demo = demo_new();

	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		json_t *doc = pane_document(demo, p, false), *row;
		char *csv = pane_csv(demo, p);
		struct names names;
		const char *at = read_header(csv, &names);
		size_t i;

		json_array_foreach(json_object_get(doc, pane_name(p)), i, row)
			compare_row(&at, &names, row);
		assert_int_equal(*at, '\0');
		free(csv);
		json_decref(doc);
	}
	demo_free(demo);
}

static void the_header_has_the_json_names(void **state)
{
	struct demo *demo = demo_new();
	char *csv = pane_csv(demo, PANE_SOCKETS);
	struct names names;
	bool container = false;

	(void)state;
	read_header(csv, &names);
	for (size_t i = 0; i < names.n; i++) {
		assert_string_not_equal(names.name[i], "args");
		container |= !strcmp(names.name[i], "container.id");
	}
	assert_true(container);
	assert_string_equal(names.name[0], "netns");
	free(csv);
	demo_free(demo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_says_what_json_says),
		cmocka_unit_test(the_header_has_the_json_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
