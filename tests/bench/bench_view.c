/*
 * What keys cost on a screen of 100k sockets: CPU milliseconds of the key with all the work that
 * it asks for, of its longest slice, and of a frame.
 *
 *	bench_view [SOCKETS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/demo_snapshot.h"
#include "model/proc_detail.h"
#include "view/app.h"

#define FDS 10000u

static const struct step {
	const char *what, *keys;
} steps[] = {
	{"page down", "PgDn"},
	{"line down", "Down"},
	{"to the end", "End"},
	{"to the top", "Home"},
	{"scroll columns", "Right"},
	{"columns back", "Left"},
	{"sort by the next column", ">"},
	{"reverse", "I"},
	{"sort by queue", "M"},
	{"sort by traffic", "T"},
	{"sort by port", "P"},
	{"filter, first key", "\\ 4"},
	{"filter, second key", "4"},
	{"filter, backspace", "Backspace"},
	{"filter dropped", "Esc"},
	{"search, first key", "/ 4"},
	{"search, not there", "q"},
	{"search ended", "Esc"},
	{"type to jump", "9"},
	{"group by process", "t"},
	{"fold all", "*"},
	{"no groups", "t t t t t"},
	{"other pane", "Shift-Tab"},
	{"back", "Tab"},
	{"open a page", "Enter"},
	{"page back", "Esc"},
};

struct bench {
	struct app *app;
	struct effects effects;
	struct grid grid;
	double slice; /* the longest one */
};

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void give(struct bench *b, struct app_event event)
{
	bool more = true;
	double start = cpu_ms();

	event.mono_ms = DEMO_MONO_MS;
	event.wall_ms = DEMO_WALL_MS;
	app_handle(b->app, &event, &b->effects);
	vec_clear(&b->effects.list);
	while (more) {
		if (cpu_ms() - start > b->slice)
			b->slice = cpu_ms() - start;
		start = cpu_ms();
		more = app_work(b->app);
	}
	if (cpu_ms() - start > b->slice)
		b->slice = cpu_ms() - start;
}

static void press(struct bench *b, const char *keys)
{
	struct app_event event = {.kind = APP_KEY};

	while (keys_next(&keys, &event.key))
		give(b, event);
}

static void measure(struct bench *b, const char *what, const char *keys)
{
	double start = cpu_ms(), after;

	b->slice = 0;
	press(b, keys);
	after = cpu_ms();
	app_render(b->app, &b->grid);
	printf("%-26s %8.2f ms, slice %6.2f, frame %6.2f\n", what, after - start, b->slice,
	       cpu_ms() - after);
}

static void show(struct bench *b, const struct snapshot *snap, const char *what)
{
	double start = cpu_ms();

	b->slice = 0;
	give(b, (struct app_event){.kind = APP_SNAPSHOT, .snapshot = snap});
	printf("%-26s %8.2f ms, slice %6.2f\n", what, cpu_ms() - start, b->slice);
}

/* Opens the page of a process. */
static void press_number(struct bench *b, uint32_t pid)
{
	char text[16];

	press(b, "Alt-3 A");
	snprintf(text, sizeof(text), "%u", pid);
	for (const char *digit = text; *digit; digit++)
		press(b, (const char[]){*digit, '\0'});
	press(b, "Enter");
}

/* The page of a process with many descriptors, made anew by every snapshot. */
static void measure_page(struct bench *b, const struct snapshot *snap)
{
	struct fd_rec *fds = calloc(FDS, sizeof(*fds));
	struct proc_detail detail = {.fds = fds, .n_fds = FDS, .fds_total = FDS};
	struct snapshot with = *snap;
	const struct proc *proc = NULL;

	for (uint32_t i = 0; !proc && i < snap->n_procs; i++)
		proc = snapshot_proc(snap, i);
	for (uint32_t i = 0; fds && i < FDS; i++)
		fds[i] = (struct fd_rec){.fd = (int32_t)i,
					 .kind = FD_FILE,
					 .info_known = true,
					 .pos = i,
					 .target = {"/var/lib/server/data/file", 25}};
	if (fds && proc) {
		detail.pid = proc->r.pid;
		detail.start_ticks = proc->r.start_ticks;
		with.detail = &detail;
		press_number(b, proc->r.pid);
		show(b, &with, "page of 10k descriptors");
		show(b, &with, "the same again");
		measure(b, "down on it", "Down");
		measure(b, "its end", "End");
		show(b, snap, "without");
	}
	free(fds);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	struct demo *demo = demo_new_large(n);
	struct app_event size = {.kind = APP_RESIZE};
	struct app_config cfg = {.lookup = demo_lookup(demo)};
	struct bench b = {.app = app_new(&cfg)};

	size.size.rows = 50;
	size.size.cols = 160;
	grid_init(&b.grid);
	give(&b, size);
	press(&b, "Tab");
	show(&b, demo_snapshot(demo), "first snapshot");
	show(&b, demo_snapshot(demo), "again, nothing known");
	measure(&b, "first frame", "");
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		measure(&b, steps[i].what, steps[i].keys);
	press(&b, "\\");
	measure(&b, "filter by a regex", "~ 1 [ 0 - 4 ] + $");
	press(&b, "Esc");
	measure_page(&b, demo_snapshot(demo));
	app_free(b.app);
	vec_done(&b.effects.list);
	grid_done(&b.grid);
	demo_free(demo);
	return 0;
}
