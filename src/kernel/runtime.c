/*
 * HTTP/1.0 over unix sockets, as little of it as a GET needs (RFC 1945): a request without
 * keep-alive is answered with a body that ends with the connection. The paths carry no version:
 * every daemon then answers in its own, while a pinned one is refused sooner or later.
 */
#include "kernel/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "kernel/container_files.h"
#include "kernel/forwarders.h"
#include "kernel/procfs.h"

#define HEAD_MAX 65536
#define ANCESTORS_MAX 4
#define CONMON_CMDLINE_MAX 65536

/* ---- the connection ---- */

/* A daemon speaks for root or for whoever owns the socket; anybody else is an impostor. */
static int check_peer(int fd, uid_t owner)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	return peer.uid == 0 || peer.uid == owner || peer.uid == geteuid() ? 0 : -EPERM;
}

static int wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int64_t left = until_ms - (int64_t)mono_ms();
	int n = left > 0 ? poll(&pfd, 1, (int)left) : 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* A full backlog answers EAGAIN, for which there is nothing to poll. */
static int connect_to(int fd, const struct sockaddr_un *addr, int64_t until_ms)
{
	while (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if ((int64_t)mono_ms() >= until_ms)
			return -ETIMEDOUT;
		poll(NULL, 0, 10);
	}
	return 0;
}

static int open_socket(const char *path, int64_t until_ms)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect_to(fd, &addr, until_ms);
	if (!err)
		err = check_peer(fd, st.st_uid);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int send_all(int fd, const char *data, size_t len, int64_t until_ms)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		int err;

		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLOUT, until_ms);
		if (err)
			return err;
	}
	return 0;
}

static int receive_all(int fd, struct strbuf *answer, int64_t until_ms)
{
	char buf[65536];

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		int err;

		if (n == 0)
			return 0;
		if (n > 0) {
			strbuf_add(answer, buf, (size_t)n);
			if (answer->failed)
				return -EFBIG;
			if ((int64_t)mono_ms() >= until_ms)
				return -ETIMEDOUT;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLIN, until_ms);
		if (err)
			return err;
	}
}

/* ---- the answer ---- */

static const char *find_header(const char *head, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *end = head + len, *line = head;

	while ((line = memchr(line, '\n', (size_t)(end - line)))) {
		line++;
		if ((size_t)(end - line) > n && !strncasecmp(line, name, n) && line[n] == ':')
			return line + n + 1;
	}
	return NULL;
}

static int check_status(const char *head, size_t len)
{
	if (len < 12 || memcmp(head, "HTTP/1.", 7) || head[8] != ' ')
		return -EBADMSG;
	if (!memcmp(head + 9, "200", 3))
		return 0;
	return memcmp(head + 9, "404", 3) ? -EREMOTEIO : -ENOENT;
}

/* Cuts the head off. A body shorter than announced was cut short on its way. */
static int take_body(struct strbuf *answer, struct strbuf *body)
{
	const char *text = strbuf_str(answer), *length;
	const char *end = memmem(text, answer->len, "\r\n\r\n", 4);
	size_t head, left;
	int err;

	if (!end || (size_t)(end - text) > HEAD_MAX)
		return -EBADMSG;
	head = (size_t)(end - text) + 4;
	left = answer->len - head;
	err = check_status(text, head);
	if (err)
		return err;
	if (find_header(text, head, "Transfer-Encoding"))
		return -EBADMSG;
	length = find_header(text, head, "Content-Length");
	if (length && strtoull(length, NULL, 10) > left)
		return -EBADMSG;
	strbuf_add(body, end + 4, left);
	return 0;
}

int runtime_get(const char *path, const char *target, struct strbuf *body)
{
	int64_t start_ms = (int64_t)mono_ms();
	auto_close int fd = open_socket(path, start_ms + RUNTIME_CONNECT_MS);
	struct strbuf text;
	int err;

	if (fd < 0)
		return fd;
	strbuf_init(&text, HEAD_MAX + RUNTIME_BODY_MAX);
	strbuf_addf(&text, "GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: inettop\r\n\r\n",
		    target);
	err = send_all(fd, text.data, text.len, start_ms + RUNTIME_TOTAL_MS);
	strbuf_reset(&text);
	if (!err)
		err = receive_all(fd, &text, start_ms + RUNTIME_TOTAL_MS);
	if (!err)
		err = take_body(&text, body);
	strbuf_done(&text);
	return err;
}

