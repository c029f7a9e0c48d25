#include "cli/options_internal.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cluster.h"
#include "cli/endpoint.h"

static int apply(struct parse *p, const struct option_row *row, const char *arg, bool why)
{
	snprintf(p->name, sizeof(p->name), "--%s", row->name);
	if (why && row->scope != BOTH && row->scope != WHY)
		return options_fail(p, "%s means nothing to inettop why", p->name);
	if (!why && row->scope == WHY)
		return options_fail(p, "%s is an option of inettop why", p->name);
	if (row->set)
		return row->set(p, arg);
	*(bool *)((char *)p->plan + row->flag) = true;
	return 0;
}

/* What getopt_long() stumbled over; its own words would go to stderr. */
static int unknown_option(struct parse *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *near;

	if (strncmp(word, "--", 2) || len < 3)
		return options_fail(p, "unknown option \"-%c\"; see inettop -h", optopt);
	if (optopt)
		return options_fail(p, "%.*s takes no argument", (int)len, word);
	near = options_nearest(word + 2, len - 2);
	if (near)
		return options_fail(p, "unknown option \"%.*s\"; did you mean --%s?", (int)len,
				    word, near);
	return options_fail(p, "unknown option \"%.*s\"; see inettop -h", (int)len, word);
}

/* ---- reading argv ---- */

#define LONG_BASE 256 /* getopt values of long options: above every letter */

static void getopt_tables(char *shorts, struct option *longs)
{
	*shorts++ = ':';
	for (size_t i = 0; i < option_rows_n; i++) {
		if (option_rows[i].letter) {
			*shorts++ = option_rows[i].letter;
			if (option_rows[i].arg == REQUIRED)
				*shorts++ = ':';
		}
		longs[i] = (struct option){.name = option_rows[i].name,
					   .has_arg = (int)option_rows[i].arg,
					   .val = LONG_BASE + (int)i};
	}
	*shorts = '\0';
	longs[option_rows_n] = (struct option){0};
}

static const struct option_row *row_of(int value)
{
	if (value >= LONG_BASE)
		return &option_rows[value - LONG_BASE];
	for (size_t i = 0; i < option_rows_n; i++)
		if (option_rows[i].letter == value)
			return &option_rows[i];
	return NULL;
}

/* Whether the next word is this one's argument. */
static bool takes_next(const char *word)
{
	if (!strncmp(word, "--", 2)) {
		for (size_t i = 0; i < option_rows_n; i++)
			if (!strcmp(option_rows[i].name, word + 2))
				return option_rows[i].arg == REQUIRED;
		return false;
	}
	for (const char *c = word + 1; *c; c++) {
		const struct option_row *row = row_of(*c);

		if (row && row->arg == REQUIRED)
			return !c[1];
	}
	return false;
}

/* argv with clusters of ss turned into an option of ours; the caller frees it and its strings. */
static char **without_clusters(int argc, char **argv, struct strbuf *texts)
{
	char **copy = xcalloc((size_t)argc + 1, sizeof(*copy));
	size_t *at = xcalloc((size_t)argc + 1, sizeof(*at));
	bool over = false, is_arg = false;

	for (int i = 0; i < argc; i++) {
		bool option = i && !over && !is_arg && argv[i][0] == '-' && argv[i][1];

		copy[i] = argv[i];
		over |= option && !strcmp(argv[i], "--");
		is_arg = option && takes_next(argv[i]);
		if (!option || !cluster_is(argv[i]))
			continue;
		is_arg = false;
		copy[i] = NULL;
		at[i] = texts->len;
		strbuf_addf(texts, "--ss-cluster=%s", argv[i] + 1);
		strbuf_addc(texts, '\0');
	}
	for (int i = 0; i < argc; i++)
		if (!copy[i])
			copy[i] = texts->data + at[i];
	free(at);
	return copy;
}

static int read_options(struct parse *p, int argc, char **argv, bool why)
{
	char shorts[2 * OPTION_ROWS_MAX + 2];
	struct option longs[OPTION_ROWS_MAX + 1];
	int value;

	getopt_tables(shorts, longs);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = row_of(value == ':' ? optopt : value);

		if (value == '?')
			return unknown_option(p, argv[optind - 1]);
		if (value == ':' && row)
			return options_fail(p, "--%s needs an argument: %s", row->name,
					    row->arg_name);
		if (!row || apply(p, row, optarg, why))
			return -EINVAL;
	}
	return 0;
}

static void join_filter(struct plan *plan, char **words, int n)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s%s", i ? " " : "", words[i]);
	if (n)
		plan->filter = strbuf_detach(&text, NULL);
	strbuf_done(&text);
}

