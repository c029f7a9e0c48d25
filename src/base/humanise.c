#include "base/humanise.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53: beyond it doubles skip integers */

#define SECOND 1000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const char *humanise_duration(char buf[HUMANISE_MAX], uint64_t ms)
{
	unsigned long long t = ms;

	if (t < MINUTE)
		snprintf(buf, HUMANISE_MAX, "%llus", t / SECOND);
	else if (t < HOUR)
		snprintf(buf, HUMANISE_MAX, "%llum%02llu", t / MINUTE, t % MINUTE / SECOND);
	else if (t < DAY)
		snprintf(buf, HUMANISE_MAX, "%lluh%02llu", t / HOUR, t % HOUR / MINUTE);
	else if (t < 10 * DAY)
		snprintf(buf, HUMANISE_MAX, "%llud%lluh", t / DAY, t % DAY / HOUR);
	else
		snprintf(buf, HUMANISE_MAX, "%llud", t / DAY);
	return buf;
}

/* Values up to exact_max as they are, others in units of base, one decimal below 10. */
static void scale(char buf[HUMANISE_MAX], uint64_t value, unsigned exact_max, unsigned base,
		  const char *units)
{
	double scaled = (double)value;

	if (value <= exact_max) {
		snprintf(buf, HUMANISE_MAX, "%llu", (unsigned long long)value);
		return;
	}
	for (scaled /= base; scaled >= 999.5 && units[1]; units++)
		scaled /= base;
	if (scaled < 9.95) {
		unsigned tenths = (unsigned)(scaled * 10 + 0.5);

		snprintf(buf, HUMANISE_MAX, "%u.%u%c", tenths / 10, tenths % 10, *units);
	} else {
		snprintf(buf, HUMANISE_MAX, "%u%c", (unsigned)(scaled + 0.5), *units);
	}
}

const char *humanise_bytes(char buf[HUMANISE_MAX], uint64_t bytes)
{
	scale(buf, bytes, 999, 1024, "KMGTPE");
	return buf;
}

const char *humanise_rate(char buf[HUMANISE_MAX], double bytes_per_s)
{
	if (bytes_per_s > 0 && bytes_per_s < 0.5)
		snprintf(buf, HUMANISE_MAX, "<1");
	else if (bytes_per_s >= EXACT_MAX)
		humanise_bytes(buf, (uint64_t)EXACT_MAX);
	else
		humanise_bytes(buf, bytes_per_s > 0 ? (uint64_t)(bytes_per_s + 0.5) : 0);
	return buf;
}

const char *humanise_count(char buf[HUMANISE_MAX], uint64_t count)
{
	scale(buf, count, 9999, 1000, "kMGTPE");
	return buf;
}

/* Digits with an optional fraction at the start of *text, which moves past them. */
static int take_number(const char **text, const char *end, double *ret_value)
{
	const char *at = *text;
	double value = 0, unit = 1;
	bool fraction = false;

	if (at == end || !isdigit((unsigned char)*at))
		return -EINVAL;
	for (; at < end && (isdigit((unsigned char)*at) || (*at == '.' && !fraction)); at++) {
		if (*at == '.') {
			fraction = true;
			continue;
		}
		value = value * 10 + (*at - '0');
		if (fraction)
			unit *= 10;
		if (value > 1e200)
			return -ERANGE;
	}
	if (at[-1] == '.')
		return -EINVAL;
	*text = at;
	*ret_value = value / unit;
	return 0;
}

struct time_unit {
	const char *name;
	uint64_t ms;
};

static const struct time_unit time_units[] = {
	{"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {"ms", 1},
};

#define TIME_UNITS (sizeof(time_units) / sizeof(time_units[0]))
#define UNIT_SECOND 3

/* Index of the unit named by the letters at *text, which moves past them; `bare` if there are no
 * letters and the text ends; TIME_UNITS if it is none. */
static size_t take_time_unit(const char **text, const char *end, size_t bare)
{
	const char *at = *text;
	size_t len = 0, unit = 0;

	while (at + len < end && isalpha((unsigned char)at[len]))
		len++;
	if (!len)
		return at == end ? bare : TIME_UNITS;
	while (unit < TIME_UNITS && (strlen(time_units[unit].name) != len ||
				     memcmp(time_units[unit].name, at, len) != 0))
		unit++;
	*text = at + len;
	return unit;
}

int humanise_parse_duration(const char *text, size_t len, uint64_t *ret_ms)
{
	const char *end = text + len;
	size_t least = 0, bare = UNIT_SECOND;
	double total = 0;

	do {
		double value;
		size_t unit;
		int r = take_number(&text, end, &value);

		if (r < 0)
			return r;
		unit = take_time_unit(&text, end, bare);
		if (unit < least || unit >= TIME_UNITS)
			return -EINVAL;
		total += value * (double)time_units[unit].ms;
		least = unit + 1;
		bare = unit < UNIT_SECOND ? unit + 1 : TIME_UNITS;
	} while (text < end);
	if (total > EXACT_MAX)
		return -ERANGE;
	*ret_ms = (uint64_t)(total + 0.5);
	return 0;
}

static bool ends_with(const char *text, size_t len, const char *tail)
{
	size_t tail_len = strlen(tail);

	return len >= tail_len && strncasecmp(text + len - tail_len, tail, tail_len) == 0;
}

/* NUMBER [KMGTPE [i]], any case, in powers of base. */
static int parse_scaled(const char *text, size_t len, unsigned base, uint64_t *ret_value)
{
	static const char units[] = "KMGTPE";
	const char *end = text + len;
	double value;
	int r = take_number(&text, end, &value);

	if (r < 0)
		return r;
	if (text < end) {
		const char *unit = memchr(units, toupper((unsigned char)*text), sizeof(units) - 1);

		if (!unit)
			return -EINVAL;
		for (const char *at = units; at <= unit; at++)
			value *= base;
		text++;
	}
	if (text != end)
		return -EINVAL;
	if (value > EXACT_MAX)
		return -ERANGE;
	*ret_value = (uint64_t)(value + 0.5);
	return 0;
}

int humanise_parse_bytes(const char *text, size_t len, uint64_t *ret_bytes)
{
	if (ends_with(text, len, "/s"))
		len -= 2;
	if (ends_with(text, len, "b")) {
		len--;
		if (len >= 2 && ends_with(text, len, "i") && !isdigit((unsigned char)text[len - 2]))
			len--;
	}
	return parse_scaled(text, len, 1024, ret_bytes);
}

int humanise_parse_count(const char *text, size_t len, uint64_t *ret_count)
{
	return parse_scaled(text, len, 1000, ret_count);
}

int humanise_parse_percent(const char *text, size_t len, double *ret_percent)
{
	const char *end = text + len;
	double value;
	int r = take_number(&text, end, &value);

	if (r < 0)
		return r;
	if (end - text != 1 || *text != '%')
		return -EINVAL;
	*ret_percent = value;
	return 0;
}
