/*
 * Any bytes as a filter: the parser neither crashes nor reads beyond them, its errors lie within
 * the text, what it takes it can write and read again, and the result can be run on every row of
 * the demo host and pushed down. The first byte chooses the pane.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/demo_snapshot.h"
#include "view/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct demo *demo;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint16_t find_port(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	return len == 4 && !memcmp(name, "http", 4) ? 80 : 0;
}

static size_t find_host(void *ctx, const char *name, size_t len, struct netaddr *ret, size_t max)
{
	static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};

	(void)ctx;
	if (len != 1 || *name != 'h' || max < 2)
		return 0;
	ret[0] = netaddr_v4(v4);
	ret[1] = netaddr_v6(v6);
	return 2;
}

static void check_error(const struct filter_error *error, size_t size)
{
	require(error->offset <= size && error->len <= size - error->offset);
	require(error->message[0] != '\0');
}

/* Once formatted it stays as it is, and asks for the same. */
static void check_format(const struct filter_context *context, const struct filter *f)
{
	struct filter_error error;
	struct strbuf once, twice;
	struct filter *again;

	strbuf_init(&once, 0);
	strbuf_init(&twice, 0);
	filter_format(f, &once);
	if (once.len <= FILTER_TEXT_MAX) {
		require(filter_parse(context, strbuf_str(&once), once.len, &again, &error) == 0);
		filter_format(again, &twice);
		require(!strcmp(strbuf_str(&once), strbuf_str(&twice)));
		require(filter_state_mask(f) == filter_state_mask(again));
		require(filter_proto_mask(f) == filter_proto_mask(again));
		require(filter_needs(f) == filter_needs(again));
		filter_free(again);
	}
	strbuf_done(&once);
	strbuf_done(&twice);
}

static void check_rows(struct filter *f, enum pane pane)
{
	const struct snapshot *snap = demo_snapshot(demo);
	const struct filter_push_context context = {.can_mark = true};
	struct filter_push push;
	struct arena arena;
	struct row row;

	arena_init(&arena, 0);
	filter_pushdown(f, &context, &arena, &push);
	for (uint32_t i = 0; i < row_slots(snap, pane); i++)
		if (row_at(snap, pane, i, &row))
			filter_match(f, &row, demo_lookup(demo));
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct filter_names names = {.port = find_port, .host = find_host};
	struct filter_context context = {.names = &names};
	struct filter_error error;
	struct filter *f;
	char *text;
	int r;

	if (!size)
		return 0;
	if (!demo)
		demo = demo_new();
	context.pane = data[0] % PANE_COUNT;
	context.local_only = (data[0] & 0x80) != 0;
	text = malloc(size);
	require(text != NULL);
	memcpy(text, data + 1, size - 1);
	r = filter_parse(&context, text, size - 1, &f, &error);
	free(text);
	require((r == 0) == (f != NULL));
	if (r) {
		check_error(&error, size - 1);
		return 0;
	}
	check_format(&context, f);
	check_rows(f, context.pane);
	filter_free(f);
	return 0;
}
