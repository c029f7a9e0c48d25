#include "cli/hint.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/say.h"
#include "model/names.h"

uint16_t hint_port(const char *filter)
{
	for (const char *at = filter; *at; at++) {
		bool start = at == filter || strchr(" :(", at[-1]);
		char *end;
		unsigned long n;

		if (!isdigit((unsigned char)*at) || !start)
			continue;
		n = strtoul(at, &end, 10);
		if (n && n <= UINT16_MAX && (!*end || strchr(" ),", *end)) &&
		    (at == filter || at[-1] == ':' || at[-1] == ' '))
			return (uint16_t)n;
		at = end - 1;
	}
	return 0;
}

/* What else is on the port: sockets that are no listeners, by state, and other protocols. */
static void add_others(const struct snapshot *snap, uint16_t port, struct strbuf *out)
{
	uint32_t n[STATE_COUNT] = {0}, protos[PROTO_COUNT] = {0};

	for (uint32_t i = 0; i < snap->n_socks; i++) {
		const struct sock *s = snap->socks[i];

		if (!s || s->head.gone || s->r.local_port != port || s->r.proto >= PROTO_UNIX)
			continue;
		if (STATE_BIT(s->r.state) & STATE_MASK_LISTENERS)
			protos[s->r.proto]++;
		else
			n[s->r.state]++;
	}
	for (unsigned int p = 0; p < PROTO_COUNT; p++)
		if (protos[p])
			strbuf_addf(out, "; %" PRIu32 " listen%s by %s", protos[p],
				    protos[p] > 1 ? "" : "s", names_proto(p));
	for (unsigned int s = 0; s < STATE_COUNT; s++)
		if (n[s])
			strbuf_addf(out, "; %" PRIu32 " in state %s", n[s], names_state(s));
}

void hint_say(const struct query *q, const struct snapshot *snap, const struct lookup *lookup)
{
	const struct plan *plan = q->plan;
	uint16_t port = hint_port(plan->filter ? plan->filter : "");
	struct strbuf text;

	(void)lookup;
	strbuf_init(&text, 0);
	if (port && q->pane == PANE_PORTS)
		strbuf_addf(&text, "nothing listens on :%u here", port);
	else
		strbuf_addf(&text, "nothing in the pane %s matches", pane_name(q->pane));
	if (port && (q->pane == PANE_PORTS || q->pane == PANE_SOCKETS))
		add_others(snap, port, &text);
	if (plan->session.netns)
		strbuf_adds(&text, "; other namespaces were not looked at (--netns all)");
	if (snap->counts.hidden_owners && geteuid())
		strbuf_addf(&text, "; %" PRIu32 " owners are hidden, try sudo",
			    snap->counts.hidden_owners);
	if (port && q->pane == PANE_PORTS)
		strbuf_addf(&text, "; try `inettop why %u`", port);
	else if (q->pane == PANE_PORTS)
		strbuf_adds(&text, "; try --pane sockets");
	say("%s", strbuf_str(&text));
	strbuf_done(&text);
}
