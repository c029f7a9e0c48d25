#include "base/csvw.h"

#include <string.h>

#include "base/text.h"

void csvw_init(struct csvw *w, struct sink *sink)
{
	*w = (struct csvw){.sink = sink, .blank = true};
	strbuf_init(&w->clean, 0);
}

void csvw_done(struct csvw *w)
{
	strbuf_done(&w->clean);
}

static void add_quoted(struct sink *sink, const char *text)
{
	sink_addc(sink, '"');
	for (; *text; text++) {
		if (*text == '"')
			sink_addc(sink, '"');
		sink_addc(sink, *text);
	}
	sink_addc(sink, '"');
}

void csvw_cell(struct csvw *w, const char *raw, size_t len)
{
	const char *text;

	if (w->cells++)
		sink_addc(w->sink, ',');
	if (len)
		w->blank = false;
	strbuf_reset(&w->clean);
	text_clean(raw, len, TEXT_EXPORT, &w->clean);
	text = strbuf_str(&w->clean);
	if (strpbrk(text, ",\""))
		add_quoted(w->sink, text);
	else
		sink_adds(w->sink, text);
}

void csvw_end_row(struct csvw *w)
{
	if (w->cells == 1 && w->blank)
		sink_adds(w->sink, "\"\"");
	sink_adds(w->sink, "\r\n");
	w->cells = 0;
	w->blank = true;
}
