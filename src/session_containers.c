/* Containers of the processes and namespaces seen in a tick: asked for, joined, put into the store.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "kernel/procfs.h"

/* One-shot output waits so long for runtimes and files, in all. */
#define ONCE_WAIT_MS 4000
#define TROUBLES_MAX 4

static uint32_t netns_of(void *session, const struct netaddr *addr)
{
	struct session *s = session;
	struct namespace *ns = namespaces_by_addr(s->namespaces, addr);

	return ns ? ns->rec.inode : 0;
}

void session_containers_open(struct session *s)
{
	struct containers_config cfg = {
		.helper = s->helper,
		.no_runtime = s->cfg.no_runtime,
		.netns_of = netns_of,
		.ctx = s,
	};

	containers_environ(&cfg);
	s->containers = containers_new(&cfg);
}

void session_containers_close(struct session *s)
{
	containers_free(s->containers);
}

void session_containers_proc(struct session *s, const struct proc_rec *rec)
{
	struct forwarder f;

	if ((rec->have & PROC_HAVE_CMDLINE) && forwarders_by_comm(rec->comm) &&
	    forwarders_parse(rec->cmdline, &f))
		containers_forwarder(s->containers, rec->pid, &f);
}

void session_containers_exit(struct session *s, uint32_t pid)
{
	containers_forwarder_gone(s->containers, pid);
}

static void on_proc(void *session, const struct proc *proc)
{
	struct session *s = session;
	const struct proc_rec *r = &proc->r;

	if (r->container.id.ptr)
		containers_seen(s->containers, &r->container, r->pid, r->netns_inode);
}

/* Forwarders that are no known holder, for want of rights or of sockets: their names are public. */
static void look_for_forwarders(struct session *s, bool wait)
{
	const struct owners_proc *list;
	char comm[PROCFS_COMM_MAX];
	size_t n;

	list = owners_procs(s->owners, &n);
	for (size_t i = 0; i < n; i++) {
		ssize_t len;

		if (s->forwarders_looked && !list[i].is_new)
			continue;
		len = procfs_read_comm(s->proc_fd, list[i].pid, comm);
		if (len > 0 && forwarders_by_comm((struct bytes){comm, (uint32_t)len}))
			processes_want(s->processes, list[i].pid, list[i].start_ticks);
	}
	s->forwarders_looked = n > 0;
	if (wait)
		processes_wait_all(s->processes, ONCE_WAIT_MS);
}

static struct bytes id_of(const struct namespace *ns)
{
	return ns->facts.id.ptr ? ns->facts.id : ns->facts.name;
}

static void see_namespaces(struct session *s)
{
	struct namespace *const *list;
	size_t n;

	list = namespaces_list(s->namespaces, &n);
	for (size_t i = 0; i < n; i++) {
		struct container_rec rec = {
			.id = id_of(list[i]),
			.name = list[i]->facts.name,
			.runtime = list[i]->facts.runtime,
			.pod = list[i]->facts.pod_uid,
		};

		if (rec.id.ptr && list[i]->rec.kind != NETNS_HOST)
			containers_seen(s->containers, &rec, list[i]->leader, list[i]->rec.inode);
	}
}

static void on_gone(void *session, struct bytes id)
{
	struct session *s = session;

	store_container_gone(s->store, id);
}

static void name_namespaces(struct session *s)
{
	struct namespace *const *list;
	struct container_view view;
	size_t n;

	list = namespaces_list(s->namespaces, &n);
	for (size_t i = 0; i < n; i++) {
		if (!containers_find(s->containers, id_of(list[i]), &view) || !view.told)
			continue;
		if (view.rec.pod.ptr)
			namespace_set_workload(list[i], NETNS_POD, view.rec.pod);
		else
			namespace_set_workload(list[i], NETNS_CONTAINER, view.rec.name);
	}
}

static void put_changed(struct session *s)
{
	struct container_view view;
	size_t pos = 0;

	while (containers_next(s->containers, &pos, &view))
		if (view.changed)
			store_container_put(s->store, &view.rec, view.netns_inode, view.published,
					    view.n_published);
	containers_settle(s->containers);
	name_namespaces(s);
	session_netns_put(s);
}

static void tell_troubles(struct session *s)
{
	struct containers_trouble troubles[TROUBLES_MAX];
	size_t n = containers_troubles(s->containers, troubles, TROUBLES_MAX);

	for (size_t i = 0; i < n; i++)
		session_note(s, troubles[i].err == -EACCES ? NOTE_DENIED : NOTE_FALLBACK,
			     troubles[i].err, 0, troubles[i].source, troubles[i].text);
}

/* Each answer may ask for the next stage. */
static void wait_for_answers(struct session *s)
{
	int64_t until_ms = (int64_t)mono_ms() + ONCE_WAIT_MS, now_ms;

	do {
		now_ms = (int64_t)mono_ms();
		containers_tick(s->containers, now_ms);
	} while (containers_pending(s->containers) && now_ms < until_ms &&
		 helper_drain(s->helper, HELPER_RUNTIME, (int)(until_ms - now_ms)));
}

void session_containers(struct session *s, const struct needs *needs, int64_t now_ms)
{
	if (!(needs->bits & NEED_CONTAINERS))
		return;
	look_for_forwarders(s, needs->bits & NEED_COMPLETE);
	store_each_proc(s->store, on_proc, s);
	see_namespaces(s);
	if (needs->bits & NEED_COMPLETE)
		wait_for_answers(s);
	else
		containers_tick(s->containers, now_ms);
	containers_sweep(s->containers, on_gone, s);
	put_changed(s);
	tell_troubles(s);
	s->containers_generation = containers_generation(s->containers);
}

bool session_containers_news(struct session *s)
{
	if (s->containers_generation == containers_generation(s->containers))
		return false;
	s->containers_generation = containers_generation(s->containers);
	put_changed(s);
	return true;
}
