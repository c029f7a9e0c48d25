/* Files that the user asked for: created, never overwritten, never followed, complete or absent. */
#ifndef INETTOP_UI_NEWFILE_H
#define INETTOP_UI_NEWFILE_H

#include "base/sink.h"

/*
 * Creates path with mode 0600 and what fill() writes: first under a temporary name beside it, which
 * then becomes path in one step. 0 or -errno: -EEXIST when path is there, else what failed; then
 * nothing is left behind.
 */
int newfile_write(const char *path, int (*fill)(void *ctx, struct sink *out), void *ctx);

#endif
