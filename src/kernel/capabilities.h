/*
 * The rights of this process: what they allow, what is missing, and giving up the rest.
 * Which feature needs which right was measured on Linux 6.18 (capabilities(7) is not exact there).
 */
#ifndef INETTOP_KERNEL_CAPABILITIES_H
#define INETTOP_KERNEL_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAP_MASK(cap) (1ull << (cap))

/* What a right is needed for; one row per feature for --check. */
enum cap_feature {
	CAPF_OWNERS,     /* descriptors of other users' processes */
	CAPF_EXE,        /* exe and namespace links of others */
	CAPF_NETNS,      /* entering other network namespaces */
	CAPF_SIGNAL,     /* signals to other users' processes */
	CAPF_DESTROY,    /* SOCK_DESTROY */
	CAPF_MARK,       /* firewall mark of sockets */
	CAPF_BPF,        /* BPF iterators and tracing */
	CAPF_CGROUP_ID,  /* cgroup path by handle */
	CAPF_PROBE,      /* binding below ip_unprivileged_port_start */
	CAPF_COUNT
};

struct cap_status {
	const char *code;    /* "owners", "netns" ...; static */
	const char *text;    /* what it is for; static */
	const char *missing; /* "CAP_SYS_PTRACE and ...", NULL = available; static */
	uint64_t needs;      /* mask */
	bool available;
};

/* How /proc shows other processes. */
struct cap_procview {
	uint8_t hidepid;     /* 0, 1, 2, 4 (ptraceable) */
	uint32_t gid;        /* group that is exempt */
	bool subset_pid;     /* only pid directories: no /proc/net, /proc/sys ... */
	bool pidns;          /* not the initial pid namespace */
	bool hides;          /* others' processes are hidden from us in fact */
};

/* Effective capabilities as a mask; 0 or -errno. */
int capabilities_get(uint64_t *ret_mask);

/* Judges the features by a mask. */
void capabilities_check(uint64_t mask, struct cap_status ret_status[CAPF_COUNT]);

/*
 * Keeps only what the mask and the process both have (permitted and effective; inheritable and
 * ambient emptied, the bounding set too where that is allowed), PR_SET_NO_NEW_PRIVS, RLIMIT_CORE 0.
 * 0 or -errno; failing must be fatal for the caller.
 */
int capabilities_limit(uint64_t keep);

/* The mask a run needs after start. */
uint64_t capabilities_needed(bool bpf, bool netns, bool act);

/* True if this is a set-user-ID or set-group-ID execution, which is refused. */
bool capabilities_is_setuid(void);

/* From the text of /proc/self/mountinfo: options of the procfs at mount_point. */
void capabilities_parse_mountinfo(const char *text, size_t len, const char *mount_point,
				  struct cap_procview *ret_view);

/* The /proc of proc_fd as this process sees it. */
void capabilities_procview(int proc_fd, struct cap_procview *ret_view);

/* Names of the mask joined: "CAP_NET_ADMIN and CAP_SYS_ADMIN", into buf. Returns buf. */
const char *capabilities_names(uint64_t mask, char *buf, size_t size);

/* Raises RLIMIT_NOFILE to at most `wanted`; returns the soft limit then in force. */
uint32_t capabilities_raise_nofile(uint32_t wanted);

#endif
