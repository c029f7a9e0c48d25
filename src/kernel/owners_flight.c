/*
 * Sockets that no descriptor table holds but that live on: registered with an io_uring (its fdinfo
 * lists its files, io_uring/fdinfo.c), or in the queue of a unix socket (SCM_RIGHTS; scm_fds in
 * that socket's fdinfo tells how many descriptors, not which, net/unix/af_unix.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/owners_impl.h"
#include "kernel/procfs.h"

#define RING_INFO_MAX (1u << 20)
#define CLOCK_EVERY 16

/* Lines "    3: socket:[123]". */
static void parse_ring(struct owners *own, uint32_t pid, const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		const char *link;
		uint32_t inode;

		if (!eol)
			return;
		link = memmem(line, (size_t)(eol - line), ": socket:[", 10);
		inode = link ? procfs_link_inode(link + 2, (size_t)(eol - link - 2), "socket") : 0;
		if (inode)
			hash_put(&own->ring_inodes, inode, pid);
		line = eol + 1;
	}
}

static void read_rings(struct owners *own)
{
	char name[32];
	char *buf;

	hash_clear(&own->ring_inodes);
	if (!own->rings.len)
		return;
	buf = xmalloc(RING_INFO_MAX);
	for (size_t i = 0; i < own->rings.len; i++) {
		const struct ring_fd *ring = &own->rings.data[i];
		ssize_t n;

		snprintf(name, sizeof(name), "fdinfo/%d", ring->fd);
		n = procfs_read(own->proc_fd, ring->pid, name, buf, RING_INFO_MAX);
		if (n > 0)
			parse_ring(own, ring->pid, buf, (size_t)n);
	}
	free(buf);
}

static bool has_flight(struct owners *own, const struct holder *h)
{
	const struct table *table = &own->tables.data[h->table];
	char name[64], buf[1024];
	const char *p;
	ssize_t n;

	if (table->tid)
		snprintf(name, sizeof(name), "task/%u/fdinfo/%d", table->tid, h->fd);
	else
		snprintf(name, sizeof(name), "fdinfo/%d", h->fd);
	n = procfs_read(own->proc_fd, table->pid, name, buf, sizeof(buf) - 1);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	p = strstr(buf, "scm_fds:");
	return p && strtoul(p + 8, NULL, 10) > 0;
}

void owners_find_flight(struct owners *own, uint64_t budget_us)
{
	uint64_t until = owners_cpu_us() + budget_us;

	read_rings(own);
	for (size_t n = 0; n < own->holders.len; n++) {
		const struct holder *h;

		if (++own->scm_cursor >= own->holders.len) {
			own->scm_cursor = 0;
			own->scm_pid = own->scm_round_pid;
			own->scm_round_pid = 0;
			continue;
		}
		h = &own->holders.data[own->scm_cursor];
		if (h->inode && has_flight(own, h))
			own->scm_pid = own->scm_round_pid = own->tables.data[h->table].pid;
		if (n % CLOCK_EVERY == 0 && owners_cpu_us() > until)
			break;
	}
}
