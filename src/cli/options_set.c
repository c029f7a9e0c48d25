/* What each option of options.def does. */
#include "cli/options_internal.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "base/humanise.h"
#include "base/text.h"
#include "cli/cluster.h"
#include "model/names.h"

/* What a user typed may hold any byte: the whole line is cleaned. */
int options_fail(struct parse *p, const char *format, ...)
{
	struct strbuf raw;
	va_list args;

	strbuf_init(&raw, 0);
	va_start(args, format);
	strbuf_vaddf(&raw, format, args);
	va_end(args);
	strbuf_reset(p->error);
	text_clean(strbuf_str(&raw), raw.len, TEXT_UTF8, p->error);
	strbuf_done(&raw);
	return -EINVAL;
}

/* ---- values ---- */

static int parse_u32(struct parse *p, const char *arg, uint32_t low, uint32_t high, uint32_t *ret)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (!isdigit((unsigned char)*arg) || *end || errno || n < low || n > high)
		return options_fail(p, "%s: \"%s\" is not a number from %u to %u", p->name, arg,
				    low, high);
	*ret = (uint32_t)n;
	return 0;
}

static int parse_ms(struct parse *p, const char *arg, int64_t low, int64_t high, int64_t *ret)
{
	uint64_t ms;

	if (humanise_parse_duration(arg, strlen(arg), &ms) || ms < (uint64_t)low ||
	    ms > (uint64_t)high)
		return options_fail(p, "%s: \"%s\" is not a time from %g to %g seconds", p->name,
				    arg, (double)low / 1000, (double)high / 1000);
	*ret = (int64_t)ms;
	return 0;
}

/* One of a list of words separated by '|': its index. */
static int parse_word(struct parse *p, const char *arg, const char *words, int *ret)
{
	size_t len = strlen(arg);
	int i = 0;

	for (const char *w = words;; i++) {
		size_t n = strcspn(w, "|");

		if (n == len && !strncasecmp(w, arg, n)) {
			*ret = i;
			return 0;
		}
		if (!w[n])
			return options_fail(p, "%s: \"%s\" is none of %s", p->name, arg, words);
		w += n + 1;
	}
}

static int parse_user(struct parse *p, const char *arg, uint32_t *ret_uid)
{
	const struct passwd *pw;

	if (isdigit((unsigned char)*arg))
		return parse_u32(p, arg, 0, UINT32_MAX - 1, ret_uid);
	pw = getpwnam(arg);
	if (!pw)
		return options_fail(p, "%s: there is no user \"%s\"", p->name, arg);
	*ret_uid = pw->pw_uid;
	return 0;
}

/* ---- setters, in the order of options.def ---- */

static int set_pane(struct parse *p, const char *arg)
{
	int pane = pane_by_name(arg, strlen(arg));

	if (pane < 0)
		return options_fail(p,
				    "%s: \"%s\" is none of ports sockets processes namespaces "
				    "containers events",
				    p->name, arg);
	p->plan->pane = (enum pane)pane;
	p->plan->pane_given = true;
	return 0;
}

static int family_mask(const char *word, size_t len, uint32_t *ret_mask)
{
	uint8_t proto;

	if (len == 4 && !strncasecmp(word, "inet", 4))
		*ret_mask = PROTO_MASK_INET;
	else if (len == 3 && !strncasecmp(word, "all", 3))
		*ret_mask = PROTO_MASK_ALL;
	else if (!names_proto_find(word, len, &proto) && proto >= PROTO_UNIX)
		*ret_mask = PROTO_BIT(proto);
	else
		return -EINVAL;
	return 0;
}

static int set_families(struct parse *p, const char *arg)
{
	const char *word = arg;
	uint32_t mask;

	p->plan->families = 0;
	for (;;) {
		size_t len = strcspn(word, ",");

		if (family_mask(word, len, &mask))
			return options_fail(
				p, "%s: \"%.*s\" is none of inet unix packet netlink vsock all",
				p->name, (int)len, word);
		p->plan->families |= mask;
		if (!word[len])
			return 0;
		word += len + 1;
	}
}

