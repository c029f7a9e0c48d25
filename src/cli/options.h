/*
 * The command line: one table (options.def), one parser. Reads no file but those of the name
 * services (-u), prints nothing.
 */
#ifndef INETTOP_CLI_OPTIONS_H
#define INETTOP_CLI_OPTIONS_H

#include "base/strbuf.h"
#include "cli/plan.h"

/*
 * Fills *plan, which plan_done() frees; its strings borrow from argv. 0, or -EINVAL with one line
 * (no newline) in ret_error. stdout_tty: whether standard output is a terminal.
 */
int options_parse(int argc, char **argv, bool stdout_tty, struct plan *plan,
		  struct strbuf *ret_error);

/* The text of -h: at most 24 lines of 80 columns. */
void options_help(struct strbuf *out);

/* One option per line: "-b", "--batch" or both, a tab, the argument's name or nothing. */
void options_list(struct strbuf *out);

/* A signal by number or name, with or without SIG, in any case; -1 unknown. */
int options_signal(const char *text);

#endif