/* ---- packed records ---- */

static const char *const runtimes[] = {NULL,	"docker", "podman", "containerd",
				       "cri-o", "nspawn", "lxc"};

#define TEXTS 5
#define TEXT_MAX 1024
#define NO_TEXT UINT16_MAX

struct packed {
	uint32_t size, pid;
	uint16_t n_published, n_addrs;
	uint16_t runtime;
	uint16_t len[TEXTS];
};

static struct bytes *text_of(struct container_rec *rec, unsigned i)
{
	struct bytes *const texts[TEXTS] = {&rec->id, &rec->name, &rec->image, &rec->pod,
					    &rec->k8s_namespace};

	return texts[i];
}

void runtime_pack(struct strbuf *out, const struct runtime_container *c)
{
	struct container_rec rec = c->rec;
	struct packed head = {.pid = c->pid};
	size_t at = out->len;

	head.n_published = (uint16_t)(c->n_published < 1024 ? c->n_published : 1024);
	head.n_addrs = (uint16_t)(c->n_addrs < 1024 ? c->n_addrs : 1024);
	for (uint16_t i = 1; c->rec.runtime.ptr && i < sizeof(runtimes) / sizeof(*runtimes); i++)
		if (strlen(runtimes[i]) == rec.runtime.len &&
		    !memcmp(runtimes[i], rec.runtime.ptr, rec.runtime.len))
			head.runtime = i;
	strbuf_add(out, &head, sizeof(head));
	strbuf_add(out, c->published, head.n_published * sizeof(*c->published));
	strbuf_add(out, c->addrs, head.n_addrs * sizeof(*c->addrs));
	for (unsigned i = 0; i < TEXTS; i++) {
		const struct bytes *text = text_of(&rec, i);

		head.len[i] = (uint16_t)(text->len < TEXT_MAX ? text->len : TEXT_MAX);
		if (text->ptr)
			strbuf_add(out, text->ptr, head.len[i]);
		else
			head.len[i] = NO_TEXT;
	}
	if (out->failed)
		return;
	head.size = (uint32_t)(out->len - at);
	memcpy(out->data + at, &head, sizeof(head));
}

static size_t expected_size(const struct packed *head)
{
	size_t size = sizeof(*head) + head->n_published * sizeof(struct publish_rec) +
		      head->n_addrs * sizeof(struct netaddr);

	for (unsigned i = 0; i < TEXTS; i++)
		size += head->len[i] == NO_TEXT ? 0 : head->len[i];
	return size;
}

bool runtime_unpack(const void *bytes, size_t len, size_t *pos, struct strbuf *scratch,
		    struct runtime_container *ret_container)
{
	const char *p = (const char *)bytes + *pos;
	struct packed head;
	size_t arrays;

	if (len - *pos < sizeof(head))
		return false;
	memcpy(&head, p, sizeof(head));
	if (head.size != expected_size(&head) || head.size > len - *pos ||
	    head.runtime >= sizeof(runtimes) / sizeof(*runtimes))
		return false;
	*pos += head.size;
	memset(ret_container, 0, sizeof(*ret_container));
	p += sizeof(head);
	arrays = head.n_published * sizeof(struct publish_rec) +
		 head.n_addrs * sizeof(struct netaddr);
	strbuf_reset(scratch);
	strbuf_add(scratch, p, arrays);
	ret_container->published = (const struct publish_rec *)(const void *)scratch->data;
	ret_container->addrs =
		(const struct netaddr *)(const void *)(ret_container->published + head.n_published);
	ret_container->n_published = head.n_published;
	ret_container->n_addrs = head.n_addrs;
	ret_container->pid = head.pid;
	p += arrays;
	for (unsigned i = 0; i < TEXTS; i++) {
		if (head.len[i] == NO_TEXT)
			continue;
		*text_of(&ret_container->rec, i) = (struct bytes){p, head.len[i]};
		p += head.len[i];
	}
	if (head.runtime)
		ret_container->rec.runtime = (struct bytes){
			runtimes[head.runtime], (uint32_t)strlen(runtimes[head.runtime])};
	return true;
}

