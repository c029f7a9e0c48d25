#include "view/list.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "model/names.h"

static void set_list(struct value *ret, const struct list_ops *ops, const void *items, uint64_t n,
		     const void *ctx)
{
	*ret = (struct value){
		.type = VALUE_LIST, .num = n, .list = ops, .items = items, .ctx = ctx};
}

/* Between items, not before the first one. */
static void separate(uint64_t i, struct strbuf *out)
{
	if (i)
		strbuf_addc(out, ' ');
}

/* ---- owners: items = struct owner, ctx = snapshot, extra = primary process ---- */

static void owners_text(const struct value *list, struct strbuf *out)
{
	const struct owner *owners = list->items;

	for (uint64_t i = 0; i < list->num; i++) {
		separate(i, out);
		strbuf_addf(out, "%" PRIu32, owners[i].pid);
		if (owners[i].tid)
			strbuf_addf(out, ".%" PRIu32, owners[i].tid);
		strbuf_addf(out, ":%" PRId32, owners[i].fd);
	}
}

static void owner_json(const struct owner *owner, const struct proc *p, struct jsonw *w)
{
	jsonw_begin_object(w);
	jsonw_key(w, "pid");
	jsonw_u64(w, owner->pid);
	jsonw_key(w, "tid");
	if (owner->tid)
		jsonw_u64(w, owner->tid);
	else
		jsonw_null(w);
	jsonw_key(w, "fd");
	if (owner->fd >= 0)
		jsonw_i64(w, owner->fd);
	else
		jsonw_null(w);
	if (p && p->r.comm.ptr) {
		jsonw_text(w, "comm", p->r.comm.ptr, p->r.comm.len);
	} else {
		jsonw_key(w, "comm");
		jsonw_null(w);
	}
	jsonw_end_object(w);
}

static bool owners_json(const struct value *list, struct jsonw *w)
{
	const struct owner *owners = list->items;
	const struct snapshot *snap = list->ctx;
	const struct proc *primary = list->extra;

	jsonw_begin_array(w);
	for (uint64_t i = 0; i < list->num; i++) {
		bool known = primary && primary->r.pid == owners[i].pid;

		owner_json(&owners[i], known ? primary : snapshot_proc_by_pid(snap, owners[i].pid),
			   w);
	}
	jsonw_end_array(w);
	return false;
}

void list_set_owners(struct value *ret, const struct snapshot *snap, const struct owner *owners,
		     uint32_t n, const struct proc *primary)
{
	static const struct list_ops ops = {.text = owners_text, .json = owners_json};

	set_list(ret, &ops, owners, n, snap);
	ret->extra = primary;
}

/* ---- sockets: items = slots, ctx = snapshot ---- */

static uint32_t inode_at(const struct value *list, uint64_t i)
{
	const uint32_t *slots = list->items;
	const struct sock *sk = snapshot_sock(list->ctx, slots[i]);

	return sk ? sk->r.inode : 0;
}

static void inodes_text(const struct value *list, struct strbuf *out)
{
	uint64_t written = 0;

	for (uint64_t i = 0; i < list->num; i++) {
		uint32_t inode = inode_at(list, i);

		if (!inode)
			continue;
		separate(written++, out);
		strbuf_addf(out, "%" PRIu32, inode);
	}
}

static bool inodes_json(const struct value *list, struct jsonw *w)
{
	jsonw_begin_array(w);
	for (uint64_t i = 0; i < list->num; i++) {
		uint32_t inode = inode_at(list, i);

		if (inode)
			jsonw_u64(w, inode);
	}
	jsonw_end_array(w);
	return false;
}

void list_set_inodes(struct value *ret, const struct snapshot *snap, const uint32_t *slots,
		     uint32_t n)
{
	static const struct list_ops ops = {.text = inodes_text, .json = inodes_json};

	set_list(ret, &ops, slots, n, snap);
}

/* ---- arguments: str = the bytes ---- */

/* The argument at *at, which moves behind it; false at the end. */
static bool next_arg(const struct bytes *args, uint32_t *at, struct bytes *ret)
{
	if (*at >= args->len)
		return false;
	ret->ptr = args->ptr + *at;
	ret->len = (uint32_t)strnlen(ret->ptr, args->len - *at);
	*at += ret->len + 1;
	return true;
}

static void args_text(const struct value *list, struct strbuf *out)
{
	struct bytes arg;
	uint32_t at = 0;

	for (uint64_t i = 0; next_arg(&list->str, &at, &arg); i++) {
		separate(i, out);
		strbuf_add(out, arg.ptr, arg.len);
	}
}

