/* Clocks, for session, ui and cli only: everything below takes the time as a parameter. */
#ifndef INETTOP_BASE_CLOCK_H
#define INETTOP_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_RFC3339_MAX 32
#define CLOCK_LOCAL_MAX 16

/* Milliseconds since boot without suspend (CLOCK_MONOTONIC), since 1970 UTC (CLOCK_REALTIME). */
uint64_t mono_ms(void);
uint64_t wall_ms(void);

/* "2024-02-29T23:59:59.123Z" from milliseconds since 1970; "" past the year 9999. Returns buf. */
const char *clock_rfc3339(char buf[CLOCK_RFC3339_MAX], uint64_t ms);

/* "23:59:59" in the local time zone. The first use reads the zone file: call tzset() at start,
 * before any setns(). Returns buf. */
const char *clock_local_hms(char buf[CLOCK_LOCAL_MAX], uint64_t ms);

#endif
