#include "view/detail.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "model/names.h"

/* --- writing lines --- */

struct strbuf *detail_begin(struct page *page)
{
	strbuf_reset(&page->raw);
	return &page->raw;
}

static uint64_t line_key(const struct page *page, const char *label, uint64_t id)
{
	uint64_t key = (0xcbf29ce484222325u ^ page->section) * 0x9e3779b97f4a7c15u;

	for (; label && *label; label++)
		key = (key ^ (unsigned char)*label) * 0x100000001b3u;
	key ^= key >> 29;
	return (key ^ id) * 0x9e3779b97f4a7c15u;
}

struct page_line *detail_end(struct page *page, const struct app *app, const char *label,
			     enum link_kind link, uint64_t id)
{
	struct page_line line = {.label = label,
				 .fd = -1,
				 .start = (uint32_t)page->text.len,
				 .id = id,
				 .link = (uint8_t)link,
				 .role = link == LINK_NONE ? ROLE_NORMAL : ROLE_LINK};

	text_clean(strbuf_str(&page->raw), page->raw.len, app_text_flags(app), &page->text);
	line.len = (uint32_t)page->text.len - line.start;
	line.key = line_key(page, label, id);
	vec_push(&page->lines, line);
	return &page->lines.data[page->lines.len - 1];
}

void detail_section(struct page *page, const char *name)
{
	struct page_line line = {
		.label = name, .fd = -1, .role = ROLE_HEADER_VALUE, .heading = true};

	page->section++;
	line.key = line_key(page, name, 1);
	vec_push(&page->lines, line);
}

void detail_line(struct page *page, const struct app *app, const char *label, const char *format,
		 ...)
{
	va_list args;

	detail_begin(page);
	va_start(args, format);
	strbuf_vaddf(&page->raw, format, args);
	va_end(args);
	detail_end(page, app, label, LINK_NONE, 0);
}

void detail_link(struct page *page, const struct app *app, const char *label, enum link_kind link,
		 uint64_t id, const char *format, ...)
{
	va_list args;

	detail_begin(page);
	va_start(args, format);
	strbuf_vaddf(&page->raw, format, args);
	va_end(args);
	detail_end(page, app, label, link, id);
}

void detail_sentence(struct page *page, const struct app *app, const struct row *row)
{
	struct strbuf *raw = detail_begin(page);

	sentence_row(row, &app->lookup, raw);
	if (raw->len)
		detail_end(page, app, NULL, LINK_NONE, 0);
}

void detail_column(struct page *page, const struct app *app, const struct row *row,
		   enum column_id col, const char *label)
{
	struct page_line line = {.label = label, .fd = -1, .start = (uint32_t)page->text.len};
	struct value v;

	if (!column_in(col, row->pane))
		return;
	column_get(col, row, &app->lookup, &v);
	if (v.type == VALUE_NONE)
		return;
	fact_cell(app, row, col, &page->text);
	line.len = (uint32_t)page->text.len - line.start;
	line.key = line_key(page, label, 0);
	line.link = (uint8_t)detail_fact_link(row, col, &line.id);
	line.role = line.link == LINK_NONE ? ROLE_NORMAL : ROLE_LINK;
	vec_push(&page->lines, line);
}

static void add_bytes(struct strbuf *out, struct bytes b, const char *none)
{
	if (b.ptr && b.len)
		strbuf_add(out, b.ptr, b.len);
	else
		strbuf_adds(out, none);
}

void detail_proc_line(struct page *page, const struct app *app, const char *label,
		      const struct proc *proc, const char *before)
{
	struct strbuf *raw = detail_begin(page);

	strbuf_addf(raw, "%s%u ", before, proc->r.pid);
	add_bytes(raw, proc->r.comm, "?");
	if (proc->r.user.ptr)
		add_bytes((strbuf_adds(raw, " "), raw), proc->r.user, "");
	if (proc->head.gone)
		strbuf_adds(raw, " (gone)");
	detail_end(page, app, label, LINK_PROC, proc->head.id);
}

static void add_cell(const struct app *app, const struct row *row, enum column_id col,
		     struct strbuf *out)
{
	if (column_in(col, row->pane))
		fact_cell(app, row, col, out);
}

void detail_sock_line(struct page *page, const struct app *app, const char *label,
		      const struct snapshot *snap, const struct sock *sock, const char *before)
{
	struct row row = {.snap = snap, .obj = sock, .pane = PANE_SOCKETS};
	struct strbuf *raw = detail_begin(page);

	strbuf_addf(raw, "%s%-7s %-11s ", before, names_proto(sock->r.proto),
		    names_state(sock->r.state));
	add_cell(app, &row, COL_LOCAL, raw);
	strbuf_adds(raw, app->settings.ascii ? " > " : " → ");
	add_cell(app, &row, COL_REMOTE, raw);
	strbuf_adds(raw, "  ");
	add_cell(app, &row, COL_OWNER, raw);
	detail_end(page, app, label, LINK_SOCK, sock->head.id);
	page->lines.data[page->lines.len - 1].role =
		sock->head.gone ? ROLE_GONE : (uint8_t)ROLE_LINK;
}

