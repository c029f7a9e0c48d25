#include "unit/model/store_world.h"

const struct sock *sock_by_cookie(const struct snapshot *snap, uint8_t proto, uint64_t cookie)
{
	for (uint32_t i = 0; i < snap->n_socks; i++) {
		if (snap->socks[i] && snap->socks[i]->r.cookie == cookie &&
		    snap->socks[i]->r.proto == proto)
			return snap->socks[i];
	}
	return NULL;
}

const struct port *port_at_number(const struct snapshot *snap, uint8_t proto, uint16_t port)
{
	const struct port *found = NULL;

	for (uint32_t i = 0; i < snap->n_ports; i++) {
		const struct port *p = snap->ports[i];

		if (p && p->proto == proto && p->port == port && (!found || found->head.gone))
			found = p;
	}
	return found;
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->st = store_new();
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	snapshot_release(w->snap);
	store_free(w->st);
	free(w);
	return 0;
}

void one_owner(struct store *st, uint32_t inode, uint32_t pid)
{
	struct owner o = {.pid = pid, .fd = 3};

	store_owners_set(st, inode, &o, 1, true);
}

void proc(struct store *st, uint32_t pid, uint64_t start, const char *comm)
{
	struct proc_rec r = {.pid = pid,
			     .ppid = 1,
			     .start_ticks = start,
			     .state = 'S',
			     .have = PROC_HAVE_STAT,
			     .comm = text(comm)};

	store_proc_put(st, &r);
}

void republish(struct world *w)
{
	snapshot_release(w->snap);
	w->snap = publish(w->st);
}
