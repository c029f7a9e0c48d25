/* One sentence about a row, raw: what model/problems.h knows, and words for the other panes. */
#include "model/names.h"
#include "model/problems.h"
#include "view/app_internal.h"

static void add(struct strbuf *out, struct bytes b, const char *none)
{
	if (b.ptr && b.len)
		strbuf_add(out, b.ptr, b.len);
	else
		strbuf_adds(out, none);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void about_netns(const struct netns *ns, struct strbuf *out)
{
	add(out, ns->r.name, "this namespace");
	if (ns->r.own)
		strbuf_adds(out, " (ours)");
	strbuf_addf(out, ": %u socket%s, %u listening", ns->sockets, plural(ns->sockets),
		    ns->listeners);
	if (!ns->r.holders)
		strbuf_adds(out, "; no process is in it, something else keeps it");
}

static void about_container(const struct container *c, struct strbuf *out)
{
	add(out, c->r.name.ptr ? c->r.name : c->r.id, "this container");
	strbuf_addf(out, ": %u process%s, %u listener%s, %u published port%s", c->processes,
		    c->processes == 1 ? "" : "es", c->listeners, plural(c->listeners),
		    c->n_published, plural(c->n_published));
}

static void about_event(const struct event *ev, struct strbuf *out)
{
	add(out, ev->comm, "somebody");
	if (ev->pid)
		strbuf_addf(out, " (%u)", ev->pid);
	strbuf_addf(out, ": %s", names_event(ev->kind));
	if (ev->port)
		strbuf_addf(out, " %s :%u", names_proto(ev->proto), ev->port);
	if (ev->gap_ms >= 0)
		strbuf_addf(out, ", free for %lld ms before", (long long)ev->gap_ms);
	if (ev->lifetime_ms >= 0)
		strbuf_addf(out, ", lived %lld ms", (long long)ev->lifetime_ms);
	if (ev->previous_pid) {
		strbuf_adds(out, ", was ");
		add(out, ev->previous_comm, "?");
		strbuf_addf(out, " (%u)", ev->previous_pid);
	}
}

void sentence_row(const struct row *row, const struct lookup *lookup, struct strbuf *out)
{
	switch (row->pane) {
	case PANE_PORTS:
		explain_port(out, row->snap, row->obj, lookup->mono_ms);
		break;
	case PANE_SOCKETS:
		explain_sock(out, row->snap, row->obj, lookup->mono_ms);
		break;
	case PANE_PROCESSES:
		explain_proc(out, row->snap, row->obj, lookup->mono_ms);
		break;
	case PANE_NAMESPACES:
		about_netns(row->obj, out);
		break;
	case PANE_CONTAINERS:
		about_container(row->obj, out);
		break;
	default:
		about_event(row->obj, out);
		break;
	}
}
