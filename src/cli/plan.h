/*
 * What a command line asks for. options_parse() fills it in, cli_parse() completes it with the
 * configuration files, everything later only reads it.
 */
#ifndef INETTOP_CLI_PLAN_H
#define INETTOP_CLI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/needs.h"
#include "session.h"
#include "view/settings.h"

/* The exit codes of inettop(1). */
enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,	 /* nothing matched, timeout, differs, nothing is in the way */
	CLI_USAGE = 2,	 /* a mistake on the command line or in the filter */
	CLI_FATAL = 3,	 /* the kernel's tables cannot be read, or output cannot be written */
	CLI_PARTIAL = 4, /* with --strict: not everything could be seen; why: hidden */
	CLI_ALIVE = 5,	 /* --kill: some targets live on or were refused */
};

enum plan_mode {
	PLAN_SCREEN,
	PLAN_LIST,
	PLAN_WATCH,
	PLAN_WAIT,
	PLAN_KILL,
	PLAN_SAVE_BASELINE,
	PLAN_DIFF,
	PLAN_WHY,
	PLAN_CHECK,
	PLAN_HELP,
	PLAN_VERSION,
	PLAN_COLUMNS,
	PLAN_COMPLETE,
};

enum plan_output {
	OUTPUT_NONE, /* not said: text */
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_JSONL,
	OUTPUT_CSV,
	OUTPUT_TERSE,
	OUTPUT_QUIET,
};

enum plan_wait { WAIT_UP, WAIT_DOWN, WAIT_HANDOVER };
enum plan_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct plan {
	enum plan_mode mode;
	enum plan_output output;
	enum plan_wait wait;
	enum plan_color color;
	enum pane pane;
	bool pane_given;
	uint32_t families;    /* PROTO_BIT mask, 0 = as the settings say */
	uint64_t cluster;     /* CLUSTER_BIT mask of a cluster as ss takes it, 0 = none */
	char *filter;	      /* FILTER arguments joined by blanks, NULL = none */
	char *shorthand;      /* the options that stand for a filter, as a filter, NULL = none */
	char *condition;      /* both, for one filter_parse(); NULL = everything */
	uint32_t pid;	      /* -p */
	uint32_t iterations;  /* 0 = not said */
	int64_t interval_ms;  /* -1 = as the settings say */
	int64_t hold_ms;      /* the same */
	int64_t timeout_ms;   /* -1 = none */
	double speed;
	uint32_t width;	      /* 0 = not said */
	int sig;
	const char *columns, *sort, *user, *file, *record, *replay, *config, *complete;
	const char *theme, *keys, *bell;
	bool batch, all, listening, ipv4, ipv6, tree, numeric, no_heading, all_owners, yes, force;
	bool strict, stats, no_config, ascii, no_mouse;
	bool watch, kill, check, help, version; /* modes as they were given */
	struct why_want why;
	const char *why_user;
	struct settings_column columns_list[SETTINGS_COLUMNS_MAX]; /* of -c */
	uint32_t n_columns;
	enum column_id sort_col; /* of -s, COL_COUNT = the pane's own */
	bool sort_descending;
	struct session_config session;
	struct settings settings; /* configuration files under the options */
};

/* Frees what the plan owns. */
void plan_done(struct plan *plan);

#endif
