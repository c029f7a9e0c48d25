/* What the files of the option parser share. Nobody else includes this. */
#ifndef INETTOP_CLI_OPTIONS_INTERNAL_H
#define INETTOP_CLI_OPTIONS_INTERNAL_H

#include "cli/options.h"

enum arg_kind { NONE, REQUIRED, OPTIONAL };
enum group { SHOW, TABLE, OUTPUT, TIME, ACT, SOURCE, SCREEN, OTHER, GROUP_COUNT };
enum scope { LIST, BOTH, WHY, HIDDEN };

struct parse {
	struct plan *plan;
	struct strbuf *error;
	char name[40]; /* of the option being set, with its dashes */
	bool tty;
};

struct option_row {
	char letter;
	enum arg_kind arg;
	enum group group;
	enum scope scope;
	const char *name, *arg_name, *note;
	int (*set)(struct parse *p, const char *arg);
	size_t flag; /* offset of a bool in struct plan, when there is no setter */
};

#define OPTION_ROWS_MAX 96

extern const struct option_row option_rows[];
extern const size_t option_rows_n;

/* Writes the error; always -EINVAL. */
int options_fail(struct parse *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first option that says what the run is for wins, a second one is an error. */
int options_set_mode(struct parse *p, enum plan_mode mode);

/* Name (without dashes) of the option meant by a misspelt one, or NULL. */
const char *options_nearest(const char *name, size_t len);

#endif
