/* Shared by the files of the terminal harness; tests include vt.h. */
#ifndef TESTS_LIB_VT_INTERNAL_H
#define TESTS_LIB_VT_INTERNAL_H

#include <termios.h>
#include <vterm.h>

#include "lib/vt.h"

struct vt_buffer {
	char *data; /* always ended by a 0 that len does not count */
	size_t len, size;
};

/* State of the pass over the byte stream that lets libvterm show dim text, see vt_sgr.c. */
struct vt_sgr {
	char held[128];
	size_t len;
};

struct vt {
	pid_t pid;
	int pidfd;
	int master; /* -1 after a hangup or the program's end */
	int status; /* of waitpid, once exited */
	bool exited;
	int rows, cols;
	long started, seen; /* ms */
	struct termios termios;
	VTerm *term;
	VTermScreen *screen;
	struct vt_sgr sgr;
	bool cursor_visible, alt_screen;
	struct vt_buffer raw, out, row, all, title;
};

void vt_buffer_add(struct vt_buffer *b, const void *data, size_t len);
void vt_buffer_clear(struct vt_buffer *b);
/* Gives the bytes to the terminal, dim made visible to it. */
void vt_sgr_feed(struct vt *vt, const char *bytes, size_t len);
/* Sends what the terminal has to say (keys, answers to queries). */
void vt_flush_term(struct vt *vt);

#endif
