/* A substring over a few columns until the filter language is there. */
#include "view/app_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

struct app_filter {
	char *text;
	enum pane pane;
	struct strbuf cell, scratch;
};

static const enum column_id searched[] = {
	COL_PROTO,	 COL_LOCAL_ADDR, COL_LOCAL_PORT, COL_REMOTE_ADDR,
	COL_REMOTE_PORT, COL_STATE,	 COL_PID,	 COL_USER,
	COL_COMM,	 COL_CMDLINE,	 COL_UNIT,	 COL_CONTAINER_NAME,
	COL_NETNS_NAME,
};

int app_filter_parse(enum pane pane, const char *text, const struct lookup *lookup,
		     struct app_filter **ret, struct app_filter_error *ret_error)
{
	struct app_filter *filter;
	const char *colon = strchr(text, '(');

	(void)lookup;
	memset(ret_error, 0, sizeof(*ret_error));
	if (colon && !strchr(colon, ')')) {
		ret_error->offset = (size_t)(colon - text);
		ret_error->len = 1;
		snprintf(ret_error->message, sizeof(ret_error->message), "a ')' is missing");
		return -EINVAL;
	}
	filter = xcalloc(1, sizeof(*filter));
	filter->text = xstrdup(*text == ':' ? text + 1 : text);
	filter->pane = pane;
	strbuf_init(&filter->scratch, 0);
	*ret = filter;
	return 0;
}

void app_filter_free(struct app_filter *filter)
{
	if (!filter)
		return;
	free(filter->text);
	strbuf_done(&filter->scratch);
	free(filter);
}

bool app_filter_match(struct app_filter *filter, const struct row *row, const struct lookup *lookup)
{
	size_t len = strlen(filter->text);

	for (size_t i = 0; i < sizeof(searched) / sizeof(*searched); i++) {
		struct value v;
		struct bytes b;

		if (!column_in(searched[i], filter->pane))
			continue;
		column_get(searched[i], row, lookup, &v);
		b = value_bytes(&v, &filter->scratch);
		if (b.ptr && memmem(b.ptr, b.len, filter->text, len))
			return true;
	}
	return false;
}

uint64_t app_filter_needs(const struct app_filter *filter)
{
	(void)filter;
	return NEED_OWNERS | NEED_PROCS;
}

bool app_filter_volatile(const struct app_filter *filter)
{
	(void)filter;
	return false;
}
