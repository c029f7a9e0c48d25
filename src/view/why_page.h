/*
 * The answer of `why` for people and for machines: text and JSON from a snapshot whose why_facts
 * were judged. The screen's page (detail_why.c) and `inettop why` are both made of these.
 */
#ifndef INETTOP_VIEW_WHY_PAGE_H
#define INETTOP_VIEW_WHY_PAGE_H

#include "model/lookup.h"
#include "model/why.h"
#include "view/column.h"

#define WHY_SCHEMA "inettop-why/1"

/* The snapshot's row behind a piece of evidence; false when its slot is empty. */
bool why_page_row(const struct snapshot *snap, const struct why_row *evidence, struct row *ret);

/* One line about such a row, raw: "tcp listen 127.0.0.1:80 inode 4711, nginx (812)". */
void why_page_evidence(const struct snapshot *snap, const struct why_row *evidence,
		       const struct lookup *lookup, struct strbuf *out);

/* "plain EADDRINUSE, with SO_REUSEADDR ok, with SO_REUSEPORT ?": three errnos. ASCII. */
void why_page_errnos(const int err[BIND_VARIANTS], struct strbuf *out);

/* "0.0.0.0" of place i; ASCII. */
void why_page_place(const struct why_facts *facts, uint32_t i, struct strbuf *out);

/* The document, one line. Errors stay in the sink. */
void why_page_json(const struct snapshot *snap, const struct why_result *result, const char *host,
		   const struct lookup *lookup, struct sink *out);

#endif
