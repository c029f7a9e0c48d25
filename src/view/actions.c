#include "view/actions.h"

#define T ACTION_TABLE
#define P ACTION_PAGE
#define TP (ACTION_TABLE | ACTION_PAGE)
#define DEED ACTION_DEED

const struct action actions[ACTION_COUNT] = {
#define ACTION(sym, id_, keys_, vim_, contexts_, group_, bar_, help_, handler_, arg_)              \
	[ACTION_##sym] = {                                                                         \
		.id = id_,                                                                         \
		.keys = keys_,                                                                     \
		.vim_keys = vim_,                                                                  \
		.bar = bar_,                                                                       \
		.help = help_,                                                                     \
		.contexts = contexts_,                                                             \
		.group = GROUP_##group_,                                                           \
	},
#include "view/actions.def"
#undef ACTION
};

const char *action_group_name(enum action_group group)
{
	static const char *const names[GROUP_COUNT] = {
		[GROUP_MOVE] = "Move",
		[GROUP_PANES] = "Panes and pages",
		[GROUP_FIND] = "Find",
		[GROUP_ORDER] = "Order and groups",
		[GROUP_ACT] = "Tag and act",
		[GROUP_LOOK] = "Look",
		[GROUP_SETUP] = "Set up and take away",
		[GROUP_PROGRAM] = "Program",
	};

	return group < GROUP_COUNT ? names[group] : "?";
}

const char *action_keys(enum action_id id, bool vim)
{
	return vim && actions[id].vim_keys ? actions[id].vim_keys : actions[id].keys;
}

enum action_id action_find(struct key key, unsigned context, bool vim)
{
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		const char *list = action_keys(i, vim);
		struct key bound;

		if (!(actions[i].contexts & context))
			continue;
		while (keys_next(&list, &bound))
			if (keys_equal(key, bound))
				return i;
	}
	return ACTION_COUNT;
}