void detail_port_line(struct page *page, const struct app *app, const struct port *port,
		      uint32_t slot)
{
	struct row row = {.snap = app->snap, .obj = port, .pane = PANE_PORTS, .slot = slot};
	struct strbuf *raw = detail_begin(page);

	strbuf_addf(raw, "%-7s ", names_proto(port->proto));
	add_cell(app, &row, COL_LOCAL, raw);
	strbuf_adds(raw, "  ");
	add_cell(app, &row, COL_OWNER, raw);
	detail_end(page, app, NULL, LINK_PORT, port->head.id);
}

void detail_netns_line(struct page *page, const struct app *app, uint32_t slot)
{
	const struct netns *ns = snapshot_netns(app->snap, slot);
	struct strbuf *raw;

	if (!ns)
		return;
	raw = detail_begin(page);
	add_bytes(raw, ns->r.name, names_netns_kind(ns->r.kind));
	strbuf_addf(raw, " %u", ns->r.inode);
	detail_end(page, app, "namespace", LINK_NETNS, ns->head.id);
}

void detail_container_line(struct page *page, const struct app *app, uint32_t slot)
{
	const struct container *c = snapshot_container(app->snap, slot);
	struct strbuf *raw;

	if (!c)
		return;
	raw = detail_begin(page);
	add_bytes(raw, c->r.name.ptr ? c->r.name : c->r.id, "?");
	if (c->r.image.ptr)
		add_bytes((strbuf_adds(raw, "  "), raw), c->r.image, "");
	detail_end(page, app, "container", LINK_CONTAINER, c->head.id);
}

static void add_end(struct strbuf *raw, const struct netaddr *addr, uint16_t port)
{
	char text[NETADDR_TEXT_MAX];

	netaddr_format(addr, text);
	strbuf_addf(raw, strchr(text, ':') ? "[%s]:%u" : "%s:%u", *text ? text : "*", port);
}

void detail_published(struct page *page, const struct app *app, const struct row *row,
		      const struct publish_rec *published, uint32_t n, uint32_t container_netns)
{
	for (uint32_t i = 0; i < n; i++) {
		struct strbuf *raw = detail_begin(page);
		uint64_t id = i;
		enum link_kind link = detail_publish_link(row, &published[i], container_netns, &id);

		add_end(raw, &published[i].host_addr, published[i].host_port);
		strbuf_adds(raw, " -> ");
		add_end(raw, &published[i].container_addr, published[i].container_port);
		strbuf_addf(raw, " %s", names_proto(published[i].proto));
		detail_end(page, app, "published", link, id);
		page->lines.data[page->lines.len - 1].key += i;
	}
}

/* --- the stack of pages --- */

struct page *page_top(const struct app *app)
{
	return app->n_pages ? app->pages[app->n_pages - 1] : NULL;
}

static void page_free(struct page *page)
{
	vec_done(&page->lines);
	strbuf_done(&page->text);
	strbuf_done(&page->name);
	strbuf_done(&page->raw);
	free(page);
}

void page_close(struct app *app)
{
	if (!app->n_pages)
		return;
	page_free(app->pages[--app->n_pages]);
	if (app->n_pages)
		page_refresh(page_top(app), app);
	else if (app->snap)
		view_refresh(app_view(app), NULL);
}

void page_open(struct app *app, enum page_kind kind, uint64_t id)
{
	const size_t max = sizeof(app->pages) / sizeof(*app->pages);
	struct page *page = xcalloc(1, sizeof(*page));

	if (app->n_pages == max) {
		page_free(app->pages[0]);
		memmove(app->pages, app->pages + 1, (max - 1) * sizeof(*app->pages));
		app->n_pages--;
	}
	page->kind = kind;
	page->id = id;
	strbuf_init(&page->text, 0);
	strbuf_init(&page->name, 0);
	strbuf_init(&page->raw, 0);
	app->pages[app->n_pages++] = page;
	page_refresh(page, app);
}

bool detail_find(const struct app *app, enum page_kind kind, uint64_t id, struct row *ret_row)
{
	static const uint8_t panes[] = {
		[PAGE_PORT] = PANE_PORTS,	    [PAGE_SOCK] = PANE_SOCKETS,
		[PAGE_PROC] = PANE_PROCESSES,	    [PAGE_NETNS] = PANE_NAMESPACES,
		[PAGE_CONTAINER] = PANE_CONTAINERS, [PAGE_WHY] = PANE_PORTS,
	};
	const struct snapshot *snap = app->snap;
	uint32_t n = snap ? row_slots(snap, panes[kind]) : 0, slot = (uint32_t)id;

	/* ids carry their slot in the low half, as the store makes them */
	if (snap && row_at(snap, panes[kind], slot, ret_row) && row_id(ret_row) == id)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (row_at(snap, panes[kind], i, ret_row) && row_id(ret_row) == id)
			return true;
	return false;
}

