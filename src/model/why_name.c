/* Pieces of the sentences: who, where, since when. */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/humanise.h"
#include "model/why_internal.h"

#define PIDS_MAX 10

void why_add_bytes(struct strbuf *out, struct bytes text)
{
	if (text.ptr && text.len)
		strbuf_add(out, text.ptr, text.len);
	else
		strbuf_adds(out, "?");
}

void why_add_endpoint(struct strbuf *out, const struct netaddr *addr, uint16_t port,
		      uint32_t ifindex)
{
	char text[NETADDR_TEXT_MAX];

	strbuf_addf(out, addr->family == AF_INET6 ? "[%s]:%u" : "%s:%u", netaddr_format(addr, text),
		    port);
	if (ifindex)
		strbuf_addf(out, " on device %" PRIu32, ifindex);
}

/* "nginx (812, user www-data, nginx.service, container web)" */
void why_add_proc(struct why_judge *j, struct strbuf *out, const struct why_seen *row)
{
	const struct proc *p = row->p;

	(void)j;
	if (!p) {
		strbuf_adds(out, "a process that cannot be named");
		return;
	}
	why_add_bytes(out, p->r.comm);
	strbuf_addf(out, " (%" PRIu32, p->r.pid);
	if (p->r.user.ptr && p->r.user.len) {
		strbuf_adds(out, ", user ");
		why_add_bytes(out, p->r.user);
	} else if (p->r.have & PROC_HAVE_UID) {
		strbuf_addf(out, ", uid %" PRIu32, p->r.uid);
	}
	if (p->r.unit.ptr && p->r.unit.len) {
		strbuf_adds(out, ", ");
		why_add_bytes(out, p->r.unit);
	}
	if (p->r.container.id.ptr || p->r.container.name.ptr) {
		strbuf_adds(out, ", container ");
		why_add_bytes(out,
			      p->r.container.name.ptr ? p->r.container.name : p->r.container.id);
	}
	strbuf_addc(out, ')');
}

void why_add_age(struct why_judge *j, struct strbuf *out, const struct proc *p)
{
	int64_t now = j->snap->wall_ms + (j->now_ms - j->snap->mono_ms);
	char age[HUMANISE_MAX];

	if (!p || p->start_ms < 0 || now < p->start_ms)
		return;
	strbuf_addf(out, ", running for %s", humanise_duration(age, (uint64_t)(now - p->start_ms)));
}

void why_add_pids(const struct why_group *g, struct strbuf *out)
{
	uint32_t pids[PIDS_MAX], n = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		const struct sock *s = g->rows[i]->s;

		for (uint32_t k = 0; s && k < s->n_owners && n < PIDS_MAX; k++) {
			uint32_t at = 0;

			while (at < n && pids[at] != s->owners[k].pid)
				at++;
			if (at < n)
				continue;
			pids[n++] = s->owners[k].pid;
			strbuf_addf(out, "%s%" PRIu32, n > 1 ? " " : "", s->owners[k].pid);
		}
	}
}

struct bytes why_argument(const struct proc *p, const char *name)
{
	struct bytes line = p ? p->r.cmdline : (struct bytes){0};
	size_t at = 0, want = strlen(name);
	bool next = false;

	while (line.ptr && at < line.len) {
		const char *arg = line.ptr + at;
		size_t len = strnlen(arg, line.len - at), dashes = strspn(arg, "-");

		if (next)
			return (struct bytes){arg, (uint32_t)len};
		at += len + 1;
		if (!dashes || dashes > 2 || len < dashes + want ||
		    memcmp(arg + dashes, name, want))
			continue;
		if (len == dashes + want)
			next = true;
		else if (arg[dashes + want] == '=')
			return (struct bytes){arg + dashes + want + 1,
					      (uint32_t)(len - dashes - want - 1)};
	}
	return (struct bytes){0};
}

int64_t why_left_ms(const struct why_judge *j, const struct why_seen *row)
{
	if (!row->s || row->s->expires_ms < 0)
		return -1;
	return row->s->expires_ms > j->now_ms ? row->s->expires_ms - j->now_ms : 0;
}
