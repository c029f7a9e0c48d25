/*
 * Which RPC program uses a port: the list of rpcbind (portmap), asked over loopback by the protocol
 * of RFC 1833 section 3 (PMAPPROC_DUMP, version 2). For ports that the kernel itself holds (NFS,
 * lockd); a stranger's answer names nothing but a number and is not trusted with more.
 */
#ifndef INETTOP_KERNEL_RPCBIND_H
#define INETTOP_KERNEL_RPCBIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Asks 127.0.0.1:111 of the calling thread's namespace, waits at most timeout_ms. The first program
 * registered for (udp, port), or -ENOENT; another -errno when rpcbind does not answer.
 */
int rpcbind_program(bool udp, uint16_t port, int timeout_ms, uint32_t *ret_program);

/* The same from the answer's bytes (a whole TCP record without its mark). Pure. -EBADMSG. */
int rpcbind_decode(const uint8_t *reply, size_t len, uint32_t xid, bool udp, uint16_t port,
		   uint32_t *ret_program);

/* "nfs", "nlockmgr" ... as in rpc(5), NULL for a number without a name here. */
const char *rpcbind_name(uint32_t program);

#endif
