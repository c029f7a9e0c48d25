/*
 * The terminal: its modes, its description, the way out of every end of the program.
 *
 * There is one terminal, so its state is the module's own. ncurses decides what bytes to send, but
 * writes them into a memory file; term_flush() sends them without ever blocking, so that a terminal
 * that stopped reading delays neither a signal nor a key. Line settings are ours too: ncurses sees
 * no tty behind its output.
 */
#ifndef INETTOP_UI_TERM_H
#define INETTOP_UI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "view/theme.h"

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/*
 * Takes the terminal on standard input and output. Signals that end or resize the program must be
 * blocked already. 0, or -errno with one line in ret_error: -ENOTTY no terminal, -ENODEV a
 * terminal type that cannot be drawn on.
 */
int term_open(enum term_color color, bool mouse, struct strbuf *ret_error);

/* Leaves the screen as it was found. Harmless when not open; waits at most a moment. */
void term_close(void);

/* After the terminal went away: nothing is written any more. */
void term_abandon(void);

/* From now on the process ends by this signal within a second, whatever it is stuck in. */
void term_end_soon(int sig);

/* What to tell the user about the terminal type in use; NULL when it is that of $TERM. */
const char *term_note(void);

int term_fd(void);
enum theme_depth term_depth(void);
bool term_is_utf8(void);

/* Asks the terminal for its size and tells ncurses. False while it says 0x0. */
bool term_resize(void);
void term_size(int *ret_rows, int *ret_cols);

/* Gives the screen back and stops the process group; returns when continued, screen taken again. */
void term_suspend(void);
/* Takes the screen again after the process was stopped by somebody else. */
void term_resume(void);

void term_set_mouse(bool on);

/* Throws away what was typed ahead. */
void term_flush_input(void);

/* Queues bytes for the terminal behind what ncurses wrote so far. */
void term_put(const char *bytes, size_t len);

/* Queues what ncurses wrote since the last call as one frame. */
void term_frame(void);

/* Sends what is queued: 0 all gone, 1 the terminal takes no more now, -errno it is lost. */
int term_flush(void);

/* Bytes sent since term_open(). */
size_t term_bytes(void);

#endif
