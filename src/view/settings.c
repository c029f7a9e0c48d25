#include "view/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/humanise.h"
#include "model/names.h"

void settings_default(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->mouse = true;
	s->interval_ms = 1000;
	s->hold_ms = 5000;
	s->families = PROTO_MASK_INET;
	for (int i = 0; i < PANE_COUNT; i++)
		s->panes[i].sort = COL_COUNT;
}

/* --- values --- */

static const char *const names_modes[NAMES_COUNT] = {"numeric", "services", "dns"};

static int set_bool(bool *ret, const char *value, const char **ret_error)
{
	if (!strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "on")) {
		*ret = true;
		return 0;
	}
	if (!strcmp(value, "no") || !strcmp(value, "false") || !strcmp(value, "off")) {
		*ret = false;
		return 0;
	}
	*ret_error = "yes or no";
	return -EINVAL;
}

static int set_theme(struct settings *s, const char *value, const char **ret_error)
{
	int theme = theme_by_name(value, strlen(value));

	*ret_error = "default, light, mono, high-contrast or colour-blind";
	if (theme < 0)
		return -EINVAL;
	s->theme = (uint8_t)theme;
	return 0;
}

static int set_names(struct settings *s, const char *value, const char **ret_error)
{
	for (int i = 0; i < NAMES_COUNT; i++)
		if (!strcmp(names_modes[i], value)) {
			s->names = (uint8_t)i;
			return 0;
		}
	*ret_error = "numeric, services or dns";
	return -EINVAL;
}

static int set_keys(struct settings *s, const char *value, const char **ret_error)
{
	s->vim = !strcmp(value, "vim");
	*ret_error = "default or vim";
	return s->vim || !strcmp(value, "default") ? 0 : -EINVAL;
}

static int set_ms(int64_t *ret, const char *value, uint64_t low, uint64_t high,
		  const char **ret_error, const char *expected)
{
	uint64_t ms;

	*ret_error = expected;
	if (humanise_parse_duration(value, strlen(value), &ms) || ms < low || ms > high)
		return -EINVAL;
	*ret = (int64_t)ms;
	return 0;
}

static int set_families(struct settings *s, const char *value, const char **ret_error)
{
	uint32_t mask = 0;

	while (*value) {
		size_t len = strcspn(value, ", ");
		uint8_t proto;

		if (len == 4 && !strncmp(value, "inet", 4))
			mask |= PROTO_MASK_INET;
		else if (len == 3 && !strncmp(value, "all", 3))
			mask |= PROTO_MASK_ALL;
		else if (names_proto_find(value, len, &proto) == 0)
			mask |= PROTO_BIT(proto);
		else
			mask |= 0x80000000u;
		value += len + strspn(value + len, ", ");
	}
	*ret_error = "a list of inet unix packet netlink vsock, or all";
	if (!mask || (mask & 0x80000000u))
		return -EINVAL;
	s->families = mask;
	return 0;
}

static int set_bell(struct settings *s, const char *value, const char **ret_error)
{
	*ret_error = "a shorter filter";
	if (strlen(value) >= sizeof(s->bell))
		return -EINVAL;
	snprintf(s->bell, sizeof(s->bell), "%s", value);
	return 0;
}

/* "proto port:8 owner": names, with a width where the user chose one. */
static int set_columns(struct settings_pane *p, enum pane pane, const char *value,
		       const char **ret_error)
{
	struct settings_pane next = *p;

	*ret_error = "columns of this pane, with :WIDTH where wanted";
	next.n_columns = 0;
	while (*value) {
		size_t len = strcspn(value, ", "), name = strcspn(value, ":, ");
		enum column_id col = column_find(pane, value, name);
		unsigned long width = name < len ? strtoul(value + name + 1, NULL, 10) : 0;

		if (col == COL_COUNT || width > 200 || next.n_columns == SETTINGS_COLUMNS_MAX)
			return -EINVAL;
		next.columns[next.n_columns++] =
			(struct settings_column){.col = (uint16_t)col, .width = (uint8_t)width};
		value += len + strspn(value + len, ", ");
	}
	*p = next;
	return 0;
}

