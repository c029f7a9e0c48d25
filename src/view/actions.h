/*
 * The table of actions: what a key does, where, and what the help says about it. Everything that
 * tells people about keys is made from it.
 */
#ifndef INETTOP_VIEW_ACTIONS_H
#define INETTOP_VIEW_ACTIONS_H

#include "view/keys.h"

enum action_id {
#define ACTION(sym, ...) ACTION_##sym,
#include "view/actions.def"
#undef ACTION
	ACTION_COUNT
};

#define ACTION_TABLE 1u /* in the panes' tables */
#define ACTION_PAGE 2u	/* on detail pages */
#define ACTION_DEED 4u	/* changes something outside: not there with --readonly */

enum action_group {
	GROUP_MOVE,
	GROUP_PANES,
	GROUP_FIND,
	GROUP_ORDER,
	GROUP_ACT,
	GROUP_LOOK,
	GROUP_SETUP,
	GROUP_PROGRAM,
	GROUP_COUNT
};

struct action {
	const char *id;	      /* "next-pane" */
	const char *keys;     /* blank separated names */
	const char *vim_keys; /* NULL = the same */
	const char *bar;      /* label in the F-bar, "" = not there */
	const char *help;     /* one line */
	uint8_t contexts;     /* ACTION_TABLE, ACTION_PAGE, ACTION_DEED */
	uint8_t group;	      /* enum action_group */
};

extern const struct action actions[ACTION_COUNT];

/* Heading of a help group. */
const char *action_group_name(enum action_group group);

/* The keys of an action in the profile. */
const char *action_keys(enum action_id id, bool vim);

/* The action of a key in a context, or ACTION_COUNT. */
enum action_id action_find(struct key key, unsigned context, bool vim);

#endif
