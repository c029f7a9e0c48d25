/* Texts made from the table of options: -h, the list for tests and completion, suggestions. */
#include "cli/options_internal.h"

#include <string.h>

/* ---- misspelt options ---- */

#define NAME_MAX_LEN 32

/* Levenshtein distance of a to b, at most NAME_MAX_LEN long each. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t b_len = strlen(b);

	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t before = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = before + (a[i - 1] != b[j - 1]);

			before = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
		}
	}
	return row[b_len];
}

const char *options_nearest(const char *name, size_t len)
{
	const char *best = NULL;
	size_t least = len / 3 + 2;

	for (size_t i = 0; i < option_rows_n; i++) {
		size_t d = distance(name, len, option_rows[i].name);

		if (option_rows[i].scope != HIDDEN && d < least) {
			least = d;
			best = option_rows[i].name;
		}
	}
	return best;
}

/* ---- help ---- */

#define HELP_COLUMNS 80
#define HELP_INDENT 9

static void option_text(const struct option_row *row, struct strbuf *out)
{
	strbuf_reset(out);
	if (row->letter)
		strbuf_addf(out, "-%c ", row->letter);
	strbuf_addf(out, "--%s", row->name);
	if (row->arg == REQUIRED)
		strbuf_addf(out, " %s", row->arg_name);
	else if (row->arg == OPTIONAL)
		strbuf_addf(out, "[=%s]", row->arg_name);
	if (*row->note)
		strbuf_addf(out, " (%s)", row->note);
}

static void help_group(enum group group, const char *title, struct strbuf *out)
{
	struct strbuf text;
	size_t used = HELP_INDENT;
	bool first = true;

	strbuf_init(&text, 0);
	strbuf_addf(out, "%-*s", HELP_INDENT, title);
	for (size_t i = 0; i < option_rows_n; i++) {
		if (option_rows[i].group != group || option_rows[i].scope == HIDDEN)
			continue;
		option_text(&option_rows[i], &text);
		if (!first && used + 2 + text.len > HELP_COLUMNS - 1) {
			strbuf_addf(out, ",\n%*s", HELP_INDENT, "");
			used = HELP_INDENT;
		} else if (!first) {
			strbuf_adds(out, ", ");
			used += 2;
		}
		strbuf_add(out, text.data, text.len);
		used += text.len;
		first = false;
	}
	strbuf_addc(out, '\n');
	strbuf_done(&text);
}

void options_help(struct strbuf *out)
{
	static const char *const titles[GROUP_COUNT] = {
		[SHOW] = "Show", [TABLE] = "Table",   [OUTPUT] = "Output", [TIME] = "Time",
		[ACT] = "Act",	 [SOURCE] = "Source", [SCREEN] = "Screen", [OTHER] = "Other",
	};

	strbuf_adds(out,
		    "Usage: inettop [OPTION]... [FILTER]...      who listens, who talks to whom\n"
		    "       inettop why [OPTION]... ENDPOINT     why can I not bind this port?\n");
	for (int i = 0; i < GROUP_COUNT; i++)
		help_group((enum group)i, titles[i], out);
	strbuf_adds(out,
		    "NAME     ports sockets processes namespaces containers events\n"
		    "FILTER   :8080  tcp:443  user:www-data  'sport = :80'  state established\n");
}

void options_list(struct strbuf *out)
{
	for (size_t i = 0; i < option_rows_n; i++) {
		const struct option_row *row = &option_rows[i];

		if (row->scope == HIDDEN)
			continue;
		if (row->letter)
			strbuf_addf(out, "-%c ", row->letter);
		strbuf_addf(out, "--%s\t%s%s\n", row->name, row->arg == OPTIONAL ? "=" : "",
			    row->arg_name ? row->arg_name : "");
	}
}
