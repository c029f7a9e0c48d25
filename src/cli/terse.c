#include "cli/terse.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/say.h"

uint32_t terse_holders(const struct row *row, struct owner *own, const struct owner **ret_owners)
{
	const struct port *port = row->obj;
	const struct sock *sock = row->obj;
	const struct proc *proc = row->obj;

	if (row->pane == PANE_PORTS) {
		*ret_owners = port->owners;
		return port->n_owners;
	}
	if (row->pane == PANE_SOCKETS) {
		*ret_owners = sock->owners;
		return sock->n_owners;
	}
	*own = (struct owner){.pid = proc->r.pid, .fd = -1};
	*ret_owners = own;
	return 1;
}

static uint8_t owner_status(const struct row *row)
{
	const struct port *port = row->obj;
	const struct sock *sock = row->obj;

	return row->pane == PANE_PORTS ? port->owner_status : sock->owner_status;
}

static void add_pid(struct live *live, struct hash *seen, uint32_t pid)
{
	char text[16];

	if (!hash_put(seen, pid, 1))
		return;
	snprintf(text, sizeof(text), "%" PRIu32 "\n", pid);
	sink_adds(&live->out, text);
}

/* How many rows nobody is named for; *ret_denied when a right would help. */
static size_t write_pids(struct live *live, const struct snapshot *snap, const struct query *q,
			 struct hash *seen, bool *ret_denied)
{
	size_t nameless = 0;

	for (size_t i = 0; i < q->slots.len; i++) {
		const struct owner *owners;
		struct owner own;
		struct row row;
		uint32_t n;

		if (!row_at(snap, q->pane, q->slots.data[i], &row))
			continue;
		n = terse_holders(&row, &own, &owners);
		if (!n && owner_status(&row) != OWNER_TIME_WAIT) {
			nameless++;
			*ret_denied |= owner_status(&row) == OWNER_DENIED ||
				       owner_status(&row) == OWNER_HIDDEN;
		}
		for (uint32_t j = 0; j < n && (!j || live->plan->all_owners); j++)
			add_pid(live, seen, owners[j].pid);
	}
	return nameless;
}

void terse_write(struct live *live, const struct snapshot *snap, const struct query *q)
{
	bool denied = false;
	struct hash seen;
	size_t nameless;

	hash_init(&seen, 0);
	nameless = write_pids(live, snap, q, &seen, &denied);
	if (nameless)
		say("%zu socket%s without visible owner%s", nameless, nameless > 1 ? "s" : "",
		    denied && geteuid() ? ", try sudo" : "");
	hash_done(&seen);
}