static int set_user(struct parse *p, const char *arg)
{
	uint32_t uid;

	p->plan->user = p->plan->why_user = arg;
	if (parse_user(p, arg, &uid))
		return -EINVAL;
	p->plan->why.uid = uid;
	return 0;
}

static int set_pid(struct parse *p, const char *arg)
{
	return parse_u32(p, arg, 1, INT32_MAX, &p->plan->pid);
}

static int set_netns(struct parse *p, const char *arg)
{
	if (!*arg)
		return options_fail(p, "%s: a name, inode number or process id is needed", p->name);
	p->plan->session.netns = strcmp(arg, "all") ? arg : NULL;
	return 0;
}

static int set_columns(struct parse *p, const char *arg)
{
	p->plan->columns = arg;
	return 0;
}

static int set_sort(struct parse *p, const char *arg)
{
	p->plan->sort = arg;
	return 0;
}

static int set_width(struct parse *p, const char *arg)
{
	return parse_u32(p, arg, 1, 65535, &p->plan->width);
}

static int set_iterations(struct parse *p, const char *arg)
{
	return parse_u32(p, arg, 1, UINT32_MAX, &p->plan->iterations);
}

static int set_delay(struct parse *p, const char *arg)
{
	return parse_ms(p, arg, 100, 3600000, &p->plan->interval_ms);
}

static int set_output(struct parse *p, enum plan_output output)
{
	static const char *const names[] = {
		[OUTPUT_JSON] = "--json",   [OUTPUT_JSONL] = "--jsonl", [OUTPUT_CSV] = "--csv",
		[OUTPUT_TERSE] = "--terse", [OUTPUT_QUIET] = "--quiet",
	};

	if (p->plan->output && p->plan->output != output)
		return options_fail(p, "%s and %s exclude each other", names[p->plan->output],
				    names[output]);
	p->plan->output = output;
	return 0;
}

static int set_json(struct parse *p, const char *arg)
{
	(void)arg;
	return set_output(p, OUTPUT_JSON);
}

static int set_jsonl(struct parse *p, const char *arg)
{
	(void)arg;
	return set_output(p, OUTPUT_JSONL);
}

static int set_csv(struct parse *p, const char *arg)
{
	(void)arg;
	return set_output(p, OUTPUT_CSV);
}

static int set_terse(struct parse *p, const char *arg)
{
	(void)arg;
	return set_output(p, OUTPUT_TERSE);
}

static int set_quiet(struct parse *p, const char *arg)
{
	(void)arg;
	return set_output(p, OUTPUT_QUIET);
}

int options_set_mode(struct parse *p, enum plan_mode mode)
{
	if (p->plan->mode != PLAN_SCREEN && p->plan->mode != mode)
		return options_fail(
			p, "%s cannot be combined with another option that says what to do",
			p->name);
	p->plan->mode = mode;
	return 0;
}

static int set_wait(struct parse *p, const char *arg)
{
	int which;

	if (parse_word(p, arg, "up|down|handover", &which))
		return -EINVAL;
	p->plan->wait = (enum plan_wait)which;
	return options_set_mode(p, PLAN_WAIT);
}

static int set_timeout(struct parse *p, const char *arg)
{
	return parse_ms(p, arg, 0, INT64_C(1000) * INT32_MAX, &p->plan->timeout_ms);
}

static int set_file(struct parse *p, const char *arg, const char **ret)
{
	if (!*arg)
		return options_fail(p, "%s: a file name is needed", p->name);
	*ret = arg;
	return 0;
}

static int set_save_baseline(struct parse *p, const char *arg)
{
	return set_file(p, arg, &p->plan->file) ? -EINVAL : options_set_mode(p, PLAN_SAVE_BASELINE);
}

static int set_diff(struct parse *p, const char *arg)
{
	return set_file(p, arg, &p->plan->file) ? -EINVAL : options_set_mode(p, PLAN_DIFF);
}

static int set_record(struct parse *p, const char *arg)
{
	return set_file(p, arg, &p->plan->record);
}

