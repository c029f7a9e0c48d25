/* Copying to the clipboard of the terminal's user by OSC 52 (xterm's ctlseqs). */
#ifndef INETTOP_UI_CLIPBOARD_H
#define INETTOP_UI_CLIPBOARD_H

#include <stddef.h>

#include "base/strbuf.h"

/* Most bytes that terminals and multiplexers are known to take in one go. */
#define CLIPBOARD_MAX 74994

/* Appends the sequence that sets the clipboard to these bytes. 0, or -EMSGSIZE. */
int clipboard_sequence(const char *text, size_t len, struct strbuf *out);

/* What the user may have to do for it to work, by the environment; NULL: nothing known. */
const char *clipboard_hint(const char *tmux, const char *sty);

#endif
