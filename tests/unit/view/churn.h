/* A screen over a host whose sockets come and go: a store fed by the test. */
#ifndef TESTS_UNIT_VIEW_CHURN_H
#define TESTS_UNIT_VIEW_CHURN_H

#include "lib/unit.h"
#include "model/store.h"
#include "view/app.h"

#define CHURN_SOCKS 120u

/* Socket i listens on port 1000 + i. */
struct churn {
	struct store *store;
	const struct snapshot *snap;
	struct app *app;
	struct effects effects;
	struct grid grid;
	int64_t now;
	bool open[CHURN_SOCKS];
	uint32_t recvq[CHURN_SOCKS];
	uint32_t pid[CHURN_SOCKS]; /* who holds it, 0 = 100 + its number */
	uint32_t seed;
};

/* Every second socket is open. settings may be NULL. */
void churn_open(struct churn *c, uint32_t seed, const struct settings *settings);
void churn_close(struct churn *c);

/* One second later. */
void churn_tick(struct churn *c);
void churn_event(struct churn *c, struct app_event e);
void churn_press(struct churn *c, const char *keys);
uint32_t churn_next(struct churn *c); /* a random number */

/* The screen line of the selection, -1 none. */
int churn_selected_y(struct churn *c);
/* A line of the screen as drawn last. */
void churn_line(struct churn *c, int y, char *out, size_t size);
bool churn_line_has_port(struct churn *c, int y, uint32_t port);

#endif
