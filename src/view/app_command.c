/* The `:` command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/app_internal.h"

static void run_pane(struct app *app, const char *arg)
{
	int pane = pane_by_name(arg, strlen(arg));

	if (pane < 0)
		app_say(app, ROLE_ERROR,
			"panes: ports sockets processes namespaces containers events");
	else
		app_show_pane(app, (enum pane)pane);
}

static void run_sort(struct app *app, const char *arg)
{
	bool minus = *arg == '-';
	enum column_id col = column_find(app->pane, arg + minus, strlen(arg + minus));
	const char *near = column_suggest(app->pane, arg + minus, strlen(arg + minus));

	if (col != COL_COUNT)
		view_set_sort(app_view(app), col, minus);
	else if (near)
		app_say(app, ROLE_ERROR, "no such column; %s?", near);
	else
		app_say(app, ROLE_ERROR, "no such column");
}

static void run_filter(struct app *app, const char *arg)
{
	struct app_filter_error error;

	if (view_set_filter(app_view(app), arg, &error))
		app_say(app, ROLE_ERROR, "%s", error.message);
}

static void run_set(struct app *app, const char *arg)
{
	char name[64] = "";
	const char *value = strpbrk(arg, "= "), *error = NULL;
	size_t len = value ? (size_t)(value - arg) : strlen(arg);
	struct settings before = app->settings;

	if (!value || len >= sizeof(name)) {
		app_say(app, ROLE_ERROR, "set NAME VALUE; F2 shows the names");
		return;
	}
	memcpy(name, arg, len);
	value += strspn(value, "= ");
	if (settings_set(&app->settings, name, value, &error)) {
		app_say(app, ROLE_ERROR, "%s: %s", name, error);
		return;
	}
	app_settings_changed(app, &before);
}

static void run_write(struct app *app, const char *arg)
{
	ask_start(app, ASK_EXPORT, arg);
	ask_key(app, (struct key){.code = KEYSYM_ENTER});
}

static void run_quit(struct app *app, const char *arg)
{
	(void)arg;
	app_effect(app, EFFECT_QUIT);
}

static void run_stats(struct app *app, const char *arg)
{
	(void)arg;
	app->show_stats = !app->show_stats;
}

static void run_save(struct app *app, const char *arg)
{
	(void)arg;
	app_do(app, ACTION_SAVE, (struct key){.code = KEYSYM_NONE});
}

static void run_help(struct app *app, const char *arg)
{
	(void)arg;
	dialog_help_open(app);
}

static const struct command {
	const char *name;
	void (*run)(struct app *app, const char *arg);
	bool argument;
} commands[] = {
	{"columns", NULL, true},     {"filter", run_filter, true}, {"help", run_help, false},
	{"pane", run_pane, true},    {"q", run_quit, false},	   {"quit", run_quit, false},
	{"save", run_save, false},   {"set", run_set, true},	   {"sort", run_sort, true},
	{"stats", run_stats, false}, {"w", run_write, true},	   {"write", run_write, true},
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static void run_columns(struct app *app, const char *arg)
{
	struct settings before = app->settings;
	const char *error;
	char name[32];

	snprintf(name, sizeof(name), "columns.%s", pane_name(app->pane));
	if (settings_set(&app->settings, name, arg, &error))
		app_say(app, ROLE_ERROR, "%s", error);
	else
		app_settings_changed(app, &before);
}

/* ":8080" goes to that port, in Ports unless the pane has numbers of its own. */
static void run_number(struct app *app, const char *text)
{
	if (pane_number_column(app->pane) == COL_COUNT)
		app_show_pane(app, PANE_PORTS);
	app->jump_ms = -1;
	for (; *text >= '0' && *text <= '9'; text++)
		app_do(app, ACTION_JUMP, (struct key){.code = (uint32_t)*text});
	app->jump_ms = -1;
}

void command_run(struct app *app, const char *text)
{
	size_t len;
	const char *arg;

	text += strspn(text, ": ");
	if (!*text)
		return;
	if (*text >= '0' && *text <= '9') {
		run_number(app, text);
		return;
	}
	len = strcspn(text, " ");
	arg = text + len + strspn(text + len, " ");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strlen(commands[i].name) != len || memcmp(commands[i].name, text, len) != 0)
			continue;
		if (commands[i].run)
			commands[i].run(app, arg);
		else
			run_columns(app, arg);
		return;
	}
	app_say(app, ROLE_ERROR, "no such command; Tab lists: pane sort filter set columns w q");
}

/* --- completion --- */

struct candidates {
	const char *word; /* what is there, len bytes */
	size_t len, n;
	char common[64]; /* what all candidates begin with */
	struct strbuf list;
};

static void offer(struct candidates *c, const char *name)
{
	size_t same = 0;

	if (strncmp(name, c->word, c->len) != 0 || strlen(name) >= sizeof(c->common))
		return;
	if (c->n++ == 0) {
		snprintf(c->common, sizeof(c->common), "%s", name);
	} else {
		while (c->common[same] && c->common[same] == name[same])
			same++;
		c->common[same] = '\0';
	}
	strbuf_addf(&c->list, "%s%s", c->list.len ? " " : "", name);
}

static void offer_columns(struct app *app, struct candidates *c)
{
	for (int i = 0; i < COL_COUNT; i++)
		if (column_in(i, app->pane))
			offer(c, columns[i].id);
}

static void offer_all(struct app *app, struct candidates *c, const char *text, size_t start)
{
	if (!start) {
		for (size_t i = 0; i < N_COMMANDS; i++)
			offer(c, commands[i].name);
	} else if (!strncmp(text, "pane ", 5)) {
		for (int i = 0; i < PANE_COUNT; i++)
			offer(c, pane_name(i));
	} else if (!strncmp(text, "set ", 4)) {
		for (size_t i = 0; settings_get(&app->settings, i, NULL); i++)
			offer(c, settings_get(&app->settings, i, NULL));
	} else if (!strncmp(text, "sort ", 5) || !strncmp(text, "columns ", 8) ||
		   !strncmp(text, "filter ", 7)) {
		offer_columns(app, c);
	}
}

void command_complete(struct app *app)
{
	struct prompt *p = &app->prompt;
	struct candidates c = {0};
	size_t start = p->cursor;

	while (start > 0 && p->text[start - 1] != ' ')
		start--;
	if (start < p->cursor && p->text[start] == '-')
		start++;
	c.word = p->text + start;
	c.len = p->cursor - start;
	strbuf_init(&c.list, 0);
	offer_all(app, &c, p->text, start);
	if (c.n && strlen(c.common) > c.len)
		prompt_insert(p, c.common + c.len, strlen(c.common) - c.len);
	if (c.n == 1)
		prompt_insert(p, " ", 1);
	else if (c.n > 1)
		app_say(app, ROLE_MUTED, "%s", strbuf_str(&c.list));
	strbuf_done(&c.list);
}
