/*
 * Which namespaces processes and mounts keep alive. A listing of /proc is made when loadavg says
 * that a process came or went; the link of a process is read when it is new, twice more while it is
 * young (it may be about to unshare or setns), and of the others a few in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/namespaces_impl.h"
#include "kernel/procfs.h"

#define LIST_EVERY 10
#define LOOKS_YOUNG 3
/* At least this many old processes a scan, and all of them in so many scans. */
#define ROLL_MIN 16
#define ROLL_SCANS 60
#define MOUNTINFO_MAX (16u << 20)

/* ---- processes ---- */

static bool something_moved(struct namespaces *all)
{
	unsigned long long threads, last_pid;
	char buf[128];
	ssize_t n = all->loadavg_fd < 0 ? -1 : pread(all->loadavg_fd, buf, sizeof(buf) - 1, 0);
	bool same;

	if (n <= 0)
		return true;
	buf[n] = '\0';
	if (sscanf(buf, "%*s %*s %*s %*u/%llu %llu", &threads, &last_pid) != 2)
		return true;
	same = threads == all->n_threads && last_pid == all->last_pid;
	all->n_threads = threads;
	all->last_pid = last_pid;
	return !same;
}

static bool collect(void *ctx, uint32_t number)
{
	struct namespaces *all = ctx;
	struct netns_pid pid = {.pid = number};

	vec_push(&all->listing, pid);
	return true;
}

static int compare_pid(const void *pa, const void *pb)
{
	const struct netns_pid *a = pa, *b = pb;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* What is known of a process moves over to the new listing. */
static void take_over(struct namespaces *all)
{
	size_t old = 0;

	for (size_t i = 0; i < all->listing.len; i++) {
		struct netns_pid *p = &all->listing.data[i];

		while (old < all->pids.len && all->pids.data[old].pid < p->pid)
			old++;
		if (old < all->pids.len && all->pids.data[old].pid == p->pid)
			*p = all->pids.data[old];
	}
}

static void list_processes(struct namespaces *all)
{
	auto_close int fd = openat(all->cfg.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct netns_pid *spare = all->pids.data;
	size_t cap = all->pids.cap;

	vec_clear(&all->listing);
	if (fd < 0 || procfs_each_number(fd, 0, collect, all) < 0)
		return;
	if (all->listing.len)
		qsort(all->listing.data, all->listing.len, sizeof(struct netns_pid), compare_pid);
	take_over(all);
	all->pids.data = all->listing.data;
	all->pids.len = all->listing.len;
	all->pids.cap = all->listing.cap;
	all->listing.data = spare;
	all->listing.cap = cap;
	all->since_listing = 0;
}

static void look_at(struct namespaces *all, struct netns_pid *p)
{
	struct procfs_stat stat;
	uint32_t before = p->inode;
	int err;

	p->inode = 0;
	err = procfs_read_ns(all->cfg.proc_fd, p->pid, "net", &p->inode);
	p->denied = err == -EACCES || err == -EPERM;
	if (p->looks < LOOKS_YOUNG)
		p->looks++;
	/* the age tells who is the leader; of our own namespace nobody asks for it */
	if (p->inode && p->inode != before && p->inode != all->own_inode &&
	    !procfs_read_stat(all->cfg.proc_fd, p->pid, &stat))
		p->start_ticks = stat.start_ticks;
}

void namespaces_find_pids(struct namespaces *all)
{
	size_t n;

	if (something_moved(all) || ++all->since_listing >= LIST_EVERY)
		list_processes(all);
	all->n_denied = 0;
	for (size_t i = 0; i < all->pids.len; i++) {
		if (all->pids.data[i].looks < LOOKS_YOUNG)
			look_at(all, &all->pids.data[i]);
		all->n_denied += all->pids.data[i].denied;
	}
	n = all->pids.len / ROLL_SCANS > ROLL_MIN ? all->pids.len / ROLL_SCANS : ROLL_MIN;
	for (; n && all->pids.len; n--)
		look_at(all, &all->pids.data[all->roll++ % all->pids.len]);
}

const struct netns_pid *namespaces_pid(const struct namespaces *all, uint32_t pid)
{
	struct netns_pid key = {.pid = pid};

	return all->pids.len
		       ? bsearch(&key, all->pids.data, all->pids.len, sizeof(key), compare_pid)
		       : NULL;
}

/* ---- mounts ---- */

void namespaces_free_mounts(struct namespaces *all)
{
	for (size_t i = 0; i < all->mounts.len; i++)
		free(all->mounts.data[i].path);
	vec_clear(&all->mounts);
}

static int octal(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* Blanks and backslashes of a path are written \ooo (mangle() in fs/seq_file.c). */
static char *unmangle(const char *text, size_t len)
{
	char *path = xmalloc(len + 1), *to = path;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 3 < len && octal(text[i + 1]) >= 0 &&
		    octal(text[i + 2]) >= 0 && octal(text[i + 3]) >= 0) {
			*to++ = (char)(octal(text[i + 1]) << 6 | octal(text[i + 2]) << 3 |
				       octal(text[i + 3]));
			i += 3;
		} else {
			*to++ = text[i];
		}
	}
	*to = '\0';
	return path;
}

/* ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ...: an nsfs mount has "net:[N]" as its root. */
static void take_mount(struct namespaces *all, const char *line, size_t len)
{
	const char *end = line + len, *word = line, *root = NULL;
	struct netns_mount mount;

	for (int i = 0; i < 5 && word < end; i++) {
		const char *blank = memchr(word, ' ', (size_t)(end - word));

		if (!blank)
			return;
		if (i == 3)
			root = word;
		if (i == 4) {
			mount.inode = procfs_link_inode(root, (size_t)(word - 1 - root), "net");
			if (!mount.inode)
				return;
			mount.path = unmangle(word, (size_t)(blank - word));
			vec_push(&all->mounts, mount);
		}
		word = blank + 1;
	}
}

static bool read_whole(int fd, struct strbuf *text)
{
	char buf[16384];
	off_t at = 0;
	ssize_t n;

	strbuf_init(text, MOUNTINFO_MAX);
	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		strbuf_add(text, buf, (size_t)n);
		at += n;
	}
	return n == 0 && !text->failed;
}

void namespaces_find_mounts(struct namespaces *all)
{
	struct pollfd poll_fd = {.fd = all->mountinfo_fd, .events = POLLPRI};
	struct strbuf text;

	if (all->mountinfo_fd < 0)
		all->mountinfo_fd =
			openat(all->cfg.proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	else if (poll(&poll_fd, 1, 0) == 0)
		return;
	if (all->mountinfo_fd < 0)
		return;
	if (read_whole(all->mountinfo_fd, &text)) {
		const char *p = strbuf_str(&text), *end = p + text.len;

		namespaces_free_mounts(all);
		while (p < end) {
			const char *eol = memchr(p, '\n', (size_t)(end - p));

			if (!eol)
				eol = end;
			take_mount(all, p, (size_t)(eol - p));
			p = eol + 1;
		}
	}
	strbuf_done(&text);
}
