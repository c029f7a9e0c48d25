/* Parsing of filters as the screen wants it: the mistake as one line, with its place. */
#ifndef INETTOP_VIEW_APP_FILTER_H
#define INETTOP_VIEW_APP_FILTER_H

#include "view/filter.h"

/* Where a text is wrong: bytes [offset, offset + len) of it. */
struct app_filter_error {
	size_t offset, len;
	char message[200]; /* clean; "" = no error */
	bool elsewhere;	   /* only other panes have a field of it */
};

/* 0, or -EINVAL with *ret_error filled. names may be NULL. */
int app_filter_parse(enum pane pane, const char *text, const struct filter_names *names,
		     struct filter **ret, struct app_filter_error *ret_error);

#endif
