/* Who may get the signal: the holders of the chosen rows, and what would follow. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "model/names.h"
#include "view/dialog_signal.h"

#define LISTENS_MAX 4

static void holder_done(struct holder *h)
{
	free(h->name);
	free(h->listens);
	free(h->consequences);
}

void signal_holders_done(struct signal_dialog *s)
{
	for (size_t i = 0; i < s->holders.len; i++)
		holder_done(&s->holders.data[i]);
	vec_done(&s->holders);
}

uint32_t signal_chosen(const struct signal_dialog *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->holders.len; i++)
		n += s->holders.data[i].chosen;
	return n;
}

static bool is_comm(const struct proc *p, const char *name)
{
	return p->r.comm.ptr && p->r.comm.len == strlen(name) &&
	       !memcmp(p->r.comm.ptr, name, p->r.comm.len);
}

static bool is_listener(const struct sock *s)
{
	return (STATE_BIT(s->r.state) & STATE_MASK_LISTENERS) && !s->head.gone &&
	       s->r.proto < PROTO_UNIX && s->r.local_port;
}

/* Whether a socket before this one listens on the same port: [::]:80 after 0.0.0.0:80. */
static bool told_before(struct app *app, const struct proc *p, uint32_t at)
{
	const struct sock *s = snapshot_sock(app->snap, p->socks[at]);

	for (uint32_t i = 0; i < at; i++) {
		const struct sock *other = snapshot_sock(app->snap, p->socks[i]);

		if (other && is_listener(other) && other->r.proto == s->r.proto &&
		    other->r.local_port == s->r.local_port)
			return true;
	}
	return false;
}

static char *describe_listens(struct app *app, const struct proc *p)
{
	struct strbuf out;
	uint32_t n = 0;

	strbuf_init(&out, 0);
	for (uint32_t i = 0; i < p->n_socks; i++) {
		const struct sock *s = snapshot_sock(app->snap, p->socks[i]);

		if (!s || !is_listener(s) || told_before(app, p, i))
			continue;
		if (n == LISTENS_MAX)
			strbuf_adds(&out, " ...");
		if (n++ < LISTENS_MAX)
			strbuf_addf(&out, "%s%s:%u", n == 1 ? "listens on " : " ",
				    names_proto(s->r.proto), s->r.local_port);
	}
	return strbuf_detach(&out, NULL);
}

static char *describe(struct app *app, const struct proc *p)
{
	struct strbuf out;
	const char *user = NULL;

	strbuf_init(&out, 0);
	strbuf_addf(&out, "%u ", p->r.pid);
	fact_add_clean(app, p->r.comm, &out);
	if (!p->r.user.ptr && app->lookup.username)
		user = app->lookup.username(app->lookup.ctx, p->r.uid);
	strbuf_addc(&out, ' ');
	if (p->r.user.ptr)
		fact_add_clean(app, p->r.user, &out);
	else if (user)
		fact_add_clean(app, (struct bytes){user, (uint32_t)strlen(user)}, &out);
	else
		strbuf_addf(&out, "uid %u", p->r.uid);
	return strbuf_detach(&out, NULL);
}

static bool ends_with(struct bytes b, const char *end)
{
	size_t n = strlen(end);

	return b.ptr && b.len >= n && !memcmp(b.ptr + b.len - n, end, n);
}

/* The container that a docker-proxy's endpoint leads to. */
static const struct container *proxied(struct app *app, const struct proc *p)
{
	for (uint32_t i = 0; i < app->snap->n_ports; i++) {
		const struct port *port = app->snap->ports[i];

		for (uint32_t o = 0; port && o < port->n_owners; o++)
			if (port->owners[o].pid == p->r.pid && port->container != SLOT_NONE)
				return snapshot_container(app->snap, port->container);
	}
	return NULL;
}

static void tell_proxy(struct app *app, const struct proc *p, struct strbuf *out)
{
	const struct container *c = proxied(app, p);

	strbuf_adds(out, "a published port needs it: stop container ");
	if (c)
		fact_add_clean(app, c->r.name.ptr ? c->r.name : c->r.id, out);
	strbuf_adds(out, " instead");
}

/* A service manager that holds the socket too: socket activation. The unit's own name is in files
 * that are not read here; x.service has x.socket unless it says otherwise. */
static void tell_manager(struct app *app, const struct proc *p, struct strbuf *out)
{
	strbuf_adds(out, out->len ? "; " : "");
	if (ends_with(p->r.unit, ".service")) {
		struct bytes name = {p->r.unit.ptr, p->r.unit.len - (uint32_t)strlen("service")};

		fact_add_clean(app, name, out);
		strbuf_adds(out, "socket keeps the port: systemd holds it too");
	} else {
		strbuf_adds(out, "systemd holds the socket too and keeps the port");
	}
}

