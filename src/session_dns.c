/*
 * Names of addresses. A getter on any thread leaves its wish here; the collector asks a helper
 * process and puts the answer where the next frame finds it.
 */
#include "session_internal.h"

#include <string.h>

/* More different addresses than this stay numbers. */
#define HOSTS_MAX 4096

struct session_host {
	struct netaddr addr;
	char *name; /* NULL: not answered, or it has none */
	bool asked;
};

static uint64_t key_of(const struct session_names *names, const struct netaddr *addr)
{
	uint64_t half[2];

	memcpy(half, addr->bytes, sizeof(half));
	return (half[0] * 0x9e3779b97f4a7c15ull ^ names->hosts.seed) * 0xbf58476d1ce4e5b9ull ^
	       half[1] ^ addr->family;
}

/* Under the lock. */
static struct session_host *find_or_wish(struct session_names *names, const struct netaddr *addr)
{
	uint64_t key = key_of(names, addr), at;
	struct session_host *host;

	if (hash_get(&names->hosts, key, &at)) {
		host = names->host_list.data[at];
		return netaddr_compare(&host->addr, addr) ? NULL : host;
	}
	if (names->host_list.len >= HOSTS_MAX)
		return NULL;
	host = xcalloc(1, sizeof(*host));
	host->addr = *addr;
	hash_put(&names->hosts, key, names->host_list.len);
	vec_push(&names->host_list, host);
	names->host_wishes = true;
	return host;
}

const char *session_host_name(struct session *s, const struct netaddr *addr)
{
	struct session_host *host = NULL;
	const char *name;

	pthread_mutex_lock(&s->names.lock);
	if (s->names.dns_on && addr->family)
		host = find_or_wish(&s->names, addr);
	name = host ? host->name : NULL;
	pthread_mutex_unlock(&s->names.lock);
	return name;
}

static bool ask(struct session *s, struct session_host *host)
{
	struct bytes name = dns_name(s->dns, &host->addr);

	host->asked = true;
	if (name.ptr)
		host->name = xstrndup(name.ptr, name.len);
	return name.ptr;
}

bool session_dns_run(struct session *s)
{
	struct session_names *names = &s->names;
	uint64_t generation = dns_generation(s->dns);
	bool answered = generation != s->dns_generation, news = false;

	pthread_mutex_lock(&names->lock);
	for (size_t i = 0; (names->host_wishes || answered) && i < names->host_list.len; i++) {
		struct session_host *host = names->host_list.data[i];

		if (!host->name && (!host->asked || answered))
			news |= ask(s, host);
	}
	names->host_wishes = false;
	s->dns_generation = generation;
	pthread_mutex_unlock(&names->lock);
	return news;
}

void session_set_dns(struct session *s, bool on)
{
	pthread_mutex_lock(&s->names.lock);
	s->names.dns_on = on;
	pthread_mutex_unlock(&s->names.lock);
}

void session_dns_done(struct session_names *names)
{
	for (size_t i = 0; i < names->host_list.len; i++) {
		free(names->host_list.data[i]->name);
		free(names->host_list.data[i]);
	}
	vec_done(&names->host_list);
	hash_done(&names->hosts);
}