static bool args_json(const struct value *list, struct jsonw *w)
{
	bool replaced = false;
	struct bytes arg;
	uint32_t at = 0;

	jsonw_begin_array(w);
	while (next_arg(&list->str, &at, &arg))
		replaced |= jsonw_string(w, arg.ptr, arg.len);
	jsonw_end_array(w);
	return replaced;
}

static void args_base64(const struct value *list, struct jsonw *w)
{
	struct bytes arg;
	uint32_t at = 0;

	jsonw_begin_array(w);
	while (next_arg(&list->str, &at, &arg))
		jsonw_base64(w, arg.ptr, arg.len);
	jsonw_end_array(w);
}

void list_set_args(struct value *ret, struct bytes cmdline)
{
	static const struct list_ops ops = {
		.text = args_text, .json = args_json, .base64 = args_base64};
	struct bytes arg;
	uint32_t at = 0;
	uint64_t n = 0;

	while (next_arg(&cmdline, &at, &arg))
		n++;
	set_list(ret, &ops, NULL, n, NULL);
	ret->str = cmdline;
}

/* ---- published ports: items = struct publish_rec ---- */

static void add_side(const struct netaddr *addr, uint16_t port, struct strbuf *out)
{
	char buf[NETADDR_TEXT_MAX];
	bool six = addr->family == AF_INET6;

	if (addr->family)
		strbuf_addf(out, "%s%s%s", six ? "[" : "", netaddr_format(addr, buf),
			    six ? "]" : "");
	else
		strbuf_addc(out, '*');
	if (port)
		strbuf_addf(out, ":%u", port);
	else
		strbuf_adds(out, ":*");
}

static void published_text(const struct value *list, struct strbuf *out)
{
	const struct publish_rec *published = list->items;

	for (uint64_t i = 0; i < list->num; i++) {
		separate(i, out);
		add_side(&published[i].host_addr, published[i].host_port, out);
		strbuf_adds(out, "->");
		add_side(&published[i].container_addr, published[i].container_port, out);
		strbuf_addf(out, "/%s", names_proto(published[i].proto));
	}
}

static void addr_json(const struct netaddr *addr, struct jsonw *w)
{
	char buf[NETADDR_TEXT_MAX];

	if (!addr->family) {
		jsonw_null(w);
		return;
	}
	netaddr_format(addr, buf);
	jsonw_string(w, buf, strlen(buf));
}

static void port_json(uint16_t port, struct jsonw *w)
{
	if (port)
		jsonw_u64(w, port);
	else
		jsonw_null(w);
}

static bool published_json(const struct value *list, struct jsonw *w)
{
	const struct publish_rec *published = list->items;

	jsonw_begin_array(w);
	for (uint64_t i = 0; i < list->num; i++) {
		const char *proto = names_proto(published[i].proto);

		jsonw_begin_object(w);
		jsonw_key(w, "host_addr");
		addr_json(&published[i].host_addr, w);
		jsonw_key(w, "host_port");
		port_json(published[i].host_port, w);
		jsonw_key(w, "container_addr");
		addr_json(&published[i].container_addr, w);
		jsonw_key(w, "container_port");
		port_json(published[i].container_port, w);
		jsonw_key(w, "proto");
		jsonw_string(w, proto, strlen(proto));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	return false;
}

void list_set_published(struct value *ret, const struct publish_rec *published, uint32_t n)
{
	static const struct list_ops ops = {.text = published_text, .json = published_json};

	set_list(ret, &ops, published, n, NULL);
}

/* ---- addresses: items = struct netaddr ---- */

static void addresses_text(const struct value *list, struct strbuf *out)
{
	const struct netaddr *addrs = list->items;
	char buf[NETADDR_TEXT_MAX];

	for (uint64_t i = 0; i < list->num; i++) {
		separate(i, out);
		strbuf_adds(out, netaddr_format(&addrs[i], buf));
	}
}

static bool addresses_json(const struct value *list, struct jsonw *w)
{
	const struct netaddr *addrs = list->items;

	jsonw_begin_array(w);
	for (uint64_t i = 0; i < list->num; i++)
		addr_json(&addrs[i], w);
	jsonw_end_array(w);
	return false;
}

void list_set_addresses(struct value *ret, const struct netaddr *addrs, uint32_t n)
{
	static const struct list_ops ops = {.text = addresses_text, .json = addresses_json};

	set_list(ret, &ops, addrs, n, NULL);
}
