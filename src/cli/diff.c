#include "cli/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "cli/newfile.h"
#include "cli/query.h"
#include "cli/say.h"
#include "view/export.h"
#include "view/json_row.h"

/* ---- two documents ---- */

static const char *const key_names[] = {"netns_name", "proto", "ifname", "local_addr"};
#define N_KEY (sizeof(key_names) / sizeof(*key_names))

struct endpoint {
	const char *key[N_KEY]; /* "" = null */
	json_int_t port;
	const char *exe, *user; /* NULL = unknown */
};

struct side {
	json_t *doc;
	struct endpoint *list;
	size_t n;
};

static const char *text_of(json_t *row, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text ? text : otherwise;
}

static int compare_endpoints(const void *va, const void *vb)
{
	const struct endpoint *a = va, *b = vb;

	for (size_t i = 0; i < N_KEY; i++) {
		int order = strcmp(a->key[i], b->key[i]);

		if (order)
			return order;
	}
	return (a->port > b->port) - (a->port < b->port);
}

static int load_side(struct side *side, const char *text, size_t len, const char **ret_error)
{
	json_error_t error;
	json_t *rows, *row;
	size_t i;

	side->doc = json_loadb(text, len, JSON_ALLOW_NUL, &error);
	rows = json_object_get(side->doc, "ports");
	if (!side->doc)
		*ret_error = "it is not JSON";
	else if (strcmp(text_of(side->doc, "schema", ""), JSON_SCHEMA))
		*ret_error = "it is not a document of the schema " JSON_SCHEMA;
	else if (!json_is_array(rows))
		*ret_error = "it is not a listing of the pane ports";
	if (!json_is_array(rows) || *ret_error)
		return -EINVAL;
	side->list = xcalloc(json_array_size(rows), sizeof(*side->list));
	json_array_foreach(rows, i, row)
	{
		struct endpoint *ep = &side->list[side->n++];

		for (size_t k = 0; k < N_KEY; k++)
			ep->key[k] = text_of(row, key_names[k], "");
		ep->port = json_integer_value(json_object_get(row, "local_port"));
		ep->exe = text_of(row, "exe", NULL);
		ep->user = text_of(row, "user", NULL);
	}
	qsort(side->list, side->n, sizeof(*side->list), compare_endpoints);
	return 0;
}

static void free_side(struct side *side)
{
	free(side->list);
	json_decref(side->doc);
}

static void add_text(struct strbuf *out, const char *text)
{
	text_clean(text, strlen(text), TEXT_EXPORT, out);
}

static void add_endpoint(struct strbuf *out, char sign, const struct endpoint *ep)
{
	bool six = strchr(ep->key[3], ':');

	strbuf_addf(out, "%c ", sign);
	add_text(out, ep->key[1]);
	strbuf_adds(out, six ? " [" : " ");
	add_text(out, *ep->key[3] ? ep->key[3] : "*");
	if (*ep->key[2]) {
		strbuf_addc(out, '%');
		add_text(out, ep->key[2]);
	}
	strbuf_addf(out, "%s:%lld", six ? "]" : "", (long long)ep->port);
	if (*ep->key[0]) {
		strbuf_adds(out, " netns ");
		add_text(out, ep->key[0]);
	}
}

static void add_fact(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, " %s ", name);
	add_text(out, value);
}

static int add_one(struct strbuf *out, char sign, const struct endpoint *ep)
{
	add_endpoint(out, sign, ep);
	add_fact(out, "exe", ep->exe);
	add_fact(out, "user", ep->user);
	strbuf_addc(out, '\n');
	return 1;
}

static bool differs(const char *a, const char *b)
{
	return a && b && strcmp(a, b);
}

static void add_change(struct strbuf *out, const char *name, const char *before, const char *after)
{
	if (!differs(before, after))
		return;
	add_fact(out, name, before);
	strbuf_adds(out, " -> ");
	add_text(out, after);
}

static int add_both(struct strbuf *out, const struct endpoint *old, const struct endpoint *new)
{
	if (!differs(old->exe, new->exe) && !differs(old->user, new->user))
		return 0;
	add_endpoint(out, '~', new);
	add_change(out, "exe", old->exe, new->exe);
	add_change(out, "user", old->user, new->user);
	strbuf_addc(out, '\n');
	return 1;
}

