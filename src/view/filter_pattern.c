#include "view/filter_pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/xalloc.h"

/* Steps at one place of the text before they are counted; the longer the text the fewer. */
#define FAST_LIMIT 100
#define FAST_LIMIT_MIN 16
#define FAST_LIMIT_BYTES 65536
/* One match that is counted, and all of them. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KIB 4096
#define STEPS_MAX 2000000
#define CODE_SIZE_MAX 65536
#define NEST_MAX 50
#define MEMO_SIZE 1024

struct memo {
	const void *key;
	uint8_t verdict;
};

struct pattern {
	struct pattern *next;
	char *needle; /* substring, in lower case if fold */
	size_t needle_len;
	bool fold, beyond_addresses;
	pcre2_code *code;    /* regular expression */
	pcre2_code *counted; /* the same with a callout at every step, made when needed */
	pcre2_match_data *data;
	pcre2_match_context *context;
	char *source;
	size_t source_len;
	int64_t match_steps;
	struct memo *memo;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

struct pattern *filter_pattern_substring(const char *text, size_t len)
{
	struct pattern *pt = xcalloc(1, sizeof(*pt));

	pt->needle = xmalloc(len);
	pt->needle_len = len;
	pt->fold = true;
	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			pt->fold = false;
	for (size_t i = 0; i < len; i++) {
		pt->needle[i] = text[i];
		if (!memchr("0123456789abcdef.:*", lower(text[i]), 19))
			pt->beyond_addresses = true;
	}
	return pt;
}

static pcre2_code *compile(const char *text, size_t len, uint32_t more, int *ret_error,
			   size_t *ret_offset)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code;

	if (!context)
		xalloc_oom();
	pcre2_set_max_pattern_length(context, PATTERN_TEXT_MAX);
	pcre2_set_parens_nest_limit(context, NEST_MAX);
	code = pcre2_compile((PCRE2_SPTR)text, len,
			     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | more,
			     ret_error, ret_offset, context);
	pcre2_compile_context_free(context);
	return code;
}

static bool too_large(const pcre2_code *code)
{
	size_t size = 0;

	return pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size) || size > CODE_SIZE_MAX;
}

struct pattern *filter_pattern_regex(const char *text, size_t len, char *ret_message, size_t size,
				     size_t *ret_offset)
{
	struct pattern *pt;
	pcre2_code *code;
	int error = PCRE2_ERROR_NOMEMORY;

	code = compile(text, len, 0, &error, ret_offset);
	if (code && too_large(code)) {
		pcre2_code_free(code);
		code = NULL;
		error = 120; /* "regular expression is too large" */
	}
	if (!code) {
		if (pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_message, size) < 0 && size)
			ret_message[0] = '\0';
		return NULL;
	}
	pt = xcalloc(1, sizeof(*pt));
	pt->code = code;
	pt->source = xmemdup(text, len);
	pt->source_len = len;
	pt->data = pcre2_match_data_create(1, NULL);
	pt->context = pcre2_match_context_create(NULL);
	if (!pt->data || !pt->context)
		xalloc_oom();
	pcre2_set_depth_limit(pt->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(pt->context, HEAP_LIMIT_KIB);
	return pt;
}

void filter_pattern_free(struct pattern *pt)
{
	if (!pt)
		return;
	pcre2_code_free(pt->code);
	pcre2_code_free(pt->counted);
	pcre2_match_data_free(pt->data);
	pcre2_match_context_free(pt->context);
	free(pt->needle);
	free(pt->source);
	free(pt->memo);
	free(pt);
}

struct pattern *filter_pattern_push(struct pattern *list, struct pattern *pt)
{
	pt->next = list;
	return pt;
}

struct pattern *filter_pattern_next(const struct pattern *pt)
{
	return pt->next;
}

bool filter_pattern_is_regex(const struct pattern *pt)
{
	return pt->code != NULL;
}

bool filter_pattern_beyond_addresses(const struct pattern *pt)
{
	return pt->beyond_addresses;
}

