/* What to look at when a filter selected nothing: one line on stderr. */
#ifndef INETTOP_CLI_HINT_H
#define INETTOP_CLI_HINT_H

#include "cli/query.h"

void hint_say(const struct query *q, const struct snapshot *snap, const struct lookup *lookup);

/* The first port number that a filter names as :PORT or by itself, 0 = none. */
uint16_t hint_port(const char *filter);

#endif
