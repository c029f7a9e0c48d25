/* The only two uses of the cleanup attribute: auto_free frees a heap pointer and auto_close closes
 * a descriptor (if >= 0, errno kept) when the variable goes out of scope. Initialise it. */
#ifndef INETTOP_BASE_CLEANUP_H
#define INETTOP_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void cleanup_free(void *slot)
{
	void *ptr;

	memcpy(&ptr, slot, sizeof(ptr));
	free(ptr);
}

static inline void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_close __attribute__((cleanup(cleanup_close)))

#endif
