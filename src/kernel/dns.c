#include "kernel/dns.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/vec.h"

#define NAME_MAX_LEN 255 /* RFC 1035 */

struct name {
	struct dns *owner;
	uint64_t ticket;
	struct netaddr addr;
	uint8_t len;
	char text[NAME_MAX_LEN];
};

struct dns {
	struct helper *h;
	struct hash index; /* hash of the address -> position + 1 in names */
	VEC(struct name *) names;
	uint64_t generation, seed;
};

struct dns *dns_new(struct helper *h)
{
	struct dns *d = xcalloc(1, sizeof(*d));

	d->h = h;
	if (getrandom(&d->seed, sizeof(d->seed), GRND_NONBLOCK) < 0)
		d->seed = (uint64_t)(uintptr_t)d;
	hash_init(&d->index, d->seed);
	return d;
}

static void forget_all(struct dns *d)
{
	for (size_t i = 0; i < d->names.len; i++) {
		if (d->names.data[i]->ticket)
			helper_cancel(d->h, d->names.data[i]->ticket);
		free(d->names.data[i]);
	}
	vec_clear(&d->names);
	hash_clear(&d->index);
}

void dns_free(struct dns *d)
{
	if (!d)
		return;
	forget_all(d);
	vec_done(&d->names);
	hash_done(&d->index);
	free(d);
}

/* Two addresses of the same key are told apart by comparing; the later one stays unnamed. */
static uint64_t key_of(const struct dns *d, const struct netaddr *addr)
{
	uint64_t half[2];

	memcpy(half, addr->bytes, sizeof(half));
	return (half[0] * 0x9e3779b97f4a7c15ull ^ d->seed) * 0xbf58476d1ce4e5b9ull ^ half[1] ^
	       addr->family;
}

static void answered(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
		     bool cut)
{
	struct name *name = ctx;

	(void)ticket;
	(void)cut;
	name->ticket = 0;
	if (status == 0 && len <= NAME_MAX_LEN) {
		memcpy(name->text, bytes, len);
		name->len = (uint8_t)len;
	}
	name->owner->generation++;
}

struct bytes dns_name(struct dns *d, const struct netaddr *addr)
{
	uint64_t key = key_of(d, addr), at;
	struct name *name;

	if (hash_get(&d->index, key, &at)) {
		name = d->names.data[at - 1];
		if (!name->len || netaddr_compare(&name->addr, addr) != 0)
			return (struct bytes){0};
		return (struct bytes){name->text, name->len};
	}
	if (d->names.len >= DNS_MAX)
		forget_all(d);
	name = xcalloc(1, sizeof(*name));
	name->owner = d;
	name->addr = *addr;
	vec_push(&d->names, name);
	hash_put(&d->index, key, d->names.len);
	name->ticket = helper_submit(d->h, HELPER_DNS, addr, sizeof(*addr), answered, name);
	return (struct bytes){0};
}

uint64_t dns_generation(const struct dns *d)
{
	return d->generation;
}

int dns_helper(const void *request, size_t len, struct helper_out *out, void **state)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa = {0};
	char host[NI_MAXHOST];
	struct netaddr addr;
	int r;

	(void)state;
	if (len != sizeof(addr))
		return -EINVAL;
	memcpy(&addr, request, sizeof(addr));
	sa.any.sa_family = addr.family;
	if (addr.family == AF_INET)
		memcpy(&sa.v4.sin_addr, addr.bytes, 4);
	else
		memcpy(&sa.v6.sin6_addr, addr.bytes, 16);
	r = getnameinfo(&sa.any, addr.family == AF_INET ? sizeof(sa.v4) : sizeof(sa.v6), host,
			sizeof(host), NULL, 0, NI_NAMEREQD);
	if (r != 0)
		return -ENOENT;
	helper_put(out, host, strnlen(host, NAME_MAX_LEN));
	return 0;
}
