/* Buffered output for the JSON, CSV and text writers: bytes leave in pieces of 64 KiB through a
 * callback. The first error sticks, later output is thrown away. */
#ifndef INETTOP_BASE_SINK_H
#define INETTOP_BASE_SINK_H

#include <stddef.h>

struct sink {
	int (*write)(void *ctx, const void *mem, size_t len); /* all of it: 0 or -errno */
	void *ctx;
	char *buf;
	size_t len;
	int error; /* 0 or the first -errno */
};

void sink_init(struct sink *sink, int (*write)(void *ctx, const void *mem, size_t len), void *ctx);

/* Frees the buffer. What was not flushed is lost. */
void sink_done(struct sink *sink);

void sink_add(struct sink *sink, const void *mem, size_t len);
void sink_adds(struct sink *sink, const char *s);
void sink_addc(struct sink *sink, char c);

/* Hands everything to the callback. Returns 0 or the first -errno since sink_init(). */
int sink_flush(struct sink *sink);

/* A callback that writes to the descriptor that ctx, an int *, points to; waits for room when the
 * descriptor is non-blocking. A broken pipe is -EPIPE: the program must ignore SIGPIPE. */
int sink_write_fd(void *ctx, const void *mem, size_t len);

#endif
