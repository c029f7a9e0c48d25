/*
 * The whole screen as a pure machine: events in, effects and a grid of cells out. No terminal, no
 * files, no clock: the time comes with every event.
 *
 *	app_handle(app, &event, &effects)   a key, a snapshot, an answer ...
 *	do what the effects ask             their answers come back as APP_RESULT
 *	while (app_work(app)) poll input    long work (filter, sort of 100k rows) in slices
 *	app_render(app, &grid)              then paint the grid
 *
 * A snapshot is borrowed: it must live until the next APP_SNAPSHOT was handled, or app_free().
 */
#ifndef INETTOP_VIEW_APP_H
#define INETTOP_VIEW_APP_H

#include "base/sink.h"
#include "base/vec.h"
#include "model/needs.h"
#include "model/snapshot.h"
#include "view/column.h"
#include "view/filter.h"
#include "view/grid.h"
#include "view/keys.h"
#include "view/settings.h"

struct app;

struct app_config {
	const struct settings *settings;	 /* copied */
	const struct lookup *lookup;		 /* copied; its times are set from the events */
	const struct filter_names *filter_names; /* lives as long as the app; NULL none */
	const char *filter;	    /* of the command line, for every pane; NULL none */
	const char *host, *version; /* copied; NULL = "" */
	enum pane pane;		    /* shown first */
	bool readonly;
	bool all;     /* start with `a` on: every endpoint */
	uint32_t uid; /* of this program */
	const uint32_t
		*protected_pids; /* this program and its ancestors: never signalled; copied */
	uint32_t n_protected;
	int32_t utc_offset_s; /* local time minus UTC */
};

/* Mouse: button 1, or the wheel. */
enum app_button { APP_CLICK, APP_DOUBLE_CLICK, APP_WHEEL_UP, APP_WHEEL_DOWN };

/* What became of one target; the same order and meaning as session.h's enum target_result. */
enum app_target_state {
	APP_TARGET_OPEN,
	APP_TARGET_SIGNALLED,
	APP_TARGET_DIED,
	APP_TARGET_ALIVE,
	APP_TARGET_DENIED,
	APP_TARGET_RECYCLED,
	APP_TARGET_GONE_BEFORE,
	APP_TARGET_FORBIDDEN,
	APP_TARGET_FAILED
};

enum app_result_kind {
	APP_RESULT_TARGET,  /* target `index` is now in `state`, after_ms since the signal */
	APP_RESULT_DESTROY, /* err */
	APP_RESULT_EXPORT,  /* err */
	APP_RESULT_COPY,    /* err; text = a hint to show, or NULL */
	APP_RESULT_SAVE,    /* err; text = path or reason */
	APP_RESULT_MESSAGE  /* text for the message line; err != 0 marks it as an error */
};

struct app_result {
	enum app_result_kind kind;
	int err; /* 0 or -errno */
	uint32_t index;
	enum app_target_state state;
	int64_t after_ms;
	const char *text; /* raw, borrowed for the call; may be NULL */
};

enum app_event_kind {
	APP_KEY,
	APP_MOUSE,
	APP_PASTE,
	APP_RESIZE,
	APP_SNAPSHOT,
	APP_TICK,
	APP_RESULT
};

struct app_event {
	enum app_event_kind kind;
	int64_t mono_ms, wall_ms; /* now; every event has them */
	union {
		struct key key;
		struct {
			int x, y;
			enum app_button button;
		} mouse;
		struct bytes paste;
		struct {
			int rows, cols;
		} size;
		const struct snapshot *snapshot;
		struct app_result result;
	};
};

enum effect_kind {
	EFFECT_NEEDS, /* ask app_needs() again */
	EFFECT_RESCAN,
	EFFECT_TARGETS_OPEN, /* targets, n_targets: pin them by pidfd; answer for each */
	EFFECT_SIGNAL, /* target `index` of the open ones gets `sig`; answer, then how it ended */
	EFFECT_TARGETS_CLOSE,
	EFFECT_DESTROY, /* sock_id */
	EFFECT_EXPORT,	/* text = path, format: write app_export() there (new file, mode 0600) */
	EFFECT_COPY,	/* text, to the clipboard */
	EFFECT_SAVE_SETTINGS, /* text = the file's content */
	EFFECT_BASELINE,      /* on */
	EFFECT_INTERVAL,      /* ms */
	EFFECT_HOLD,	      /* ms */
	EFFECT_PAUSE,	      /* on */
	EFFECT_DNS,	      /* on */
	EFFECT_MOUSE,	      /* on */
	EFFECT_BELL,
	EFFECT_FLUSH_INPUT, /* throw away what was typed ahead */
	EFFECT_SUSPEND,
	EFFECT_REDRAW, /* the whole terminal anew */
	EFFECT_QUIT
};

enum app_format { APP_JSON, APP_JSONL, APP_CSV, APP_TXT };

struct app_target {
	uint32_t pid;
	uint64_t start_ticks;
};

struct effect {
	enum effect_kind kind;
	const char *text; /* clean or for a file; lives until the next app_handle() */
	size_t text_len;
	const struct app_target *targets; /* the same */
	uint32_t n_targets, index;
	int sig;
	bool on;
	int64_t ms;
	uint64_t sock_id;
	enum app_format format;
};

/* All zero is empty; vec_done(&e->list) frees it. app_handle() appends. */
struct effects {
	VEC(struct effect) list;
};

struct app *app_new(const struct app_config *cfg);
void app_free(struct app *app);

void app_handle(struct app *app, const struct app_event *event, struct effects *effects);

/* One slice (some ms) of pending work; true while there is more. app_render() may be called
 * between slices: it then shows the order there was before. */
bool app_work(struct app *app);

/* Monotonic ms at which the app wants an APP_TICK (marks fade, keys time out), or -1. */
int64_t app_deadline(const struct app *app);

/* What the ticks shall read. The arrays live until the next app_handle() or app_render(). */
void app_needs(struct app *app, struct needs *ret_needs);

/* Draws the screen in the size of the last APP_RESIZE. */
void app_render(struct app *app, struct grid *grid);

/* The settings in force: theme, mouse, ascii. */
const struct settings *app_settings(const struct app *app);

/* The number of rows of the view on top, filtered. */
uint32_t app_row_count(const struct app *app);

/* Writes the rows of the current view, in its order, in a format. 0 or -errno of the sink. */
int app_export(struct app *app, enum app_format format, struct sink *out);

/* The window's title: pane and host. Clean text, lives until the next call. */
const char *app_title(struct app *app);

#endif
