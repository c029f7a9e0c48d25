/* The same walk for kernels before 6.2, which have no bpf_rdonly_cast(); needs bpf_loop (5.17). */
#define KERN_PROBE_READ
#include "kernel/bpf/owners.bpf.c"
