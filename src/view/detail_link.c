/* What a fact names: which thing of the snapshot a cell, an inode or an address leads to. */
#include <string.h>

#include "view/column_get.h"
#include "view/detail.h"

static enum link_kind to(enum link_kind link, const struct row_head *head, uint64_t *ret_id)
{
	*ret_id = head ? head->id : 0;
	return head ? link : LINK_NONE;
}

static enum link_kind to_proc(const struct proc *proc, uint64_t *ret_id)
{
	return to(LINK_PROC, proc ? &proc->head : NULL, ret_id);
}

static enum link_kind to_netns(const struct netns *ns, uint64_t *ret_id)
{
	return to(LINK_NETNS, ns ? &ns->head : NULL, ret_id);
}

/* The other end of a socket, when it is on this host. */
static enum link_kind to_peer(const struct row *row, bool process, uint64_t *ret_id)
{
	const struct sock *sock = row->pane == PANE_SOCKETS ? row->obj : NULL;
	const struct sock *peer = sock ? snapshot_sock(row->snap, sock->peer) : NULL;

	if (process)
		return to_proc(peer ? snapshot_proc(row->snap, peer->proc) : NULL, ret_id);
	return to(LINK_SOCK, peer ? &peer->head : NULL, ret_id);
}

static enum link_kind to_port(const struct row *row, uint64_t *ret_id)
{
	const struct sock *sock = row->pane == PANE_SOCKETS ? row->obj : NULL;
	const struct port *port = sock ? snapshot_port(row->snap, sock->port) : NULL;

	return to(LINK_PORT, port ? &port->head : NULL, ret_id);
}

static enum link_kind to_container(const struct row *row, uint64_t *ret_id)
{
	const struct container_rec *rec = row_container(row);

	for (uint32_t i = 0; rec && rec->id.ptr && i < row->snap->n_containers; i++) {
		const struct container *c = snapshot_container(row->snap, i);

		if (c && c->r.id.len == rec->id.len &&
		    !memcmp(c->r.id.ptr, rec->id.ptr, rec->id.len))
			return to(LINK_CONTAINER, &c->head, ret_id);
	}
	return LINK_NONE;
}

static enum link_kind to_parent(const struct row *row, uint64_t *ret_id)
{
	const struct proc *proc = fact_proc(row);

	return to_proc(proc ? snapshot_proc(row->snap, proc->parent) : NULL, ret_id);
}

enum link_kind detail_fact_link(const struct row *row, enum column_id col, uint64_t *ret_id)
{
	enum link_kind link = LINK_NONE;

	switch (col) {
	case COL_OWNER:
	case COL_PID:
	case COL_COMM:
	case COL_OWNERS:
		link = to_proc(fact_proc(row), ret_id);
		break;
	case COL_PPID:
		link = to_parent(row, ret_id);
		break;
	case COL_LOCAL:
	case COL_LOCAL_PORT:
		link = to_port(row, ret_id);
		break;
	case COL_REMOTE:
	case COL_REMOTE_ADDR:
	case COL_REMOTE_PORT:
	case COL_PEER_INODE:
		link = to_peer(row, false, ret_id);
		break;
	case COL_PEER_PID:
	case COL_PEER_COMM:
		link = to_peer(row, true, ret_id);
		break;
	case COL_NETNS:
	case COL_NETNS_NAME:
	case COL_NETNS_COOKIE:
		link = to_netns(row_netns(row), ret_id);
		break;
	case COL_CONTAINER_ID:
	case COL_CONTAINER_NAME:
		link = to_container(row, ret_id);
		break;
	default:
		break;
	}
	/* a page does not lead to itself */
	return link != LINK_NONE && *ret_id == row_id(row) ? LINK_NONE : link;
}

enum link_kind detail_netns_link(const struct snapshot *snap, uint32_t inode, uint64_t *ret_id)
{
	for (uint32_t i = 0; inode && i < snap->n_netns; i++) {
		const struct netns *ns = snapshot_netns(snap, i);

		if (ns && ns->r.inode == inode)
			return to_netns(ns, ret_id);
	}
	*ret_id = 0;
	return LINK_NONE;
}

enum link_kind detail_pid_link(const struct snapshot *snap, uint32_t pid, uint64_t *ret_id)
{
	return to_proc(pid ? snapshot_proc_by_pid(snap, pid) : NULL, ret_id);
}

/* The endpoint at an address: of that very address rather than of the wildcard. */
static const struct port *port_at(const struct snapshot *snap, const struct netaddr *addr,
				  uint16_t port, uint8_t proto, uint32_t netns)
{
	const struct port *any = NULL;

	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snapshot_port(snap, i);

		if (!p || p->port != port || p->proto != proto ||
		    (netns != SLOT_NONE && p->netns != netns))
			continue;
		if (!netaddr_compare(&p->addr, addr))
			return p;
		if (netaddr_is_any(&p->addr) || netaddr_is_any(addr))
			any = p;
	}
	return any;
}

enum link_kind detail_publish_link(const struct row *row, const struct publish_rec *pub,
				   uint32_t container_netns, uint64_t *ret_id)
{
	const struct port *host =
		port_at(row->snap, &pub->host_addr, pub->host_port, pub->proto, SLOT_NONE);
	const struct port *inside = NULL;

	if (host && host->head.id != row_id(row) && host->netns != container_netns)
		return to(LINK_PORT, &host->head, ret_id);
	if (container_netns != SLOT_NONE)
		inside = port_at(row->snap, &pub->container_addr, pub->container_port, pub->proto,
				 container_netns);
	return to(LINK_PORT, inside ? &inside->head : NULL, ret_id);
}
