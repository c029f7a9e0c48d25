#include "view/app_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int app_filter_parse(enum pane pane, const char *text, const struct filter_names *names,
		     struct filter **ret, struct app_filter_error *ret_error)
{
	struct filter_context context = {.pane = pane, .names = names};
	struct filter_error error = {0};
	int err = filter_parse(&context, text, strlen(text), ret, &error);

	memset(ret_error, 0, sizeof(*ret_error));
	if (!err)
		return 0;
	ret_error->elsewhere = error.kind == FILTER_FIELD_ELSEWHERE;
	ret_error->offset = error.offset;
	ret_error->len = error.len;
	/* what may be cut off comes last */
	snprintf(ret_error->message, sizeof(ret_error->message), "%s%s%s",
		 error.suggestion ? error.suggestion : "", error.suggestion ? "? " : "",
		 *error.message ? error.message : "the filter is too long");
	return -EINVAL;
}
