/* A screen in a test: the app with the demo host, keys by name, the text it shows. */
#ifndef TESTS_UNIT_VIEW_SCENE_H
#define TESTS_UNIT_VIEW_SCENE_H

#include "lib/demo_snapshot.h"
#include "lib/unit.h"
#include "model/proc_detail.h"
#include "view/app.h"

#define SCENE_SELF 4242u /* the pid that stands for the program itself */

struct scene {
	struct demo *demo;
	struct snapshot snap; /* the demo's, which a test may change */
	struct proc_detail detail;
	struct app *app;
	struct effects effects;
	struct grid grid;
	struct strbuf text;
	int64_t now;
};

/* Opens the demo host in a window. change may alter the configuration and settings, or be NULL. */
void scene_open(struct scene *sc, int rows, int cols,
		void (*change)(struct app_config *cfg, struct settings *settings));
void scene_close(struct scene *sc);

/* Hands an event over, with the time, and lets the pending work finish. */
void scene_event(struct scene *sc, struct app_event event);
void scene_resize(struct scene *sc, int rows, int cols);
/* Keys by their names: "Down 8 0 Ctrl-D Space". */
void scene_keys(struct scene *sc, const char *names);
/* Each character is a key. */
void scene_type(struct scene *sc, const char *text);
void scene_pass(struct scene *sc, int64_t ms);
void scene_result(struct scene *sc, struct app_result result);

/* The whole screen; until the next call. */
const char *scene_text(struct scene *sc);
/* The line that is selected, "" when none is. */
const char *scene_selected(struct scene *sc);
/* Its number on the screen, -1 none. */
int scene_selected_y(struct scene *sc);
bool scene_shows(struct scene *sc, const char *text);

/* The last effect of this kind since scene_forget(), or NULL. */
const struct effect *scene_effect(struct scene *sc, enum effect_kind kind);
uint32_t scene_count(struct scene *sc, enum effect_kind kind);
void scene_forget(struct scene *sc);

/* Compares text with tests/golden/NAME.txt; with GENERATE=1 in the environment writes it. */
void scene_golden(const char *name, const char *text);

#endif
