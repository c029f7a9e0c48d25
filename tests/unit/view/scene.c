#include "unit/view/scene.h"

#include <errno.h>

void scene_event(struct scene *sc, struct app_event event)
{
	event.mono_ms = sc->now;
	event.wall_ms = DEMO_WALL_MS + sc->now - DEMO_MONO_MS;
	app_handle(sc->app, &event, &sc->effects);
	while (app_work(sc->app))
		;
}

static void take_details(struct scene *sc)
{
	static const int32_t watched[] = {4, 5};
	static const struct fd_rec fds[] = {
		{.fd = 0, .kind = FD_DEVICE, .info_known = true, .target = {"/dev/null", 9}},
		{.fd = 1,
		 .kind = FD_FILE,
		 .info_known = true,
		 .flags = 02001,
		 .pos = 4096,
		 .target = {"/var/log/\x1b[31mlog", 17}},
		{.fd = 3,
		 .kind = FD_EPOLL,
		 .info_known = true,
		 .flags = 02000002,
		 .epoll = watched,
		 .n_epoll = 2,
		 .target = {"[eventpoll]", 11}},
		{.fd = 4,
		 .kind = FD_PIPE,
		 .info_known = true,
		 .inode = 99,
		 .target = {"pipe:[99]", 9}},
	};
	static const struct limit_rec limits[] = {
		{.name = {"Max open files", 14},
		 .unit = {"files", 5},
		 .soft = 1024,
		 .hard = UINT64_MAX},
	};
	static const struct namespace_rec namespaces[] = {
		{.name = {"net", 3}, .inode = 4026531840u, .own = true},
		{.name = {"pid", 3}, .inode = 4026531836u, .own = true},
	};
	const struct proc *nginx = snapshot_proc_by_pid(&sc->snap, 812);

	assert_non_null(nginx);
	sc->detail = (struct proc_detail){
		.pid = 812,
		.start_ticks = nginx->r.start_ticks,
		.fds = fds,
		.n_fds = 4,
		.fds_total = 4,
		.limits = limits,
		.n_limits = 1,
		.namespaces = namespaces,
		.n_namespaces = 2,
		.n_threads = 1,
		.listen_fds = 2,
		.cwd = {"/", 1},
		.environ = {"PATH=/bin\0HOME=/root", 21},
	};
	sc->snap.detail = &sc->detail;
}

void scene_open(struct scene *sc, int rows, int cols,
		void (*change)(struct app_config *cfg, struct settings *settings))
{
	static const uint32_t protected_pids[] = {SCENE_SELF};
	struct app_event event = {.kind = APP_SNAPSHOT};
	struct settings settings;
	struct app_config cfg;

	memset(sc, 0, sizeof(*sc));
	sc->demo = demo_new();
	sc->snap = *demo_snapshot(sc->demo);
	sc->now = DEMO_MONO_MS;
	take_details(sc);
	settings_default(&settings);
	cfg = (struct app_config){.settings = &settings,
				  .lookup = demo_lookup(sc->demo),
				  .host = DEMO_HOST,
				  .uid = 0,
				  .protected_pids = protected_pids,
				  .n_protected = 1};
	if (change)
		change(&cfg, &settings);
	sc->app = app_new(&cfg);
	grid_init(&sc->grid);
	strbuf_init(&sc->text, 0);
	scene_resize(sc, rows, cols);
	event.snapshot = &sc->snap;
	scene_event(sc, event);
	scene_forget(sc);
}

void scene_close(struct scene *sc)
{
	app_free(sc->app);
	demo_free(sc->demo);
	vec_done(&sc->effects.list);
	grid_done(&sc->grid);
	strbuf_done(&sc->text);
}

void scene_resize(struct scene *sc, int rows, int cols)
{
	struct app_event event = {.kind = APP_RESIZE};

	event.size.rows = rows;
	event.size.cols = cols;
	scene_event(sc, event);
}

void scene_keys(struct scene *sc, const char *names)
{
	struct app_event event = {.kind = APP_KEY};

	while (keys_next(&names, &event.key))
		scene_event(sc, event);
	assert_string_equal(names + strspn(names, " "), "");
}

