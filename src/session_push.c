/*
 * One-shot output that wants few of the sockets (needs.push): the kernel leaves out the others
 * while it dumps. Never left out are listeners, which explain connections that nobody accepted yet,
 * mptcp, which hides tcp rows, and what is not inet_diag's.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>

#define PROTO_MASK_PUSHED (PROTO_MASK_INET & ~PROTO_BIT(PROTO_MPTCP))

/* Nothing when it is too long for a request. */
static struct diag_filter compile(const struct diag_expr *expr, bool autobound)
{
	struct diag_filter filter, longer;

	if (!expr || diag_filter_compile(expr, &filter))
		return (struct diag_filter){0};
	if (autobound && diag_filter_autobound(&filter, true, &longer))
		diag_filter_done(&filter);
	else if (autobound)
		diag_filter_done(&longer);
	return filter;
}

void session_push_begin(struct session *s, const struct needs *needs)
{
	bool autobound = needs->bits & NEED_AUTOBOUND;

	if (!needs->push.on)
		return;
	s->push_own = compile(needs->push.own, autobound);
	s->push_other = compile(needs->push.other, autobound);
}

void session_push_end(struct session *s)
{
	diag_filter_done(&s->push_own);
	diag_filter_done(&s->push_other);
}

const struct diag_filter *session_push_filter(const struct session *s, const struct ns_source *ns)
{
	const struct diag_filter *filter = ns->ns ? &s->push_other : &s->push_own;

	return filter->len ? filter : NULL;
}

unsigned int session_push_split(const struct needs *needs, const struct dump_scope *scope,
				struct push_part parts[PUSH_PARTS])
{
	uint32_t protos = scope->protos, connected = scope->states & ~STATE_MASK_LISTENERS;

	if (protos & needs->push.protos)
		protos &= needs->push.protos;
	for (unsigned int i = 0; i < PUSH_PARTS; i++)
		parts[i] = (struct push_part){.scope = *scope};
	parts[0].scope.protos = protos & ~PROTO_MASK_PUSHED;
	parts[1].scope.protos = parts[2].scope.protos = protos & PROTO_MASK_PUSHED;
	parts[1].scope.states &= STATE_MASK_LISTENERS;
	parts[2].scope.states = connected & needs->push.states;
	parts[2].scope.rest_known = true;
	parts[2].filtered = true;
	return parts[2].scope.states ? 3 : 2;
}

bool session_push_refused(const struct sockdiag_report *report)
{
	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++) {
		const struct netlink_result *result = &report->result[proto];

		if (report->asked & ~report->complete & PROTO_BIT(proto) &&
		    (result->outcome == NETLINK_REFUSED || result->err == -EINVAL))
			return true;
	}
	return false;
}