static void name_page(struct page *page, const struct app *app, const struct row *row)
{
	struct strbuf *name = &page->name;

	strbuf_reset(name);
	if (page->kind == PAGE_PROC) {
		const struct proc *p = row->obj;

		strbuf_addf(name, "%u ", p->r.pid);
		fact_add_clean(app, p->r.comm, name);
	} else if (page->kind == PAGE_NETNS) {
		strbuf_addf(name, "netns %u", ((const struct netns *)row->obj)->r.inode);
	} else if (page->kind == PAGE_CONTAINER) {
		const struct container *c = row->obj;

		fact_add_clean(app, c->r.name.ptr ? c->r.name : c->r.id, name);
	} else {
		strbuf_adds(name, page->kind == PAGE_WHY ? "why " : "");
		fact_cell(app, row, COL_PROTO, name);
		strbuf_addc(name, ' ');
		fact_cell(app, row, COL_LOCAL, name);
	}
}

static void keep_rates(struct page *page, const struct sock *sock)
{
	memmove(page->rx, page->rx + 1, sizeof(page->rx) - sizeof(*page->rx));
	memmove(page->tx, page->tx + 1, sizeof(page->tx) - sizeof(*page->tx));
	page->rx[SPARK_MAX - 1] = sock->rx_rate > 0 ? (uint32_t)sock->rx_rate : 0;
	page->tx[SPARK_MAX - 1] = sock->tx_rate > 0 ? (uint32_t)sock->tx_rate : 0;
	if (page->n_rates < SPARK_MAX)
		page->n_rates++;
}

static void build(struct page *page, const struct app *app, const struct row *row)
{
	static void (*const builders[])(struct page * page, const struct app *app,
					const struct row *row) = {
		[PAGE_PORT] = detail_port_build,	   [PAGE_SOCK] = detail_sock_build,
		[PAGE_PROC] = detail_proc_build,	   [PAGE_NETNS] = detail_netns_build,
		[PAGE_CONTAINER] = detail_container_build, [PAGE_WHY] = detail_why_build,
	};

	if (page->kind == PAGE_SOCK && page->rates_epoch != app->snap->epoch)
		keep_rates(page, row->obj);
	page->rates_epoch = app->snap->epoch;
	builders[page->kind](page, app, row);
}

/* Puts the cursor back on the line it was on, on the same line of the screen. */
static void settle(struct page *page, uint64_t key)
{
	int64_t on_screen = (int64_t)page->cursor - page->top;

	for (uint32_t i = 0; page->moved && i < page->lines.len; i++) {
		if (page->lines.data[i].key != key)
			continue;
		page->cursor = i;
		page->top = i > on_screen ? (uint32_t)(i - on_screen) : 0;
		return;
	}
	if (page->cursor >= page->lines.len)
		page->cursor = page->lines.len ? (uint32_t)page->lines.len - 1 : 0;
}

static void go_to_section(struct page *page)
{
	for (uint32_t i = 0; page->wanted && i < page->lines.len; i++) {
		if (!page->lines.data[i].heading || strcmp(page->lines.data[i].label, page->wanted))
			continue;
		page->cursor = page->top = i;
		page->moved = true;
		page->wanted = NULL;
	}
}

void page_refresh(struct page *page, struct app *app)
{
	uint64_t key = page->cursor < page->lines.len ? page->lines.data[page->cursor].key : 0;
	struct row row;

	page->gone = true;
	if (!detail_find(app, page->kind, page->id, &row) &&
	    !(page->kind == PAGE_WHY && detail_find(app, PAGE_SOCK, page->id, &row)))
		return;
	page->gone = row_head(&row)->gone;
	vec_clear(&page->lines);
	strbuf_reset(&page->text);
	page->section = 0;
	name_page(page, app, &row);
	build(page, app, &row);
	settle(page, key);
	go_to_section(page);
}

