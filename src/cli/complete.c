#include "cli/complete.h"

#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>

#include "base/text.h"
#include "cli/options.h"
#include "model/names.h"

static void add_panes(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	for (int i = 0; i < PANE_COUNT; i++)
		strbuf_addf(out, "%s\n", pane_name((enum pane)i));
}

static void add_columns(const struct plan *plan, struct strbuf *out)
{
	for (int i = 0; i < COL_COUNT; i++)
		if (column_in((enum column_id)i, plan->pane))
			strbuf_addf(out, "%s\t%s\n", columns[i].id, columns[i].help);
}

static void add_fields(const struct plan *plan, struct strbuf *out)
{
	for (int i = 0; i < COL_COUNT; i++) {
		const char *alias = columns[i].aliases;

		if (!column_in((enum column_id)i, plan->pane))
			continue;
		strbuf_addf(out, "%s:\t%s\n", columns[i].id, columns[i].help);
		while (*alias) {
			size_t len = strcspn(alias, " ");

			strbuf_addf(out, "%.*s:\t%s\n", (int)len, alias, columns[i].help);
			alias += len + strspn(alias + len, " ");
		}
	}
}

static void add_families(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	strbuf_adds(out, "inet\nall\n");
	for (unsigned int p = PROTO_UNIX; p < PROTO_COUNT; p++)
		strbuf_addf(out, "%s\n", names_proto(p));
}

static void add_themes(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	for (int i = 0; i < THEME_COUNT; i++)
		strbuf_addf(out, "%s\n", theme_name((enum theme_id)i));
}

static void add_signals(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	for (int i = 1; i < SIGRTMAX; i++)
		if (sigabbrev_np(i))
			strbuf_addf(out, "%s\n", sigabbrev_np(i));
}

static void add_users(const struct plan *plan, struct strbuf *out)
{
	const struct passwd *pw;

	(void)plan;
	setpwent();
	while ((pw = getpwent())) {
		text_clean(pw->pw_name, strlen(pw->pw_name), TEXT_EXPORT, out);
		strbuf_addc(out, '\n');
	}
	endpwent();
}

static void add_options(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	options_list(out);
}

static void add_kinds(const struct plan *plan, struct strbuf *out);

static const struct {
	const char *name;
	void (*add)(const struct plan *plan, struct strbuf *out); /* NULL: of the running system */
} kinds[] = {
	{"kinds", add_kinds},	  {"options", add_options}, {"panes", add_panes},
	{"columns", add_columns}, {"fields", add_fields},   {"families", add_families},
	{"themes", add_themes},	  {"signals", add_signals}, {"users", add_users},
	{"namespaces", NULL},	  {"containers", NULL},
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static void add_kinds(const struct plan *plan, struct strbuf *out)
{
	(void)plan;
	for (size_t i = 0; i < N_KINDS; i++)
		strbuf_addf(out, "%s\n", kinds[i].name);
}

bool complete_is_known(const char *kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, kind))
			return true;
	return false;
}

bool complete_needs_session(const char *kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, kind))
			return !kinds[i].add;
	return false;
}

void complete_static(const struct plan *plan, struct strbuf *out)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, plan->complete) && kinds[i].add)
			kinds[i].add(plan, out);
}

static void add_name(struct strbuf *out, struct bytes name)
{
	if (!name.ptr || !name.len)
		return;
	text_clean(name.ptr, name.len, TEXT_EXPORT, out);
	strbuf_addc(out, '\n');
}

int complete_live(const struct plan *plan, struct session *session, struct strbuf *out)
{
	bool containers = !strcmp(plan->complete, "containers");
	struct needs needs = {
		.bits = NEED_NETNS_ALL |
			(containers ? NEED_CONTAINERS | NEED_OWNERS | NEED_PROCS : 0),
		.protos = PROTO_BIT(PROTO_TCP),
	};
	const struct snapshot *snap = NULL;
	struct strbuf error;
	int err;

	strbuf_init(&error, 0);
	err = session_once(session, &needs, &snap, &error);
	strbuf_done(&error);
	if (err)
		return err;
	for (uint32_t i = 0; containers && i < snap->n_containers; i++)
		if (snap->containers[i] && !snap->containers[i]->head.gone)
			add_name(out, snap->containers[i]->r.name);
	for (uint32_t i = 0; !containers && i < snap->n_netns; i++)
		if (snap->netns[i] && !snap->netns[i]->head.gone)
			add_name(out, snap->netns[i]->r.name);
	session_release(snap);
	return 0;
}

void complete_columns_help(enum pane pane, struct strbuf *out)
{
	strbuf_addf(out, "Columns of the pane %s; * = shown by default\n", pane_name(pane));
	for (int i = 0; i < COL_COUNT; i++) {
		const struct pane_column *own;
		char mark = ' ';
		size_t n;

		if (!column_in((enum column_id)i, pane))
			continue;
		own = pane_columns(pane, &n);
		for (size_t j = 0; j < n; j++)
			if ((int)own[j].col == i)
				mark = '*';
		strbuf_addf(out, "%c %-22s %s", mark, columns[i].id, columns[i].help);
		if (*columns[i].aliases)
			strbuf_addf(out, " (%s)", columns[i].aliases);
		strbuf_addc(out, '\n');
	}
}
