#include "base/sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

#define SINK_SIZE ((size_t)64 << 10)

void sink_init(struct sink *sink, int (*write)(void *ctx, const void *mem, size_t len), void *ctx)
{
	*sink = (struct sink){.write = write, .ctx = ctx, .buf = xmalloc(SINK_SIZE)};
}

void sink_done(struct sink *sink)
{
	free(sink->buf);
	sink->buf = NULL;
}

static void hand_over(struct sink *sink, const void *mem, size_t len)
{
	if (!sink->error && len)
		sink->error = sink->write(sink->ctx, mem, len);
}

int sink_flush(struct sink *sink)
{
	hand_over(sink, sink->buf, sink->len);
	sink->len = 0;
	return sink->error;
}

void sink_add(struct sink *sink, const void *mem, size_t len)
{
	if (len > SINK_SIZE - sink->len)
		sink_flush(sink);
	if (len > SINK_SIZE) {
		hand_over(sink, mem, len);
		return;
	}
	if (len)
		memcpy(sink->buf + sink->len, mem, len);
	sink->len += len;
}

void sink_adds(struct sink *sink, const char *s)
{
	sink_add(sink, s, strlen(s));
}

void sink_addc(struct sink *sink, char c)
{
	if (sink->len == SINK_SIZE)
		sink_flush(sink);
	sink->buf[sink->len++] = c;
}

int sink_write_fd(void *ctx, const void *mem, size_t len)
{
	const char *at = mem;
	int fd = *(const int *)ctx;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