void scene_type(struct scene *sc, const char *text)
{
	struct app_event event = {.kind = APP_KEY};

	for (; *text; text++) {
		event.key.code = (unsigned char)*text;
		scene_event(sc, event);
	}
}

void scene_pass(struct scene *sc, int64_t ms)
{
	sc->now += ms;
	scene_event(sc, (struct app_event){.kind = APP_TICK});
}

void scene_result(struct scene *sc, struct app_result result)
{
	struct app_event event = {.kind = APP_RESULT};

	event.result = result;
	scene_event(sc, event);
}

const char *scene_text(struct scene *sc)
{
	app_render(sc->app, &sc->grid);
	strbuf_reset(&sc->text);
	grid_dump(&sc->grid, false, &sc->text);
	return strbuf_str(&sc->text);
}

static bool is_selection(const struct cell *cell)
{
	return cell && (cell->role == ROLE_SELECTED || cell->role == ROLE_DIALOG_SELECTED);
}

static int find_selected(struct scene *sc, int *ret_x)
{
	for (int y = sc->grid.rows - 1; y >= 0; y--)
		for (int x = 0; x < sc->grid.cols; x++)
			if (is_selection(grid_at(&sc->grid, y, x))) {
				*ret_x = x;
				return y;
			}
	return -1;
}

int scene_selected_y(struct scene *sc)
{
	int x;

	app_render(sc->app, &sc->grid);
	return find_selected(sc, &x);
}

const char *scene_selected(struct scene *sc)
{
	int x = 0, y;

	app_render(sc->app, &sc->grid);
	strbuf_reset(&sc->text);
	y = find_selected(sc, &x);
	for (; y >= 0 && is_selection(grid_at(&sc->grid, y, x)); x++)
		strbuf_add(&sc->text, grid_at(&sc->grid, y, x)->text,
			   grid_at(&sc->grid, y, x)->len);
	return strbuf_str(&sc->text);
}

bool scene_shows(struct scene *sc, const char *text)
{
	return strstr(scene_text(sc), text) != NULL;
}

const struct effect *scene_effect(struct scene *sc, enum effect_kind kind)
{
	for (size_t i = sc->effects.list.len; i-- > 0;)
		if (sc->effects.list.data[i].kind == kind)
			return &sc->effects.list.data[i];
	return NULL;
}

uint32_t scene_count(struct scene *sc, enum effect_kind kind)
{
	uint32_t n = 0;

	for (size_t i = 0; i < sc->effects.list.len; i++)
		n += sc->effects.list.data[i].kind == kind;
	return n;
}

void scene_forget(struct scene *sc)
{
	vec_clear(&sc->effects.list);
}

static void golden_path(const char *name, char *path, size_t size)
{
	const char *top = getenv("top_srcdir");

	snprintf(path, size, "%s/tests/golden/%s.txt", top ? top : ".", name);
}

static void write_golden(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static char *read_golden(const char *path)
{
	struct strbuf sb;
	char buf[4096];
	size_t n;
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s: %s (GENERATE=1 makes it)", path, strerror(errno));
	strbuf_init(&sb, 0);
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
		strbuf_add(&sb, buf, n);
	fclose(file);
	return strbuf_detach(&sb, NULL);
}

/* Where two texts part, for a message a person can use. */
static void report(const char *name, const char *expected, const char *got)
{
	int line = 1;
	const char *e = expected, *g = got;

	for (; *e && *e == *g; e++, g++)
		line += *e == '\n';
	while (e > expected && e[-1] != '\n') {
		e--;
		g--;
	}
	fail_msg("%s, line %d\nexpected: %.*s\n     got: %.*s", name, line, (int)strcspn(e, "\n"),
		 e, (int)strcspn(g, "\n"), g);
}

void scene_golden(const char *name, const char *text)
{
	char path[512];
	char *expected;

	golden_path(name, path, sizeof(path));
	if (getenv("GENERATE")) {
		write_golden(path, text);
		return;
	}
	expected = read_golden(path);
	if (strcmp(expected, text) != 0)
		report(name, expected, text);
	free(expected);
}
