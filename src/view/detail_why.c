/* The page that tells why a port cannot be bound. */
#include "model/names.h"
#include "model/problems.h"
#include "view/detail.h"

/* ret is all zero: needs are compared byte by byte. */
static void want_of(const struct row *row, const struct app *app, struct why_want *ret)
{
	const struct netns *ns;
	uint32_t netns;

	if (row->pane == PANE_PORTS) {
		const struct port *p = row->obj;

		ret->proto = p->proto;
		ret->addr = p->addr;
		ret->port = p->port;
		ret->scope_ifindex = p->ifindex;
		netns = p->netns;
	} else {
		const struct sock *s = row->obj;

		ret->proto = s->r.proto;
		ret->addr = s->r.local;
		ret->port = (uint16_t)s->r.local_port;
		ret->scope_ifindex = s->r.ifindex;
		netns = s->netns;
	}
	ns = snapshot_netns(app->snap, netns);
	ret->uid = app->uid;
	ret->netns = ns && !ns->r.own ? ns->head.id : 0;
}

void detail_why_needs(const struct page *page, const struct app *app, struct needs *needs)
{
	struct row row;

	if (!page_row(page, app, &row) || (row.pane != PANE_PORTS && row.pane != PANE_SOCKETS))
		return;
	needs->detail = DETAIL_WHY;
	want_of(&row, app, &needs->why);
}

static uint32_t problems_of(const struct row *row)
{
	return row->pane == PANE_PORTS ? problems_port(row->snap, row->obj)
				       : problems_sock(row->snap, row->obj);
}

/* The whole diagnosis comes with snapshot.why; until then what the row itself tells. */
void detail_why_build(struct page *page, const struct app *app, const struct row *row)
{
	uint32_t problems = problems_of(row);

	detail_section(page, "Why");
	detail_sentence(page, app, row);
	for (int i = 0; i < PROBLEM_COUNT; i++)
		if (problems & (1u << i))
			detail_line(page, app, "problem", "%s", problems_text(1u << i));
	detail_section(page, "Evidence");
	if (row->pane == PANE_PORTS) {
		detail_port_line(page, app, row->obj, row->slot);
	} else {
		detail_sock_line(page, app, NULL, app->snap, row->obj, "");
	}
	if (fact_proc(row))
		detail_proc_line(page, app, "held by", fact_proc(row), "");
}
