#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*oom_hook)(void);

void xalloc_set_oom_hook(void (*hook)(void))
{
	oom_hook = hook;
}

void xalloc_oom(void)
{
	static const char message[] = "inettop: out of memory\n";
	void (*hook)(void) = oom_hook;

	oom_hook = NULL;
	if (hook)
		hook();
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		abort();
	abort();
}

void *xmalloc(size_t size)
{
	void *ptr = malloc(size ? size : 1);

	if (!ptr)
		xalloc_oom();
	return ptr;
}

void *xcalloc(size_t count, size_t size)
{
	void *ptr = count && size ? calloc(count, size) : calloc(1, 1);

	if (!ptr)
		xalloc_oom();
	return ptr;
}

void *xrealloc(void *ptr, size_t size)
{
	void *moved = realloc(ptr, size ? size : 1);

	if (!moved)
		xalloc_oom();
	return moved;
}

void *xreallocarray(void *ptr, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		xalloc_oom();
	return xrealloc(ptr, total);
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t len)
{
	size_t used = strnlen(s, len);
	char *copy = xmalloc(used + 1);

	memcpy(copy, s, used);
	copy[used] = '\0';
	return copy;
}

void *xmemdup(const void *mem, size_t size)
{
	void *copy = xmalloc(size);

	if (size)
		memcpy(copy, mem, size);
	return copy;
}
