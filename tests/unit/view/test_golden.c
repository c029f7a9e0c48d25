/* Every pane, page and dialog as people see it, in several sizes, in UTF-8 and ASCII. */
#include "unit/view/scene.h"

struct picture {
	const char *name, *keys;
};

static const struct picture pictures[] = {
	{"pane_ports", "Down Down"},
	{"pane_sockets", "Alt-2 Down Down"},
	{"pane_processes", "Alt-3 Down"},
	{"pane_processes_tree", "Alt-3 t"},
	{"pane_namespaces", "Alt-4 Down"},
	{"pane_containers", "Alt-5"},
	{"pane_events", "Alt-6"},
	{"pane_sockets_all", "Alt-2 A G"},
	{"group_process", "t"},
	{"group_netns", "t t t t"},
	{"group_service", "t t t t t"},
	{"page_endpoint", "8 0 Enter"},
	{"page_socket", "Alt-2 Down Down Down Down Enter"},
	{"page_process", "Alt-3 8 1 2 Enter"},
	{"page_descriptors", "Alt-3 8 1 2 l"},
	{"page_namespace", "Alt-4 Enter"},
	{"page_container", "Alt-5 Down Enter"},
	{"page_why", "8 0 w"},
	{"dialog_signal", "8 0 k"},
	{"dialog_signal_proxy", "8 0 8 0 k Tab"},
	{"dialog_destroy", "Alt-2 Down Down Down X"},
	{"dialog_columns", "f Down"},
	{"dialog_settings", "F2"},
	{"dialog_sort", "F6"},
	{"dialog_user", "u"},
	{"dialog_copy", "8 0 y"},
	{"dialog_export", "E"},
	{"help", "h"},
	{"prompt_search", "/ n g i"},
	{"prompt_filter", "\\ ( n g"},
	{"prompt_command", ": p a n e"},
	{"scrolled_right", "Right Right"},
};

static void ascii(struct app_config *cfg, struct settings *settings)
{
	(void)cfg;
	settings->ascii = true;
}

static void draw(const struct picture *picture, int rows, int cols, bool in_ascii, bool roles,
		 struct strbuf *out)
{
	struct scene sc;

	scene_open(&sc, rows, cols, in_ascii ? ascii : NULL);
	scene_keys(&sc, picture->keys);
	app_render(sc.app, &sc.grid);
	strbuf_addf(out, "== %dx%d %s\n", cols, rows, in_ascii ? "ascii" : "utf-8");
	grid_dump(&sc.grid, roles, out);
	scene_close(&sc);
}

static void test_pictures(void **state)
{
	static const int sizes[][2] = {{24, 80}, {40, 120}, {10, 40}, {5, 20}};
	struct strbuf out;

	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		strbuf_init(&out, 0);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
			draw(&pictures[i], sizes[s][0], sizes[s][1], false, true, &out);
			draw(&pictures[i], sizes[s][0], sizes[s][1], true, false, &out);
		}
		scene_golden(pictures[i].name, strbuf_str(&out));
		strbuf_done(&out);
	}
}

/* In ASCII nothing else may appear, whatever the names of processes are. */
static void test_ascii_is_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		struct strbuf out;

		strbuf_init(&out, 0);
		draw(&pictures[i], 40, 120, true, false, &out);
		for (size_t at = 0; at < out.len; at++)
			if ((unsigned char)out.data[at] > 0x7e ||
			    (unsigned char)out.data[at] < 0x20)
				assert_int_equal(out.data[at], '\n');
		strbuf_done(&out);
	}
}

/* Every picture in every size, small and large: nothing may break or leave the grid. */
static void test_every_size(void **state)
{
	static const int sizes[][2] = {{1, 1},	 {3, 20},  {4, 19},  {4, 20},  {5, 21},
				       {6, 30},	 {7, 35},  {8, 36},  {9, 60},  {10, 200},
				       {15, 80}, {16, 50}, {80, 24}, {80, 300}};

	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		struct scene sc;

		scene_open(&sc, 24, 80, NULL);
		scene_keys(&sc, pictures[i].keys);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
			scene_resize(&sc, sizes[s][0], sizes[s][1]);
			app_render(sc.app, &sc.grid);
			assert_int_equal(sc.grid.rows, sizes[s][0]);
			assert_int_equal(sc.grid.cols, sizes[s][1]);
			if (sizes[s][0] < 4 || sizes[s][1] < 20)
				assert_int_equal(grid_at(&sc.grid, 0, 0)->text[0], 'n');
		}
		scene_resize(&sc, 24, 80);
		scene_keys(&sc, "Esc Esc");
		scene_close(&sc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_ascii_is_ascii),
		cmocka_unit_test(test_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
