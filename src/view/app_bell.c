/* The bell: rings when a row that matches its filter appears, goes or changes owner. */
#include <string.h>

#include "view/app_internal.h"

#define STATE_GONE 2u

void bell_set(struct app *app)
{
	struct app_filter_error error, first = {0};

	filter_free(app->bell);
	app->bell = NULL;
	hash_clear(&app->bell_seen);
	app->bell_primed = false;
	if (!app->settings.bell[0])
		return;
	/* the first pane that has the fields: Ports before the others */
	for (int pane = 0; pane < PANE_EVENTS; pane++) {
		app->bell_pane = (enum pane)pane;
		if (!app_filter_parse(app->bell_pane, app->settings.bell, app->filter_names,
				      &app->bell, &error))
			return;
		if (!pane)
			first = error;
	}
	app->bell = NULL;
	app_say(app, ROLE_ERROR, "bell: %s", first.message);
}

/* Who holds a row and whether it is there; 0 = not known yet. */
static uint64_t state_of(const struct row *row)
{
	const struct owner *owner = NULL;
	uint8_t status = OWNER_KNOWN;
	uint64_t gone = row_head(row)->gone ? STATE_GONE : 0;

	if (row->pane == PANE_PORTS) {
		const struct port *p = row->obj;

		status = p->owner_status;
		owner = p->n_owners ? p->owners : NULL;
	} else if (row->pane == PANE_SOCKETS) {
		const struct sock *s = row->obj;

		status = s->owner_status;
		owner = s->n_owners ? s->owners : NULL;
	}
	if (status == OWNER_PENDING && !gone)
		return 0;
	return (owner ? (uint64_t)owner->pid : 0) * 4 + gone + 1;
}

/* Looks at one row. True when it is news; going is no change of owner. */
static bool look(struct app *app, const struct row *row, struct hash *now)
{
	uint64_t id = row_id(row), state = state_of(row), known = 0;
	bool seen = hash_get(&app->bell_seen, id, &known);

	if (!state && !seen)
		return false;
	if (!state)
		state = known;
	hash_put(now, id, state);
	if (!seen)
		return !((state - 1) & STATE_GONE);
	return state != known;
}

/* Whether a row that was there is missing, without having been shown as gone. */
static bool lost_one(const struct app *app, const struct hash *now)
{
	uint64_t id, state;
	size_t pos = 0;

	while (hash_next(&app->bell_seen, &pos, &id, &state))
		if (!((state - 1) & STATE_GONE) && !hash_get(now, id, NULL))
			return true;
	return false;
}

bool bell_rings(struct app *app)
{
	uint32_t n = row_slots(app->snap, app->bell_pane);
	struct hash now;
	bool rings = false;
	struct row row;

	hash_init(&now, app->bell_seen.seed);
	for (uint32_t i = 0; i < n; i++)
		if (row_at(app->snap, app->bell_pane, i, &row) &&
		    filter_match(app->bell, &row, &app->lookup))
			rings = look(app, &row, &now) || rings;
	rings = (rings || lost_one(app, &now)) && app->bell_primed;
	hash_done(&app->bell_seen);
	app->bell_seen = now;
	app->bell_primed = true;
	return rings;
}
