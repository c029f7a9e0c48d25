/* The pages of an endpoint and of a socket. */
#include "model/names.h"
#include "view/detail.h"

static void add_owners(struct page *page, const struct app *app, const struct owner *owners,
		       uint32_t n, bool complete)
{
	detail_section(page, "Owners");
	for (uint32_t i = 0; i < n && i < DETAIL_LIST_MAX; i++) {
		const struct proc *proc = snapshot_proc_by_pid(app->snap, owners[i].pid);
		struct strbuf *raw = detail_begin(page);

		strbuf_addf(raw, "pid %u", owners[i].pid);
		if (owners[i].tid)
			strbuf_addf(raw, " thread %u", owners[i].tid);
		strbuf_addf(raw, " fd %d", owners[i].fd);
		if (proc && proc->r.comm.ptr) {
			strbuf_addc(raw, ' ');
			strbuf_add(raw, proc->r.comm.ptr, proc->r.comm.len);
		}
		detail_end(page, app, i ? NULL : "primary", proc ? LINK_PROC : LINK_NONE,
			   proc ? proc->head.id : owners[i].pid);
	}
	if (!complete)
		detail_line(page, app, NULL, "still looking for more holders");
}

static void add_connections(struct page *page, const struct app *app, const struct port *port,
			    uint32_t slot)
{
	uint32_t n = 0;

	detail_section(page, "Connections");
	for (uint32_t i = 0; i < app->snap->n_socks; i++) {
		const struct sock *s = app->snap->socks[i];

		if (!s || s->port != slot || (STATE_BIT(s->r.state) & STATE_MASK_LISTENERS))
			continue;
		if (n++ < DETAIL_LIST_MAX)
			detail_sock_line(page, app, NULL, app->snap, s, "");
	}
	if (n > DETAIL_LIST_MAX)
		detail_line(page, app, NULL, "and %u more", n - DETAIL_LIST_MAX);
	if (!n)
		detail_line(page, app, NULL, port->conns ? "counted: %u" : "none", port->conns);
}

static uint32_t container_netns(const struct snapshot *snap, uint32_t slot)
{
	const struct container *c = snapshot_container(snap, slot);

	return c ? c->netns : SLOT_NONE;
}

void detail_port_build(struct page *page, const struct app *app, const struct row *row)
{
	static const struct {
		enum column_id col;
		const char *label;
	} facts[] = {
		{COL_PROTO, "protocol"},
		{COL_LOCAL_ADDR, "address"},
		{COL_LOCAL_PORT, "port"},
		{COL_IFNAME, "device"},
		{COL_STATE, "state"},
		{COL_SCOPE, "scope"},
		{COL_SERVICE, "service"},
		{COL_USER, "user"},
		{COL_QUEUE, "queue"},
		{COL_CONNS, "connections"},
		{COL_DROPS, "drops"},
		{COL_V6ONLY, "v6only"},
		{COL_REUSEPORT_GROUP, "group"},
		{COL_AGE, "age"},
		{COL_OWNER, "process"},
		{COL_OWNER_STATUS, "owned"},
		{COL_OWNER_DETAIL, "why not named"},
	};
	const struct port *port = row->obj;

	detail_section(page, "Endpoint");
	detail_sentence(page, app, row);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		detail_column(page, app, row, facts[i].col, facts[i].label);
	detail_netns_line(page, app, port->netns);
	detail_container_line(page, app, port->container);
	detail_published(page, app, row, port->published, port->n_published,
			 container_netns(app->snap, port->container));
	detail_link(page, app, "why", LINK_WHY, port->head.id, "can this port be bound?");
	add_owners(page, app, port->owners, port->n_owners, port->owners_complete);
	detail_section(page, "Sockets");
	for (uint32_t i = 0; i < port->n_socks && i < DETAIL_LIST_MAX; i++) {
		const struct sock *s = snapshot_sock(app->snap, port->socks[i]);

		if (s)
			detail_sock_line(page, app, NULL, app->snap, s, "");
	}
	add_connections(page, app, port, row->slot);
}

static void add_rates(struct page *page, const struct app *app)
{
	static const char *const utf8[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char ascii[] = " .:-=+*##";
	const uint32_t *rings[] = {page->rx, page->tx};

	for (int r = 0; r < 2; r++) {
		struct strbuf *raw = detail_begin(page);
		uint32_t most = 1;

		for (int i = 0; i < SPARK_MAX; i++)
			most = rings[r][i] > most ? rings[r][i] : most;
		for (uint32_t i = SPARK_MAX - page->n_rates; i < SPARK_MAX; i++) {
			size_t level = (size_t)((uint64_t)rings[r][i] * 8 / most);

			if (app->settings.ascii)
				strbuf_addc(raw, ascii[level]);
			else
				strbuf_adds(raw, utf8[level]);
		}
		strbuf_addc(raw, '|');
		detail_end(page, app, r ? "tx over time" : "rx over time", LINK_NONE, 0);
	}
}

static void add_peer(struct page *page, const struct app *app, const struct sock *sock)
{
	const struct sock *peer = snapshot_sock(app->snap, sock->peer);
	const struct proc *proc;

	if (!peer)
		return;
	detail_section(page, "Other end");
	detail_sock_line(page, app, "socket", app->snap, peer, "");
	proc = snapshot_proc(app->snap, peer->proc);
	if (proc)
		detail_proc_line(page, app, "process", proc, "");
}

void detail_sock_build(struct page *page, const struct app *app, const struct row *row)
{
	const struct sock *sock = row->obj;
	const struct port *port = snapshot_port(app->snap, sock->port);

	detail_section(page, "Socket");
	detail_sentence(page, app, row);
	detail_column(page, app, row, COL_PROTO, "protocol");
	detail_column(page, app, row, COL_STATE, "state");
	detail_column(page, app, row, COL_LOCAL, "local");
	detail_column(page, app, row, COL_REMOTE, "remote");
	detail_column(page, app, row, COL_OWNER, "process");
	detail_column(page, app, row, COL_AGE, "age");
	detail_netns_line(page, app, sock->netns);
	if (port)
		detail_link(page, app, "endpoint", LINK_PORT, port->head.id, "%s :%u",
			    names_proto(port->proto), port->port);
	if ((PROTO_BIT(sock->r.proto) & PROTO_MASK_INET) && sock->r.local_port)
		detail_link(page, app, "why", LINK_WHY, sock->head.id, "can this port be bound?");
	if (sock->rx_rate >= 0 || sock->tx_rate >= 0)
		add_rates(page, app);
	add_owners(page, app, sock->owners, sock->n_owners, sock->owners_complete);
	add_peer(page, app, sock);
	detail_section(page, "All fields");
	for (int col = 0; col < COL_COUNT; col++)
		if (columns[col].json)
			detail_column(page, app, row, (enum column_id)col, columns[col].id);
}
