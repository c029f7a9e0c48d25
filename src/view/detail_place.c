/* The pages of a namespace and of a container. */
#include "model/names.h"
#include "view/detail.h"

static void add_ports(struct page *page, const struct app *app, uint32_t netns)
{
	uint32_t n = 0;

	detail_section(page, "Listeners");
	for (uint32_t i = 0; i < app->snap->n_ports; i++) {
		const struct port *p = app->snap->ports[i];

		if (!p || p->netns != netns || !p->is_listener)
			continue;
		if (n++ < DETAIL_LIST_MAX)
			detail_port_line(page, app, p, i);
	}
	if (!n)
		detail_line(page, app, NULL, "none");
	else if (n > DETAIL_LIST_MAX)
		detail_line(page, app, NULL, "and %u more", n - DETAIL_LIST_MAX);
}

static void add_processes(struct page *page, const struct app *app, uint32_t netns,
			  uint32_t container)
{
	uint32_t n = 0;

	detail_section(page, "Processes");
	for (uint32_t i = 0; i < app->snap->n_procs; i++) {
		const struct proc *p = snapshot_proc(app->snap, i);

		if (!p || p->head.gone ||
		    (container != SLOT_NONE ? p->container != container : p->netns != netns))
			continue;
		if (n++ < DETAIL_LIST_MAX)
			detail_proc_line(page, app, NULL, p, "");
	}
	if (!n)
		detail_line(page, app, NULL, "none that is known");
	else if (n > DETAIL_LIST_MAX)
		detail_line(page, app, NULL, "and %u more", n - DETAIL_LIST_MAX);
}

static void add_sockets(struct page *page, const struct app *app, uint32_t netns)
{
	uint32_t n = 0;

	detail_section(page, "Sockets");
	for (uint32_t i = 0; i < app->snap->n_socks; i++) {
		const struct sock *s = app->snap->socks[i];

		if (!s || s->netns != netns)
			continue;
		if (n++ < DETAIL_LIST_MAX)
			detail_sock_line(page, app, NULL, app->snap, s, "");
	}
	if (n > DETAIL_LIST_MAX)
		detail_line(page, app, NULL, "and %u more", n - DETAIL_LIST_MAX);
}

void detail_netns_build(struct page *page, const struct app *app, const struct row *row)
{
	const struct netns *ns = row->obj;

	detail_section(page, "Namespace");
	detail_sentence(page, app, row);
	detail_column(page, app, row, COL_NETNS, "inode");
	detail_column(page, app, row, COL_NETNS_COOKIE, "cookie");
	detail_column(page, app, row, COL_NETNS_NAME, "name");
	detail_column(page, app, row, COL_KIND, "kind");
	detail_column(page, app, row, COL_HOLDERS, "processes");
	detail_column(page, app, row, COL_LISTENERS, "listeners");
	detail_column(page, app, row, COL_SOCKET_COUNT, "sockets");
	detail_container_line(page, app, ns->container);
	detail_section(page, "Addresses");
	for (uint32_t i = 0; i < ns->r.n_addrs; i++) {
		char text[NETADDR_TEXT_MAX];

		detail_line(page, app, NULL, "%s", netaddr_format(&ns->r.addrs[i], text));
		page->lines.data[page->lines.len - 1].key += i;
	}
	add_ports(page, app, row->slot);
	add_processes(page, app, row->slot, SLOT_NONE);
	add_sockets(page, app, row->slot);
}

void detail_container_build(struct page *page, const struct app *app, const struct row *row)
{
	const struct container *c = row->obj;

	detail_section(page, "Container");
	detail_sentence(page, app, row);
	detail_column(page, app, row, COL_CONTAINER_NAME, "name");
	detail_column(page, app, row, COL_CONTAINER_ID, "id");
	detail_column(page, app, row, COL_CONTAINER_IMAGE, "image");
	detail_column(page, app, row, COL_CONTAINER_RUNTIME, "runtime");
	detail_column(page, app, row, COL_CONTAINER_POD, "pod");
	detail_column(page, app, row, COL_CONTAINER_NAMESPACE, "kubernetes ns");
	detail_netns_line(page, app, c->netns);
	detail_section(page, "Ports");
	detail_published(page, app, row, c->published, c->n_published, c->netns);
	if (!c->n_published)
		detail_line(page, app, NULL, "none published");
	if (c->netns != SLOT_NONE)
		add_ports(page, app, c->netns);
	add_processes(page, app, SLOT_NONE, row->slot);
}
