/*
 * Pages about one thing: lines of facts in sections, made anew from every snapshot. A fact that
 * names another thing is a link that Enter follows. For the detail_*, app_* and dialog_* files.
 */
#ifndef INETTOP_VIEW_DETAIL_H
#define INETTOP_VIEW_DETAIL_H

#include "view/app_internal.h"

struct page_line {
	const char *label;   /* static, or NULL */
	uint32_t start, len; /* of the clean text in page.text */
	uint64_t id;	     /* of what the link names */
	uint64_t key;	     /* stable across snapshots */
	int32_t fd;	     /* the descriptor a line is about, -1 none */
	uint8_t link;	     /* enum link_kind */
	uint8_t role;
	bool heading;
};

struct page {
	enum page_kind kind;
	uint64_t id;
	VEC(struct page_line) lines;
	struct strbuf text;
	struct strbuf name; /* for the breadcrumb, clean */
	struct strbuf raw;  /* of the line being written */
	uint32_t cursor, top;
	int shift; /* columns that long facts are scrolled by */
	bool moved, gone, environ;
	const char *wanted; /* section to go to as soon as it is there */
	uint32_t section;   /* ordinal of the heading being written under */
	uint32_t rx[SPARK_MAX], tx[SPARK_MAX];
	uint32_t n_rates;
	uint64_t rates_epoch; /* of the snapshot that the last rate is from */
};

/* Starts a section. */
void detail_section(struct page *page, const char *name);

/* A line: formatted raw text (cleaned here); label static or NULL. */
void detail_line(struct page *page, const struct app *app, const char *label, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/* The same as a link to a thing of the snapshot. */
void detail_link(struct page *page, const struct app *app, const char *label, enum link_kind link,
		 uint64_t id, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* What detail_begin() returns takes raw bytes until detail_end() makes a line of them. */
struct strbuf *detail_begin(struct page *page);
struct page_line *detail_end(struct page *page, const struct app *app, const char *label,
			     enum link_kind link, uint64_t id);

/* The sentence about a row, if there is one. */
void detail_sentence(struct page *page, const struct app *app, const struct row *row);

/* A line with a column's cell, a link when it names a thing of the snapshot; left out when it is
 * not known or does not apply. */
void detail_column(struct page *page, const struct app *app, const struct row *row,
		   enum column_id col, const char *label);

/* Lines that link to one thing, in the words of a list. */
void detail_sock_line(struct page *page, const struct app *app, const char *label,
		      const struct snapshot *snap, const struct sock *sock, const char *before);
void detail_proc_line(struct page *page, const struct app *app, const char *label,
		      const struct proc *proc, const char *before);
void detail_port_line(struct page *page, const struct app *app, const struct port *port,
		      uint32_t slot);
void detail_netns_line(struct page *page, const struct app *app, uint32_t slot);
void detail_container_line(struct page *page, const struct app *app, uint32_t slot);
/* Each published port leads to the end that is not the page's own. container_netns: slot of the
 * namespace behind it, or SLOT_NONE. */
void detail_published(struct page *page, const struct app *app, const struct row *row,
		      const struct publish_rec *published, uint32_t n, uint32_t container_netns);

/* What a fact of a row names; LINK_NONE when it names nothing that is known. */
enum link_kind detail_fact_link(const struct row *row, enum column_id col, uint64_t *ret_id);
enum link_kind detail_netns_link(const struct snapshot *snap, uint32_t inode, uint64_t *ret_id);
enum link_kind detail_pid_link(const struct snapshot *snap, uint32_t pid, uint64_t *ret_id);
enum link_kind detail_publish_link(const struct row *row, const struct publish_rec *pub,
				   uint32_t container_netns, uint64_t *ret_id);

/* One for each kind of page. */
void detail_port_build(struct page *page, const struct app *app, const struct row *row);
void detail_sock_build(struct page *page, const struct app *app, const struct row *row);
void detail_proc_build(struct page *page, const struct app *app, const struct row *row);
void detail_netns_build(struct page *page, const struct app *app, const struct row *row);
void detail_container_build(struct page *page, const struct app *app, const struct row *row);
void detail_why_build(struct page *page, const struct app *app, const struct row *row);
void detail_why_needs(const struct page *page, const struct app *app, struct needs *needs);

#define DETAIL_LIST_MAX 5000u /* lines of one list; the rest is counted */

#endif
