/* Filters, searches, commands, names, groups and exports from the screen. */
#include "unit/view/scene.h"

static void port_filter(struct app_config *cfg, struct settings *settings)
{
	(void)settings;
	cfg->filter = "scope:any queue>0%";
}

static void wrong_filter(struct app_config *cfg, struct settings *settings)
{
	(void)settings;
	cfg->filter = "conns>0 :80";
}

/* A filter of the command line holds in every pane; where it cannot, the pane says so and shows
 * nothing rather than everything. */
static void test_filter_of_the_command_line(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, port_filter);
	assert_true(scene_shows(&sc, "filter scope:any"));
	assert_true(app_row_count(sc.app) > 0 && app_row_count(sc.app) < 10);
	scene_keys(&sc, "Alt-3");
	assert_int_equal(app_row_count(sc.app), 0);
	assert_true(scene_shows(&sc, "filter of the command line: "));
	scene_keys(&sc, "=");
	assert_true(app_row_count(sc.app) > 10);
	assert_false(scene_shows(&sc, "filter scope:any"));
	scene_keys(&sc, "Alt-1");
	assert_true(app_row_count(sc.app) < 10);
	scene_close(&sc);
	scene_open(&sc, 24, 80, wrong_filter);
	scene_keys(&sc, "Alt-4");
	assert_int_equal(app_row_count(sc.app), 0);
	scene_close(&sc);
}

static void test_filter_mistakes(void **state)
{
	struct scene sc;
	uint32_t all;
	int x = 0;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	all = app_row_count(sc.app);
	scene_keys(&sc, "\\");
	scene_type(&sc, "prot:tcp");
	app_render(sc.app, &sc.grid);
	while (x < 80 && grid_at(&sc.grid, 22, x)->role != ROLE_ERROR)
		x++;
	assert_int_equal(x, 8); /* under "prot", not under what is right */
	assert_true(scene_shows(&sc, "proto?"));
	scene_keys(&sc, "Enter"); /* a mistake is not taken */
	assert_true(scene_shows(&sc, "filter: prot:tcp"));
	scene_keys(&sc, "Esc");
	assert_false(scene_shows(&sc, "prot:tcp"));
	assert_int_equal(app_row_count(sc.app), all);
	scene_close(&sc);
}

static void test_histories(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "\\ r e d i s Enter = \\ n g i n x Enter = \\ Up");
	assert_true(scene_shows(&sc, "filter: nginx"));
	scene_keys(&sc, "Up");
	assert_true(scene_shows(&sc, "filter: redis"));
	scene_keys(&sc, "Down Down");
	assert_false(scene_shows(&sc, "filter: nginx"));
	scene_keys(&sc, "Esc / s s h Enter / Up");
	assert_true(scene_shows(&sc, "/ssh"));
	scene_keys(&sc, "Esc : s t a t s Enter : Up");
	assert_true(scene_shows(&sc, ":stats"));
	scene_close(&sc);
}

