#include "view/why_page.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"
#include "view/json_row.h"

static const char *const variant_names[BIND_VARIANTS] = {
	[BIND_PLAIN] = "plain",
	[BIND_REUSEADDR] = "reuseaddr",
	[BIND_REUSEPORT] = "reuseport",
};

static enum pane pane_of(const struct why_row *evidence)
{
	switch ((enum why_row_kind)evidence->kind) {
	case WHY_ROW_PROC:
		return PANE_PROCESSES;
	case WHY_ROW_CONTAINER:
		return PANE_CONTAINERS;
	case WHY_ROW_SOCK:
		break;
	}
	return PANE_SOCKETS;
}

bool why_page_row(const struct snapshot *snap, const struct why_row *evidence, struct row *ret)
{
	return row_at(snap, pane_of(evidence), evidence->slot, ret);
}

static void add_bytes(struct strbuf *out, struct bytes text)
{
	if (text.ptr)
		strbuf_add(out, text.ptr, text.len);
	else
		strbuf_adds(out, "?");
}

static void add_endpoint(struct strbuf *out, const struct netaddr *addr, uint32_t port)
{
	char text[NETADDR_TEXT_MAX];

	strbuf_addf(out, strchr(netaddr_format(addr, text), ':') ? "[%s]:%" PRIu32 : "%s:%" PRIu32,
		    text, port);
}

static void add_sock(struct strbuf *out, const struct snapshot *snap, const struct sock *s,
		     const struct lookup *lookup)
{
	const struct netns *ns = snapshot_netns(snap, s->netns);
	const struct proc *p = snapshot_proc(snap, s->proc);
	int64_t left = s->expires_ms - lookup->mono_ms;

	strbuf_addf(out, "%s %s ", names_proto(s->r.proto), names_state(s->r.state));
	add_endpoint(out, &s->r.local, s->r.local_port);
	if (s->r.remote_port) {
		strbuf_adds(out, " from ");
		add_endpoint(out, &s->r.remote, s->r.remote_port);
	}
	if (s->r.inode)
		strbuf_addf(out, " inode %" PRIu32, s->r.inode);
	if (s->r.state == STATE_LISTEN && s->r.have & REC_BACKLOG_MAX)
		strbuf_addf(out, " queue %" PRIu32 "/%" PRIu32, s->r.recvq, s->r.sendq);
	if (s->r.timer == TIMER_TIME_WAIT && s->expires_ms >= 0)
		strbuf_addf(out, " ends in %" PRId64 " s", left > 0 ? (left + 999) / 1000 : 0);
	if (ns && !ns->r.own) {
		strbuf_adds(out, " in netns ");
		add_bytes(out, ns->r.name);
	}
	if (p) {
		strbuf_adds(out, " of ");
		add_bytes(out, p->r.comm);
		strbuf_addf(out, " (%" PRIu32 ")", p->r.pid);
	} else {
		strbuf_addf(out, " owner %s", names_owner_status(s->owner_status));
	}
}

static void add_command(struct strbuf *out, struct bytes cmdline)
{
	struct bytes cut = {cmdline.ptr, cmdline.len < 200 ? cmdline.len : 200};

	for (uint32_t i = 0; cut.ptr && i < cut.len; i++)
		strbuf_addc(out, cut.ptr[i] ? cut.ptr[i] : ' ');
}

static void add_proc(struct strbuf *out, const struct proc *p)
{
	strbuf_addf(out, "process %" PRIu32 " ", p->r.pid);
	add_bytes(out, p->r.comm);
	if (p->r.state)
		strbuf_addf(out, " state %c", p->r.state);
	if (p->r.cmdline.len) {
		strbuf_adds(out, ": ");
		add_command(out, p->r.cmdline);
	}
}

static void add_container(struct strbuf *out, const struct container *c)
{
	strbuf_adds(out, "container ");
	add_bytes(out, c->r.name.ptr ? c->r.name : c->r.id);
	if (c->r.image.ptr) {
		strbuf_adds(out, " image ");
		add_bytes(out, c->r.image);
	}
}

void why_page_evidence(const struct snapshot *snap, const struct why_row *evidence,
		       const struct lookup *lookup, struct strbuf *out)
{
	struct row row;

	if (!why_page_row(snap, evidence, &row))
		return;
	if (row.pane == PANE_SOCKETS)
		add_sock(out, snap, row.obj, lookup);
	else if (row.pane == PANE_PROCESSES)
		add_proc(out, row.obj);
	else
		add_container(out, row.obj);
}

void why_page_errnos(const int err[BIND_VARIANTS], struct strbuf *out)
{
	static const char *const labels[BIND_VARIANTS] = {"plain ", ", with SO_REUSEADDR ",
							  ", with SO_REUSEPORT "};

	for (int v = 0; v < BIND_VARIANTS; v++) {
		strbuf_adds(out, labels[v]);
		strbuf_adds(out, err[v] == BIND_UNKNOWN ? "not known"
				 : err[v]		? why_errno_name(err[v])
							: "ok");
	}
}

