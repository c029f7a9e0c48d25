/* What a bare word or pattern looks through, by pane. */
#include "view/filter_internal.h"

#define LIST(name, ...) static const enum column_id name[] = {__VA_ARGS__}

LIST(ports, COL_COMM, COL_CMDLINE, COL_UNIT, COL_USER, COL_SERVICE, COL_CONTAINER_NAME,
     COL_NETNS_NAME, COL_LOCAL_ADDR);
LIST(sockets, COL_COMM, COL_CMDLINE, COL_UNIT, COL_USER, COL_SERVICE, COL_CONTAINER_NAME,
     COL_NETNS_NAME, COL_PATH, COL_LOCAL_ADDR, COL_REMOTE_ADDR);
LIST(processes, COL_COMM, COL_CMDLINE, COL_UNIT, COL_PROC_USER, COL_CONTAINER_NAME, COL_NETNS_NAME);
LIST(namespaces, COL_NETNS_NAME, COL_CONTAINER_NAME, COL_ADDRESSES);
LIST(containers, COL_CONTAINER_ID, COL_CONTAINER_NAME, COL_CONTAINER_IMAGE, COL_CONTAINER_POD,
     COL_NETNS_NAME);
LIST(events, COL_EVENT, COL_COMM, COL_USER, COL_SERVICE, COL_CONTAINER_NAME, COL_NETNS_NAME,
     COL_LOCAL_ADDR);

#define ENTRY(pane, list) [pane] = {list, sizeof(list) / sizeof(*(list))}

const enum column_id *filter_text_columns(enum pane pane, size_t *ret_n)
{
	static const struct {
		const enum column_id *columns;
		size_t n;
	} lists[PANE_COUNT] = {
		ENTRY(PANE_PORTS, ports),	    ENTRY(PANE_SOCKETS, sockets),
		ENTRY(PANE_PROCESSES, processes),   ENTRY(PANE_NAMESPACES, namespaces),
		ENTRY(PANE_CONTAINERS, containers), ENTRY(PANE_EVENTS, events),
	};

	*ret_n = lists[pane].n;
	return lists[pane].columns;
}