/* ---- in the helper ---- */

static int ask_list(const char *path, const char *runtime, struct strbuf *out)
{
	struct strbuf body;
	int err;

	strbuf_init(&body, RUNTIME_BODY_MAX);
	err = runtime_get(path, "/containers/json", &body);
	if (!err)
		err = runtime_parse_list(strbuf_str(&body), body.len, runtime, out);
	strbuf_done(&body);
	return err;
}

static int ask_crio(const char *path, const char *id, struct strbuf *out)
{
	struct strbuf body;
	char target[128];
	int err;

	snprintf(target, sizeof(target), "/containers/%.64s", id);
	strbuf_init(&body, RUNTIME_BODY_MAX);
	err = runtime_get(path, target, &body);
	if (!err)
		err = runtime_parse_crio(strbuf_str(&body), body.len, out);
	strbuf_done(&body);
	return err;
}

/* A process that keeps the container, among the ancestors of one inside. */
static int ask_ancestors(uint32_t pid, struct strbuf *out)
{
	auto_close int proc_fd = procfs_open("/proc");
	auto_free char *cmdline = xmalloc(CONMON_CMDLINE_MAX);
	auto_free struct forwarder *f = xmalloc(sizeof(*f));
	struct procfs_stat stat;

	for (int i = 0; i < ANCESTORS_MAX && procfs_read_stat(proc_fd, pid, &stat) == 0; i++) {
		struct runtime_container c = {0};
		ssize_t n;

		pid = stat.ppid;
		n = pid > 1 ? procfs_read(proc_fd, pid, "cmdline", cmdline, CONMON_CMDLINE_MAX)
			    : -1;
		if (n <= 0)
			continue;
		forwarders_parse((struct bytes){cmdline, (uint32_t)n}, f);
		if (f->kind != FORWARDER_CONMON || !f->id.ptr || !f->name.ptr)
			continue;
		c.rec.id = f->id;
		c.rec.name = f->name;
		runtime_pack(out, &c);
		return 0;
	}
	return -ENOENT;
}

static bool is_id(const char *id)
{
	size_t n = strspn(id, "0123456789abcdef");

	return n >= 12 && n <= 64 && !id[n];
}

static int answer(const struct runtime_request *req, const char *path, const char *id,
		  struct strbuf *out)
{
	switch (req->op) {
	case RUNTIME_DOCKER:
		return ask_list(path, "docker", out);
	case RUNTIME_PODMAN:
		return ask_list(path, "podman", out);
	case RUNTIME_CRIO:
		return is_id(id) ? ask_crio(path, id, out) : -EINVAL;
	case RUNTIME_FILES: {
		auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		return is_id(id) ? container_files_find(root, id, out) : -EINVAL;
	}
	case RUNTIME_CONMON:
		return ask_ancestors(req->pid, out);
	default:
		return -EINVAL;
	}
}

int runtime_helper(const void *request, size_t len, struct helper_out *helper_out, void **state)
{
	const size_t head = offsetof(struct runtime_request, text);
	auto_free char *path = NULL, *id = NULL;
	struct runtime_request req;
	struct strbuf out;
	int err;

	(void)state;
	if (len < head || len > sizeof(req))
		return -EINVAL;
	memcpy(&req, request, len);
	if ((size_t)req.path_len + req.id_len != len - head)
		return -EINVAL;
	path = xstrndup(req.text, req.path_len);
	id = xstrndup(req.text + req.path_len, req.id_len);
	strbuf_init(&out, HELPER_ANSWER_MAX);
	err = answer(&req, path, id, &out);
	helper_put(helper_out, strbuf_str(&out), out.len);
	strbuf_done(&out);
	return err;
}
