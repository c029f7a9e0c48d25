/*
 * What BPF may do here and why not.
 *
 * Every open function of this directory fails with one of these, each meaning one thing:
 *   -ENOTSUP  built without BPF             -ENODATA  no kernel BTF (/sys/kernel/btf/vmlinux)
 *   -EPERM    a capability is missing       -EACCES   refused though capable (lockdown, LSM)
 *   -ENODEV   no cgroup2 mount              -ENOSYS   this kernel lacks or rejects the program
 *   -ENOMEM   no memory for the maps
 */
#ifndef INETTOP_KERNEL_BPF_CAPS_H
#define INETTOP_KERNEL_BPF_CAPS_H

#include <stdbool.h>

/* Capabilities that a source needs; CAP_SYS_ADMIN stands for the first two. */
#define BPF_RIGHT_BPF 1
#define BPF_RIGHT_PERFMON 2
#define BPF_RIGHT_NET_ADMIN 4
#define BPF_RIGHTS_WALK (BPF_RIGHT_BPF | BPF_RIGHT_PERFMON)
#define BPF_RIGHTS_CGROUP (BPF_RIGHT_BPF | BPF_RIGHT_PERFMON | BPF_RIGHT_NET_ADMIN)

enum bpf_source {
	BPF_SOURCE_OWNERS,
	BPF_SOURCE_NETNS,
	BPF_SOURCE_BINDS,
	BPF_SOURCE_EVENTS,
	BPF_SOURCE_TRAFFIC,
	BPF_SOURCE_COUNT
};

struct bpf_support {
	unsigned rights;	     /* BPF_RIGHT_* in the effective set */
	bool btf;		     /* kernel BTF is readable */
	char lockdown[16];	     /* none, integrity, confidentiality; "" = cannot be told */
	char cgroup2[256];	     /* mount point, "" = none */
	int error[BPF_SOURCE_COUNT]; /* 0 = loads and runs here, else as above */
};

/* Tries each source for real (load, no lasting effect; about 0.2 s) and fills *ret. */
void bpf_probe_support(struct bpf_support *ret);

/* The name of a source as --check prints it; static. */
const char *bpf_caps_source_name(enum bpf_source source);

/* One of the errors above in words, static. `missing` = BPF_RIGHT_* that are wanted and absent. */
const char *bpf_caps_strerror(int err, unsigned missing);

/* BPF_RIGHT_* that `wanted` has and this process lacks. */
unsigned bpf_caps_missing(unsigned wanted);

/* 0 if a load may be tried, else -EPERM or -ENODATA: saves the 30 ms of a load that cannot work.
 * Also silences libbpf, which writes to stderr. */
int bpf_caps_precheck(unsigned wanted);

/* Turns what libbpf or the kernel said into one of the errors above. */
int bpf_caps_classify(int err, unsigned wanted);

/* Mount point of a cgroup2 hierarchy, from /proc/self/mountinfo. 0, -ENODEV, -ENAMETOOLONG. */
int bpf_caps_cgroup2(char *ret, unsigned long size);

#endif
