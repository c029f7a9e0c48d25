/* Literals of the filter language by the type of the column they are compared with (SPEC 6). */
#include "view/value.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/humanise.h"
#include "base/netaddr.h"

static bool all_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= '0' && text[n] <= '9')
		n++;
	return len && n == len;
}

static int parse_digits(const char *text, size_t len, uint64_t *ret)
{
	uint64_t sum = 0;

	if (!all_digits(text, len))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(text[i] - '0'), &sum))
			return -ERANGE;
	*ret = sum;
	return 0;
}

/* A time in units of 1/scale ms: bare numbers are taken in that unit, others have their own. */
static int parse_fine(const char *text, size_t len, uint64_t scale, uint64_t *ret)
{
	uint64_t ms;
	int err;

	if (all_digits(text, len))
		return parse_digits(text, len, ret);
	if (scale == 1000 && len > 2 && !strncasecmp(text + len - 2, "us", 2))
		return parse_digits(text, len - 2, ret);
	err = humanise_parse_duration(text, len, &ms);
	if (err)
		return err;
	return __builtin_mul_overflow(ms, scale, ret) ? -ERANGE : 0;
}

static int parse_count(const char *text, size_t len, uint64_t *ret)
{
	return all_digits(text, len) ? parse_digits(text, len, ret)
				     : humanise_parse_count(text, len, ret);
}

static int parse_percent(const char *text, size_t len, struct value *v)
{
	double percent;
	int err = humanise_parse_percent(text, len, &percent);

	if (err)
		return err;
	if (!(percent >= 0.0 && percent <= 1e9))
		return -ERANGE;
	v->num = (uint64_t)(percent * 100.0 + 0.5);
	v->type = VALUE_PERCENT;
	return 0;
}

static int parse_ratio(const char *text, size_t len, struct value *v)
{
	if (len && text[len - 1] == '%')
		return parse_percent(text, len, v);
	v->type = VALUE_U64;
	return parse_count(text, len, &v->num);
}

static int parse_port(const char *text, size_t len, port_by_name_fn *port, void *ctx, uint64_t *ret)
{
	if (all_digits(text, len)) {
		int err = parse_digits(text, len, ret);

		return err ? err : *ret > UINT32_MAX ? -ERANGE : 0;
	}
	*ret = port && len ? port(ctx, text, len) : 0;
	return *ret ? 0 : -EINVAL;
}

static int parse_bool(const char *text, size_t len, uint64_t *ret)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i]) == len && !strncasecmp(words[i], text, len)) {
			*ret = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_addr(const char *text, size_t len, struct literal *lit)
{
	struct netprefix prefix;
	const char *zone = NULL;
	size_t zone_len = 0;
	int err;

	if (memchr(text, '/', len)) {
		err = netaddr_parse_prefix(text, len, &prefix);
		if (err)
			return err;
		lit->v.addr = prefix.addr;
		lit->prefix = true;
		lit->bits = prefix.bits;
		return 0;
	}
	err = netaddr_parse(text, len, &lit->v.addr, &zone, &zone_len);
	if (!err && zone_len)
		lit->v.str = (struct bytes){zone, (uint32_t)zone_len};
	return err;
}

/* Two digits at s, or -1. */
static int two(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return (s[0] - '0') * 10 + s[1] - '0';
}

static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, UTC, with what RFC 3339 allows after the seconds dropped. */
static int parse_time(const char *text, size_t len, uint64_t *ret)
{
	int century, year, month, day, h = 0, m = 0, s = 0;

	if (len < 10 || text[4] != '-' || text[7] != '-')
		return -EINVAL;
	century = two(text);
	year = two(text + 2);
	month = two(text + 5);
	day = two(text + 8);
	if (len > 10) {
		if (len < 19 || text[13] != ':' || text[16] != ':')
			return -EINVAL;
		h = two(text + 11);
		m = two(text + 14);
		s = two(text + 17);
	}
	if (century < 19 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || h < 0 ||
	    h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
		return -EINVAL;
	if (century * 100 + year < 1970)
		return -ERANGE;
	*ret = (uint64_t)((days_from_civil(century * 100 + year, month, day) * 86400 + h * 3600 +
			   m * 60 + s) *
			  1000);
	return 0;
}

static const char *expected(enum value_type type)
{
	switch (type) {
	case VALUE_SIZE:
	case VALUE_RATE:
		return "a size such as 1500 or 2M";
	case VALUE_MICROS:
	case VALUE_DURATION:
		return "a time such as 250ms or 2s";
	case VALUE_AGE:
	case VALUE_AGE_MAX:
		return "a duration such as 10s or 5m";
	case VALUE_PERCENT:
		return "a percentage such as 80%";
	case VALUE_RATIO:
		return "a number or a percentage such as 80%";
	case VALUE_PORT:
		return "a port number or a service name";
	case VALUE_ADDR:
		return "an address, perhaps with /BITS";
	case VALUE_BOOL:
		return "yes or no";
	case VALUE_TIME:
		return "a time such as 2024-01-31T12:00:00 (UTC)";
	default:
		return "a number";
	}
}

static int parse_value(enum value_type type, const char *text, size_t len, port_by_name_fn *port,
		       void *port_ctx, struct literal *lit)
{
	struct value *v = &lit->v;

	switch (type) {
	case VALUE_U64:
		return parse_count(text, len, &v->num);
	case VALUE_COOKIE:
		return parse_digits(text, len, &v->num);
	case VALUE_SIZE:
	case VALUE_RATE:
		return humanise_parse_bytes(text, len, &v->num);
	case VALUE_MICROS:
		return parse_fine(text, len, 1000, &v->num);
	case VALUE_DURATION:
		return parse_fine(text, len, 1, &v->num);
	case VALUE_AGE:
	case VALUE_AGE_MAX:
		return humanise_parse_duration(text, len, &v->num);
	case VALUE_PERCENT:
		return parse_percent(text, len, v);
	case VALUE_RATIO:
		return parse_ratio(text, len, v);
	case VALUE_PORT:
		return parse_port(text, len, port, port_ctx, &v->num);
	case VALUE_ADDR:
		return parse_addr(text, len, lit);
	case VALUE_TIME:
		return parse_time(text, len, &v->num);
	case VALUE_BOOL:
		return parse_bool(text, len, &v->num);
	default:
		v->str = (struct bytes){text, (uint32_t)len};
		return 0;
	}
}

int value_parse(enum value_type type, const char *text, size_t len, port_by_name_fn *port,
		void *port_ctx, struct literal *ret_literal, const char **ret_error)
{
	int err;

	*ret_literal = (struct literal){.v.type = type};
	err = parse_value(type, text, len, port, port_ctx, ret_literal);
	*ret_error = err ? expected(type) : NULL;
	return err;
}
