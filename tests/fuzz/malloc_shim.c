/*
 * LD_PRELOAD: the MALLOC_FAIL-th allocation of the program fails (and all later ones with
 * MALLOC_FAIL_ON set). Helpers are forked from it and inherit the count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static atomic_long count, fail_at;
static atomic_int fail_on;

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("MALLOC_FAIL");

	atomic_store(&fail_on, getenv("MALLOC_FAIL_ON") != NULL);
	atomic_store(&count, 0);
	atomic_store(&fail_at, at ? strtol(at, NULL, 10) : 0);
}

static int fails(void)
{
	long at = atomic_load(&fail_at), n = atomic_fetch_add(&count, 1) + 1;

	if (!at || (n != at && !(n > at && atomic_load(&fail_on))))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __libc_realloc(ptr, size);
}
