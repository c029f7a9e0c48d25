/* Durations, sizes and counts as short text for narrow cells, and back for the filter language.
 * Neither direction depends on the locale. */
#ifndef INETTOP_BASE_HUMANISE_H
#define INETTOP_BASE_HUMANISE_H

#include <stddef.h>
#include <stdint.h>

#define HUMANISE_MAX 24

/* "0s" "41s" "3m12" "5h02" "3d4h" "12d"; parts below a second are left off. Returns buf. */
const char *humanise_duration(char buf[HUMANISE_MAX], uint64_t ms);

/* Bytes in units of 1024, at most 4 columns: "0" "999" "1.2K" "15M". Returns buf. */
const char *humanise_bytes(char buf[HUMANISE_MAX], uint64_t bytes);

/* The same for bytes per second; a rate that is not 0 but rounds to it is "<1", a negative one or
 * NaN is 0. */
const char *humanise_rate(char buf[HUMANISE_MAX], double bytes_per_s);

/* Counts in units of 1000, at most 4 columns: "9999" "12k" "1.2M". Returns buf. */
const char *humanise_count(char buf[HUMANISE_MAX], uint64_t count);

/* Milliseconds from "10s" "2m" "1h30m" "1.5h" "250ms", from what humanise_duration() writes, or
 * from a bare number of seconds. -EINVAL, or -ERANGE beyond 2^53 ms. */
int humanise_parse_duration(const char *text, size_t len, uint64_t *ret_ms);

/* Bytes from "1500" "1.5M" "64KiB" "10kB" "2M/s": units are powers of 1024. -EINVAL, -ERANGE. */
int humanise_parse_bytes(const char *text, size_t len, uint64_t *ret_bytes);

/* A count from "1500" "1.5M" "2k": units are powers of 1000. -EINVAL, -ERANGE. */
int humanise_parse_count(const char *text, size_t len, uint64_t *ret_count);

/* 80 from "80%"; -EINVAL without the percent sign. */
int humanise_parse_percent(const char *text, size_t len, double *ret_percent);

#endif
