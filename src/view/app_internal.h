/* The state behind app.h, shared by the app_*, detail_*, dialog_* and pane_* files only. */
#ifndef INETTOP_VIEW_APP_INTERNAL_H
#define INETTOP_VIEW_APP_INTERNAL_H

#include "base/arena.h"
#include "view/actions.h"
#include "view/app.h"
#include "view/app_filter.h"
#include "view/prompt.h"
#include "view/table.h"

#define SPARK_MAX 64
#define MESSAGE_MS 6000
#define JUMP_MS 800
#define SLICE_ROWS 6000
#define SEARCH_SLICE 4000u /* lines: some milliseconds */
#define SORT_KEYS TABLE_SORT_MAX

struct app;
struct dialog;
struct page;

/* What a prompt at the foot of the screen asks for. */
enum ask {
	ASK_NOTHING,
	ASK_SEARCH,
	ASK_FILTER,
	ASK_COMMAND,
	ASK_INTERVAL,
	ASK_EXPORT,
	ASK_SETTING, /* in the settings page, only its history is here */
	ASK_COUNT
};

/* A search under way over the lines of a table, one slice after the other. */
struct search_job {
	bool on, backwards;
	uint32_t origin, done; /* where it began, lines seen */
	uint32_t found;	       /* the first hit on the way, selected; SLOT_NONE */
	uint32_t hits, before; /* all of them; those on lines before found */
};

/* One pane: its table and how it is looked at. */
struct pane_view {
	struct app *app;
	enum pane pane;
	struct table table;
	struct filter *base;   /* of the command line */
	const char *base_text; /* its text, NULL = none, or dropped here */
	char *base_error;      /* why this pane cannot use it: then it shows no row */
	struct filter *filter; /* typed here */
	char filter_text[PROMPT_MAX];
	char search[PROMPT_MAX];
	struct search_job job;
	uint64_t selected; /* id, 0 = the first line */
	bool selected_head;
	bool moved;		    /* the user has moved: hold the screen line */
	uint32_t cursor;	    /* line of the selection */
	int32_t top;		    /* first line on screen; below 0 = blank lines above */
	int scroll;		    /* first column */
	uint64_t follow;	    /* id, 0 none */
	struct hash tags;	    /* ids */
	uint16_t widths[COL_COUNT]; /* widest seen */
	bool all, all_families;	    /* `a` and `A` */
	bool by_user;
	uint32_t user;
	bool events_scrolled; /* Events: does not follow the newest */
	int width_seen;	      /* columns of the screen the widths are for */
};

struct app {
	struct settings settings;
	struct lookup lookup;
	const struct filter_names *filter_names;
	struct arena text; /* of effects, until the next event */
	char *host, *version;
	bool readonly, paused, dns_on, show_stats;
	uint32_t uid;
	uint32_t *protected_pids;
	uint32_t n_protected;
	int32_t utc_offset_s;
	int rows, cols;
	int64_t mono_ms, wall_ms;

	const struct snapshot *snap;
	bool frozen_behind; /* snapshots came while the order was frozen */
	enum pane pane;
	struct pane_view panes[PANE_COUNT];
	char *base_text; /* filter of the command line */
	struct filter *bell;
	enum pane bell_pane; /* whose rows it is about */
	struct hash bell_seen;
	bool bell_primed;

	struct page *pages[32];
	size_t n_pages;
	struct dialog *dialogs[8];
	size_t n_dialogs;

	enum ask ask;
	struct prompt prompt;
	struct app_filter_error ask_error;
	char ask_before[PROMPT_MAX]; /* to put back when cancelled */
	uint32_t ask_top, ask_cursor;
	uint64_t ask_selected;
	struct prompt_history histories[ASK_COUNT];

	struct strbuf message;
	enum role message_role;
	int64_t message_until;

	uint64_t jump;	 /* number typed so far */
	int64_t jump_ms; /* of the last digit, -1 none */

	uint32_t born[SPARK_MAX], died[SPARK_MAX];
	uint32_t n_spark;

