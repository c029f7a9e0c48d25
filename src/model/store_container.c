/* Containers: named by the cgroups of processes, told in full by a runtime. */
#include <string.h>
#include <sys/socket.h>

#include "model/store_internal.h"

static struct bytes *text_of(struct container_rec *r, unsigned int i)
{
	struct bytes *const texts[] = {&r->id,	  &r->name, &r->runtime,
				       &r->image, &r->pod,  &r->k8s_namespace};

	return i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : NULL;
}

static struct container *build(const struct container *t)
{
	struct container copy = *t;
	size_t pub = t->n_published * sizeof(*t->published);
	size_t size = sizeof(copy) + pub;
	struct container *c;
	struct bytes *text;
	char *at;

	for (unsigned int i = 0; (text = text_of(&copy.r, i)); i++)
		size += text->ptr ? text->len + 1u : 0;
	c = xmalloc(size);
	*c = copy;
	at = (char *)(c + 1);
	c->published = pub ? memcpy(at, t->published, pub) : NULL;
	at += pub;
	for (unsigned int i = 0; (text = text_of(&c->r, i)); i++) {
		if (!text->ptr)
			continue;
		memcpy(at, text->ptr, text->len);
		at[text->len] = '\0';
		text->ptr = at;
		at += text->len + 1;
	}
	return c;
}

uint32_t container_find(const struct store *st, struct bytes id)
{
	for (uint32_t i = 0; id.ptr && i < st->tables[TABLE_CONTAINER].slots.len; i++) {
		const struct container *c = store_cur_container(st, i);

		if (c && !c->head.gone && c->r.id.len == id.len &&
		    !memcmp(c->r.id.ptr, id.ptr, id.len))
			return i;
	}
	return SLOT_NONE;
}

static uint32_t add(struct store *st, struct bytes id)
{
	uint32_t slot = table_add(st, TABLE_CONTAINER);
	bool new = st->epoch > 1 && !st->quiet;
	struct container t = {
		.r.id = id,
		.netns = SLOT_NONE,
		.head = {.id = table_id(st, TABLE_CONTAINER, slot),
			 .mark_ms = st->mono_ms,
			 .first_ms = new ? st->mono_ms : -1,
			 .mark = new ? MARK_NEW : MARK_NONE},
	};

	memset(&st->cx.data[slot], 0, sizeof(st->cx.data[slot]));
	table_show(st, TABLE_CONTAINER, slot, build(&t));
	st->counts.containers++;
	st->containers_changed = true;
	if (new)
		events_container(st, container_at(st, slot), EVENT_CONTAINER_START);
	return slot;
}

static bool take_texts(struct container_rec *to, const struct container_rec *from)
{
	struct container_rec copy = *from;
	bool differs = false;
	struct bytes *a;

	for (unsigned int i = 0; (a = text_of(to, i)); i++) {
		const struct bytes *b = text_of(&copy, i);

		if (!b->ptr || (a->ptr && a->len == b->len && !memcmp(a->ptr, b->ptr, a->len)))
			continue;
		*a = *b;
		differs = true;
	}
	return differs;
}

uint32_t container_of_proc(struct store *st, const struct proc_rec *r)
{
	uint32_t slot = container_find(st, r->container.id);
	struct container t;

	if (!r->container.id.ptr)
		return SLOT_NONE;
	if (slot == SLOT_NONE)
		slot = add(st, r->container.id);
	t = *container_at(st, slot);
	if (!st->cx.data[slot].known && take_texts(&t.r, &r->container))
		table_show(st, TABLE_CONTAINER, slot, build(&t));
	return slot;
}

void store_container_put(struct store *st, const struct container_rec *rec, uint32_t netns_inode,
			 const struct publish_rec *published, uint32_t n_published)
{
	uint32_t slot = container_find(st, rec->id);
	bool differs;
	struct container t;

	if (st->journal)
		journal_container(st->journal, rec, netns_inode, published, n_published);
	if (slot == SLOT_NONE)
		slot = add(st, rec->id);
	t = *container_at(st, slot);
	differs = take_texts(&t.r, rec);
	differs |=
		t.n_published != n_published ||
		(n_published && memcmp(t.published, published, n_published * sizeof(*published)));
	differs |= st->cx.data[slot].netns_inode != netns_inode;
	st->cx.data[slot].known = true;
	st->cx.data[slot].netns_inode = netns_inode;
	if (!differs)
		return;
	t.netns = store_netns_find(st, 0, netns_inode);
	t.published = published;
	t.n_published = n_published;
	table_show(st, TABLE_CONTAINER, slot, build(&t));
	st->containers_changed = true;
	st->published_changed = true;
}

void store_container_gone(struct store *st, struct bytes id)
{
	uint32_t slot = container_find(st, id);
	struct container t;

	if (st->journal)
		journal_container_gone(st->journal, id);
	if (slot == SLOT_NONE)
		return;
	t = *container_at(st, slot);
	events_container(st, &t, EVENT_CONTAINER_STOP);
	t.head.gone = true;
	t.head.mark = MARK_GONE;
	t.head.mark_ms = st->mono_ms;
	st->published_changed |= t.n_published > 0;
	t.n_published = 0;
	table_show(st, TABLE_CONTAINER, slot, build(&t));
	st->counts.containers--;
	st->containers_changed = true;
	store_gone_add(st, TABLE_CONTAINER, slot, SLOT_NONE, SLOT_NONE);
}

