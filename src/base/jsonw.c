#include "base/jsonw.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

#define JSONW_DEPTH_MAX 64
#define JSONW_EXACT_MAX (UINT64_C(1) << 53)

void jsonw_init(struct jsonw *w, struct sink *sink)
{
	*w = (struct jsonw){.sink = sink};
}

/* The comma that belongs before a key or an array's value. */
static void separate(struct jsonw *w)
{
	uint64_t bit;

	if (w->after_key || !w->depth) {
		w->after_key = false;
		return;
	}
	bit = UINT64_C(1) << (w->depth - 1);
	if (w->filled & bit)
		sink_addc(w->sink, ',');
	w->filled |= bit;
}

static void begin(struct jsonw *w, char bracket)
{
	assert(w->depth < JSONW_DEPTH_MAX);
	separate(w);
	sink_addc(w->sink, bracket);
	w->filled &= ~(UINT64_C(1) << w->depth++);
}

static void end(struct jsonw *w, char bracket)
{
	assert(w->depth && !w->after_key);
	w->depth--;
	sink_addc(w->sink, bracket);
}

void jsonw_begin_object(struct jsonw *w)
{
	begin(w, '{');
}

void jsonw_end_object(struct jsonw *w)
{
	end(w, '}');
}

void jsonw_begin_array(struct jsonw *w)
{
	begin(w, '[');
}

void jsonw_end_array(struct jsonw *w)
{
	end(w, ']');
}

void jsonw_end_line(struct jsonw *w)
{
	assert(!w->depth);
	sink_addc(w->sink, '\n');
}

static void add_key(struct jsonw *w, const char *name, const char *suffix)
{
	assert(w->depth && !w->after_key);
	separate(w);
	sink_addc(w->sink, '"');
	sink_adds(w->sink, name);
	sink_adds(w->sink, suffix);
	sink_adds(w->sink, "\":");
	w->after_key = true;
}

void jsonw_key(struct jsonw *w, const char *name)
{
	add_key(w, name, "");
}

static void add_unit(struct jsonw *w, uint32_t unit)
{
	char escape[8];

	snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unit & 0xffff));
	sink_add(w->sink, escape, 6);
}

static void add_escape(struct jsonw *w, uint32_t cp)
{
	if (cp == '"' || cp == '\\') {
		sink_addc(w->sink, '\\');
		sink_addc(w->sink, (char)cp);
	} else if (cp == '\n' || cp == '\t' || cp == '\r') {
		sink_addc(w->sink, '\\');
		sink_addc(w->sink, cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r');
	} else if (cp < 0x10000) {
		add_unit(w, cp);
	} else {
		add_unit(w, 0xd7c0 + (cp >> 10));
		add_unit(w, 0xdc00 + (cp & 0x3ff));
	}
}

/* Length of the bytes at the start that need no look: printable ASCII but quote and backslash. */
static size_t plain_run(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

bool jsonw_string(struct jsonw *w, const char *raw, size_t len)
{
	bool replaced = false;
	uint32_t cp = 0;
	size_t used;

	separate(w);
	sink_addc(w->sink, '"');
	for (size_t at = 0; at < len; at += used) {
		used = plain_run(raw + at, len - at);
		if (used) {
			sink_add(w->sink, raw + at, used);
			continue;
		}
		used = utf8_decode(raw + at, len - at, &cp);
		if (!used) {
			used = 1;
			replaced = true;
			sink_adds(w->sink, "\xef\xbf\xbd");
		} else if (cp < 0x80 || text_is_hidden(cp)) {
			add_escape(w, cp);
		} else {
			sink_add(w->sink, raw + at, used);
		}
	}
	sink_addc(w->sink, '"');
	return replaced;
}

void jsonw_base64(struct jsonw *w, const void *mem, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = mem;

	separate(w);
	sink_addc(w->sink, '"');
	for (size_t at = 0; at < len; at += 3) {
		size_t left = len - at;
		uint32_t three = (uint32_t)bytes[at] << 16;

		if (left > 1)
			three |= (uint32_t)bytes[at + 1] << 8;
		if (left > 2)
			three |= bytes[at + 2];
		sink_addc(w->sink, digits[three >> 18]);
		sink_addc(w->sink, digits[three >> 12 & 63]);
		sink_addc(w->sink, left > 1 ? digits[three >> 6 & 63] : '=');
		sink_addc(w->sink, left > 2 ? digits[three & 63] : '=');
	}
	sink_addc(w->sink, '"');
}

void jsonw_text(struct jsonw *w, const char *name, const char *raw, size_t len)
{
	jsonw_key(w, name);
	if (jsonw_string(w, raw, len)) {
		add_key(w, name, "_b64");
		jsonw_base64(w, raw, len);
	}
}

static void add_number(struct jsonw *w, const char *text)
{
	separate(w);
	sink_adds(w->sink, text);
}

void jsonw_u64(struct jsonw *w, uint64_t value)
{
	char text[24];

	if (value > JSONW_EXACT_MAX) {
		jsonw_null(w);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, value);
	add_number(w, text);
}

void jsonw_i64(struct jsonw *w, int64_t value)
{
	char text[24];

	if (value > (int64_t)JSONW_EXACT_MAX || value < -(int64_t)JSONW_EXACT_MAX) {
		jsonw_null(w);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, value);
	add_number(w, text);
}

void jsonw_u64_string(struct jsonw *w, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "\"%" PRIu64 "\"", value);
	add_number(w, text);
}

void jsonw_double(struct jsonw *w, double value)
{
	double size = value < 0 ? -value : value;
	uint64_t thousandths;
	char text[40];
	int len;

	if (!(size <= (double)JSONW_EXACT_MAX / 1000)) {
		jsonw_null(w);
		return;
	}
	thousandths = (uint64_t)(size * 1000 + 0.5);
	len = snprintf(text, sizeof(text), "%s%" PRIu64 ".%03u",
		       value < 0 && thousandths ? "-" : "", thousandths / 1000,
		       (unsigned)(thousandths % 1000));
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
	add_number(w, text);
}

void jsonw_bool(struct jsonw *w, bool value)
{
	add_number(w, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	add_number(w, "null");
}

void jsonw_raw(struct jsonw *w, const char *json, size_t len)
{
	separate(w);
	sink_add(w->sink, json, len);
}
