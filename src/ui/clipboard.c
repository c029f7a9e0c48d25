#include "ui/clipboard.h"

#include <errno.h>
#include <stdint.h>

static void add_base64(const unsigned char *bytes, size_t len, struct strbuf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group;
	size_t i, n;

	for (i = 0; i < len; i += 3) {
		n = len - i;
		group = (uint32_t)bytes[i] << 16;
		group |= n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= n > 2 ? bytes[i + 2] : 0;
		strbuf_addc(out, digits[group >> 18]);
		strbuf_addc(out, digits[group >> 12 & 63]);
		strbuf_addc(out, n > 1 ? digits[group >> 6 & 63] : '=');
		strbuf_addc(out, n > 2 ? digits[group & 63] : '=');
	}
}

int clipboard_sequence(const char *text, size_t len, struct strbuf *out)
{
	if (len > CLIPBOARD_MAX)
		return -EMSGSIZE;
	strbuf_adds(out, "\033]52;c;");
	add_base64((const unsigned char *)text, len, out);
	strbuf_adds(out, "\a");
	return 0;
}

const char *clipboard_hint(const char *tmux, const char *sty)
{
	if (tmux && *tmux)
		return "tmux passes it on after: tmux set -s set-clipboard on";
	if (sty && *sty)
		return "GNU screen does not pass it on to the terminal";
	return NULL;
}