static int set_sort(struct settings_pane *p, enum pane pane, const char *value,
		    const char **ret_error)
{
	bool descending = *value == '-';
	enum column_id col = column_find(pane, value + descending, strlen(value + descending));

	*ret_error = "a column of this pane, - before it for the reverse";
	if (col == COL_COUNT)
		return -EINVAL;
	p->sort = (uint16_t)col;
	p->descending = descending;
	return 0;
}

/* --- names --- */

enum setting {
	SET_THEME,
	SET_KEYS,
	SET_NAMES,
	SET_INTERVAL,
	SET_HOLD,
	SET_ASCII,
	SET_MOUSE,
	SET_LONG_COMMAND,
	SET_FAMILIES,
	SET_BELL,
	SET_FIXED_COUNT
};

static const struct {
	const char *name, *help, *choices;
} fixed[SET_FIXED_COUNT] = {
	[SET_THEME] = {"theme", "colours", "default|light|mono|high-contrast|colour-blind"},
	[SET_KEYS] = {"keys", "key profile", "default|vim"},
	[SET_NAMES] = {"names", "ports and hosts by number or name", "numeric|services|dns"},
	[SET_INTERVAL] = {"interval", "time between looks", NULL},
	[SET_HOLD] = {"hold", "how long marks stay", NULL},
	[SET_ASCII] = {"ascii", "only ASCII characters", "no|yes"},
	[SET_MOUSE] = {"mouse", "mouse", "no|yes"},
	[SET_LONG_COMMAND] = {"long-command", "whole command lines", "no|yes"},
	[SET_FAMILIES] = {"families", "protocols shown by default", NULL},
	[SET_BELL] = {"bell", "filter: matching rows ring", NULL},
};

/* "columns.ports", "sort.sockets": the pane, or -1. */
static int pane_setting(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) ? -1 : pane_by_name(name + n, strlen(name + n));
}

static int set_fixed(struct settings *s, enum setting which, const char *value,
		     const char **ret_error)
{
	switch (which) {
	case SET_THEME:
		return set_theme(s, value, ret_error);
	case SET_KEYS:
		return set_keys(s, value, ret_error);
	case SET_NAMES:
		return set_names(s, value, ret_error);
	case SET_INTERVAL:
		return set_ms(&s->interval_ms, value, 100, 3600000, ret_error,
			      "seconds from 0.1 to 3600");
	case SET_HOLD:
		return set_ms(&s->hold_ms, value, 0, 86400000, ret_error, "seconds up to a day");
	case SET_ASCII:
		return set_bool(&s->ascii, value, ret_error);
	case SET_MOUSE:
		return set_bool(&s->mouse, value, ret_error);
	case SET_LONG_COMMAND:
		return set_bool(&s->long_command, value, ret_error);
	case SET_FAMILIES:
		return set_families(s, value, ret_error);
	default:
		return set_bell(s, value, ret_error);
	}
}

int settings_set(struct settings *s, const char *name, const char *value, const char **ret_error)
{
	int pane;

	for (int i = 0; i < SET_FIXED_COUNT; i++)
		if (!strcmp(fixed[i].name, name))
			return set_fixed(s, i, value, ret_error);
	pane = pane_setting(name, "columns.");
	if (pane >= 0)
		return set_columns(&s->panes[pane], pane, value, ret_error);
	pane = pane_setting(name, "sort.");
	if (pane >= 0)
		return set_sort(&s->panes[pane], pane, value, ret_error);
	*ret_error = "no such setting";
	return -EINVAL;
}

/* --- writing --- */