static int set_replay(struct parse *p, const char *arg)
{
	return set_file(p, arg, &p->plan->replay);
}

static int set_speed(struct parse *p, const char *arg)
{
	char *end;

	p->plan->speed = strtod(arg, &end);
	if (!isdigit((unsigned char)*arg) || *end || p->plan->speed < 0.01 || p->plan->speed > 1000)
		return options_fail(p, "%s: \"%s\" is not a factor from 0.01 to 1000", p->name,
				    arg);
	return 0;
}

static int set_kill(struct parse *p, const char *arg)
{
	p->plan->sig = arg ? options_signal(arg) : SIGTERM;
	if (p->plan->sig < 0)
		return options_fail(p, "%s: \"%s\" is no signal", p->name, arg);
	return options_set_mode(p, PLAN_KILL);
}

static int set_probe(struct parse *p, const char *arg)
{
	if (arg && strcmp(arg, "force"))
		return options_fail(p, "%s: \"%s\" is not \"force\"", p->name, arg);
	p->plan->why.probe = true;
	p->plan->why.probe_force = arg;
	p->plan->session.probe = true;
	return 0;
}

static int set_source(struct parse *p, const char *arg)
{
	int which;

	if (parse_word(p, arg, "auto|netlink|proc", &which))
		return -EINVAL;
	p->plan->session.source = (enum source_mode)which;
	return 0;
}

static int set_owners(struct parse *p, const char *arg)
{
	int which;

	if (parse_word(p, arg, "auto|bpf|proc", &which))
		return -EINVAL;
	p->plan->session.owners = (enum owners_mode)which;
	return 0;
}

static int set_config(struct parse *p, const char *arg)
{
	return set_file(p, arg, &p->plan->config);
}

static int set_color(struct parse *p, const char *arg)
{
	int which;

	if (parse_word(p, arg, "auto|always|never", &which))
		return -EINVAL;
	p->plan->color = (enum plan_color)which;
	return 0;
}

static int set_keys(struct parse *p, const char *arg)
{
	int which;

	p->plan->keys = arg;
	return parse_word(p, arg, "default|vim", &which);
}

static int set_hold(struct parse *p, const char *arg)
{
	return parse_ms(p, arg, 0, 86400000, &p->plan->hold_ms);
}

static int set_theme(struct parse *p, const char *arg)
{
	p->plan->theme = arg;
	return 0;
}

static int set_bell(struct parse *p, const char *arg)
{
	if (strlen(arg) >= SETTINGS_TEXT_MAX)
		return options_fail(p, "%s: the filter is longer than %d bytes", p->name,
				    SETTINGS_TEXT_MAX - 1);
	p->plan->bell = arg;
	return 0;
}

static int set_complete(struct parse *p, const char *arg)
{
	p->plan->complete = arg;
	return options_set_mode(p, PLAN_COMPLETE);
}

static int set_cluster(struct parse *p, const char *arg)
{
	cluster_add(p->plan, arg);
	return 0;
}

/* ---- the table ---- */

const struct option_row option_rows[] = {
#define FLAG(letter, name, group, scope, field, note)                                              \
	{letter, NONE, group, scope, name, NULL, note, NULL, offsetof(struct plan, field)},
#define OPTION(letter, name, arg, arg_name, group, scope, set, note)                               \
	{letter, arg, group, scope, name, arg_name, note, set, 0},
#include "cli/options.def"
#undef FLAG
#undef OPTION
};

const size_t option_rows_n = sizeof(option_rows) / sizeof(*option_rows);

_Static_assert(sizeof(option_rows) / sizeof(*option_rows) <= OPTION_ROWS_MAX, "raise the maximum");

int options_signal(const char *text)
{
	char *end;
	long n;

	if (isdigit((unsigned char)*text)) {
		n = strtol(text, &end, 10);
		return *end || n < 1 || n > SIGRTMAX ? -1 : (int)n;
	}
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (int i = 1; i < SIGRTMAX; i++) {
		const char *name = sigabbrev_np(i);

		if (name && !strcasecmp(name, text))
			return i;
	}
	return -1;
}
