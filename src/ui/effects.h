/* Does what the app asks for: signals, destroying, files, clipboard; collects what came of it. */
#ifndef INETTOP_UI_EFFECTS_H
#define INETTOP_UI_EFFECTS_H

#include "base/vec.h"
#include "ui/ui.h"

struct effects_target {
	struct session_target *target;
	enum target_result told;
	bool signalled;
};

struct effects_result {
	struct app_result result; /* its text is that below */
	char *text;
};

struct doer {
	struct session *session;
	struct app *app;
	const struct ui_config *cfg;
	bool readonly;
	VEC(struct effects_target) targets;
	VEC(struct effects_result) results; /* answers that the app has not seen */
	bool quit, redraw, suspend, needs, flush_input;
};

void effects_init(struct doer *d, struct session *session, struct app *app,
		  const struct ui_config *cfg, bool readonly);
void effects_done(struct doer *d);

/* Does all of them in their order and empties the list. Sets the flags of what is left to do. */
void effects_run(struct doer *d, struct effects *effects);

/* Looks after signalled targets and a socket being destroyed. */
void effects_poll(struct doer *d);

/* ms until effects_poll() should be called although no descriptor says so, or -1. */
int effects_timeout(const struct doer *d);

/* A message for the message line. The text is copied; any bytes. */
void effects_say(struct doer *d, int err, const char *text);

/* Takes the oldest answer: true and *ret_result, whose text must be given to free(). */
bool effects_next_result(struct doer *d, struct effects_result *ret_result);

#endif
