/*
 * The table of `inettop --check`: each need of SPEC section 2 with the source in use on this host,
 * and why not the better one.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>

#include "kernel/bpf/bpf_caps.h"
#include "kernel/capabilities.h"
#include "model/names.h"

static void add_row(struct strbuf *out, const char *need, const char *source, const char *why)
{
	strbuf_addf(out, "%-12s %-34s %s\n", need, source, why);
}

static void add_protocols(const struct session *s, struct strbuf *out)
{
	struct strbuf text;

	strbuf_init(&text, 0);
	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++)
		if (s->own_ns.absent & PROTO_BIT(proto))
			strbuf_addf(&text, "%s%s",
				    text.len ? " " : "no diag module: ", names_proto(proto));
	if (!s->own_ns.diag) {
		strbuf_adds(&text, s->cfg.source == SOURCE_PROC ? "--source=proc"
								: strerror(-s->own_ns.diag_err));
	}
	add_row(out, "sockets", s->own_ns.diag ? "sock_diag (netlink)" : "/proc/net text",
		strbuf_str(&text));
	strbuf_done(&text);
}

static const char *bpf_reason(const struct session *s, const struct bpf_support *bpf,
			      enum bpf_source source, unsigned rights)
{
	if (s->cfg.no_bpf)
		return "--no-bpf";
	if (s->cfg.readonly)
		return "--readonly loads no BPF";
	return bpf->error[source] ? bpf_caps_strerror(bpf->error[source], rights & ~bpf->rights)
				  : "";
}

static void add_bpf(const struct session *s, const struct bpf_support *bpf, struct strbuf *out)
{
	static const struct {
		enum bpf_source source;
		unsigned rights;
		const char *need, *better, *lesser;
	} rows[] = {
		{BPF_SOURCE_OWNERS, BPF_RIGHTS_WALK, "owners", "/proc, BPF walk when it is cheaper",
		 "/proc walk"},
		{BPF_SOURCE_NETNS, BPF_RIGHTS_WALK, "namespaces", "BPF list and /proc",
		 "/proc, /run/netns, mounts"},
		{BPF_SOURCE_BINDS, BPF_RIGHTS_WALK, "options", "BPF walk of the bind tables",
		 "pidfd_getfd and getsockopt"},
		{BPF_SOURCE_EVENTS, BPF_RIGHTS_WALK, "events", "BPF tracepoint and bind hooks",
		 "destroy multicast and the diff"},
		{BPF_SOURCE_TRAFFIC, BPF_RIGHTS_CGROUP, "udp bytes", "BPF cgroup counters",
		 "not counted"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *reason = bpf_reason(s, bpf, rows[i].source, rows[i].rights);

		add_row(out, rows[i].need, *reason ? rows[i].lesser : rows[i].better, reason);
	}
}

void session_check(struct session *s, struct strbuf *out)
{
	struct cap_status caps[CAPF_COUNT];
	struct cap_procview view;
	struct bpf_support bpf;
	uint64_t mask = 0;

	capabilities_get(&mask);
	capabilities_check(mask, caps);
	capabilities_procview(s->proc_fd, &view);
	bpf_probe_support(&bpf);
	add_protocols(s, out);
	add_bpf(s, &bpf, out);
	add_row(out, "processes",
#ifdef HAVE_LIBPROC2
		"libproc2 in a helper process",
#else
		"own reader in a helper process",
#endif
		view.hides   ? "/proc hides other users' processes (hidepid)"
		: view.pidns ? "in a pid namespace: processes outside of it are hidden"
			     : "");
	add_row(out, "exec, exit", s->proc_events ? "proc connector" : "looked for each tick",
		s->proc_events ? "" : "the connector is refused here");
	strbuf_adds(out, "\n");
	for (size_t i = 0; i < CAPF_COUNT; i++)
		strbuf_addf(out, "%-12s %-8s %s%s%s\n", caps[i].code,
			    caps[i].available ? "yes" : "no", caps[i].text,
			    caps[i].available ? "" : ": needs ",
			    caps[i].available ? "" : caps[i].missing);
}
