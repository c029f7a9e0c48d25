/* Which columns a pane shows by itself, which stay when there is little room, and its sort order.
 */
#include "view/column.h"

static const struct pane_column ports[] = {
	{COL_PROTO, 1},		 {COL_LOCAL_ADDR, 2}, {COL_LOCAL_PORT, 1}, {COL_QUEUE, 2},
	{COL_CONNS, 2},		 {COL_PID, 1},	      {COL_USER, 2},	   {COL_OWNER, 1},
	{COL_CONTAINER_NAME, 3}, {COL_NETNS_NAME, 3}, {COL_AGE, 3},	   {COL_SERVICE, 3},
	{COL_SCOPE, 4},		 {COL_DROPS, 4},
};

static const struct pane_column sockets[] = {
	{COL_PROTO, 2},	     {COL_STATE, 2},
	{COL_LOCAL, 1},	     {COL_REMOTE, 1},
	{COL_RECVQ, 3},	     {COL_SENDQ, 3},
	{COL_RX_RATE, 3},    {COL_TX_RATE, 3},
	{COL_TCP_RTT, 4},    {COL_TCP_TOTAL_RETRANS, 4},
	{COL_TIMER_NAME, 4}, {COL_PID, 2},
	{COL_OWNER, 2},	     {COL_NETNS_NAME, 3},
	{COL_AGE, 4},	     {COL_PEER_COMM, 4},
};

static const struct pane_column processes[] = {
	{COL_PID, 1},	   {COL_PROC_USER, 2}, {COL_LISTENERS, 1}, {COL_CONNECTIONS, 2},
	{COL_RX_RATE, 3},  {COL_TX_RATE, 3},   {COL_FDS, 2},	   {COL_NETNS_NAME, 3},
	{COL_WORKLOAD, 3}, {COL_AGE, 2},       {COL_PROCESS, 1},
};

static const struct pane_column namespaces[] = {
	{COL_NETNS, 2},	  {COL_NETNS_NAME, 1}, {COL_KIND, 2},
	{COL_HOLDERS, 2}, {COL_LISTENERS, 1},  {COL_SOCKET_COUNT, 1},
	{COL_RX_RATE, 3}, {COL_TX_RATE, 3},    {COL_ADDRESSES, 2},
};

static const struct pane_column containers[] = {
	{COL_CONTAINER_ID, 2},	    {COL_CONTAINER_NAME, 1}, {COL_CONTAINER_IMAGE, 2},
	{COL_CONTAINER_RUNTIME, 3}, {COL_CONTAINER_POD, 4},  {COL_NETNS_NAME, 4},
	{COL_PROCESSES, 1},	    {COL_LISTENERS, 1},	     {COL_PUBLISHED, 2},
};

static const struct pane_column events[] = {
	{COL_TIME, 2},	   {COL_EVENT, 1},	{COL_PROTO, 2},		{COL_LOCAL, 1},
	{COL_PID, 2},	   {COL_OWNER, 1},	{COL_PREVIOUS_COMM, 3}, {COL_GAP, 2},
	{COL_LIFETIME, 2}, {COL_NETNS_NAME, 3},
};

#define N(array) (sizeof(array) / sizeof(*(array)))

const struct pane_column *pane_columns(enum pane pane, size_t *ret_n)
{
	static const struct {
		const struct pane_column *columns;
		size_t n;
	} sets[PANE_COUNT] = {
		[PANE_PORTS] = {ports, N(ports)},
		[PANE_SOCKETS] = {sockets, N(sockets)},
		[PANE_PROCESSES] = {processes, N(processes)},
		[PANE_NAMESPACES] = {namespaces, N(namespaces)},
		[PANE_CONTAINERS] = {containers, N(containers)},
		[PANE_EVENTS] = {events, N(events)},
	};

	*ret_n = sets[pane].n;
	return sets[pane].columns;
}

/* Below 60 columns: what is left of a line, the most wanted first dropped last. */
static const struct pane_column narrow_ports[] = {
	{COL_PROTO, 2}, {COL_LOCAL, 0}, {COL_PID, 1}, {COL_OWNER, 0}};
static const struct pane_column narrow_sockets[] = {
	{COL_STATE, 3}, {COL_LOCAL, 0}, {COL_REMOTE, 1}, {COL_PID, 2}, {COL_OWNER, 3}};

const struct pane_column *pane_narrow_columns(enum pane pane, size_t *ret_n)
{
	if (pane == PANE_PORTS) {
		*ret_n = N(narrow_ports);
		return narrow_ports;
	}
	if (pane == PANE_SOCKETS) {
		*ret_n = N(narrow_sockets);
		return narrow_sockets;
	}
	return pane_columns(pane, ret_n);
}

#define SORT_KEYS_MAX 3

static const struct sort_key sorts[PANE_COUNT][SORT_KEYS_MAX] = {
	[PANE_PORTS] = {{COL_LOCAL_PORT, false}, {COL_PROTO, false}, {COL_LOCAL_ADDR, false}},
	[PANE_SOCKETS] = {{COL_STATE, false}, {COL_LOCAL_PORT, false}, {COL_REMOTE, false}},
	[PANE_PROCESSES] = {{COL_LISTENERS, true}, {COL_CONNECTIONS, true}, {COL_PID, false}},
	[PANE_NAMESPACES] = {{COL_LISTENERS, true}, {COL_SOCKET_COUNT, true}, {COL_NETNS, false}},
	[PANE_CONTAINERS] = {{COL_CONTAINER_NAME, false},
			     {COL_CONTAINER_ID, false},
			     {COL_NETNS, false}},
	[PANE_EVENTS] = {{COL_MONO_MS, false}, {COL_TIME, false}, {COL_LOCAL, false}},
};

const struct sort_key *pane_sort(enum pane pane, size_t *ret_n)
{
	*ret_n = SORT_KEYS_MAX;
	return sorts[pane];
}

enum column_id pane_number_column(enum pane pane)
{
	static const enum column_id numbers[PANE_COUNT] = {
		[PANE_PORTS] = COL_LOCAL_PORT, [PANE_SOCKETS] = COL_LOCAL_PORT,
		[PANE_PROCESSES] = COL_PID,    [PANE_NAMESPACES] = COL_NETNS,
		[PANE_CONTAINERS] = COL_COUNT, [PANE_EVENTS] = COL_COUNT,
	};

	return numbers[pane];
}
