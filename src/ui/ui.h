/* The interactive screen: runs an app (view/app.h) on a terminal over a session. */
#ifndef INETTOP_UI_UI_H
#define INETTOP_UI_UI_H

#include "base/strbuf.h"
#include "session.h"
#include "ui/term.h"
#include "view/app.h"

struct ui_config {
	enum term_color color;
	/* Writes the configuration file: 0 or -errno, with its path or the reason in ret_text.
	 * NULL: there is nowhere to save. */
	int (*save)(void *ctx, const char *text, size_t len, struct strbuf *ret_text);
	void *save_ctx;
};

/* What the screen did, for --stats. */
struct ui_stats {
	uint64_t frames, bytes;
	uint64_t view_us, paint_us; /* CPU time of PHASE_VIEW and PHASE_PAINT, all frames */
};

/*
 * Starts the session and shows it until the user leaves. app_cfg is completed with the names of the
 * session and what the terminal can show. Returns
 *	0	the user left
 *	> 0	a signal ended it, SIGHUP when the terminal went away: finish and ui_die() of it;
 *		the process ends by itself within a second
 *	-errno	the terminal cannot be used or the session not started; one line in ret_error
 * The terminal is always given back.
 */
int ui_run(struct session *s, const struct app_config *app_cfg, const struct ui_config *cfg,
	   struct ui_stats *ret_stats, struct strbuf *ret_error);

/* Ends the process by this signal, so that its parent sees why. */
void ui_die(int sig) __attribute__((noreturn));

#endif
