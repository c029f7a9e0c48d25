#include "cli/say.h"

#include <unistd.h>

#include "base/sink.h"
#include "base/text.h"

void say_raw(const struct strbuf *text)
{
	sink_write_fd(&(int){STDERR_FILENO}, strbuf_str(text), text->len);
}

void say(const char *format, ...)
{
	struct strbuf raw, line;
	va_list args;

	strbuf_init(&raw, 0);
	strbuf_init(&line, 0);
	va_start(args, format);
	strbuf_vaddf(&raw, format, args);
	va_end(args);
	strbuf_adds(&line, PACKAGE_NAME ": ");
	text_clean(strbuf_str(&raw), raw.len, TEXT_UTF8, &line);
	strbuf_addc(&line, '\n');
	say_raw(&line);
	strbuf_done(&line);
	strbuf_done(&raw);
}
