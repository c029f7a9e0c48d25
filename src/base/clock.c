#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define YEAR_10000_MS UINT64_C(253402300800000)

static uint64_t clock_ms(clockid_t id)
{
	struct timespec now = {0};

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

const char *clock_rfc3339(char buf[CLOCK_RFC3339_MAX], uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t len;

	buf[0] = '\0';
	if (ms >= YEAR_10000_MS || !gmtime_r(&seconds, &tm))
		return buf;
	len = strftime(buf, CLOCK_RFC3339_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, CLOCK_RFC3339_MAX - len, ".%03uZ", (unsigned)(ms % 1000));
	return buf;
}

const char *clock_local_hms(char buf[CLOCK_LOCAL_MAX], uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	buf[0] = '\0';
	if (ms < YEAR_10000_MS && localtime_r(&seconds, &tm))
		strftime(buf, CLOCK_LOCAL_MAX, "%H:%M:%S", &tm);
	return buf;
}
