/*
 * What may refuse bind() for reasons that sockets do not show: BPF programs on the cgroup of this
 * process (systemd's SocketBindDeny= and others), a Linux security module, a seccomp filter. A
 * filter sees the call, not the port, so one bind() to port 0 tells whether it lets calls through.
 */
#ifndef INETTOP_KERNEL_BIND_POLICY_H
#define INETTOP_KERNEL_BIND_POLICY_H

#include "base/arena.h"
#include "model/why_facts.h"

/*
 * The policies in force for this process and a socket of these protocols; everything in the arena.
 * Programs of this program's own event source are left out. Without the right to ask (CAP_NET_ADMIN
 * or CAP_SYS_ADMIN) cgroup programs are not seen.
 */
void bind_policy_find(int proc_fd, bool udp, struct arena *arena, const struct why_policy **ret,
		      uint32_t *ret_n);

#endif
