/* --watch: one line, or JSON line, for each event until interrupted. */
#ifndef INETTOP_CLI_WATCH_H
#define INETTOP_CLI_WATCH_H

#include "cli/live.h"

/* Returns the exit code. */
int watch_run(struct live *live);

#endif
