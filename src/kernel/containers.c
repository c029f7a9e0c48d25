/*
 * Who is asked what about a container:
 *	its runtime's list, when the id is unknown and again every 5 s (docker, podman);
 *	its runtime about this id (CRI-O), once;
 *	files on disk, when the runtime does not answer or does not know it, once;
 *	the command lines of its ancestors (conmon), last, once.
 * All in the RUNTIME helper. Ports of docker-proxy, pasta ... count where no runtime told any.
 */
#include "kernel/containers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/netaddr.h"
#include "base/vec.h"

#define REFRESH_MS 5000
/* An unknown id asks earlier, but not faster than this. */
#define UNKNOWN_MS 500
/* After a failure. */
#define BACKOFF_MS 15000
#define CONTAINERS_MAX 10000
#define FORWARDERS_MAX 10000

enum stage { STAGE_RUNTIME, STAGE_FILES, STAGE_CONMON, STAGE_DONE };

struct item {
	struct containers *all;
	char *text[6]; /* in the order of text_of() */
	uint8_t stage;
	bool seen, listed, told, changed;
	uint32_t netns_inode, pid, n_published, n_addrs;
	struct publish_rec *published;
	struct netaddr *addrs;
	bool forwarded; /* published comes from forwarders */
	uint64_t ticket;
	struct source *source; /* whose list it is in */
};

struct source {
	struct containers *all;
	enum runtime_op op;
	const char *runtime;
	char *path;
	bool wanted, answered;
	uint64_t ticket;
	int64_t due_ms, asked_ms;
	int err;
};

struct known_forwarder {
	uint32_t pid;
	struct forwarder f; /* id, name, netns: copies */
};

#define SOURCES_MAX 5

struct containers {
	struct helper *helper;
	bool no_runtime;
	uint32_t (*netns_of)(void *ctx, const struct netaddr *addr);
	void *ctx;
	struct source sources[SOURCES_MAX];
	size_t n_sources;
	VEC(struct item *) items;
	VEC(struct known_forwarder *) forwarders;
	uint64_t generation;
	unsigned pending;
	int64_t now_ms;
};

static struct bytes *text_of(struct container_rec *rec, unsigned i)
{
	struct bytes *const texts[] = {&rec->id,    &rec->name, &rec->runtime,
				       &rec->image, &rec->pod,	&rec->k8s_namespace};

	return texts[i];
}

#define TEXTS 6
#define TEXT_ID 0
#define TEXT_NAME 1
#define TEXT_RUNTIME 2

static bool equals(struct bytes b, const char *s)
{
	return s && b.len == strlen(s) && !memcmp(b.ptr, s, b.len);
}

/* ---- where the sockets are ---- */

static char *join(const char *dir, const char *name)
{
	size_t a = strlen(dir), b = strlen(name);
	char *path = xmalloc(a + b + 1);

	memcpy(path, dir, a);
	memcpy(path + a, name, b + 1);
	return path;
}

static void add_source(struct containers *all, enum runtime_op op, const char *runtime, char *path)
{
	all->sources[all->n_sources++] =
		(struct source){.all = all, .op = op, .runtime = runtime, .path = path};
}

/* "unix:///run/docker.sock"; hosts behind a network are none of ours. */
static const char *unix_path(const char *url)
{
	return url && !strncmp(url, "unix://", 7) && url[7] == '/' ? url + 7 : NULL;
}

static void add_sources(struct containers *all, const struct containers_config *cfg)
{
	const char *docker = unix_path(cfg->docker_host), *podman = unix_path(cfg->container_host);

	add_source(all, RUNTIME_DOCKER, "docker", xstrdup(docker ? docker : "/run/docker.sock"));
	if (!docker && cfg->runtime_dir)
		add_source(all, RUNTIME_DOCKER, "docker", join(cfg->runtime_dir, "/docker.sock"));
	add_source(all, RUNTIME_PODMAN, "podman",
		   xstrdup(podman ? podman : "/run/podman/podman.sock"));
	if (!podman && cfg->runtime_dir)
		add_source(all, RUNTIME_PODMAN, "podman",
			   join(cfg->runtime_dir, "/podman/podman.sock"));
	add_source(all, RUNTIME_CRIO, "cri-o", xstrdup("/run/crio/crio.sock"));
}

void containers_environ(struct containers_config *cfg)
{
	/* what sudo left of somebody's environment must not direct root */
	if (getenv("SUDO_UID") || getuid() != geteuid())
		return;
	cfg->docker_host = getenv("DOCKER_HOST");
	cfg->container_host = getenv("CONTAINER_HOST");
	cfg->runtime_dir = getenv("XDG_RUNTIME_DIR");
	if (cfg->runtime_dir && *cfg->runtime_dir != '/')
		cfg->runtime_dir = NULL;
}

