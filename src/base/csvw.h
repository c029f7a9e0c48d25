/* CSV writer (RFC 4180) on a sink: cells are cleaned here, so no cell can carry a control byte. */
#ifndef INETTOP_BASE_CSVW_H
#define INETTOP_BASE_CSVW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sink.h"
#include "base/strbuf.h"

struct csvw {
	struct sink *sink; /* borrowed; holds the write error */
	struct strbuf clean;
	size_t cells; /* in the row so far */
	bool blank;   /* nothing but empty cells so far */
};

void csvw_init(struct csvw *w, struct sink *sink);
void csvw_done(struct csvw *w);

/* One cell of raw bytes, cleaned with TEXT_EXPORT, in quotes where needed; length 0 = null. */
void csvw_cell(struct csvw *w, const char *raw, size_t len);

/* Ends the row with CR LF. */
void csvw_end_row(struct csvw *w);

#endif
