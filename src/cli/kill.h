/*
 * --kill: a signal for the processes behind the rows that a filter selects, under the rules of the
 * screen's dialog: pinned by pidfd and start time, never PID 1, this program or its ancestors,
 * named before they are hit, the outcome told of each.
 */
#ifndef INETTOP_CLI_KILL_H
#define INETTOP_CLI_KILL_H

#include "cli/live.h"

/* Returns the exit code. */
int kill_run(struct live *live);

#endif