struct containers *containers_new(const struct containers_config *cfg)
{
	struct containers *all = xcalloc(1, sizeof(*all));

	all->helper = cfg->helper;
	all->no_runtime = cfg->no_runtime;
	all->netns_of = cfg->netns_of;
	all->ctx = cfg->ctx;
	add_sources(all, cfg);
	return all;
}

static void free_item(struct item *item)
{
	if (item->ticket)
		helper_cancel(item->all->helper, item->ticket);
	for (unsigned i = 0; i < TEXTS; i++)
		free(item->text[i]);
	free(item->published);
	free(item->addrs);
	free(item);
}

static void free_forwarder(struct known_forwarder *k)
{
	free((char *)(uintptr_t)k->f.id.ptr);
	free((char *)(uintptr_t)k->f.name.ptr);
	free(k);
}

void containers_free(struct containers *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->items.len; i++)
		free_item(all->items.data[i]);
	for (size_t i = 0; i < all->forwarders.len; i++)
		free_forwarder(all->forwarders.data[i]);
	for (size_t i = 0; i < all->n_sources; i++) {
		if (all->sources[i].ticket)
			helper_cancel(all->helper, all->sources[i].ticket);
		free(all->sources[i].path);
	}
	vec_done(&all->items);
	vec_done(&all->forwarders);
	free(all);
}

/* ---- items ---- */

/* Ids may be cut: a cgroup or a file knows at least 12 digits of it. */
static struct item *find(const struct containers *all, struct bytes id)
{
	for (size_t i = 0; id.ptr && i < all->items.len; i++) {
		const char *known = all->items.data[i]->text[TEXT_ID];

		if (equals(id, known))
			return all->items.data[i];
	}
	return NULL;
}

static struct item *add(struct containers *all, struct bytes id)
{
	struct item *item;

	if (!id.ptr || !id.len || all->items.len >= CONTAINERS_MAX)
		return NULL;
	item = xcalloc(1, sizeof(*item));
	item->all = all;
	item->text[TEXT_ID] = xstrndup(id.ptr, id.len);
	item->changed = true;
	vec_push(&all->items, item);
	return item;
}

static void take_texts(struct item *item, const struct container_rec *rec, bool overwrite)
{
	struct container_rec copy = *rec;

	for (unsigned i = 1; i < TEXTS; i++) {
		const struct bytes *text = text_of(&copy, i);

		if (!text->ptr || (item->text[i] && !overwrite) || equals(*text, item->text[i]))
			continue;
		free(item->text[i]);
		item->text[i] = xstrndup(text->ptr, text->len);
		item->changed = true;
	}
}

static void set_published(struct item *item, const struct publish_rec *list, uint32_t n)
{
	if (n == item->n_published && (!n || !memcmp(list, item->published, n * sizeof(*list))))
		return;
	free(item->published);
	item->published = n ? xmemdup(list, n * sizeof(*list)) : NULL;
	item->n_published = n;
	item->changed = true;
}

static void tell(struct item *item, const struct runtime_container *c)
{
	take_texts(item, &c->rec, true);
	item->told = true;
	item->forwarded = false;
	if (c->pid)
		item->pid = c->pid;
	set_published(item, c->published, c->n_published);
	free(item->addrs);
	item->addrs = c->n_addrs ? xmemdup(c->addrs, c->n_addrs * sizeof(*c->addrs)) : NULL;
	item->n_addrs = c->n_addrs;
}

static void want_source(struct containers *all, const char *runtime)
{
	for (size_t i = 0; runtime && i < all->n_sources; i++)
		if (!strcmp(all->sources[i].runtime, runtime))
			all->sources[i].wanted = true;
}

void containers_seen(struct containers *all, const struct container_rec *rec, uint32_t pid,
		     uint32_t netns_inode)
{
	struct item *item = find(all, rec->id);

	if (!item)
		item = add(all, rec->id);
	if (!item)
		return;
	item->seen = true;
	if (pid)
		item->pid = pid;
	if (netns_inode && netns_inode != item->netns_inode) {
		item->netns_inode = netns_inode;
		item->changed = true;
	}
	take_texts(item, rec, false);
	want_source(all, item->text[TEXT_RUNTIME]);
}

/* ---- forwarders ---- */

