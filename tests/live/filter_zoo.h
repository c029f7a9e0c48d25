/* Sockets of every kind that a filter can tell apart, in a network namespace of their own. */
#ifndef TESTS_LIVE_FILTER_ZOO_H
#define TESTS_LIVE_FILTER_ZOO_H

#include <stdbool.h>

#define FILTER_ZOO_CGROUP "/sys/fs/cgroup/unified/inettop-filter-test"

struct filter_zoo {
	bool has_device; /* d0, beside lo */
	bool has_cgroup; /* some sockets were made in FILTER_ZOO_CGROUP */
	bool has_mptcp;
};

/* Leaves the calling process in a new namespace. False with the reason when that is refused. */
bool filter_zoo_open(struct filter_zoo *zoo, const char **ret_reason);

/* Removes what outlives the process. */
void filter_zoo_close(struct filter_zoo *zoo);

#endif
