/* What the tests of the JSON and CSV writers share: output in memory, strict reading. */
#ifndef TESTS_UNIT_VIEW_ROWS_H
#define TESTS_UNIT_VIEW_ROWS_H

#include "lib/unit.h"

#include <stdbool.h>

#include <jansson.h>

#include "lib/demo_snapshot.h"
#include "view/json_row.h"

static inline int keep(void *ctx, const void *mem, size_t len)
{
	strbuf_add(ctx, mem, len);
	return 0;
}

/* jansson refuses what is not strict JSON in strict UTF-8, and names that come twice. */
static inline json_t *read_json(const char *text, size_t len)
{
	json_error_t error;
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (!doc)
		fail_msg("no JSON: %s at %d", error.text, error.position);
	return doc;
}

/* The document of a whole pane. */
static inline json_t *pane_document(const struct demo *demo, enum pane pane, bool gone)
{
	const struct snapshot *snap = demo_snapshot(demo);
	struct json_rows jr;
	struct strbuf out;
	struct sink sink;
	struct row row;
	json_t *doc;

	strbuf_init(&out, 0);
	sink_init(&sink, keep, &out);
	json_rows_init(&jr, &sink, pane, DEMO_HOST, demo_lookup(demo));
	jr.with_gone = gone;
	json_rows_begin(&jr, snap);
	for (uint32_t i = 0; i < row_slots(snap, pane); i++)
		if (row_at(snap, pane, i, &row))
			json_rows_add(&jr, &row);
	json_rows_end(&jr);
	assert_int_equal(sink_flush(&sink), 0);
	doc = read_json(strbuf_str(&out), out.len);
	json_rows_done(&jr);
	sink_done(&sink);
	strbuf_done(&out);
	return doc;
}

/* The member with a dotted name. */
static inline json_t *member(json_t *object, const char *name)
{
	char group[FIELD_NAME_MAX];
	const char *dot = strchr(name, '.');

	if (!dot)
		return json_object_get(object, name);
	snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
	return json_object_get(json_object_get(object, group), dot + 1);
}

#endif
