/*
 * What container runtimes say over their unix sockets: GET of the list (docker, podman), of one
 * container (CRI-O), never anything else. Asked and parsed in the RUNTIME helper process, which
 * answers with compact records; a runtime that is slow, huge or lies costs a note and no names.
 */
#ifndef INETTOP_KERNEL_RUNTIME_H
#define INETTOP_KERNEL_RUNTIME_H

#include "base/strbuf.h"
#include "kernel/helper.h"
#include "model/record.h"

#define RUNTIME_CONNECT_MS 300
#define RUNTIME_TOTAL_MS 1000
#define RUNTIME_BODY_MAX (8u << 20)
#define RUNTIME_NESTING_MAX 32

enum runtime_op {
	RUNTIME_DOCKER, /* GET /containers/json at a docker-like socket */
	RUNTIME_PODMAN, /* the same of podman */
	RUNTIME_CRIO,	/* GET /containers/ID */
	RUNTIME_FILES,	/* what lies on disk about ID (container_files.h) */
	RUNTIME_CONMON, /* name out of the command line of the process ID's conmon, by pid */
	RUNTIME_OP_COUNT
};

/* A request; text is the socket's path, then the id, without NULs. */
struct runtime_request {
	uint8_t op;   /* enum runtime_op */
	uint8_t hint; /* first letter of the runtime's name, 0 unknown (RUNTIME_FILES) */
	uint16_t path_len, id_len;
	uint32_t pid; /* RUNTIME_CONMON */
	char text[HELPER_REQUEST_MAX - 12];
};

/* One container as a source tells it. Pointers live as long as the answer. */
struct runtime_container {
	struct container_rec rec; /* runtime: static, or NULL = leave */
	const struct publish_rec *published;
	const struct netaddr *addrs; /* inside its namespace */
	uint32_t n_published, n_addrs;
	uint32_t pid; /* of its first process, 0 unknown */
};

/* Appends a record to out; the arrays and texts are copied. */
void runtime_pack(struct strbuf *out, const struct runtime_container *c);

/*
 * The next record of an answer: starts at *pos and moves it. False at the end or where the bytes
 * are no record. The arrays point into scratch, which is reset by each call.
 */
bool runtime_unpack(const void *bytes, size_t len, size_t *pos, struct strbuf *scratch,
		    struct runtime_container *ret_container);

/*
 * Parses the body of GET /containers/json or of CRI-O's GET /containers/ID and appends records.
 * 0, -EBADMSG (no such JSON), -E2BIG (nested too deep). A container of wrong shape is left out.
 */
int runtime_parse_list(const char *json, size_t len, const char *runtime, struct strbuf *out);
int runtime_parse_crio(const char *json, size_t len, struct strbuf *out);

/*
 * GET target from the socket at path over HTTP/1.0; the body in *body. The peer must be root, the
 * socket's owner or ourselves. 0 or -errno: -EPERM another peer, -ETIMEDOUT, -EFBIG, -EBADMSG not
 * HTTP, -ENOENT also for status 404, -EREMOTEIO any other status.
 */
int runtime_get(const char *path, const char *target, struct strbuf *body);

/* The HELPER_RUNTIME handler. */
int runtime_helper(const void *request, size_t len, struct helper_out *out, void **state);

#endif
