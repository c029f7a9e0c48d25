#include "view/column.h"

#include <string.h>
#include <strings.h>

static const char *const pane_names[PANE_COUNT] = {
	[PANE_PORTS] = "ports",		  [PANE_SOCKETS] = "sockets",
	[PANE_PROCESSES] = "processes",	  [PANE_NAMESPACES] = "namespaces",
	[PANE_CONTAINERS] = "containers", [PANE_EVENTS] = "events",
};

const char *pane_name(enum pane pane)
{
	return (unsigned int)pane < PANE_COUNT ? pane_names[pane] : "?";
}

int pane_by_name(const char *name, size_t len)
{
	for (int i = 0; i < PANE_COUNT; i++)
		if (strlen(pane_names[i]) == len && !strncasecmp(pane_names[i], name, len))
			return i;
	return -1;
}

uint32_t row_slots(const struct snapshot *snap, enum pane pane)
{
	switch (pane) {
	case PANE_PORTS:
		return snap->n_ports;
	case PANE_SOCKETS:
		return snap->n_socks;
	case PANE_PROCESSES:
		return snap->n_procs;
	case PANE_NAMESPACES:
		return snap->n_netns;
	case PANE_CONTAINERS:
		return snap->n_containers;
	case PANE_EVENTS:
		return snap->n_events;
	case PANE_COUNT:
		break;
	}
	return 0;
}

static const void *object_at(const struct snapshot *snap, enum pane pane, uint32_t slot)
{
	switch (pane) {
	case PANE_PORTS:
		return snap->ports[slot];
	case PANE_SOCKETS:
		return snap->socks[slot];
	case PANE_PROCESSES:
		return snap->procs[slot];
	case PANE_NAMESPACES:
		return snap->netns[slot];
	case PANE_CONTAINERS:
		return snap->containers[slot];
	case PANE_EVENTS:
		return snap->events[slot];
	case PANE_COUNT:
		break;
	}
	return NULL;
}

bool row_at(const struct snapshot *snap, enum pane pane, uint32_t slot, struct row *ret)
{
	const void *obj = slot < row_slots(snap, pane) ? object_at(snap, pane, slot) : NULL;

	if (!obj)
		return false;
	*ret = (struct row){.snap = snap, .obj = obj, .pane = (uint8_t)pane, .slot = slot};
	return true;
}

/* Every object but an event begins with its head. */
const struct row_head *row_head(const struct row *row)
{
	return row->pane == PANE_EVENTS ? NULL : row->obj;
}

uint64_t row_id(const struct row *row)
{
	const struct row_head *head = row_head(row);

	return head ? head->id : ((const struct event *)row->obj)->id;
}