	struct effects *effects; /* of the event being handled */
	struct needs last_needs;
	VEC(uint64_t) watch;
	struct strbuf scratch, cell; /* for drawing */
	struct strbuf title;
};

/* --- app.c --- */
struct effect *app_effect(struct app *app, enum effect_kind kind);
const char *app_text(struct app *app, const char *text, size_t len);
/* A line at the foot for some seconds. Formatted text must be clean. */
void app_say(struct app *app, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct pane_view *app_view(struct app *app);
bool app_frozen(const struct app *app);
void app_show_pane(struct app *app, enum pane pane);
enum text_flags app_text_flags(const struct app *app);
void app_style(const struct app *app, struct value_style *ret);
/* After settings were set: does what differs from before needs. */
void app_settings_changed(struct app *app, const struct settings *before);
bool app_is_protected(const struct app *app, uint32_t pid);

/* --- app_act.c --- */
void app_do(struct app *app, enum action_id id, struct key key);

/* --- app_view.c: one pane's table, selection and columns --- */
void view_init(struct app *app, enum pane pane);
void view_done(struct pane_view *view);
void view_refresh(struct pane_view *view, const struct snapshot *previous);
void view_work(struct pane_view *view, uint32_t rows, bool *ret_more);
/* Takes the settings' sort order. */
void view_apply_sort(struct pane_view *view);
void view_set_sort(struct pane_view *view, enum column_id col, bool descending);
enum column_id view_sort_column(const struct pane_view *view, bool *ret_descending);
/* -EINVAL with *ret_error filled; then nothing changed. */
int view_set_filter(struct pane_view *view, const char *text, struct app_filter_error *ret_error);
/* Drops what filters were given for this pane. */
void view_drop_filters(struct pane_view *view);
/* The pane's verdict function was touched (a, A, u, filters): match anew. */
void view_rematch(struct pane_view *view);
/* Finds the selection after the lines changed and keeps it on its screen line. */
void view_settle(struct pane_view *view);
void view_select(struct pane_view *view, uint32_t line);
void view_move(struct pane_view *view, int64_t by);
bool view_selected_row(const struct pane_view *view, struct row *ret_row);
/* Selects a row by id in this pane; false when it is not there. */
bool view_goto(struct pane_view *view, uint64_t id);
int view_height(const struct app *app);
/* Columns chosen or the pane's own that fit the width; returns how many. */
size_t view_columns(const struct pane_view *view, int width, struct settings_column *ret,
		    size_t max);
uint64_t view_needs(const struct pane_view *view);
/* What a pane's rows alone need. */
uint64_t view_rows_need(const struct app *app, enum pane pane);

/* --- app_render.c and its parts --- */
struct layout {
	int header_rows, table_y, table_rows, title_y, status_y, bar_y; /* -1 = not there */
};
void app_layout(const struct app *app, struct layout *ret);
void header_draw(struct app *app, struct grid *g, int rows);
/* The pane under a click at column x of the header's first line, -1 none. */
int header_pane_at(const struct app *app, int x);
void table_draw(struct app *app, struct pane_view *view, struct grid *g, const struct layout *lay);
/* The column under a click at x in the title line, COL_COUNT none. */
enum column_id table_column_at(struct app *app, struct pane_view *view, int x);
void bar_draw(struct app *app, struct grid *g, int y);
/* The action under a click at x in the F-bar, ACTION_COUNT none. */
enum action_id bar_action_at(const struct app *app, int x);
void status_draw(struct app *app, struct grid *g, int y);

/* --- app_prompt.c --- */
void ask_start(struct app *app, enum ask ask, const char *text);
void ask_key(struct app *app, struct key key);
void ask_paste(struct app *app, struct bytes raw);
void ask_draw(struct app *app, struct grid *g, int y);
/* Searches for the pane's search text from the selection on; step 0 = here too. */
void search_step(struct app *app, int step);
/* The lines are others now: begins to count again from the selection. */
void search_again(struct pane_view *view);
/* Looks at some lines. True while there are more. */
bool search_work(struct app *app, uint32_t lines);
/* Whether text has the word; case counts when the word has a capital. */
bool search_hit(const char *text, size_t len, const char *word);
/* Runs a `:` command. */
void command_run(struct app *app, const char *text);
void command_complete(struct app *app);

/* --- app_bell.c --- */
/* Takes the filter of the settings. */
void bell_set(struct app *app);
/* Whether the snapshot that just came is a reason; not for what was there at first. */
bool bell_rings(struct app *app);

/* --- app_mouse.c --- */
void mouse_handle(struct app *app, int x, int y, enum app_button button);

/* --- sentences --- */
void sentence_row(const struct row *row, const struct lookup *lookup, struct strbuf *out);

/* --- pages and dialogs --- */
enum link_kind {
	LINK_NONE,
	LINK_PORT,
	LINK_SOCK,
	LINK_PROC,
	LINK_NETNS,
	LINK_CONTAINER,
	LINK_WHY,
	LINK_FD /* another descriptor of the same page */
};
enum page_kind { PAGE_PORT, PAGE_SOCK, PAGE_PROC, PAGE_NETNS, PAGE_CONTAINER, PAGE_WHY };
void page_open(struct app *app, enum page_kind kind, uint64_t id);
void page_open_row(struct app *app, const struct row *row);
struct page *page_top(const struct app *app);
void page_close(struct app *app);
void page_refresh(struct page *page, struct app *app);
void page_draw(struct app *app, struct grid *g, const struct layout *lay);
void page_needs(const struct page *page, const struct app *app, struct needs *needs);
bool page_row(const struct page *page, const struct app *app, struct row *ret_row);
/* Actions on the page. */
void page_move(struct app *app, int64_t by);
void page_end(struct app *app, int direction);
/* Scrolls long facts: by steps, -2 back to their beginning, 2 on to their end. */
void page_scroll(struct app *app, int by);
void page_section_step(struct app *app, int step);
void page_follow(struct app *app);
void page_search(struct app *app, int step);
/* Which match the cursor is on (0 none), of how many. */
void page_search_count(const struct app *app, uint32_t *ret_at, uint32_t *ret_all);
void page_open_section(struct app *app, const struct row *row, const char *section);
const char *page_section_name(const struct page *page);
void page_crumbs(const struct app *app, struct strbuf *out);
uint32_t page_cursor_at(struct app *app, int y);
/* The row of a page's subject, or of any object by the kind of its page. */
bool detail_find(const struct app *app, enum page_kind kind, uint64_t id, struct row *ret_row);

void dialog_push(struct app *app, struct dialog *dialog);
struct dialog *dialog_top(const struct app *app);
void dialog_close(struct app *app);
void dialog_key(struct app *app, struct key key);
void dialog_paste(struct app *app, struct bytes raw);
void dialog_mouse(struct app *app, int x, int y, enum app_button button);
void dialog_tick(struct app *app);
int64_t dialog_deadline(const struct app *app);
void dialog_result(struct app *app, const struct app_result *result);
/* A snapshot came while a dialog is open. */
void dialog_snapshot(struct app *app);
void dialog_draw(struct app *app, struct grid *g);

void dialog_help_open(struct app *app);
void dialog_signal_open(struct app *app);
/* Whether the box on top names holders that are not all found yet. */
bool dialog_wants_holders(const struct app *app);
void dialog_destroy_open(struct app *app);
void dialog_columns_open(struct app *app);
void dialog_settings_open(struct app *app);
void dialog_sort_open(struct app *app);
void dialog_user_open(struct app *app);
void dialog_copy_open(struct app *app);
void dialog_export_open(struct app *app);
/* The command line that shows this view: "inettop --pane ... FILTER". */
void app_view_command(struct app *app, struct strbuf *out);

/* --- row facts --- */
const struct proc *fact_proc(const struct row *row);
void fact_add_clean(const struct app *app, struct bytes raw, struct strbuf *out);
void fact_cell(const struct app *app, const struct row *row, enum column_id col,
	       struct strbuf *out);

#endif
