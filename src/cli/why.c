#include "cli/why.h"

#include "base/hash.h"
#include "base/text.h"
#include "cli/say.h"
#include "view/why_page.h"

struct page {
	struct live *live;
	const struct snapshot *snap;
	const struct why_result *result;
	struct strbuf raw, clean;
	struct hash told; /* rows that were written */
};

/* What is in page->raw as one clean line behind `before`. */
static void put_line(struct page *page, const char *before)
{
	enum text_flags flags = page->live->style.ascii	   ? TEXT_ASCII
				: page->live->style.export ? TEXT_EXPORT
							   : TEXT_UTF8;

	strbuf_reset(&page->clean);
	text_clean(strbuf_str(&page->raw), page->raw.len, flags, &page->clean);
	sink_adds(&page->live->out, before);
	sink_add(&page->live->out, strbuf_str(&page->clean), page->clean.len);
	sink_adds(&page->live->out, "\n");
	strbuf_reset(&page->raw);
}

static void put_bytes(struct page *page, const char *before, struct bytes text)
{
	if (!text.ptr)
		return;
	strbuf_add(&page->raw, text.ptr, text.len);
	put_line(page, before);
}

static void put_places(struct page *page)
{
	const struct why_facts *facts = page->snap->why;

	for (uint32_t i = 0; i < facts->n_places; i++) {
		why_page_place(facts, i, &page->raw);
		strbuf_adds(&page->raw, ": ");
		why_page_errnos(page->result->predicted[i].err, &page->raw);
		put_line(page, "  bind   ");
		if (!facts->want.probe)
			continue;
		why_page_place(facts, i, &page->raw);
		strbuf_adds(&page->raw, ": ");
		if (facts->places[i].probe_err)
			strbuf_adds(&page->raw,
				    "could not be tried as that user or in that namespace");
		else
			why_page_errnos(facts->places[i].probe, &page->raw);
		put_line(page, "  probe  ");
	}
}

static void put_cause(struct page *page, const struct why_cause *cause)
{
	strbuf_addf(&page->raw, "%s: ", why_code_name(cause->code));
	if (cause->text.ptr)
		strbuf_add(&page->raw, cause->text.ptr, cause->text.len);
	put_line(page, "");
	put_bytes(page, "  do:    ", cause->remedy);
	if (cause->needs) {
		strbuf_adds(&page->raw, cause->needs);
		put_line(page, "  needs: ");
	}
	for (uint32_t i = 0; i < cause->n_rows; i++) {
		if (!hash_put(&page->told,
			      (uint64_t)cause->rows[i].kind << 32 | cause->rows[i].slot, 1))
			continue;
		why_page_evidence(page->snap, &cause->rows[i], &page->live->lookup, &page->raw);
		put_line(page, "  - ");
	}
}

static void put_text(struct page *page)
{
	strbuf_addf(&page->raw, "%s: ", why_verdict_name(page->result->verdict));
	strbuf_add(&page->raw, page->result->headline.ptr, page->result->headline.len);
	put_line(page, "");
	put_places(page);
	for (uint32_t i = 0; i < page->result->n_causes; i++) {
		sink_adds(&page->live->out, "\n");
		put_cause(page, &page->result->causes[i]);
	}
}

static void put_answer(struct live *live, const struct snapshot *snap,
		       const struct why_result *result)
{
	struct page page = {.live = live, .snap = snap, .result = result};

	if (live->plan->output == OUTPUT_QUIET)
		return;
	if (live->plan->output == OUTPUT_JSON || live->plan->output == OUTPUT_JSONL) {
		why_page_json(snap, result, live->host, &live->lookup, &live->out);
		return;
	}
	strbuf_init(&page.raw, 0);
	strbuf_init(&page.clean, 0);
	hash_init(&page.told, 0);
	put_text(&page);
	hash_done(&page.told);
	strbuf_done(&page.raw);
	strbuf_done(&page.clean);
}

static int code_of(const struct why_result *result)
{
	switch ((enum why_verdict)result->verdict) {
	case WHY_FREE:
		return CLI_NO;
	case WHY_HIDDEN:
		return CLI_PARTIAL;
	default:
		return CLI_OK;
	}
}

int why_run(struct live *live)
{
	const struct snapshot *snap;
	struct why_result result;
	struct needs needs;
	struct arena arena;
	int code;

	why_needs(&live->plan->why, &needs);
	snap = live_once(live, &needs);
	if (!snap)
		return CLI_FATAL;
	if (!snap->why || !snap->why->n_places) {
		say("that network namespace cannot be looked into");
		session_release(snap);
		return CLI_FATAL;
	}
	live_now(live);
	arena_init(&arena, 0);
	why_judge(snap, snap->why, live->lookup.mono_ms, &arena, &result);
	put_answer(live, snap, &result);
	code = code_of(&result);
	arena_done(&arena);
	session_release(snap);
	return live_end(live, code);
}
