/*
 * The screen as a machine, driven by any bytes over the made-up host: keys, pastes, mouse, sizes,
 * answers of the session, time. Two bytes an event: what, and which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/demo_snapshot.h"
#include "view/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static struct key key_of(uint8_t what, uint8_t which)
{
	if (what < 140)
		return (struct key){which & 0x7f, what < 120 ? 0 : what & 3};
	return (struct key){KEYSYM_UP + which % (KEYSYM_LAST - KEYSYM_UP), what & 3};
}

static void fill(struct app_event *ev, uint8_t what, uint8_t which)
{
	static const struct bytes pastes[] = {{"\033[201~\r\n", 8}, {"8080", 4}, {"\xff\xc3", 2}};

	ev->kind = APP_KEY;
	ev->key = key_of(what, which);
	if (what >= 200 && what < 210) {
		ev->kind = APP_MOUSE;
		ev->mouse.x = which;
		ev->mouse.y = which % 30 - 2;
		ev->mouse.button = what % 4;
	} else if (what < 215 && what >= 210) {
		ev->kind = APP_PASTE;
		ev->paste = pastes[which % 3];
	} else if (what >= 215 && what < 225) {
		ev->kind = APP_RESIZE;
		ev->size.rows = 1 + which % 60;
		ev->size.cols = 1 + which * 7 % 250;
	} else if (what >= 225 && what < 240) {
		ev->kind = APP_RESULT;
		ev->result = (struct app_result){.kind = what % 6,
						 .index = which % 5,
						 .state = which % (APP_TARGET_FAILED + 1),
						 .err = what & 1 ? -1 : 0,
						 .text = "\033[2J"};
	} else if (what >= 240) {
		ev->kind = APP_TICK;
	}
}

static int swallow(void *ctx, const void *mem, size_t len)
{
	(void)ctx, (void)mem, (void)len;
	return 0;
}

static void obey(struct app *app, const struct effects *effects)
{
	struct sink sink;

	for (size_t i = 0; i < effects->list.len; i++) {
		const struct effect *e = &effects->list.data[i];

		if (e->kind == EFFECT_EXPORT) {
			sink_init(&sink, swallow, NULL);
			require(app_export(app, e->format, &sink) == 0);
			sink_done(&sink);
		}
		require(e->kind != EFFECT_SIGNAL || (e->sig > 0 && e->sig <= 64));
		for (uint32_t t = 0; e->kind == EFFECT_TARGETS_OPEN && t < e->n_targets; t++)
			require(e->targets[t].pid > 1);
	}
}

static void check(const struct grid *grid)
{
	for (int y = 0; y < grid->rows; y++)
		for (int x = 0; x < grid->cols; x++) {
			const struct cell *c = grid_at(grid, y, x);

			require(c->len <= GRID_CLUSTER_MAX && c->role < ROLE_COUNT);
			for (int i = 0; i < c->len; i++)
				require((uint8_t)c->text[i] >= ' ' && c->text[i] != 0x7f);
		}
}

static void send(struct app *app, struct grid *grid, struct app_event *ev)
{
	struct effects effects = {0};
	struct needs needs;

	app_handle(app, ev, &effects);
	obey(app, &effects);
	vec_done(&effects.list);
	if (ev->kind == APP_RESIZE)
		grid_resize(grid, ev->size.rows, ev->size.cols);
	for (int slices = 0; app_work(app); slices++)
		require(slices < 10000);
	app_render(app, grid);
	app_needs(app, &needs);
	check(grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct demo *demo = demo_new();
	struct settings settings;
	struct app_config cfg = {.settings = &settings, .lookup = demo_lookup(demo)};
	struct app_event ev = {.mono_ms = DEMO_MONO_MS, .wall_ms = DEMO_WALL_MS};
	struct grid grid;
	struct app *app;

	settings_default(&settings);
	app = app_new(&cfg);
	grid_init(&grid);
	ev.kind = APP_RESIZE;
	ev.size.rows = 24;
	ev.size.cols = 80;
	send(app, &grid, &ev);
	ev.kind = APP_SNAPSHOT;
	ev.snapshot = demo_snapshot(demo);
	send(app, &grid, &ev);
	for (size_t i = 0; i + 1 < size && i < 400; i += 2) {
		ev.mono_ms += data[i];
		ev.wall_ms += data[i];
		fill(&ev, data[i], data[i + 1]);
		send(app, &grid, &ev);
	}
	app_free(app);
	grid_done(&grid);
	demo_free(demo);
	return 0;
}