static bool find_folded(const struct pattern *pt, struct bytes text)
{
	const char *needle = pt->needle;

	if (text.len < pt->needle_len)
		return false;
	for (size_t i = 0; i <= text.len - pt->needle_len; i++) {
		size_t n = 0;

		while (n < pt->needle_len && lower(text.ptr[i + n]) == needle[n])
			n++;
		if (n == pt->needle_len)
			return true;
	}
	return false;
}

static int count_step(pcre2_callout_block *block, void *ctx)
{
	int64_t *steps = ctx;

	(void)block;
	return ++*steps > MATCH_LIMIT ? PCRE2_ERROR_CALLOUT : 0;
}

/* Once more, counted. */
static bool match_counted(struct pattern *pt, struct pattern_run *run, struct bytes text)
{
	int error, r;
	size_t offset;

	if (run->steps_left <= 0) {
		run->exhausted = true;
		return false;
	}
	if (!pt->counted)
		pt->counted =
			compile(pt->source, pt->source_len, PCRE2_AUTO_CALLOUT, &error, &offset);
	if (!pt->counted)
		return false;
	pt->match_steps = 0;
	pcre2_set_match_limit(pt->context, MATCH_LIMIT);
	pcre2_set_callout(pt->context, count_step, &pt->match_steps);
	r = pcre2_match(pt->counted, (PCRE2_SPTR)text.ptr, text.len, 0, 0, pt->data, pt->context);
	pcre2_set_callout(pt->context, NULL, NULL);
	run->steps_left -= pt->match_steps;
	if (r < 0 && r != PCRE2_ERROR_NOMATCH)
		run->exhausted = true;
	return r >= 0;
}

static uint32_t fast_limit(size_t len)
{
	size_t limit = FAST_LIMIT_BYTES / (len + 1);

	return limit > FAST_LIMIT	? FAST_LIMIT
	       : limit < FAST_LIMIT_MIN ? FAST_LIMIT_MIN
					: (uint32_t)limit;
}

static bool match_regex(struct pattern *pt, struct pattern_run *run, struct bytes text)
{
	int r;

	pcre2_set_match_limit(pt->context, fast_limit(text.len));
	r = pcre2_match(pt->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, pt->data, pt->context);
	if (r >= 0 || r == PCRE2_ERROR_NOMATCH)
		return r >= 0;
	return match_counted(pt, run, text);
}

bool filter_pattern_match(struct pattern *pt, struct pattern_run *run, struct bytes text)
{
	if (!text.ptr)
		return false;
	if (pt->code)
		return match_regex(pt, run, text);
	if (!pt->needle_len)
		return true;
	if (pt->fold)
		return find_folded(pt, text);
	return memmem(text.ptr, text.len, pt->needle, pt->needle_len) != NULL;
}

static size_t memo_index(const void *key)
{
	return (size_t)(((uintptr_t)key >> 4) * 0x9e3779b97f4a7c15u >> 54) % MEMO_SIZE;
}

bool filter_pattern_recall(const struct pattern *pt, const void *key, uint8_t *ret_verdict)
{
	const struct memo *memo;

	if (!pt->memo)
		return false;
	memo = &pt->memo[memo_index(key)];
	*ret_verdict = memo->verdict;
	return memo->key == key;
}

void filter_pattern_remember(struct pattern *pt, const void *key, uint8_t verdict)
{
	if (!pt->memo)
		pt->memo = xcalloc(MEMO_SIZE, sizeof(*pt->memo));
	pt->memo[memo_index(key)] = (struct memo){.key = key, .verdict = verdict};
}

void filter_pattern_forget(struct pattern *pt)
{
	if (pt->memo)
		memset(pt->memo, 0, MEMO_SIZE * sizeof(*pt->memo));
}

void filter_pattern_run_reset(struct pattern_run *run)
{
	*run = (struct pattern_run){.steps_left = STEPS_MAX};
}
