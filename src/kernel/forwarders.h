/*
 * Programs that hold a port on behalf of something else, told by their command lines, which every
 * user may read: docker-proxy, conmon, rootlessport, pasta, slirp4netns, containerd-shim ...
 * Options as in moby's cmd/docker-proxy, conmon(8), pasta(1), containerd's shim v2.
 */
#ifndef INETTOP_KERNEL_FORWARDERS_H
#define INETTOP_KERNEL_FORWARDERS_H

#include "model/record.h"

enum forwarder_kind {
	FORWARDER_NONE,
	FORWARDER_DOCKER_PROXY,
	FORWARDER_DOCKERD, /* without userland proxy it holds the ports itself */
	FORWARDER_CONMON,
	FORWARDER_ROOTLESSPORT,
	FORWARDER_ROOTLESSKIT,
	FORWARDER_PASTA,
	FORWARDER_SLIRP4NETNS,
	FORWARDER_SHIM, /* containerd-shim-runc-v2: holds no port, names a container */
	FORWARDER_GVPROXY,
	FORWARDER_KUBE_PROXY,
	FORWARDER_KIND_COUNT
};

#define FORWARDER_PORTS_MAX 64

/* Pieces of the command line; NULL = not said. */
struct forwarder {
	uint8_t kind;		    /* enum forwarder_kind */
	struct bytes id, name;	    /* of the container */
	struct bytes k8s_namespace; /* shim: containerd's namespace */
	struct bytes netns;	    /* pasta --netns: a path */
	uint32_t netns_pid;	    /* slirp4netns, pasta: the process whose namespace it serves */
	uint32_t n_ports;
	struct publish_rec ports[FORWARDER_PORTS_MAX];
};

/* cmdline: arguments, each NUL-terminated. FORWARDER_NONE if it is none. */
enum forwarder_kind forwarders_parse(struct bytes cmdline, struct forwarder *ret_forwarder);

/* By the name alone, for a process whose command line is not known (comm may be cut at 15). */
enum forwarder_kind forwarders_by_comm(struct bytes comm);

/* "docker-proxy", "conmon" ...; static. */
const char *forwarders_name(enum forwarder_kind kind);

#endif
