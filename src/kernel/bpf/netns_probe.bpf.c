/* The same walk for kernels before 6.2, which have no bpf_rdonly_cast(). */
#define KERN_PROBE_READ
#include "kernel/bpf/netns.bpf.c"
