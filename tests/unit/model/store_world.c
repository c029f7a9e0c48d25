#include "unit/model/store_world.h"

const struct sock *sock_by_cookie(const struct snapshot *snap, uint8_t proto,
				  uint64_t cookie)
{
	for (uint32_t i = 0; i < snap->n_socks; i++) {
		if (snap->socks[i] && snap->socks[i]->r.cookie == cookie &&
		    snap->socks[i]->r.proto == proto)
			return snap->socks[i];
	}
	return NULL;
}

const struct port *port_at_number(const struct snapshot *snap, uint8_t proto,
				  uint16_t port)
{
	const struct port *found = NULL;

	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snap->ports[i];

		if (p && p->proto == proto && p->port == port && (!found || found->head.gone))
			found = p;
	}
	return found;
}
