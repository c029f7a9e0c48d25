/* A sink that collects into a strbuf. */
#ifndef TESTS_UNIT_BASE_SINK_MEMORY_H
#define TESTS_UNIT_BASE_SINK_MEMORY_H

#include <errno.h>

#include "base/sink.h"
#include "base/strbuf.h"

/* ctx is the strbuf; full = -ENOSPC, as from a disk. */
static inline int sink_memory(void *ctx, const void *mem, size_t len)
{
	struct strbuf *sb = ctx;

	strbuf_add(sb, mem, len);
	return sb->failed ? -ENOSPC : 0;
}

#endif
