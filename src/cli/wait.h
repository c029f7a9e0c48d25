/* --wait: blocks until something listens, nothing does any more, or another process does. */
#ifndef INETTOP_CLI_WAIT_H
#define INETTOP_CLI_WAIT_H

#include "cli/live.h"

/* Returns the exit code. */
int wait_run(struct live *live);

#endif