void page_open_row(struct app *app, const struct row *row)
{
	static const uint8_t kinds[] = {
		[PANE_PORTS] = PAGE_PORT,	    [PANE_SOCKETS] = PAGE_SOCK,
		[PANE_PROCESSES] = PAGE_PROC,	    [PANE_NAMESPACES] = PAGE_NETNS,
		[PANE_CONTAINERS] = PAGE_CONTAINER,
	};
	const struct event *ev = row->obj;

	if (row->pane != PANE_EVENTS) {
		page_open(app, kinds[row->pane], row_id(row));
		return;
	}
	/* what the event is about, if it still lives */
	for (uint32_t i = 0; i < app->snap->n_ports; i++) {
		const struct port *p = app->snap->ports[i];

		if (p && ev->port && p->port == ev->port && p->proto == ev->proto &&
		    netaddr_compare(&p->addr, &ev->addr) == 0) {
			page_open(app, PAGE_PORT, p->head.id);
			return;
		}
	}
	if (ev->pid && snapshot_proc_by_pid(app->snap, ev->pid))
		page_open(app, PAGE_PROC, snapshot_proc_by_pid(app->snap, ev->pid)->head.id);
	else
		app_say(app, ROLE_MUTED, "what it was about is gone");
}

void page_open_section(struct app *app, const struct row *row, const char *section)
{
	const struct proc *proc = fact_proc(row);
	struct page *page;

	if (!strcmp(section, "Why")) {
		page_open(app, PAGE_WHY, row_id(row));
		return;
	}
	if (!proc) {
		app_say(app, ROLE_MUTED, "no process is known for this row");
		return;
	}
	if (!page_top(app) || page_top(app)->kind != PAGE_PROC ||
	    page_top(app)->id != proc->head.id)
		page_open(app, PAGE_PROC, proc->head.id);
	page = page_top(app);
	if (!page)
		return;
	page->wanted = section;
	page->environ = !strcmp(section, "Environment");
	page_refresh(page, app);
}

static bool link_row(const struct app *app, const struct page_line *line, struct row *ret_row)
{
	static const int8_t kinds[] = {
		[LINK_NONE] = -1,	   [LINK_PORT] = PAGE_PORT,
		[LINK_SOCK] = PAGE_SOCK,   [LINK_PROC] = PAGE_PROC,
		[LINK_NETNS] = PAGE_NETNS, [LINK_CONTAINER] = PAGE_CONTAINER,
		[LINK_WHY] = PAGE_WHY,	   [LINK_FD] = -1,
	};

	return kinds[line->link] >= 0 && line->link != LINK_WHY &&
	       detail_find(app, (enum page_kind)kinds[line->link], line->id, ret_row);
}

/* What keys act on: what the line names, else what the page is about. */
bool page_row(const struct page *page, const struct app *app, struct row *ret_row)
{
	if (page->cursor < page->lines.len &&
	    link_row(app, &page->lines.data[page->cursor], ret_row) &&
	    ret_row->pane != PANE_NAMESPACES && ret_row->pane != PANE_CONTAINERS)
		return true;
	return detail_find(app, page->kind, page->id, ret_row) ||
	       (page->kind == PAGE_WHY && detail_find(app, PAGE_SOCK, page->id, ret_row));
}

static bool owners_complete(const struct row *row)
{
	if (row->pane == PANE_PORTS)
		return ((const struct port *)row->obj)->owners_complete;
	return row->pane != PANE_SOCKETS || ((const struct sock *)row->obj)->owners_complete;
}

void page_needs(const struct page *page, const struct app *app, struct needs *needs)
{
	struct row row;

	needs->bits |= NEED_OWNERS | NEED_PROCS | NEED_USERS | NEED_CONNS | NEED_CONTAINERS;
	needs->pin = page->id;
	if (page->kind == PAGE_SOCK) {
		needs->bits |=
			NEED_TCP_INFO | NEED_RATES | NEED_PEERS | NEED_DROPS | NEED_CGROUP_PATH;
		needs->watch = &page->id;
		needs->n_watch = 1;
	}
	if (page->kind == PAGE_NETNS)
		needs->bits |= NEED_NETNS_ADDRS;
	if (page->kind == PAGE_PROC || page->kind == PAGE_WHY)
		needs->bits |= NEED_FD_COUNTS | NEED_BOUND;
	if (page->kind == PAGE_PROC) {
		/* its descriptors are of all families */
		needs->bits |= NEED_PEERS;
		needs->protos = PROTO_MASK_ALL;
	} else if (detail_find(app, PAGE_SOCK, page->id, &row)) {
		needs->protos |= PROTO_BIT(((const struct sock *)row.obj)->r.proto);
	}
	if (page_row(page, app, &row) && !owners_complete(&row))
		needs->bits |= NEED_COMPLETE;
	if (page->kind == PAGE_WHY)
		detail_why_needs(page, app, needs);
	if (page->kind == PAGE_PROC && detail_find(app, PAGE_PROC, page->id, &row)) {
		const struct proc *proc = row.obj;

		needs->detail = page->environ ? DETAIL_ENVIRON : DETAIL_PROC;
		needs->detail_pid = proc->r.pid;
		needs->detail_start = proc->r.start_ticks;
	}
}
