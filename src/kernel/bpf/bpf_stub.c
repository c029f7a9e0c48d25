/* Built without BPF: the same functions, all of which say so. */
#include <errno.h>
#include <stddef.h>

#include "kernel/bpf/bpf_binds.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_events.h"
#include "kernel/bpf/bpf_netns.h"
#include "kernel/bpf/bpf_owners.h"
#include "kernel/bpf/bpf_traffic.h"

#define UNUSED __attribute__((unused))

int bpf_owners_open(struct bpf_owners **ret UNUSED, enum bpf_owners_form form UNUSED,
		    size_t hint UNUSED)
{
	return -ENOTSUP;
}

int bpf_owners_open_as(struct bpf_owners **ret UNUSED, enum bpf_owners_form form UNUSED,
		       size_t hint UNUSED, enum bpf_owners_method method UNUSED)
{
	return -ENOTSUP;
}

void bpf_owners_close(struct bpf_owners *owners UNUSED)
{
}

int bpf_owners_run(struct bpf_owners *owners UNUSED, const struct bpf_fd **ret_rows UNUSED,
		   size_t *ret_n UNUSED)
{
	return -ENOTSUP;
}

int bpf_owners_run_full(struct bpf_owners *owners UNUSED,
			const struct bpf_fd_sock **ret_rows UNUSED, size_t *ret_n UNUSED)
{
	return -ENOTSUP;
}

int bpf_owners_run_pid(struct bpf_owners *owners UNUSED, uint32_t pid UNUSED,
		       const struct bpf_fd **ret_rows UNUSED, size_t *ret_n UNUSED)
{
	return -ENOTSUP;
}

bool bpf_owners_is_nested(const struct bpf_owners *owners UNUSED)
{
	return false;
}

enum bpf_owners_method bpf_owners_method(const struct bpf_owners *owners UNUSED)
{
	return BPF_OWNERS_AUTO;
}

int bpf_netns_open(struct bpf_netns **ret UNUSED)
{
	return -ENOTSUP;
}

void bpf_netns_close(struct bpf_netns *netns UNUSED)
{
}

int bpf_netns_run(struct bpf_netns *netns UNUSED, const struct bpf_netns_row **ret_rows UNUSED,
		  size_t *ret_n UNUSED)
{
	return -ENOTSUP;
}

int bpf_binds_open(struct bpf_binds **ret UNUSED, size_t hint UNUSED)
{
	return -ENOTSUP;
}

void bpf_binds_close(struct bpf_binds *binds UNUSED)
{
}

int bpf_binds_run(struct bpf_binds *binds UNUSED, uint16_t port UNUSED, uint32_t netns_inode UNUSED,
		  const struct bpf_bound **ret_rows UNUSED, size_t *ret_n UNUSED,
		  bool *ret_raced UNUSED)
{
	return -ENOTSUP;
}

bool bpf_binds_lacks_udp(const struct bpf_binds *binds UNUSED)
{
	return true;
}

int bpf_events_open(struct bpf_events **ret UNUSED, bool all_states UNUSED)
{
	return -ENOTSUP;
}

void bpf_events_close(struct bpf_events *events UNUSED)
{
}

int bpf_events_fd(const struct bpf_events *events UNUSED)
{
	return -1;
}

int bpf_events_drain(struct bpf_events *events UNUSED,
		     void (*take)(const struct bpf_event *event, void *context) UNUSED,
		     void *context UNUSED, uint64_t *ret_dropped UNUSED)
{
	return -ENOTSUP;
}

bool bpf_events_has_udp(const struct bpf_events *events UNUSED)
{
	return false;
}

int bpf_traffic_open(struct bpf_traffic_counters **ret UNUSED)
{
	return -ENOTSUP;
}

void bpf_traffic_close(struct bpf_traffic_counters *traffic UNUSED)
{
}

int bpf_traffic_read(struct bpf_traffic_counters *traffic UNUSED,
		     const uint64_t **ret_cookies UNUSED,
		     const struct bpf_traffic **ret_counters UNUSED, size_t *ret_n UNUSED)
{
	return -ENOTSUP;
}
