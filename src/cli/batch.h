/* Listings: text, JSON, JSON lines, CSV, process ids or nothing, once or every interval. */
#ifndef INETTOP_CLI_BATCH_H
#define INETTOP_CLI_BATCH_H

#include "cli/live.h"

/* Returns the exit code. */
int batch_run(struct live *live);

#endif