/* ---- what follows from all options together ---- */

static int choose_mode(struct parse *p)
{
	struct plan *plan = p->plan;
	static const struct {
		size_t flag;
		enum plan_mode mode;
		const char *name;
	} flags[] = {
		{offsetof(struct plan, watch), PLAN_WATCH, "watch"},
		{offsetof(struct plan, check), PLAN_CHECK, "check"},
	};

	if (plan->help || plan->version) {
		plan->mode = plan->help ? PLAN_HELP : PLAN_VERSION;
		return 0;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		snprintf(p->name, sizeof(p->name), "--%s", flags[i].name);
		if (*(const bool *)((const char *)plan + flags[i].flag) &&
		    options_set_mode(p, flags[i].mode))
			return -EINVAL;
	}
	if (plan->columns && !strcmp(plan->columns, "help"))
		plan->mode = PLAN_COLUMNS;
	if (plan->mode == PLAN_SCREEN && (plan->output || plan->batch || !p->tty))
		plan->mode = PLAN_LIST;
	return 0;
}

static int read_columns(struct parse *p)
{
	struct plan *plan = p->plan;
	const char *word = plan->columns;

	for (; word && plan->mode != PLAN_COLUMNS; word++) {
		size_t len = strcspn(word, ", ");
		enum column_id col = column_find(plan->pane, word, len);
		const char *near = column_suggest(plan->pane, word, len);

		if (col == COL_COUNT)
			return options_fail(p,
					    "--columns: the pane %s has no column \"%.*s\"%s%s%s",
					    pane_name(plan->pane), (int)len, word,
					    near ? "; did you mean " : "; try --columns help",
					    near ? near : "", near ? "?" : "");
		if (plan->n_columns == SETTINGS_COLUMNS_MAX)
			return options_fail(p, "--columns: more than %d columns",
					    SETTINGS_COLUMNS_MAX);
		plan->columns_list[plan->n_columns++].col = (uint16_t)col;
		word += len;
		if (!*word)
			break;
	}
	return 0;
}

static int read_sort(struct parse *p)
{
	struct plan *plan = p->plan;
	const char *word = plan->sort;
	const char *near;
	bool minus;

	if (!word)
		return 0;
	minus = *word == '-';
	word += minus || *word == '+';
	plan->sort_col = column_find(plan->pane, word, strlen(word));
	plan->sort_descending = minus;
	if (plan->sort_col < COL_COUNT)
		return 0;
	near = column_suggest(plan->pane, word, strlen(word));
	return options_fail(p, "--sort: the pane %s has no column \"%s\"%s%s%s",
			    pane_name(plan->pane), word,
			    near ? "; did you mean " : "; try --columns help", near ? near : "",
			    near ? "?" : "");
}

static int check_use(struct parse *p)
{
	const struct plan *plan = p->plan;
	bool json = plan->output == OUTPUT_JSON || plan->output == OUTPUT_JSONL;

	if (plan->ipv4 && plan->ipv6)
		return options_fail(p, "-4 and -6 exclude each other");
	if (plan->tree && !plan->pid)
		return options_fail(p, "--tree needs -p PID");
	if (plan->timeout_ms >= 0 && plan->mode != PLAN_WAIT && plan->mode != PLAN_KILL)
		return options_fail(p, "--timeout is for --wait and --kill");
	if ((plan->mode == PLAN_WAIT || plan->mode == PLAN_KILL) && !plan->condition)
		return options_fail(p, "--%s needs a FILTER",
				    plan->mode == PLAN_WAIT ? "wait" : "kill");
	if (plan->mode == PLAN_KILL && plan->session.readonly)
		return options_fail(p, "--kill and --readonly exclude each other");
	if (plan->mode == PLAN_SAVE_BASELINE && plan->session.readonly)
		return options_fail(p, "--save-baseline and --readonly exclude each other");
	if (plan->mode == PLAN_WATCH && plan->output && !json && plan->output != OUTPUT_QUIET)
		return options_fail(p, "--watch writes text or --jsonl");
	if (plan->output && plan->output != OUTPUT_QUIET &&
	    (plan->mode == PLAN_WAIT || plan->mode == PLAN_KILL || plan->mode == PLAN_DIFF ||
	     plan->mode == PLAN_SAVE_BASELINE || plan->mode == PLAN_CHECK))
		return options_fail(p, "this writes text: no --json, --jsonl, --csv or -t");
	if ((plan->mode == PLAN_SAVE_BASELINE || plan->mode == PLAN_DIFF) &&
	    plan->pane != PANE_PORTS)
		return options_fail(p, "a baseline is of the pane ports");
	if (plan->speed > 0 && !plan->replay)
		return options_fail(p, "--speed needs --replay");
	return 0;
}

