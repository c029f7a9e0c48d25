/* The page that tells why a port cannot be bound. */
#include "model/names.h"
#include "model/problems.h"
#include "view/detail.h"
#include "view/why_page.h"

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

	/* not page_row(): that is what the cursor is on */
	if (!detail_find(app, PAGE_PORT, page->id, &row) &&
	    !detail_find(app, PAGE_SOCK, page->id, &row))
		return;
	needs->bits |= NEED_NETNS_ALL | NEED_NETNS_ADDRS | NEED_DROPS;
	needs->detail = DETAIL_WHY;
	want_of(&row, app, &needs->why);
}

static void evidence_line(struct page *page, const struct app *app, const struct why_row *evidence)
{
	static const uint8_t links[] = {
		[WHY_ROW_SOCK] = LINK_SOCK,
		[WHY_ROW_PROC] = LINK_PROC,
		[WHY_ROW_CONTAINER] = LINK_CONTAINER,
	};
	struct row row;

	if (!why_page_row(app->snap, evidence, &row))
		return;
	why_page_evidence(app->snap, evidence, &app->lookup, detail_begin(page));
	detail_end(page, app, "  evidence", (enum link_kind)links[evidence->kind], row_id(&row));
}

static void bytes_line(struct page *page, const struct app *app, const char *label,
		       struct bytes text)
{
	if (!text.ptr)
		return;
	strbuf_add(detail_begin(page), text.ptr, text.len);
	detail_end(page, app, label, LINK_NONE, 0);
}

static void cause_lines(struct page *page, const struct app *app, const struct why_cause *cause)
{
	bytes_line(page, app, why_code_name(cause->code), cause->text);
	bytes_line(page, app, "  do", cause->remedy);
	if (cause->needs)
		detail_line(page, app, "  needs", "%s", cause->needs);
	for (uint32_t i = 0; i < cause->n_rows; i++)
		evidence_line(page, app, &cause->rows[i]);
}

static void place_line(struct page *page, const struct app *app, const struct why_result *result,
		       uint32_t i)
{
	struct strbuf *raw = detail_begin(page);

	why_page_place(app->snap->why, i, raw);
	strbuf_adds(raw, ": ");
	why_page_errnos(result->predicted[i].err, raw);
	detail_end(page, app, "bind", LINK_NONE, 0);
}

/* Judged anew for every frame: what is in TIME_WAIT runs down between snapshots. */
static void build_answer(struct page *page, const struct app *app)
{
	const struct why_facts *facts = app->snap->why;
	struct why_result result;
	struct arena arena;

	arena_init(&arena, 4096);
	why_judge(app->snap, facts, app->mono_ms, &arena, &result);
	detail_section(page, "Why");
	bytes_line(page, app, why_verdict_name(result.verdict), result.headline);
	for (uint32_t i = 0; i < facts->n_places; i++)
		place_line(page, app, &result, i);
	if (result.n_causes)
		detail_section(page, "Causes");
	for (uint32_t i = 0; i < result.n_causes; i++)
		cause_lines(page, app, &result.causes[i]);
	arena_done(&arena);
}

/* Whether the snapshot's facts are those of the question. */
static bool is_answer(const struct why_facts *facts, const struct why_want *want)
{
	return facts && facts->n_places && facts->want.proto == want->proto &&
	       facts->want.port == want->port && facts->want.netns == want->netns &&
	       facts->want.scope_ifindex == want->scope_ifindex &&
	       !netaddr_compare(&facts->want.addr, &want->addr);
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
	struct why_want want = {0};

	want_of(row, app, &want);
	if (is_answer(app->snap->why, &want)) {
		build_answer(page, app);
		return;
	}
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
