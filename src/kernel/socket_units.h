/*
 * Socket units of systemd: which *.socket file listens on a port. Read from the unit directories
 * below a root, with drop-ins, in the order of systemd.unit(5); directives of systemd.socket(5).
 * Only what the files say: whether the unit is started is seen by who holds the socket.
 */
#ifndef INETTOP_KERNEL_SOCKET_UNITS_H
#define INETTOP_KERNEL_SOCKET_UNITS_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/why_facts.h"

/*
 * The units that listen on (udp, port) at this address or at any; addr family 0 = every address.
 * root_fd: the directory that stands for "/". Everything is in the arena.
 */
void socket_units_find(int root_fd, bool udp, const struct netaddr *addr, uint16_t port,
		       struct arena *arena, const struct why_unit **ret, uint32_t *ret_n);

/*
 * A value of ListenStream= or ListenDatagram=: "22", "127.0.0.1:22", "[::1]:22%eth0". Other kinds
 * of sockets are -EINVAL. A bare port gives the address of family 0.
 */
int socket_units_parse_listen(const char *text, size_t len, struct netaddr *ret_addr,
			      uint16_t *ret_port);

#endif
