/*
 * Files of ours are written beside their place and renamed: never half a file, never through a
 * link that somebody planted, mode 0600.
 */
#ifndef INETTOP_CLI_NEWFILE_H
#define INETTOP_CLI_NEWFILE_H

#include <stddef.h>

struct newfile {
	char *path, *temp;
	int fd;
};

/* Opens a temporary file in the directory of path: 0 or -errno. */
int newfile_open(struct newfile *file, const char *path);

/* Puts it in place when err is 0, else removes it. Returns err, or the -errno of writing. */
int newfile_close(struct newfile *file, int err);

/* Both with this content. */
int newfile_replace(const char *path, const char *text, size_t len);

#endif
