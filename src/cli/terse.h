/* -t: the process ids behind the rows, each once, one per line, for kill $(inettop -t :8080). */
#ifndef INETTOP_CLI_TERSE_H
#define INETTOP_CLI_TERSE_H

#include "cli/live.h"
#include "cli/query.h"

/* The holders of a row of Ports, Sockets or Processes: the primary one first; 0 = nobody known. */
uint32_t terse_holders(const struct row *row, struct owner *own, const struct owner **ret_owners);

/* Writes those of the query's rows, and on stderr how many rows have none. */
void terse_write(struct live *live, const struct snapshot *snap, const struct query *q);

#endif
