/*
 * A recording of any bytes, played as --replay plays it: frames into a store, a snapshot of each,
 * and the last one as text and on the screen. The input is frames, each after its length (u16,
 * little endian). Whatever a recording says, what comes out is plain text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/journal.h"
#include "view/app.h"
#include "view/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 16
#define ROWS 16
#define COLS 100

static void require(int condition)
{
	if (!condition)
		abort();
}

static void on_name(void *ctx, enum journal_name kind, uint64_t key, struct bytes text)
{
	uint64_t *sum = ctx;

	require(kind < JOURNAL_NAME_COUNT);
	*sum += key;
	for (uint32_t i = 0; i < text.len; i++)
		*sum += (uint8_t)text.ptr[i];
}

/* No control character but the end of a line. */
static int is_plain(void *ctx, const void *mem, size_t len)
{
	const uint8_t *p = mem;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		require((p[i] >= ' ' && p[i] != 0x7f) || p[i] == '\n' || p[i] == '\r');
	return 0;
}

static void write_all(const struct snapshot *snap, const struct lookup *lookup, enum pane pane)
{
	static const enum column_id columns[] = {COL_PID, COL_COMM, COL_CMDLINE, COL_AGE_S};
	uint32_t n = row_slots(snap, pane), *slots = calloc(n + 1, sizeof(*slots));
	struct export_view view = {.snap = snap,
				   .lookup = lookup,
				   .host = "",
				   .pane = pane,
				   .slots = slots,
				   .cols = columns,
				   .with_gone = true};
	struct sink sink;

	for (uint32_t slot = 0; slot < n; slot++) {
		struct row row;

		if (row_at(snap, pane, slot, &row))
			slots[view.n_slots++] = slot;
	}
	sink_init(&sink, is_plain, NULL);
	export_write(&view, pane % 2 ? EXPORT_JSON : EXPORT_CSV, &sink);
	export_write(&view, EXPORT_TEXT, &sink);
	require(sink_flush(&sink) == 0);
	sink_done(&sink);
	free(slots);
}

static void press(struct app *app, struct grid *grid, struct app_event *ev, struct key key)
{
	struct effects effects = {0};

	ev->kind = APP_KEY;
	ev->key = key;
	app_handle(app, ev, &effects);
	while (app_work(app))
		;
	app_render(app, grid);
	vec_done(&effects.list);
}

/* A pane and the page behind its first row. */
static void walk_screen(struct app *app, struct grid *grid, struct app_event *ev,
			const struct snapshot *snap)
{
	uint32_t pane = snap->n_socks + snap->n_events;

	press(app, grid, ev, (struct key){'1' + pane % PANE_COUNT, KEYMOD_ALT});
	press(app, grid, ev, (struct key){KEYSYM_ENTER, 0});
	press(app, grid, ev, (struct key){KEYSYM_ESC, 0});
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < COLS; x++)
			is_plain(NULL, grid_at(grid, y, x)->text, grid_at(grid, y, x)->len);
}

static void show(struct app *app, struct grid *grid, const struct snapshot *snap)
{
	struct app_event ev = {.kind = APP_SNAPSHOT,
			       .snapshot = snap,
			       .mono_ms = snap->mono_ms,
			       .wall_ms = snap->wall_ms};
	struct lookup lookup = {.mono_ms = snap->mono_ms, .wall_ms = snap->wall_ms};
	struct effects effects = {0};

	app_handle(app, &ev, &effects);
	vec_done(&effects.list);
	walk_screen(app, grid, &ev, snap);
	for (enum pane pane = 0; pane < PANE_COUNT; pane++)
		write_all(snap, &lookup, pane);
}

static struct app *new_app(struct grid *grid)
{
	static const struct lookup nothing;
	struct settings settings;
	struct app_config cfg = {
		.settings = &settings, .lookup = &nothing, .readonly = true, .all = true};
	struct app_event ev = {.kind = APP_RESIZE, .size = {ROWS, COLS}};
	struct effects effects = {0};
	struct app *app;

	settings_default(&settings);
	settings.families = PROTO_MASK_ALL;
	app = app_new(&cfg);
	grid_init(grid);
	grid_resize(grid, ROWS, COLS);
	app_handle(app, &ev, &effects);
	vec_done(&effects.list);
	return app;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct snapshot *before = NULL, *snap;
	struct grid grid;
	struct app *app = new_app(&grid);
	struct store *st = store_new();
	uint64_t needs, sum = 0;

	for (int n = 0; n < FRAMES_MAX && size > 2; n++) {
		size_t len = data[0] | (size_t)data[1] << 8;
		struct publish_args args = {0};
		uint8_t *frame;

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		frame = malloc(len + 1); /* its own, so that a read beyond it shows */
		memcpy(frame, data, len);
		(void)journal_apply(st, frame, len, 1000, on_name, &sum, &needs);
		free(frame);
		args.needs = needs;
		snap = store_publish(st, &args);
		if (size <= len || n == FRAMES_MAX - 1)
			show(app, &grid, snap);
		if (before)
			snapshot_release(before);
		before = snap;
		data += len;
		size -= len;
	}
	app_free(app);
	grid_done(&grid);
	if (before)
		snapshot_release(before);
	store_free(st);
	return 0;
}
