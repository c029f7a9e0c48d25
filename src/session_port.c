/*
 * Short cuts of a tick that is about one port only (NEED_ONE_PORT): the kernel's bind tables, read
 * by BPF in microseconds, say in which namespaces and states there is anything to dump, and the
 * holders of a few sockets are looked for by the walk that is cheaper on this host. Without BPF
 * none of them is taken.
 */
#include "session_internal.h"

#include <stdlib.h>

#include "kernel/bpf/bpf_binds.h"
#include "kernel/bpf/bpf_owners.h"
#include "kernel/procfs.h"

/* With fewer open files on the host /proc is read before the BPF program is loaded. */
#define FEW_FILES 12000

struct bpf_binds *session_why_binds(struct session *s)
{
	struct session_port *p = &s->port;

	if (!p->binds_tried && !s->cfg.no_bpf && !s->cfg.readonly && bpf_binds_open(&p->binds, 0))
		p->binds = NULL;
	p->binds_tried = true;
	return p->binds;
}

static uint32_t state_bit(const struct bpf_endpoint *end)
{
	if (end->state == STATE_CLOSE)
		return STATE_BIT(STATE_BOUND) | STATE_BIT(STATE_UNCONN);
	if (end->state == STATE_TIME_WAIT)
		return STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_FIN_WAIT_2);
	return STATE_BIT(end->state) & STATE_MASK_ALL;
}

bool session_port_states(struct session *s, const struct ns_source *ns, const struct needs *needs,
			 uint32_t *ret_states)
{
	struct bpf_binds *binds = session_why_binds(s);
	const struct bpf_bound *rows;
	bool raced = false;
	size_t n;

	if (!(needs->bits & NEED_ONE_PORT) || !binds || !ns->rec.inode ||
	    bpf_binds_run(binds, needs->why.port, ns->rec.inode, &rows, &n, &raced) || raced ||
	    bpf_binds_lacks_udp(binds))
		return false;
	/* what is meant is always asked, so that a kernel which answers nothing is noticed */
	*ret_states = ns->ns && !s->cfg.netns ? 0 : STATE_MASK_LISTENERS;
	for (size_t i = 0; i < n; i++)
		*ret_states |= state_bit(&rows[i].end);
	return true;
}

static size_t open_files(const struct session *s)
{
	char text[64];
	ssize_t len = procfs_read(s->proc_fd, 0, "sys/fs/file-nr", text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return strtoul(text, NULL, 10);
}

static int by_place(const void *a, const void *b)
{
	const struct owners_entry *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

/* Only what somebody asks for is kept of the walk. */
static size_t pick(const struct session *s, const struct bpf_fd *rows, size_t n,
		   struct owners_entry *ret)
{
	struct hash wanted;
	size_t count = 0;

	hash_init(&wanted, 0);
	for (size_t i = 0; i < s->added.len; i++)
		hash_put(&wanted, s->added.data[i], 1);
	for (size_t i = 0; i < n; i++)
		if (hash_get(&wanted, rows[i].inode, NULL))
			ret[count++] = (struct owners_entry){rows[i].pid, rows[i].tid,
							     (int32_t)rows[i].fd, rows[i].inode};
	hash_done(&wanted);
	qsort(ret, count, sizeof(*ret), by_place);
	return count;
}

static void *load_walk(void *opaque)
{
	struct session_port *p = opaque;

	p->err = bpf_owners_open(&p->walk, BPF_OWNERS_LITE, p->files);
	return NULL;
}

void session_port_begin(struct session *s, const struct needs *needs)
{
	struct session_port *p = &s->port;

	if (!(needs->bits & NEED_ONE_PORT) || p->loading || s->cfg.no_bpf || s->cfg.readonly ||
	    s->cfg.owners == OWNERS_PROC)
		return;
	p->files = open_files(s);
	if (p->files >= FEW_FILES)
		p->loading = !pthread_create(&p->loader, NULL, load_walk, p);
}

/* The walk that was loaded meanwhile, NULL = none; the caller closes it. */
static struct bpf_owners *take_walk(struct session_port *p)
{
	struct bpf_owners *walk;

	if (!p->loading)
		return NULL;
	pthread_join(p->loader, NULL);
	p->loading = false;
	walk = p->err ? NULL : p->walk;
	p->walk = NULL;
	return walk;
}

static bool feed(struct session *s, struct bpf_owners *walk, const struct owners_input *in,
		 owners_change_fn *fn)
{
	struct owners_entry *entries;
	const struct bpf_fd *rows;
	size_t n;

	if (bpf_owners_run(walk, &rows, &n) || bpf_owners_is_nested(walk))
		return false;
	entries = xcalloc(n, sizeof(*entries));
	owners_feed(s->owners, in, entries, pick(s, rows, n, entries), fn, s);
	free(entries);
	/* what the walk cannot see (in flight, in a ring) takes a pass over everything */
	return !owners_info(s->owners)->n_unknown;
}

bool session_port_owners(struct session *s, const struct owners_input *in, owners_change_fn *fn)
{
	struct bpf_owners *walk;
	bool ok;

	if (!in->n_added)
		return true; /* nothing to look for */
	walk = take_walk(&s->port);
	ok = walk && feed(s, walk, in, fn);
	bpf_owners_close(walk);
	return ok;
}

void session_port_done(struct session *s)
{
	bpf_owners_close(take_walk(&s->port));
	bpf_binds_close(s->port.binds);
	s->port.binds = NULL;
}
