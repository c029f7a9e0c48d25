/* --stats: what a tick cost, phase by phase, in one line. */
#ifndef INETTOP_CLI_STATS_H
#define INETTOP_CLI_STATS_H

#include "base/strbuf.h"
#include "model/snapshot.h"

/* Appends the line, without newline. */
void stats_format(const struct tick_stats *stats, struct strbuf *out);

/* Writes it to stderr. */
void stats_say(uint64_t epoch, const struct tick_stats *stats);

#endif