static void test_completion(void **state)
{
	static const struct {
		const char *typed, *shows;
	} cases[] = {
		{":pa", ":pane\n"},
		{":pane ev", ":pane events\n"},
		{":pane zz", ":pane zz"},
		{":sort loc", ":sort local"},
		{":sort -loc", ":sort -local"},
		{":set the", ":set theme\n"},
		{":columns rx_b", ":columns rx_bytes\n"},
		{":filter rx_b", ":filter rx_bytes\n"},
		{":w", ":w"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene sc;

		scene_open(&sc, 24, 80, NULL);
		scene_type(&sc, cases[i].typed);
		scene_keys(&sc, "Tab");
		if (!scene_shows(&sc, cases[i].shows))
			fail_msg("%s: %s", cases[i].typed, scene_text(&sc));
		scene_close(&sc);
	}
}

static void test_commands(void **state)
{
	static const struct {
		const char *command, *shows, *selected;
	} cases[] = {
		{":8000", NULL, " 8000 "},
		{":pane sockets", "[Sockets]", NULL},
		{":pane nowhere", "panes: ports", NULL},
		{":sort -pid", "sort -pid", NULL},
		{":sort pidd", "no such column; pid?", NULL},
		{":filter redis", "filter redis", NULL},
		{":filter (", "[Ports] ", NULL},
		{":columns pid proto", "  PID PROTO", NULL},
		{":columns nonsense", "columns of this pane", NULL},
		{":set interval 0.01", "interval: seconds from 0.1 to 3600", NULL},
		{":set names services", " ssh ", NULL},
		{":set nothing 1", "no such setting", NULL},
		{":set theme", "set NAME VALUE", NULL},
		{":stats", "dump 0.0", NULL},
		{":help", "one line up", NULL},
		{":bogus", "no such command", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene sc;

		scene_open(&sc, 24, 80, NULL);
		scene_type(&sc, cases[i].command);
		scene_keys(&sc, "Enter");
		if (cases[i].shows && !scene_shows(&sc, cases[i].shows))
			fail_msg("%s: %s", cases[i].command, scene_text(&sc));
		if (cases[i].selected && !strstr(scene_selected(&sc), cases[i].selected))
			fail_msg("%s: %s", cases[i].command, scene_selected(&sc));
		scene_close(&sc);
	}
}

/* Numbers, services of both ends, host names; D goes round. */
static void test_names(void **state)
{
	struct needs needs;
	struct scene sc;

	(void)state;
	scene_open(&sc, 24, 100, NULL);
	scene_keys(&sc, "Alt-2 \\ c u r l Enter");
	assert_true(scene_shows(&sc, "240.0.0.1:443"));
	scene_keys(&sc, "D");
	assert_true(scene_shows(&sc, "240.0.0.1:https"));
	assert_null(scene_effect(&sc, EFFECT_DNS));
	scene_keys(&sc, "D");
	assert_true(scene_effect(&sc, EFFECT_DNS)->on);
	app_needs(sc.app, &needs);
	assert_true(needs.bits & NEED_DNS);
	scene_forget(&sc);
	scene_keys(&sc, "D");
	assert_false(scene_effect(&sc, EFFECT_DNS)->on);
	assert_true(scene_shows(&sc, "240.0.0.1:443"));
	scene_close(&sc);
}

static void test_search_on_a_page(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 40, 100, NULL);
	scene_keys(&sc, "8 0 Enter /");
	scene_type(&sc, "NGINX");
	assert_true(scene_shows(&sc, "not found") || scene_shows(&sc, "0/0"));
	scene_keys(&sc, "Ctrl-U");
	scene_type(&sc, "nginx");
	assert_true(scene_shows(&sc, "/nginx  1/"));
	scene_keys(&sc, "Enter n");
	assert_true(scene_shows(&sc, "match 2/"));
	scene_keys(&sc, "N");
	assert_true(scene_shows(&sc, "match 1/"));
	scene_close(&sc);
}

static int to_strbuf(void *ctx, const void *mem, size_t len)
{
	strbuf_add(ctx, mem, len);
	return 0;
}

/* What is exported has the order of the screen, groups and folded rows included. */
static void test_export_order(void **state)
{
	struct strbuf text;
	struct scene sc;
	struct sink sink;
	const char *first, *second;

	(void)state;
	scene_open(&sc, 24, 80, NULL);
	scene_keys(&sc, "t *"); /* by process, folded */
	strbuf_init(&text, 0);
	sink_init(&sink, to_strbuf, &text);
	assert_int_equal(app_export(sc.app, APP_TXT, &sink), 0);
	sink_done(&sink);
	/* both of nginx stand together, though 80 of another comes between by port */
	first = strstr(strbuf_str(&text), " 812 ");
	assert_non_null(first);
	second = strstr(first + 1, " 812 ");
	assert_non_null(second);
	for (const char *p = first; p < second; p++)
		assert_true(*p != '\n' || strchr(p + 1, '\n') >= second);
	strbuf_done(&text);
	scene_close(&sc);
}

/* A port published for a container is grouped with it, though its process is docker-proxy. */
static void test_container_groups(void **state)
{
	struct scene sc;

	(void)state;
	scene_open(&sc, 40, 100, NULL);
	scene_keys(&sc, "t t t");
	assert_true(scene_shows(&sc, "groups: container"));
	assert_true(scene_shows(&sc, "web ("));
	assert_true(scene_shows(&sc, "cart ("));
	scene_close(&sc);
}

static bool has(const struct scene *sc, struct proc *copies, uint32_t *ret_n, uint32_t pid)
{
	for (uint32_t i = 0; i < sc->snap.n_procs; i++)
		if (sc->snap.procs[i] && sc->snap.procs[i]->r.pid == pid) {
			copies[(*ret_n)++] = *sc->snap.procs[i];
			return true;
		}
	return false;
}

/* Parents in a circle, as a recycled pid makes them: both are still in the tree. */
static void test_tree_of_a_circle(void **state)
{
	const struct proc *procs[256];
	struct app_event event = {.kind = APP_SNAPSHOT};
	struct proc copies[2];
	uint32_t n = 0, slots[2] = {0, 0};
	struct scene sc;

	(void)state;
	scene_open(&sc, 60, 100, NULL);
	assert_true(sc.snap.n_procs < 256);
	assert_true(has(&sc, copies, &n, 812) && has(&sc, copies, &n, 901));
	for (uint32_t i = 0; i < sc.snap.n_procs; i++) {
		procs[i] = sc.snap.procs[i];
		if (procs[i] && procs[i]->r.pid == 812)
			slots[0] = i;
		if (procs[i] && procs[i]->r.pid == 901)
			slots[1] = i;
	}
	copies[0].parent = slots[1];
	copies[1].parent = slots[0];
	procs[slots[0]] = &copies[0];
	procs[slots[1]] = &copies[1];
	sc.snap.procs = procs;
	event.snapshot = &sc.snap;
	scene_event(&sc, event);
	scene_keys(&sc, "Alt-3");
	n = app_row_count(sc.app);
	scene_keys(&sc, "t");
	assert_true(scene_shows(&sc, " 812 "));
	assert_true(scene_shows(&sc, " 901 "));
	assert_int_equal(app_row_count(sc.app), n);
	scene_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_of_the_command_line),
		cmocka_unit_test(test_filter_mistakes),
		cmocka_unit_test(test_histories),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_search_on_a_page),
		cmocka_unit_test(test_export_order),
		cmocka_unit_test(test_container_groups),
		cmocka_unit_test(test_tree_of_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