static void write_ms(struct strbuf *out, int64_t ms)
{
	if (ms % 1000)
		strbuf_addf(out, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
	else
		strbuf_addf(out, "%lld", (long long)(ms / 1000));
}

static void write_families(struct strbuf *out, uint32_t mask)
{
	const char *comma = "";

	if (mask == PROTO_MASK_ALL) {
		strbuf_adds(out, "all");
		return;
	}
	if ((mask & PROTO_MASK_INET) == PROTO_MASK_INET) {
		strbuf_adds(out, "inet");
		mask &= ~PROTO_MASK_INET;
		comma = ",";
	}
	for (unsigned p = 0; p < PROTO_COUNT; p++) {
		if (!(mask & PROTO_BIT(p)))
			continue;
		strbuf_addf(out, "%s%s", comma, names_proto(p));
		comma = ",";
	}
}

static void write_columns(struct strbuf *out, const struct settings_pane *p)
{
	for (uint8_t i = 0; i < p->n_columns; i++) {
		strbuf_addf(out, "%s%s", i ? " " : "", columns[p->columns[i].col].id);
		if (p->columns[i].width)
			strbuf_addf(out, ":%u", p->columns[i].width);
	}
}

static void write_fixed(const struct settings *s, enum setting which, struct strbuf *out)
{
	switch (which) {
	case SET_THEME:
		strbuf_adds(out, theme_name(s->theme));
		break;
	case SET_KEYS:
		strbuf_adds(out, s->vim ? "vim" : "default");
		break;
	case SET_NAMES:
		strbuf_adds(out, names_modes[s->names]);
		break;
	case SET_INTERVAL:
		write_ms(out, s->interval_ms);
		break;
	case SET_HOLD:
		write_ms(out, s->hold_ms);
		break;
	case SET_ASCII:
		strbuf_adds(out, s->ascii ? "yes" : "no");
		break;
	case SET_MOUSE:
		strbuf_adds(out, s->mouse ? "yes" : "no");
		break;
	case SET_LONG_COMMAND:
		strbuf_adds(out, s->long_command ? "yes" : "no");
		break;
	case SET_FAMILIES:
		write_families(out, s->families);
		break;
	default:
		strbuf_adds(out, s->bell);
		break;
	}
}

/* Static names of the settings that each pane has. */
static const char *const pane_names[PANE_COUNT * 2] = {
	"columns.ports",      "sort.ports",	 "columns.sockets",    "sort.sockets",
	"columns.processes",  "sort.processes",	 "columns.namespaces", "sort.namespaces",
	"columns.containers", "sort.containers", "columns.events",     "sort.events",
};

const char *settings_get(const struct settings *s, size_t i, struct strbuf *out)
{
	const struct settings_pane *p;

	if (i < SET_FIXED_COUNT) {
		if (out)
			write_fixed(s, (enum setting)i, out);
		return fixed[i].name;
	}
	i -= SET_FIXED_COUNT;
	if (i >= PANE_COUNT * 2)
		return NULL;
	p = &s->panes[i / 2];
	if (out && i % 2 == 0)
		write_columns(out, p);
	else if (out && p->sort < COL_COUNT)
		strbuf_addf(out, "%s%s", p->descending ? "-" : "", columns[p->sort].id);
	return pane_names[i];
}

const char *settings_help(size_t i, const char **ret_choices)
{
	*ret_choices = i < SET_FIXED_COUNT ? fixed[i].choices : NULL;
	if (i < SET_FIXED_COUNT)
		return fixed[i].help;
	return (i - SET_FIXED_COUNT) % 2 ? "sort column" : "columns, in order";
}

void settings_write(const struct settings *s, struct strbuf *out)
{
	struct settings defaults;
	struct strbuf mine, theirs;

	settings_default(&defaults);
	strbuf_init(&mine, 0);
	strbuf_init(&theirs, 0);
	for (size_t i = 0; settings_get(s, i, NULL); i++) {
		strbuf_reset(&mine);
		strbuf_reset(&theirs);
		settings_get(s, i, &mine);
		settings_get(&defaults, i, &theirs);
		if (strcmp(strbuf_str(&mine), strbuf_str(&theirs)) != 0)
			strbuf_addf(out, "%s = %s\n", settings_get(s, i, NULL), strbuf_str(&mine));
	}
	strbuf_done(&mine);
	strbuf_done(&theirs);
}
