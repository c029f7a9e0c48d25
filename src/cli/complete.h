/*
 * --complete KIND: the words that the shells' completions offer, one per line, a tab and a
 * description behind some. Kinds: kinds options panes columns fields families themes signals users
 * namespaces containers.
 */
#ifndef INETTOP_CLI_COMPLETE_H
#define INETTOP_CLI_COMPLETE_H

#include "cli/plan.h"

/* Whether the kind is known, and whether its words need a look at the running system. */
bool complete_is_known(const char *kind);
bool complete_needs_session(const char *kind);

/* Appends the words that need no session. */
void complete_static(const struct plan *plan, struct strbuf *out);

/* Appends names of namespaces or containers. 0 or -errno: completion is silent about errors. */
int complete_live(const struct plan *plan, struct session *session, struct strbuf *out);

/* The table of --columns help: names, aliases and what they are. */
void complete_columns_help(enum pane pane, struct strbuf *out);

#endif
