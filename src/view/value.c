#include "view/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/humanise.h"
#include "base/netaddr.h"
#include "base/text.h"

#define DAY_MS (24 * 3600 * 1000ll)
#define JSON_EXACT_MAX (UINT64_C(1) << 53)

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_bytes(const struct bytes *a, const struct bytes *b)
{
	uint32_t common = a->len < b->len ? a->len : b->len;
	int order = common ? memcmp(a->ptr, b->ptr, common) : 0;

	return order ? order : compare_u64(a->len, b->len);
}

uint64_t value_fill(const struct value *v)
{
	return v->max ? (uint64_t)((double)v->num * 10000.0 / (double)v->max) : 0;
}

static int compare_ratio(const struct value *a, const struct value *b)
{
	int order;

	if (b->type == VALUE_U64 || a->type == VALUE_U64)
		return compare_u64(a->num, b->num);
	order = compare_u64(a->type == VALUE_RATIO ? value_fill(a) : a->num,
			    b->type == VALUE_RATIO ? value_fill(b) : b->num);
	return order || a->type != b->type ? order : compare_u64(a->num, b->num);
}

static int compare_endpoint(const struct value *a, const struct value *b)
{
	int order = netaddr_compare(&a->addr, &b->addr);

	return order ? order : compare_u64(a->num, b->num);
}

/* Places NONE last, PENDING before it. */
static unsigned rank(enum value_type type)
{
	return type == VALUE_NONE ? 2 : type == VALUE_PENDING;
}

static bool textual(enum value_type type)
{
	return type == VALUE_STRING || type == VALUE_WORD || type == VALUE_COMMAND;
}

int value_compare(const struct value *a, const struct value *b)
{
	int order;

	if (rank(a->type) || rank(b->type))
		return compare_u64(rank(a->type), rank(b->type));
	if (a->type == VALUE_RATIO || b->type == VALUE_RATIO)
		return compare_ratio(a, b);
	if (textual(a->type) && textual(b->type))
		return compare_bytes(&a->str, &b->str);
	if (textual(a->type) != textual(b->type))
		return textual(a->type) ? 1 : -1;
	if (a->type == VALUE_ADDR && b->type == VALUE_ADDR)
		return netaddr_compare(&a->addr, &b->addr);
	if (a->type == VALUE_ENDPOINT && b->type == VALUE_ENDPOINT)
		return compare_endpoint(a, b);
	order = compare_u64(a->num, b->num);
	return order ? order : compare_u64(a->type, b->type);
}

/* Days since 1970-01-01 to a civil date (Gregorian, proleptic). */
static void civil_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	static const uint8_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 1970 + (int)(days / 146097) * 400;
	unsigned month = 0;

	days %= 146097;
	for (;; year++) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		int64_t in_year = leap ? 366 : 365;

		if (days >= in_year) {
			days -= in_year;
			continue;
		}
		while (days >= length[month] + (leap && month == 1 ? 1 : 0)) {
			days -= length[month] + (leap && month == 1 ? 1 : 0);
			month++;
		}
		break;
	}
	*ret_year = year;
	*ret_month = month + 1;
	*ret_day = (unsigned)days + 1;
}

const char *value_rfc3339(char buf[VALUE_TIME_MAX], uint64_t wall_ms)
{
	unsigned month, day, s;
	int year;

	if (wall_ms > (uint64_t)DAY_MS * 366 * 8000)
		wall_ms = 0;
	s = (unsigned)(wall_ms % DAY_MS / 1000);
	civil_date((int64_t)(wall_ms / DAY_MS), &year, &month, &day);
	snprintf(buf, VALUE_TIME_MAX, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", year, month, day,
		 s / 3600, s / 60 % 60, s % 60, (unsigned)(wall_ms % 1000));
	return buf;
}

