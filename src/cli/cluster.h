/*
 * Clusters of short options as people type them for ss and netstat: -tulpn, -tan, -tunap. Such a
 * cluster means here what it means there; it would mean little as options of ours.
 */
#ifndef INETTOP_CLI_CLUSTER_H
#define INETTOP_CLI_CLUSTER_H

#include "base/strbuf.h"
#include "cli/plan.h"

/*
 * Whether an argument is one: a dash, then at least two letters of ss, none twice, and not an
 * option of ours with a number behind it (-n4, -w46).
 */
bool cluster_is(const char *arg);

/* Notes the letters (without the dash) of a cluster in plan->cluster; they may come in parts. */
void cluster_add(struct plan *plan, const char *letters);

/* Chooses pane, families, columns and numbers as the letters say, where no option did. */
void cluster_apply(struct plan *plan);

/* Appends the filter that the letters stand for: protocols, families and states, or nothing. */
void cluster_filter(const struct plan *plan, struct strbuf *out);

#endif