static void add_term(struct strbuf *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_term(struct strbuf *out, const char *format, ...)
{
	va_list args;

	if (out->len)
		strbuf_addc(out, ' ');
	va_start(args, format);
	strbuf_vaddf(out, format, args);
	va_end(args);
}

/* "value" with what the filter's quotes would end at written so that they do not. */
static void add_quoted(struct strbuf *out, const char *field, const char *value)
{
	add_term(out, "%s:\"", field);
	for (; *value; value++)
		strbuf_addf(out, "%s%c", strchr("\"\\", *value) ? "\\" : "", *value);
	strbuf_addc(out, '"');
}

/* -l: the Ports pane lists nothing else. */
static void add_listening(const struct plan *plan, struct strbuf *out)
{
	if (!plan->listening)
		return;
	if (plan->pane == PANE_SOCKETS)
		add_term(out, "state listening state unconnected"); /* as ss -l */
	else if (plan->pane == PANE_PROCESSES || plan->pane == PANE_NAMESPACES ||
		 plan->pane == PANE_CONTAINERS)
		add_term(out, "listeners>0");
}

static void build_condition(struct plan *plan)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	cluster_filter(plan, &text);
	if (plan->ipv4 || plan->ipv6)
		add_term(&text, "family:%s", plan->ipv4 ? "inet" : "inet6");
	if (plan->user)
		add_quoted(&text, "user", plan->user);
	if (plan->pid && !plan->tree)
		add_term(&text, "pid:%u", plan->pid);
	add_listening(plan, &text);
	if (text.len)
		plan->shorthand = xstrdup(strbuf_str(&text));
	if (plan->filter && text.len)
		strbuf_addf(&text, " (%s)", plan->filter);
	else if (plan->filter)
		strbuf_adds(&text, plan->filter);
	if (text.len || plan->tree)
		plan->condition = strbuf_detach(&text, NULL);
	strbuf_done(&text);
}

static int finish_list(struct parse *p, char **words, int n)
{
	struct plan *plan = p->plan;

	join_filter(plan, words, n);
	if (choose_mode(p))
		return -EINVAL;
	if (plan->mode == PLAN_HELP || plan->mode == PLAN_VERSION || plan->mode == PLAN_COMPLETE)
		return 0;
	cluster_apply(plan);
	if (read_columns(p) || read_sort(p))
		return -EINVAL;
	build_condition(plan);
	return check_use(p);
}

static int finish_why(struct parse *p, char **words, int n)
{
	struct plan *plan = p->plan;
	const char *error;

	if (plan->help || plan->version)
		return choose_mode(p);
	plan->mode = PLAN_WHY;
	if (plan->cluster)
		return options_fail(p, "inettop why takes no cluster of ss");
	if (n != 1)
		return options_fail(p, "why: %s",
				    n ? "one ENDPOINT at a time"
				      : "an ENDPOINT is needed, such as 8080 or udp:53");
	if (endpoint_parse(words[0], &plan->why, &error))
		return options_fail(p, "why: \"%s\" is no endpoint: %s", words[0], error);
	return 0;
}

static void plan_init(struct plan *plan)
{
	*plan = (struct plan){
		.interval_ms = -1,
		.hold_ms = -1,
		.timeout_ms = -1,
		.sort_col = COL_COUNT,
	};
	plan->why.uid = UINT32_MAX;
}

void plan_done(struct plan *plan)
{
	free(plan->filter);
	free(plan->shorthand);
	free(plan->condition);
	plan->filter = plan->shorthand = plan->condition = NULL;
}

int options_parse(int argc, char **argv, bool stdout_tty, struct plan *plan,
		  struct strbuf *ret_error)
{
	struct parse p = {.plan = plan, .error = ret_error, .tty = stdout_tty};
	bool why = argc > 1 && !strcmp(argv[1], "why");
	struct strbuf texts;
	char **words;
	int err;

	plan_init(plan);
	strbuf_init(&texts, 0);
	words = without_clusters(argc - why, argv + why, &texts);
	err = read_options(&p, argc - why, words, why);
	if (!err && why)
		err = finish_why(&p, words + optind, argc - why - optind);
	else if (!err)
		err = finish_list(&p, words + optind, argc - optind);
	free(words);
	strbuf_done(&texts);
	return err;
}