static uint32_t host_netns(const struct store *st)
{
	uint32_t own = SLOT_NONE;

	for (uint32_t i = 0; i < st->nx.len; i++) {
		const struct netns *n = store_cur_netns(st, i);

		if (n && !n->head.gone && n->r.kind == NETNS_HOST)
			return i;
		if (n && !n->head.gone && n->r.own)
			own = i;
	}
	return own;
}

void container_each_published(struct store *st, void (*fn)(struct store *st, uint32_t host_netns,
							   const struct publish_rec *pub))
{
	uint32_t host = host_netns(st);

	for (uint32_t i = 0; host != SLOT_NONE && i < st->cx.len; i++) {
		const struct container *c = store_cur_container(st, i);

		for (uint32_t k = 0; c && !c->head.gone && k < c->n_published; k++)
			fn(st, host, &c->published[k]);
	}
}

static bool reaches(const struct netaddr *a, const struct netaddr *b)
{
	if (netaddr_is_any(a) || netaddr_is_any(b))
		return !a->family || !b->family || a->family == b->family ||
		       (a->family == AF_INET6 && netaddr_is_any(a)) ||
		       (b->family == AF_INET6 && netaddr_is_any(b));
	return !memcmp(a, b, sizeof(*a));
}

static bool concerns(const struct port *p, const struct container *c, const struct publish_rec *pub,
		     uint32_t host)
{
	uint8_t proto = p->proto == PROTO_MPTCP ? PROTO_TCP : p->proto;

	if (proto != pub->proto)
		return false;
	if (p->netns == host && p->port == pub->host_port && reaches(&p->addr, &pub->host_addr))
		return true;
	return c->netns != SLOT_NONE && c->netns != host && p->netns == c->netns &&
	       p->port == pub->container_port && reaches(&p->addr, &pub->container_addr);
}

/* p->published becomes a heap array that the caller frees. */
void container_join(struct store *st, struct port *p)
{
	uint32_t host = st->counts.containers && p->is_listener ? host_netns(st) : SLOT_NONE;
	struct publish_rec *list = NULL;

	p->container = SLOT_NONE;
	for (uint32_t i = 0; host != SLOT_NONE && i < st->cx.len; i++) {
		const struct container *c = store_cur_container(st, i);

		for (uint32_t k = 0; c && !c->head.gone && k < c->n_published; k++) {
			if (!concerns(p, c, &c->published[k], host))
				continue;
			list = xreallocarray(list, p->n_published + 1u, sizeof(*list));
			list[p->n_published++] = c->published[k];
			p->container = i;
		}
	}
	p->published = list;
}

struct tally {
	uint32_t processes, listeners;
};

static uint32_t container_of_port(const struct store *st, const struct port *p)
{
	const struct proc *owner = store_cur_proc(st, p->proc);

	return owner ? owner->container : SLOT_NONE;
}

static void count_members(const struct store *st, struct tally *tally)
{
	for (uint32_t i = 0; i < st->qx.len; i++) {
		const struct proc *p = store_cur_proc(st, i);

		if (p && !p->head.gone && p->container < st->cx.len)
			tally[p->container].processes++;
	}
	for (uint32_t i = 0; i < st->px.len; i++) {
		const struct port *p = store_cur_port(st, i);
		uint32_t c =
			p && !p->head.gone && p->is_listener ? container_of_port(st, p) : SLOT_NONE;

		if (c < st->cx.len)
			tally[c].listeners++;
	}
}

static void update(struct store *st, uint32_t slot, const struct tally *tally)
{
	struct container t = *container_at(st, slot);
	uint32_t netns = store_netns_find(st, 0, st->cx.data[slot].netns_inode);

	if (t.head.gone)
		return;
	if (!st->cx.data[slot].known && !tally->processes) {
		store_container_gone(st, t.r.id);
		return;
	}
	if (t.processes == tally->processes && t.listeners == tally->listeners && t.netns == netns)
		return;
	st->published_changed |= t.netns != netns && t.n_published;
	t.processes = tally->processes;
	t.listeners = tally->listeners;
	t.netns = netns;
	table_show(st, TABLE_CONTAINER, slot, build(&t));
}

/* Which namespace is a container's; a shared one is named after the first. */
static void name_netns(struct store *st)
{
	for (uint32_t i = 0; i < st->cx.len; i++) {
		const struct container *c = store_cur_container(st, i);

		if (c && !c->head.gone && c->netns != SLOT_NONE)
			netns_set_container(st, c->netns, i);
	}
}

/* Before the endpoints are built: what is published may have changed. After: who is inside. */
void container_publish(struct store *st)
{
	struct tally *tally;

	if (!st->tables[TABLE_CONTAINER].used)
		return;
	tally = xcalloc(st->cx.len, sizeof(*tally));
	count_members(st, tally);
	for (uint32_t i = 0; i < st->cx.len; i++) {
		if (store_cur_container(st, i))
			update(st, i, &tally[i]);
	}
	free(tally);
	name_netns(st);
	st->containers_changed = false;
}