void why_page_place(const struct why_facts *facts, uint32_t i, struct strbuf *out)
{
	add_endpoint(out, &facts->places[i].bind.addr, facts->places[i].bind.port);
}

/* ---- JSON ---- */

struct writer {
	struct jsonw w;
	struct json_rows socks, procs, containers;
	const struct snapshot *snap;
};

static void member_text(struct jsonw *w, const char *name, const char *text)
{
	jsonw_text(w, name, text, strlen(text));
}

static void write_errnos(struct jsonw *w, const char *name, const int err[BIND_VARIANTS])
{
	jsonw_key(w, name);
	jsonw_begin_object(w);
	for (int v = 0; v < BIND_VARIANTS; v++) {
		if (err[v] > 0) {
			member_text(w, variant_names[v], why_errno_name(err[v]));
			continue;
		}
		jsonw_key(w, variant_names[v]);
		if (err[v] == BIND_UNKNOWN)
			jsonw_null(w);
		else
			jsonw_u64(w, 0);
	}
	jsonw_end_object(w);
}

static void write_null(struct jsonw *w, const char *name)
{
	jsonw_key(w, name);
	jsonw_null(w);
}

static void write_places(struct writer *out, const struct why_result *result)
{
	static const char *const bind_names[] = {"bind", "bind6"};
	static const char *const probe_names[] = {"probe", "probe6"};
	const struct why_facts *facts = out->snap->why;

	for (uint32_t i = 0; i < 2; i++)
		if (i < facts->n_places)
			write_errnos(&out->w, bind_names[i], result->predicted[i].err);
		else
			write_null(&out->w, bind_names[i]);
	for (uint32_t i = 0; i < 2; i++)
		if (i < facts->n_places && facts->want.probe && !facts->places[i].probe_err)
			write_errnos(&out->w, probe_names[i], facts->places[i].probe);
		else
			write_null(&out->w, probe_names[i]);
}

static void write_evidence(struct writer *out, const struct why_row *evidence)
{
	struct json_rows *rows = evidence->kind == WHY_ROW_SOCK	  ? &out->socks
				 : evidence->kind == WHY_ROW_PROC ? &out->procs
								  : &out->containers;
	struct row row;

	if (!why_page_row(out->snap, evidence, &row))
		return;
	jsonw_begin_object(&out->w);
	member_text(&out->w, "type", field_row_type((enum pane)row.pane));
	json_rows_members(rows, &out->w, &row);
	jsonw_end_object(&out->w);
}

static void write_cause(struct writer *out, const struct why_cause *cause)
{
	struct jsonw *w = &out->w;

	jsonw_begin_object(w);
	member_text(w, "code", why_code_name(cause->code));
	json_member_bytes(w, "text", cause->text);
	json_member_bytes(w, "remedy", cause->remedy);
	jsonw_key(w, "evidence");
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < cause->n_rows; i++)
		write_evidence(out, &cause->rows[i]);
	jsonw_end_array(w);
	if (cause->needs)
		member_text(w, "needs", cause->needs);
	else
		write_null(w, "needs");
	jsonw_end_object(w);
}

static void write_document(struct writer *out, const struct why_result *result)
{
	struct jsonw *w = &out->w;
	struct strbuf endpoint;

	strbuf_init(&endpoint, 0);
	why_endpoint(&out->snap->why->want, &endpoint);
	jsonw_begin_object(w);
	member_text(w, "schema", WHY_SCHEMA);
	member_text(w, "endpoint", strbuf_str(&endpoint));
	member_text(w, "verdict", why_verdict_name(result->verdict));
	jsonw_key(w, "free_in_s");
	if (result->free_in_ms >= 0)
		jsonw_i64(w, (result->free_in_ms + 999) / 1000);
	else
		jsonw_null(w);
	write_places(out, result);
	jsonw_key(w, "causes");
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < result->n_causes; i++)
		write_cause(out, &result->causes[i]);
	jsonw_end_array(w);
	jsonw_end_object(w);
	jsonw_end_line(w);
	strbuf_done(&endpoint);
}

void why_page_json(const struct snapshot *snap, const struct why_result *result, const char *host,
		   const struct lookup *lookup, struct sink *sink)
{
	struct writer out = {.snap = snap};

	jsonw_init(&out.w, sink);
	json_rows_init(&out.socks, sink, PANE_SOCKETS, host, lookup);
	json_rows_init(&out.procs, sink, PANE_PROCESSES, host, lookup);
	json_rows_init(&out.containers, sink, PANE_CONTAINERS, host, lookup);
	write_document(&out, result);
	json_rows_done(&out.socks);
	json_rows_done(&out.procs);
	json_rows_done(&out.containers);
}
