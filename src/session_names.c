#include "session_internal.h"

#include <netdb.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/random.h>

#include "base/clock.h"
#include "model/journal.h"

/* How old a list of the devices may be; and when one is missing from it. */
#define LINKS_MS 10000
#define LINKS_UNKNOWN_MS 500

static uint64_t random_seed(void)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed ^= (uintptr_t)&seed;
	return seed;
}

/* A name that changes keeps its old text allocated: a frame may still point at it. */
static void put_name(struct session_names *names, struct hash *h, uint64_t key, const char *name,
		     size_t len)
{
	uint64_t old;

	if (hash_get(h, key, &old)) {
		char *text = (char *)(uintptr_t)old;

		if (strlen(text) == len && !memcmp(text, name, len))
			return;
		vec_push(&names->retired, text);
	}
	hash_put(h, key, (uintptr_t)xstrndup(name, len));
}

static uint64_t service_key(uint16_t port, bool udp)
{
	return (uint64_t)udp << 16 | port;
}

/* All services at once: one look-up per row would open the file each time. */
static void read_services(struct session_names *names)
{
	struct hash *services = &names->services;
	struct servent *entry;

	setservent(0);
	while ((entry = getservent())) {
		bool udp = !strcmp(entry->s_proto, "udp");

		if (!udp && strcmp(entry->s_proto, "tcp"))
			continue;
		if (!hash_get(services, service_key(ntohs((uint16_t)entry->s_port), udp), NULL))
			put_name(names, services, service_key(ntohs((uint16_t)entry->s_port), udp),
				 entry->s_name, strlen(entry->s_name));
	}
	endservent();
}

void session_names_init(struct session_names *names)
{
	pthread_mutex_init(&names->lock, NULL);
	hash_init(&names->users, random_seed());
	hash_init(&names->ifnames, random_seed());
	hash_init(&names->cgroups, random_seed());
	hash_init(&names->services, random_seed());
	hash_init(&names->hosts, random_seed());
	read_services(names);
}

static void free_names(struct hash *h)
{
	uint64_t key, value;
	size_t pos = 0;

	while (hash_next(h, &pos, &key, &value))
		free((char *)(uintptr_t)value);
	hash_done(h);
}

void session_names_done(struct session_names *names)
{
	free_names(&names->users);
	free_names(&names->ifnames);
	free_names(&names->cgroups);
	free_names(&names->services);
	session_dns_done(names);
	for (size_t i = 0; i < names->retired.len; i++)
		free(names->retired.data[i]);
	vec_done(&names->retired);
	pthread_mutex_destroy(&names->lock);
}

static void put_locked(struct session_names *names, struct hash *h, uint64_t key, const char *name,
		       size_t len)
{
	pthread_mutex_lock(&names->lock);
	put_name(names, h, key, name, len);
	pthread_mutex_unlock(&names->lock);
}

static const char *get_locked(struct session_names *names, const struct hash *h, uint64_t key)
{
	uint64_t value = 0;

	pthread_mutex_lock(&names->lock);
	hash_get(h, key, &value);
	pthread_mutex_unlock(&names->lock);
	return (const char *)(uintptr_t)value;
}

void session_names_user(struct session_names *names, uint32_t uid, struct bytes name)
{
	put_locked(names, &names->users, uid, name.ptr, name.len);
	if (names->journal)
		journal_name(names->journal, JOURNAL_USER, uid, name);
}

void session_names_cgroup(struct session_names *names, uint64_t id, struct bytes path)
{
	put_locked(names, &names->cgroups, id, path.ptr, path.len);
	if (names->journal)
		journal_name(names->journal, JOURNAL_CGROUP, id, path);
}

void session_names_if(struct session_names *names, uint32_t netns_inode, uint32_t ifindex,
		      const char *name)
{
	uint64_t key = (uint64_t)netns_inode << 32 | ifindex;
	struct bytes text = {name, (uint32_t)strlen(name)};

	put_locked(names, &names->ifnames, key, text.ptr, text.len);
	if (names->journal)
		journal_name(names->journal, JOURNAL_INTERFACE, key, text);
}

/* A device seen for the first time is asked for at once; one that was renamed shows soon. */
void session_see_if(struct session *s, struct ns_source *ns, uint32_t ifindex)
{
	int64_t now_ms = (int64_t)mono_ms();
	const char *name, *known;

	if (!ns->rtnl)
		return;
	name = rtnl_name(ns->rtnl, ifindex);
	if (now_ms - ns->links_ms >= (name ? LINKS_MS : LINKS_UNKNOWN_MS) || !ns->links_ms) {
		rtnl_refresh(ns->rtnl);
		ns->links_ms = now_ms;
		name = rtnl_name(ns->rtnl, ifindex);
	}
	known = get_locked(&s->names, &s->names.ifnames, (uint64_t)ns->rec.inode << 32 | ifindex);
	if (name && (!known || strcmp(name, known) != 0))
		session_names_if(&s->names, ns->rec.inode, ifindex, name);
}

static const char *lookup_service(void *ctx, uint16_t port, uint8_t proto)
{
	struct session *s = ctx;
	bool udp = proto == PROTO_UDP || proto == PROTO_UDPLITE;

	if (proto >= PROTO_RAW)
		return NULL;
	return get_locked(&s->names, &s->names.services, service_key(port, udp));
}

static const char *lookup_ifname(void *ctx, uint32_t netns_inode, uint32_t ifindex)
{
	struct session *s = ctx;

	return get_locked(&s->names, &s->names.ifnames, (uint64_t)netns_inode << 32 | ifindex);
}

static const char *lookup_username(void *ctx, uint32_t uid)
{
	struct session *s = ctx;

	return get_locked(&s->names, &s->names.users, uid);
}

static struct bytes lookup_cgroup(void *ctx, uint64_t id)
{
	struct session *s = ctx;
	const char *path = get_locked(&s->names, &s->names.cgroups, id);

	return (struct bytes){path, path ? (uint32_t)strlen(path) : 0};
}

static const char *lookup_hostname(void *ctx, const struct netaddr *addr)
{
	return session_host_name(ctx, addr);
}

void session_lookup(struct session *s, struct lookup *ret)
{
	*ret = (struct lookup){
		.service = lookup_service,
		.ifname = lookup_ifname,
		.hostname = lookup_hostname,
		.username = lookup_username,
		.cgroup = lookup_cgroup,
		.ctx = s,
	};
}
