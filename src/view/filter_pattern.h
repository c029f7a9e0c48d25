/*
 * Something looked for in text: a substring or a PCRE2 pattern. Backtracking is bounded: a match
 * first has a small limit; what exceeds it is done again while its steps are counted, on an account
 * that all patterns of a filter share until filter_pattern_run_reset(). When that is used up
 * nothing matches any more.
 */
#ifndef INETTOP_VIEW_FILTER_PATTERN_H
#define INETTOP_VIEW_FILTER_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/record.h"

#define PATTERN_TEXT_MAX 1024 /* bytes of a regular expression */

struct pattern;

/* What the patterns of a filter share. */
struct pattern_run {
	int64_t steps_left;
	bool exhausted;
};

/* A substring; without a capital letter in it case does not matter. */
struct pattern *filter_pattern_substring(const char *text, size_t len);

/* A regular expression, or NULL with what is wrong (size bytes) and where. */
struct pattern *filter_pattern_regex(const char *text, size_t len, char *ret_message, size_t size,
			      size_t *ret_offset);

void filter_pattern_free(struct pattern *pattern);

/* An intrusive list, for who owns patterns. */
struct pattern *filter_pattern_push(struct pattern *list, struct pattern *pattern);
struct pattern *filter_pattern_next(const struct pattern *pattern);

bool filter_pattern_is_regex(const struct pattern *pattern);

/* Whether only text with letters beyond those of addresses can match. */
bool filter_pattern_beyond_addresses(const struct pattern *pattern);

bool filter_pattern_match(struct pattern *pattern, struct pattern_run *run, struct bytes text);

/* Remembered verdicts by some key, until filter_pattern_forget(). */
bool filter_pattern_recall(const struct pattern *pattern, const void *key, uint8_t *ret_verdict);
void filter_pattern_remember(struct pattern *pattern, const void *key, uint8_t verdict);
void filter_pattern_forget(struct pattern *pattern);

/* A new account. */
void filter_pattern_run_reset(struct pattern_run *run);

#endif