void containers_forwarder_gone(struct containers *all, uint32_t pid)
{
	for (size_t i = 0; i < all->forwarders.len; i++) {
		if (all->forwarders.data[i]->pid != pid)
			continue;
		free_forwarder(all->forwarders.data[i]);
		all->forwarders.data[i] = all->forwarders.data[--all->forwarders.len];
		return;
	}
}

static struct bytes copy_bytes(struct bytes b)
{
	return (struct bytes){b.ptr ? xstrndup(b.ptr, b.len) : NULL, b.len};
}

void containers_forwarder(struct containers *all, uint32_t pid, const struct forwarder *fwd)
{
	struct known_forwarder *k;
	struct item *item;

	containers_forwarder_gone(all, pid);
	if (all->forwarders.len >= FORWARDERS_MAX)
		return;
	if (fwd->kind == FORWARDER_DOCKER_PROXY || fwd->kind == FORWARDER_DOCKERD)
		want_source(all, "docker");
	else if (fwd->kind == FORWARDER_CONMON || fwd->kind == FORWARDER_ROOTLESSPORT)
		want_source(all, "podman");
	k = xcalloc(1, sizeof(*k));
	k->pid = pid;
	k->f = *fwd;
	k->f.id = copy_bytes(fwd->id);
	k->f.name = copy_bytes(fwd->name);
	k->f.netns = k->f.k8s_namespace = (struct bytes){0};
	vec_push(&all->forwarders, k);
	item = fwd->name.ptr ? find(all, fwd->id) : NULL;
	if (item)
		take_texts(item, &(struct container_rec){.name = fwd->name}, false);
}

/* ---- asking ---- */

static uint64_t submit(struct containers *all, enum runtime_op op, const char *path, const char *id,
		       uint32_t pid, helper_done_fn *fn, void *ctx)
{
	struct runtime_request req = {.op = (uint8_t)op, .pid = pid};
	size_t path_len = strlen(path), id_len = strlen(id);

	if (path_len + id_len > sizeof(req.text))
		return 0;
	req.path_len = (uint16_t)path_len;
	req.id_len = (uint16_t)id_len;
	memcpy(req.text, path, path_len);
	memcpy(req.text + path_len, id, id_len);
	all->pending++;
	return helper_submit(all->helper, HELPER_RUNTIME, &req,
			     offsetof(struct runtime_request, text) + path_len + id_len, fn, ctx);
}

static void take_record(struct source *src, const struct runtime_container *c)
{
	struct item *item = find(src->all, c->rec.id);

	if (!item)
		item = add(src->all, c->rec.id);
	if (!item)
		return;
	item->listed = true;
	item->source = src;
	item->stage = STAGE_DONE;
	tell(item, c);
}

static void on_list(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len, bool cut)
{
	struct source *src = ctx;
	struct containers *all = src->all;
	struct runtime_container c;
	struct strbuf scratch;
	size_t pos = 0;

	(void)ticket;
	src->ticket = 0;
	all->pending--;
	all->generation++;
	src->answered = true;
	src->err = status ? status : cut ? -EFBIG : 0;
	src->due_ms = all->now_ms + (status ? BACKOFF_MS : REFRESH_MS);
	for (size_t i = 0; i < all->items.len; i++) {
		struct item *item = all->items.data[i];

		/* a daemon that is not there lists nothing; one that only failed says nothing */
		if (item->source == src &&
		    (!status || status == -ENOENT || status == -ECONNREFUSED))
			item->listed = false;
		else if (item->stage == STAGE_RUNTIME && item->text[TEXT_RUNTIME] &&
			 !strcmp(item->text[TEXT_RUNTIME], src->runtime))
			item->stage = STAGE_FILES;
	}
	strbuf_init(&scratch, 0);
	while (!status && runtime_unpack(bytes, len, &pos, &scratch, &c))
		take_record(src, &c);
	strbuf_done(&scratch);
}

/* An answer about one container. What it does not know the next stage may. */
static void on_item(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len, bool cut)
{
	struct item *item = ctx;
	struct runtime_container c;
	struct strbuf scratch;
	size_t pos = 0;

	(void)ticket;
	(void)cut;
	item->ticket = 0;
	item->all->pending--;
	item->all->generation++;
	strbuf_init(&scratch, 0);
	if (!status && runtime_unpack(bytes, len, &pos, &scratch, &c) &&
	    equals(c.rec.id, item->text[TEXT_ID])) {
		tell(item, &c);
		item->stage = STAGE_DONE;
	} else {
		item->stage++;
	}
	strbuf_done(&scratch);
}

static bool is_hex_id(const char *id)
{
	size_t n = strspn(id, "0123456789abcdef");

	return n >= 12 && n <= 64 && !id[n];
}