/* "14:03:59" today, else "Jan 31 14:03". */
static void add_time(const struct value *v, const struct value_style *style, struct strbuf *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t local = (int64_t)v->num + style->utc_offset_s * 1000ll;
	int64_t today = (style->wall_ms + style->utc_offset_s * 1000ll) / DAY_MS;
	unsigned month, day, s;
	char buf[VALUE_TIME_MAX];
	int year;

	if (style->numeric || local < 0) {
		strbuf_adds(out, value_rfc3339(buf, v->num));
		return;
	}
	s = (unsigned)(local % DAY_MS / 1000);
	if (local / DAY_MS == today) {
		strbuf_addf(out, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
		return;
	}
	civil_date(local / DAY_MS, &year, &month, &day);
	strbuf_addf(out, "%.3s %2u %02u:%02u", months + (month - 1) * 3, day, s / 3600,
		    s / 60 % 60);
}

static void add_percent(uint64_t hundredths, struct strbuf *out)
{
	strbuf_addf(out, "%" PRIu64 "%%", hundredths / 100);
}

static void add_micros(uint64_t us, struct strbuf *out)
{
	char buf[HUMANISE_MAX];

	if (us < 1000)
		strbuf_addf(out, "%" PRIu64 "us", us);
	else if (us < 100000)
		strbuf_addf(out, "%" PRIu64 ".%" PRIu64 "ms", us / 1000, us / 100 % 10);
	else if (us < 10000000)
		strbuf_addf(out, "%" PRIu64 "ms", us / 1000);
	else
		strbuf_adds(out, humanise_duration(buf, us / 1000));
}

static void add_duration(uint64_t ms, struct strbuf *out)
{
	char buf[HUMANISE_MAX];

	if (ms < 1000)
		strbuf_addf(out, "%" PRIu64 "ms", ms);
	else if (ms < 10000)
		strbuf_addf(out, "%" PRIu64 ".%" PRIu64 "s", ms / 1000, ms / 100 % 10);
	else
		strbuf_adds(out, humanise_duration(buf, ms));
}

/* An address, a host name, a vsock context id, or a star when there is none. */
static void add_addr(const struct value *v, struct strbuf *out)
{
	char buf[NETADDR_TEXT_MAX];

	if (!v->addr.family) {
		if (v->max)
			strbuf_addf(out, "%" PRIu64, v->max - 1);
		else
			strbuf_addc(out, '*');
		return;
	}
	strbuf_adds(out, netaddr_format(&v->addr, buf));
	if (v->str.ptr && v->str.len) {
		strbuf_addc(out, '%');
		strbuf_add(out, v->str.ptr, v->str.len);
	}
}

/* addr:port, raw; an unknown address or port 0 is a star. */
static void add_endpoint(const struct value *v, struct strbuf *out)
{
	bool bracket = v->addr.family == AF_INET6 && !v->name;

	if (bracket)
		strbuf_addc(out, '[');
	if (v->name)
		strbuf_adds(out, v->name);
	else
		add_addr(v, out);
	if (bracket)
		strbuf_addc(out, ']');
	if (v->suffix)
		strbuf_addf(out, ":%s", v->suffix);
	else if (v->num)
		strbuf_addf(out, ":%" PRIu64, v->num);
	else
		strbuf_adds(out, ":*");
}

static void add_command(const struct bytes *args, struct strbuf *out)
{
	uint32_t len = args->len;
	size_t start = out->len;

	if (len && !args->ptr[len - 1])
		len--;
	strbuf_add(out, args->ptr, len);
	for (size_t i = start; i < out->len; i++)
		if (!out->data[i])
			out->data[i] = ' ';
}

static void add_string(const struct value *v, struct strbuf *out)
{
	if (v->prefix)
		strbuf_adds(out, v->prefix);
	strbuf_add(out, v->str.ptr, v->str.len);
	if (v->suffix)
		strbuf_adds(out, v->suffix);
}

/* The text of types that machines and people read alike, raw. */
static void add_raw(const struct value *v, struct strbuf *out)
{
	char buf[VALUE_TIME_MAX];

	switch (v->type) {
	case VALUE_NONE:
	case VALUE_PENDING:
	case VALUE_TYPE_COUNT:
		break;
	case VALUE_ADDR:
		add_addr(v, out);
		break;
	case VALUE_ENDPOINT:
		add_endpoint(v, out);
		break;
	case VALUE_WORD:
	case VALUE_STRING:
		add_string(v, out);
		break;
	case VALUE_COMMAND:
		add_command(&v->str, out);
		break;
	case VALUE_LIST:
		v->list->text(v, out);
		break;
	case VALUE_BOOL:
		strbuf_adds(out, v->num ? "yes" : "no");
		break;
	case VALUE_TIME:
		strbuf_adds(out, value_rfc3339(buf, v->num));
		break;
	case VALUE_RATIO:
		strbuf_addf(out, "%" PRIu64, v->num);
		if (v->max)
			strbuf_addf(out, "/%" PRIu64, v->max);
		break;
	case VALUE_PERCENT:
		add_percent(v->num, out);
		break;
	case VALUE_U64:
	case VALUE_SIZE:
	case VALUE_RATE:
	case VALUE_MICROS:
	case VALUE_DURATION:
	case VALUE_AGE:
	case VALUE_AGE_MAX:
	case VALUE_PORT:
	case VALUE_COOKIE:
		strbuf_addf(out, "%" PRIu64, v->num);
		break;
	}
}

static void add_clean(const struct value *v, const struct value_style *style, struct strbuf *out)
{
	enum text_flags flags = style->export ? TEXT_EXPORT : TEXT_UTF8;
	struct strbuf raw;

	if (style->ascii)
		flags |= TEXT_ASCII;
	if (v->type == VALUE_WORD || (v->type == VALUE_STRING && !v->prefix && !v->suffix)) {
		text_clean(v->str.ptr, v->str.len, flags, out);
		return;
	}
	strbuf_init(&raw, 0);
	add_raw(v, &raw);
	text_clean(strbuf_str(&raw), raw.len, flags, out);
	strbuf_done(&raw);
}

static void add_humanised(const struct value *v, struct strbuf *out)
{
	char buf[HUMANISE_MAX];

	if (v->type == VALUE_SIZE)
		strbuf_adds(out, humanise_bytes(buf, v->num));
	else if (v->type == VALUE_RATE)
		strbuf_adds(out, humanise_rate(buf, (double)v->num));
	else if (v->type == VALUE_MICROS)
		add_micros(v->num, out);
	else if (v->type == VALUE_DURATION)
		add_duration(v->num, out);
	else
		strbuf_adds(out, humanise_duration(buf, v->num));
}

/* Ages are given in seconds when numbers are to be exact, as in JSON. */
static void add_age_seconds(uint64_t ms, struct strbuf *out)
{
	strbuf_addf(out, "%" PRIu64, ms / 1000);
	if (ms % 1000) {
		strbuf_addf(out, ".%03u", (unsigned)(ms % 1000));
		while (out->data[out->len - 1] == '0')
			out->data[--out->len] = '\0';
	}
}

static bool is_age(enum value_type type)
{
	return type == VALUE_AGE || type == VALUE_AGE_MAX;
}

void value_text(const struct value *v, const struct value_style *style, struct strbuf *out)
{
	size_t start = out->len;

	switch (v->type) {
	case VALUE_PENDING:
		strbuf_adds(out, style->ascii ? "..." : "\xe2\x80\xa6");
		break;
	case VALUE_TIME:
		add_time(v, style, out);
		break;
	case VALUE_ADDR:
	case VALUE_ENDPOINT:
	case VALUE_STRING:
	case VALUE_COMMAND:
	case VALUE_WORD:
	case VALUE_LIST:
		add_clean(v, style, out);
		break;
	case VALUE_SIZE:
	case VALUE_RATE:
	case VALUE_MICROS:
	case VALUE_DURATION:
	case VALUE_AGE:
	case VALUE_AGE_MAX:
		if (v->type == VALUE_AGE_MAX)
			strbuf_adds(out, style->ascii ? "<=" : "\xe2\x89\xa4");
		if (!style->numeric)
			add_humanised(v, out);
		else if (is_age(v->type))
			add_age_seconds(v->num, out);
		else
			add_raw(v, out);
		break;
	default:
		add_raw(v, out);
		break;
	}
	if (out->len == start)
		strbuf_addc(out, '-');
}

struct bytes value_bytes(const struct value *v, struct strbuf *scratch)
{
	if (v->type == VALUE_NONE || v->type == VALUE_PENDING)
		return (struct bytes){0};
	if ((v->type == VALUE_STRING && !v->prefix && !v->suffix) || v->type == VALUE_WORD)
		return v->str;
	strbuf_reset(scratch);
	add_raw(v, scratch);
	return (struct bytes){strbuf_str(scratch), (uint32_t)scratch->len};
}

static bool is_null(const struct value *v)
{
	if (v->type == VALUE_NONE || v->type == VALUE_PENDING)
		return true;
	return (v->type == VALUE_U64 || v->type == VALUE_SIZE || v->type == VALUE_RATE) &&
	       v->num > JSON_EXACT_MAX;
}

static void json_list(const struct value *v, const char *name, struct jsonw *w)
{
	char companion[64];

	jsonw_key(w, name);
	if (!v->list->json(v, w) || !v->list->base64)
		return;
	snprintf(companion, sizeof(companion), "%s_b64", name);
	jsonw_key(w, companion);
	v->list->base64(v, w);
}

void value_json(const struct value *v, const char *name, struct jsonw *w, struct strbuf *scratch)
{
	struct bytes b;

	switch (v->type) {
	case VALUE_LIST:
		json_list(v, name, w);
		return;
	case VALUE_ADDR:
	case VALUE_ENDPOINT:
	case VALUE_STRING:
	case VALUE_COMMAND:
	case VALUE_TIME:
	case VALUE_WORD:
		b = value_csv(v, scratch);
		jsonw_text(w, name, b.ptr, b.len);
		return;
	default:
		break;
	}
	jsonw_key(w, name);
	if (is_null(v))
		jsonw_null(w);
	else if (v->type == VALUE_COOKIE)
		jsonw_u64_string(w, v->num);
	else if (v->type == VALUE_BOOL)
		jsonw_bool(w, v->num != 0);
	else if (is_age(v->type))
		jsonw_double(w, (double)v->num / 1000.0);
	else
		jsonw_u64(w, v->num);
}

struct bytes value_csv(const struct value *v, struct strbuf *scratch)
{
	struct value plain = *v;

	if (is_null(v))
		return (struct bytes){0};
	if (v->type == VALUE_ADDR)
		plain.str = (struct bytes){0}; /* the device is a field of its own */
	if (!is_age(v->type) && v->type != VALUE_BOOL)
		return value_bytes(&plain, scratch);
	strbuf_reset(scratch);
	if (v->type == VALUE_BOOL)
		strbuf_adds(scratch, v->num ? "true" : "false");
	else
		add_age_seconds(v->num, scratch);
	return (struct bytes){strbuf_str(scratch), (uint32_t)scratch->len};
}
