/*
 * The program without a screen. main.c calls, in this order:
 *
 *	cli_parse()		what to do; texts that need nothing more are written here (-h ...)
 *	session_new() ...	unless that ended the run
 *	cli_run()		every mode but PLAN_SCREEN
 *	cli_done()
 */
#ifndef INETTOP_CLI_CLI_H
#define INETTOP_CLI_CLI_H

#include "cli/plan.h"

/*
 * Reads options and configuration files. -1 = go on with *plan; else the run is over with this exit
 * code, after what was asked for, or one clear line on stderr, was written.
 */
int cli_parse(int argc, char **argv, struct plan *plan);
void cli_done(struct plan *plan);

/* Runs the plan; returns the exit code. The session is new: not started. */
int cli_run(const struct plan *plan, struct session *session);

/* Writes "name = value" lines into the user's configuration file. 0 or -errno; path or reason in
 * ret_text. -EPERM when read-only. */
int cli_save_settings(const struct plan *plan, const char *lines, struct strbuf *ret_text);

/* A line for --stats of a run with a screen. */
void cli_stats(uint64_t epoch, const struct tick_stats *stats);

#endif