static struct source *source_of(struct containers *all, const struct item *item)
{
	for (size_t i = 0; item->text[TEXT_RUNTIME] && i < all->n_sources; i++)
		if (!strcmp(all->sources[i].runtime, item->text[TEXT_RUNTIME]))
			return &all->sources[i];
	return NULL;
}

static void ask_item(struct containers *all, struct item *item)
{
	struct source *src = source_of(all, item);

	if (item->ticket || item->stage == STAGE_DONE)
		return;
	if (!is_hex_id(item->text[TEXT_ID])) {
		item->stage = STAGE_DONE;
		return;
	}
	if (item->stage == STAGE_RUNTIME && (all->no_runtime || !src))
		item->stage = STAGE_FILES;
	if (item->stage == STAGE_RUNTIME && src->op == RUNTIME_CRIO)
		item->ticket =
			submit(all, RUNTIME_CRIO, src->path, item->text[TEXT_ID], 0, on_item, item);
	else if (item->stage == STAGE_FILES)
		item->ticket =
			submit(all, RUNTIME_FILES, "", item->text[TEXT_ID], 0, on_item, item);
	else if (item->stage == STAGE_CONMON && item->pid)
		item->ticket = submit(all, RUNTIME_CONMON, "", item->text[TEXT_ID], item->pid,
				      on_item, item);
	else if (item->stage == STAGE_CONMON)
		item->stage = STAGE_DONE;
}

/* Whether somebody of this runtime waits for its list. */
static bool is_awaited(const struct containers *all, const struct source *src)
{
	for (size_t i = 0; i < all->items.len; i++) {
		const struct item *item = all->items.data[i];

		if (item->stage == STAGE_RUNTIME && item->text[TEXT_RUNTIME] &&
		    !strcmp(item->text[TEXT_RUNTIME], src->runtime))
			return true;
	}
	return false;
}

static void ask_list(struct containers *all, struct source *src)
{
	int64_t due = src->due_ms;

	if (src->op == RUNTIME_CRIO || !src->wanted || src->ticket)
		return;
	if (src->answered && is_awaited(all, src) && src->asked_ms + UNKNOWN_MS < due)
		due = src->asked_ms + UNKNOWN_MS;
	if (src->answered && all->now_ms < due)
		return;
	src->asked_ms = all->now_ms;
	src->ticket = submit(all, src->op, src->path, "", 0, on_list, src);
}

void containers_tick(struct containers *all, int64_t now_ms)
{
	all->now_ms = now_ms;
	if (!all->helper)
		return;
	for (size_t i = 0; !all->no_runtime && i < all->n_sources; i++)
		ask_list(all, &all->sources[i]);
	for (size_t i = 0; i < all->items.len; i++)
		ask_item(all, all->items.data[i]);
}

uint64_t containers_generation(const struct containers *all)
{
	return all->generation;
}

unsigned containers_pending(const struct containers *all)
{
	return all->pending;
}

/* ---- what came of it ---- */

static void view(const struct item *item, struct container_view *ret_view)
{
	*ret_view = (struct container_view){
		.published = item->published,
		.n_published = item->n_published,
		.netns_inode = item->netns_inode,
		.told = item->told,
		.listed = item->listed,
		.changed = item->changed,
	};
	for (unsigned i = 0; i < TEXTS; i++)
		*text_of(&ret_view->rec, i) = (struct bytes){
			item->text[i], item->text[i] ? (uint32_t)strlen(item->text[i]) : 0};
}

bool containers_find(const struct containers *all, struct bytes id, struct container_view *ret_view)
{
	const struct item *item = find(all, id);

	if (item)
		view(item, ret_view);
	return item != NULL;
}

bool containers_next(const struct containers *all, size_t *pos, struct container_view *ret_view)
{
	if (*pos >= all->items.len)
		return false;
	view(all->items.data[(*pos)++], ret_view);
	return true;
}

static bool has_addr(const struct item *item, const struct netaddr *addr)
{
	for (uint32_t i = 0; i < item->n_addrs; i++)
		if (!netaddr_compare(&item->addrs[i], addr))
			return true;
	return false;
}

/* Whom a forwarder of this target serves: by what the runtime said, else by who has the address. */
static struct item *behind(struct containers *all, const struct netaddr *addr)
{
	uint32_t inode = all->netns_of && addr->family ? all->netns_of(all->ctx, addr) : 0;
	struct item *shared = NULL;

	for (size_t i = 0; i < all->items.len; i++) {
		if (has_addr(all->items.data[i], addr))
			return all->items.data[i];
		if (inode && all->items.data[i]->netns_inode == inode && !shared)
			shared = all->items.data[i];
	}
	return shared;
}