/* Holders of the socket beside this process. */
static void tell_sharers(struct app *app, const struct signal_dialog *s, const struct holder *h,
			 const struct proc *p, struct strbuf *out)
{
	uint32_t others = 0;
	bool manager = false;

	for (size_t i = 0; i < s->holders.len; i++) {
		const struct holder *other = &s->holders.data[i];

		others += other->pid != h->pid;
		manager = manager || (other->manager && other->pid != h->pid);
	}
	if (manager)
		tell_manager(app, p, out);
	else if (others && s->rows.len == 1 && s->pane != PANE_PROCESSES)
		strbuf_addf(out, "%s%u other process%s hold%s this socket", out->len ? "; " : "",
			    others, others == 1 ? "" : "es", others == 1 ? "s" : "");
}

static char *consequences(struct app *app, const struct signal_dialog *s, const struct holder *h,
			  const struct proc *p)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	if (h->proxy)
		tell_proxy(app, p, &out);
	if (ends_with(p->r.unit, ".service")) {
		strbuf_addf(&out, "%ssystemd may restart it (", out.len ? "; " : "");
		fact_add_clean(app, p->r.unit, &out);
		strbuf_addc(&out, ')');
	}
	tell_sharers(app, s, h, p, &out);
	return strbuf_detach(&out, NULL);
}

static struct holder *known(struct signal_dialog *s, uint32_t pid, uint64_t start)
{
	for (size_t i = 0; i < s->holders.len; i++)
		if (s->holders.data[i].pid == pid && s->holders.data[i].start_ticks == start)
			return &s->holders.data[i];
	return NULL;
}

static void add_proc(struct app *app, struct signal_dialog *s, const struct proc *p, bool primary)
{
	struct holder h = {.primary = primary};
	struct holder *old;

	if (!p)
		return;
	old = known(s, p->r.pid, p->r.start_ticks);
	if (old) {
		old->primary = old->primary || primary;
		return;
	}
	h.pid = p->r.pid;
	h.uid = p->r.uid;
	h.start_ticks = p->r.start_ticks;
	h.proc_id = p->head.id;
	h.proxy = is_comm(p, "docker-proxy");
	h.manager = h.pid == 1 || is_comm(p, "systemd");
	h.refusal = app_is_protected(app, h.pid) ? REFUSED_PROTECTED
		    : p->head.gone		 ? REFUSED_GONE
						 : REFUSED_NOT;
	h.chosen = primary && !h.refusal;
	h.name = describe(app, p);
	h.listens = describe_listens(app, p);
	vec_push(&s->holders, h);
}

static void add_owners(struct app *app, struct signal_dialog *s, const struct owner *owners,
		       uint32_t n, bool all)
{
	for (uint32_t i = 0; i < n && (all || i == 0); i++)
		add_proc(app, s, snapshot_proc_by_pid(app->snap, owners[i].pid), i == 0);
}

/* With several rows only the primaries are offered. */
static void add_row(struct app *app, struct signal_dialog *s, const struct row *row)
{
	bool all = s->rows.len == 1;

	if (row_head(row)->gone)
		return;
	if (row->pane == PANE_PROCESSES) {
		add_proc(app, s, row->obj, true);
	} else if (row->pane == PANE_PORTS) {
		const struct port *p = row->obj;

		add_owners(app, s, p->owners, p->n_owners, all);
		s->incomplete = s->incomplete || !p->owners_complete;
	} else if (row->pane == PANE_SOCKETS) {
		const struct sock *sock = row->obj;

		add_owners(app, s, sock->owners, sock->n_owners, all);
		s->incomplete = s->incomplete || !sock->owners_complete;
	}
}

void signal_gather(struct app *app, struct signal_dialog *s)
{
	static const uint8_t kinds[PANE_COUNT] = {
		[PANE_PORTS] = PAGE_PORT,
		[PANE_SOCKETS] = PAGE_SOCK,
		[PANE_PROCESSES] = PAGE_PROC,
	};
	struct row row;

	s->incomplete = false;
	for (size_t i = 0; i < s->rows.len; i++)
		if (detail_find(app, (enum page_kind)kinds[s->pane], s->rows.data[i], &row))
			add_row(app, s, &row);
	for (size_t i = 0; i < s->holders.len; i++) {
		struct holder *h = &s->holders.data[i];
		const struct proc *p = snapshot_proc_by_id(app->snap, h->proc_id);

		if (!p)
			continue;
		free(h->consequences);
		h->consequences = consequences(app, s, h, p);
	}
	s->base.n = (uint32_t)s->holders.len;
}
