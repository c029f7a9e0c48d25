/*
 * A program on a pseudo-terminal, with libvterm as the terminal: what a person at xterm would see.
 *
 * Nothing here sleeps: every wait polls the terminal until a condition on the screen holds or a
 * deadline (ms) passes. A wait that fails prints the screen on stderr as TAP comments.
 * Times are milliseconds on the monotonic clock, rows and columns count from 0.
 */
#ifndef TESTS_LIB_VT_H
#define TESTS_LIB_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define VT_DEADLINE 10000 /* ms: long enough for a loaded machine under a sanitizer */

struct vt;

struct vt_options {
	int rows, cols;		/* 0: 24 x 80 */
	const char *term;	/* TERM; NULL: xterm-256color; "": unset */
	const char *const *env; /* "NAME=VALUE"..., NULL; on top of a small fixed environment */
	const char *cwd;	/* NULL: unchanged */
};

/* Starts argv on a new terminal. NULL options: all defaults. Aborts the test program if it cannot.
 * The program dies with the test. */
struct vt *vt_start(const struct vt_options *options, const char *const argv[]);
/* Kills the program if it still runs, and frees everything. NULL is fine. */
void vt_free(struct vt *vt);
pid_t vt_pid(const struct vt *vt);
bool vt_exited(const struct vt *vt); /* as the last wait saw it */

/* ---- waiting; each reads what the program draws, and answers true when the condition holds */
typedef bool vt_predicate(struct vt *vt, void *arg);
bool vt_wait(struct vt *vt, vt_predicate *predicate, void *arg, int deadline);
bool vt_wait_text(struct vt *vt, const char *text, int deadline); /* somewhere on the screen */
bool vt_wait_no_text(struct vt *vt, const char *text, int deadline);
bool vt_wait_row(struct vt *vt, int row, const char *text, int deadline); /* on that row */
bool vt_wait_raw(struct vt *vt, const char *bytes, int deadline); /* in the bytes received */
/* The exit code, 256 + signal number if a signal ended it, -1 if it runs on at the deadline. */
int vt_wait_exit(struct vt *vt, int deadline);
/* Reads for exactly that long: to count what a program sends while nothing happens. */
void vt_observe(struct vt *vt, int duration);
/* ms from vt_start to the moment the last successful wait saw its condition. */
long vt_elapsed(const struct vt *vt);

/* ---- what the user does */
/* Text with keys in angle brackets: <Up> <Down> <Left> <Right> <PgUp> <PgDn> <Home> <End> <Ins>
 * <Del> <Enter> <Tab> <S-Tab> <Esc> <BS> <F1>..<F12> <C-x> <M-x> <lt>. Unknown names abort. */
void vt_type(struct vt *vt, const char *keys);
void vt_send(struct vt *vt, const void *bytes, size_t len);
void vt_paste(struct vt *vt, const char *text); /* bracketed if the program asked for it */
void vt_mouse(struct vt *vt, int row, int col, int button); /* press and release; 4, 5: wheel */
void vt_resize(struct vt *vt, int rows, int cols); /* 0, 0: the line tells no size */
void vt_hangup(struct vt *vt); /* the terminal goes away */
void vt_signal(struct vt *vt, int sig);

/* ---- what the user sees. Strings belong to vt and last until the next call of that function. */
int vt_rows(const struct vt *vt);
int vt_cols(const struct vt *vt);
const char *vt_row(struct vt *vt, int row);		    /* UTF-8, without trailing blanks */
const char *vt_screen(struct vt *vt);			    /* all rows, each ended by a newline */
int vt_find(struct vt *vt, const char *text, int *ret_col); /* first row that has it, or -1 */
const char *vt_title(struct vt *vt);			    /* "" if never set */

#define VT_DEFAULT (-1)	 /* the terminal's own colour */
#define VT_RGB 0x1000000 /* VT_RGB | 0xRRGGBB; below that a palette index, 0..255 */

struct vt_cell {
	char text[40]; /* base character and combining ones; "" right of a wide one */
	int width;
	int fg, bg;
	bool bold, dim, underline, reverse;
};

struct vt_cell vt_cell(struct vt *vt, int row, int col);
/* 0xRRGGBB of a colour of a cell; a default one becomes the given 0xRRGGBB. */
uint32_t vt_rgb(struct vt *vt, int color, uint32_t otherwise);
void vt_cursor(struct vt *vt, int *ret_row, int *ret_col, bool *ret_visible);
bool vt_alt_screen(const struct vt *vt);
bool vt_termios_restored(const struct vt *vt); /* line settings are those before the start */

/* ---- what went over the line */
size_t vt_bytes(const struct vt *vt);
size_t vt_clears(const struct vt *vt); /* whole-screen erases */
const char *vt_raw(const struct vt *vt, size_t *ret_len);
void vt_dump(struct vt *vt, FILE *out); /* the screen as TAP comments */

/* The screen as a still SVG picture. 0 or -errno. */
int vt_svg(struct vt *vt, const char *path);

#endif