/* Nobody can tell which container it is: the address stands for it. */
static struct item *stand_in(struct containers *all, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];
	struct container_rec rec = {.runtime = {"docker", 6}};
	struct item *item;

	netaddr_format(addr, text);
	rec.id = (struct bytes){text, (uint32_t)strlen(text)};
	item = find(all, rec.id);
	if (!item)
		item = add(all, rec.id);
	if (item) {
		take_texts(item, &rec, true);
		item->stage = STAGE_DONE;
		item->seen = true;
	}
	return item;
}

/* Whether it is known that no container has the address. */
static bool is_certain(const struct containers *all)
{
	for (size_t i = 0; i < all->n_sources; i++)
		if (all->sources[i].op == RUNTIME_DOCKER && all->sources[i].answered &&
		    !all->sources[i].err)
			return true;
	return false;
}

static struct item *item_of(struct containers *all, const struct forwarder *f,
			    const struct publish_rec *pub)
{
	struct item *item = f->id.ptr ? find(all, f->id) : behind(all, &pub->container_addr);

	if (!item && f->kind == FORWARDER_DOCKER_PROXY && pub->container_addr.family &&
	    !is_certain(all))
		item = stand_in(all, &pub->container_addr);
	return item;
}

static void append(struct item *item, const struct publish_rec *pub)
{
	item->published = xreallocarray(item->published, item->n_published + 1u, sizeof(*pub));
	item->published[item->n_published++] = *pub;
}

/* Anew in each tick: forwarders and addresses come and go. A list that stayed the same is no
 * change. */
static void join_forwarders(struct containers *all)
{
	VEC(struct publish_rec *) before = {0};
	VEC(uint32_t) n_before = {0};
	size_t n = all->items.len;

	for (size_t i = 0; i < n; i++) {
		struct item *item = all->items.data[i];

		vec_push(&before, item->forwarded ? item->published : NULL);
		vec_push(&n_before, item->forwarded ? item->n_published : 0);
		if (item->forwarded) {
			item->published = NULL;
			item->n_published = 0;
		}
	}
	for (size_t i = 0; i < all->forwarders.len; i++) {
		const struct forwarder *f = &all->forwarders.data[i]->f;

		for (uint32_t k = 0; k < f->n_ports; k++) {
			struct item *item = item_of(all, f, &f->ports[k]);

			if (!item || (item->told && !item->forwarded && item->n_published))
				continue;
			item->forwarded = true;
			append(item, &f->ports[k]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct item *item = all->items.data[i];
		uint32_t old = n_before.data[i];

		if (item->forwarded &&
		    (old != item->n_published || (old && memcmp(before.data[i], item->published,
								old * sizeof(*item->published)))))
			item->changed = true;
		free(before.data[i]);
	}
	vec_done(&before);
	vec_done(&n_before);
}

void containers_sweep(struct containers *all, void (*gone)(void *ctx, struct bytes id), void *ctx)
{
	join_forwarders(all);
	for (size_t i = all->items.len; i-- > 0;) {
		struct item *item = all->items.data[i];

		if (!item->seen && !item->listed && !item->ticket) {
			gone(ctx, (struct bytes){item->text[TEXT_ID],
						 (uint32_t)strlen(item->text[TEXT_ID])});
			free_item(item);
			all->items.data[i] = all->items.data[--all->items.len];
			continue;
		}
		item->seen = false;
	}
}

void containers_settle(struct containers *all)
{
	for (size_t i = 0; i < all->items.len; i++)
		all->items.data[i]->changed = false;
}

static const char *trouble_text(int err)
{
	switch (err) {
	case -EACCES:
		return "its socket may not be opened: container names come from elsewhere";
	case -EPERM:
		return "its socket belongs to somebody else: not asked";
	case -ETIMEDOUT:
		return "no answer within a second";
	case -EFBIG:
		return "its answer is too long";
	case -E2BIG:
	case -EBADMSG:
		return "its answer cannot be understood";
	default:
		return "it did not answer";
	}
}

size_t containers_troubles(const struct containers *all, struct containers_trouble *ret_troubles,
			   size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n_sources && n < max; i++) {
		const struct source *src = &all->sources[i];

		/* a runtime that is not there is no trouble */
		if (!src->err || src->err == -ENOENT || src->err == -ECONNREFUSED)
			continue;
		ret_troubles[n++] =
			(struct containers_trouble){src->runtime, trouble_text(src->err), src->err};
	}
	return n;
}
