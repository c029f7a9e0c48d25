/* What the parts of the signal dialog share: its targets and stages. */
#ifndef INETTOP_VIEW_DIALOG_SIGNAL_H
#define INETTOP_VIEW_DIALOG_SIGNAL_H

#include "view/dialog.h"

enum refusal { REFUSED_NOT, REFUSED_PROTECTED, REFUSED_GONE };

/* One process that may get the signal. */
struct holder {
	uint32_t pid, uid;
	uint64_t start_ticks, proc_id;
	bool chosen, primary, proxy;
	bool manager; /* PID 1 or a systemd of a user */
	uint8_t refusal; /* enum refusal */
	bool answered;	 /* state is valid: the target is pinned or not usable */
	bool sent, killed;
	enum app_target_state state;
	int64_t after_ms;
	char *name;	    /* clean: "812 nginx www-data" */
	char *listens;	    /* clean: "listens on tcp:80 tcp:443", "" = on nothing */
	char *consequences; /* clean, "" = none known */
};

enum signal_stage {
	SIGNAL_CHOOSE,	/* the signal and the targets */
	SIGNAL_CONFIRM, /* several targets, or another user's: once more */
	SIGNAL_YES,	/* docker-proxy: type yes */
	SIGNAL_SENT	/* what became of them */
};

struct signal_dialog {
	struct dialog base; /* its list: the targets */
	enum signal_stage stage;
	VEC(struct holder) holders;
	VEC(uint64_t) rows; /* ids of the rows it was opened for */
	enum pane pane;
	bool incomplete; /* some holders are not known yet */
	bool on_targets; /* Up and Down move in the targets, else in the signals */
	uint32_t signal_cursor, signal_top;
	int sig;
	struct prompt typed; /* a number or name; in SIGNAL_YES the yes */
	uint8_t kill_wait; /* index of signal_kill_waits, 0 = no SIGKILL follows */
	int64_t shown_ms; /* when this stage came up */
	int64_t sent_ms;
};

/* Fills the holders from the rows; those known already keep their choice. */
void signal_gather(struct app *app, struct signal_dialog *s);
void signal_holders_done(struct signal_dialog *s);
void signal_draw(struct app *app, struct dialog *d, struct grid *g);
uint32_t signal_chosen(const struct signal_dialog *s);
/* Seconds until SIGKILL goes to who still lives; 0 = never. */
int signal_kill_after(const struct signal_dialog *s);

#endif
