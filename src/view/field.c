#include "view/field.h"

#include <stdio.h>
#include <string.h>

static void set_group(struct field *field)
{
	const char *dot = strchr(field->name, '.');

	field->member = dot ? dot + 1 : field->name;
	if (dot)
		snprintf(field->group, sizeof(field->group), "%.*s", (int)(dot - field->name),
			 field->name);
}

size_t field_list(enum pane pane, struct field ret[COL_COUNT])
{
	size_t n = 0;

	for (int i = 0; i < COL_COUNT; i++) {
		if (!columns[i].json || !column_in(i, pane))
			continue;
		ret[n] = (struct field){.col = i, .name = column_json_name(i, pane)};
		set_group(&ret[n]);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		if (!ret[i].group[0])
			continue;
		ret[i].opens = !i || strcmp(ret[i - 1].group, ret[i].group) != 0;
		ret[i].closes = i + 1 == n || strcmp(ret[i + 1].group, ret[i].group) != 0;
	}
	return n;
}

void field_get(const struct field *field, const struct row *row, const struct lookup *lookup,
	       struct value *ret)
{
	column_get(field->col, row, lookup, ret);
	if (columns[field->col].type == VALUE_STRING && ret->type != VALUE_STRING)
		ret->type = VALUE_NONE;
}

const char *field_row_type(enum pane pane)
{
	static const char *const types[PANE_COUNT] = {
		[PANE_PORTS] = "port",		 [PANE_SOCKETS] = "socket",
		[PANE_PROCESSES] = "process",	 [PANE_NAMESPACES] = "namespace",
		[PANE_CONTAINERS] = "container", [PANE_EVENTS] = "event",
	};

	return types[pane];
}