static int merge(const struct side *old, const struct side *new, struct strbuf *out)
{
	size_t i = 0, j = 0;
	int n = 0;

	while (i < old->n || j < new->n) {
		int order = i == old->n	  ? 1
			    : j == new->n ? -1
					  : compare_endpoints(&old->list[i], &new->list[j]);

		if (order < 0)
			n += add_one(out, '-', &old->list[i++]);
		else if (order > 0)
			n += add_one(out, '+', &new->list[j++]);
		else
			n += add_both(out, &old->list[i++], &new->list[j++]);
	}
	return n;
}

int diff_documents(const char *old, size_t old_len, const char *new, size_t new_len,
		   struct strbuf *out, const char **ret_error)
{
	struct side a = {0}, b = {0};
	int n = -EINVAL;

	*ret_error = NULL;
	if (!load_side(&a, old, old_len, ret_error) && !load_side(&b, new, new_len, ret_error))
		n = merge(&a, &b, out);
	free_side(&a);
	free_side(&b);
	return n;
}

/* ---- this host ---- */

static int keep(void *ctx, const void *mem, size_t len)
{
	struct strbuf *out = ctx;

	strbuf_add(out, mem, len);
	return out->failed ? -EFBIG : 0;
}

/* The document of the pane ports; 0 or an exit code after a message. */
static int make_document(struct live *live, struct strbuf *out)
{
	const struct snapshot *snap;
	struct query query;
	struct strbuf error;
	struct needs needs;
	struct sink sink;
	int code = CLI_USAGE;

	strbuf_init(&error, 0);
	if (query_init(&query, live->plan, PANE_PORTS, &error)) {
		say_raw(&error);
		goto out;
	}
	code = CLI_FATAL;
	query_needs(&query, column_json_needs(PANE_PORTS), &needs);
	snap = live_once(live, &needs);
	if (!snap)
		goto out;
	query_run(&query, snap, &live->lookup);
	sink_init(&sink, keep, out);
	export_write(&(struct export_view){.snap = snap,
					   .lookup = &live->lookup,
					   .host = live->host,
					   .pane = PANE_PORTS,
					   .slots = query.slots.data,
					   .n_slots = query.slots.len},
		     EXPORT_JSON, &sink);
	code = sink_flush(&sink) ? CLI_FATAL : CLI_OK;
	sink_done(&sink);
	session_release(snap);
out:
	query_done(&query);
	strbuf_done(&error);
	return code;
}

int diff_save(struct live *live)
{
	const char *path = live->plan->file;
	struct strbuf doc;
	int code, err;

	strbuf_init(&doc, 0);
	code = make_document(live, &doc);
	if (!code) {
		err = newfile_replace(path, strbuf_str(&doc), doc.len);
		if (err) {
			say("%s: %s", path, strerror(-err));
			code = CLI_FATAL;
		}
	}
	strbuf_done(&doc);
	return code;
}

static int read_baseline(const char *path, struct strbuf *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char buf[16384];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0 && !out->failed)
		strbuf_add(out, buf, (size_t)n);
	return n < 0 ? -errno : out->failed ? -EFBIG : 0;
}

static int compare(struct live *live, const struct strbuf *old)
{
	struct strbuf doc, text;
	const char *error;
	int code, n = 0;

	strbuf_init(&doc, 0);
	strbuf_init(&text, 0);
	code = make_document(live, &doc);
	if (!code) {
		n = diff_documents(strbuf_str(old), old->len, strbuf_str(&doc), doc.len, &text,
				   &error);
		if (n < 0)
			say("%s: %s", live->plan->file, error);
		else if (live->plan->output != OUTPUT_QUIET)
			sink_add(&live->out, strbuf_str(&text), text.len);
		code = live_end(live, n < 0 ? CLI_USAGE : n ? CLI_NO : CLI_OK);
	}
	strbuf_done(&text);
	strbuf_done(&doc);
	return code;
}

int diff_run(struct live *live)
{
	struct strbuf old;
	int code, err;

	strbuf_init(&old, 0);
	err = read_baseline(live->plan->file, &old);
	if (err)
		say("%s: %s", live->plan->file, strerror(-err));
	code = err ? CLI_USAGE : compare(live, &old);
	strbuf_done(&old);
	return code;
}
