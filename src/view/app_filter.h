/* The one place where the screen meets the filter language. */
#ifndef INETTOP_VIEW_APP_FILTER_H
#define INETTOP_VIEW_APP_FILTER_H

#include "model/needs.h"
#include "view/column.h"

struct app_filter;

/* Where a text is wrong: bytes [offset, offset + len) of it. */
struct app_filter_error {
	size_t offset, len;
	char message[160]; /* clean; "" = no error */
};

/* 0, or -EINVAL with *ret_error filled (the message may be cut). */
int app_filter_parse(enum pane pane, const char *text, const struct lookup *lookup,
		     struct app_filter **ret, struct app_filter_error *ret_error);
void app_filter_free(struct app_filter *filter);
bool app_filter_match(struct app_filter *filter, const struct row *row,
		      const struct lookup *lookup);
/* NEED bits; whether an unchanged row's verdict may change. */
uint64_t app_filter_needs(const struct app_filter *filter);
bool app_filter_volatile(const struct app_filter *filter);

#endif
