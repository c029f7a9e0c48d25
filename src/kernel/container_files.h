/*
 * What lies on disk about containers, for when no runtime answers: docker's config.v2.json,
 * containers.json of podman and CRI-O, containerd's config.json of a task, the names of
 * /var/log/containers, links of /run/systemd/machines. Layouts of the runtimes as of 2026; all of
 * it is text that somebody else chose. Runs in the RUNTIME helper; root_fd: "/" or a fake tree.
 */
#ifndef INETTOP_KERNEL_CONTAINER_FILES_H
#define INETTOP_KERNEL_CONTAINER_FILES_H

#include "kernel/runtime.h"

/* A file larger than this is left alone. */
#define CONTAINER_FILES_MAX (8u << 20)

/*
 * Appends a record about the container (full id, lower case hex) if some file knows it. 0, or
 * -errno of the best source: -EACCES (a right is missing), -ENOENT (no file knows it), -EBADMSG.
 */
int container_files_find(int root_fd, const char *id, struct strbuf *out);

/* Pure parts: text of one file about the container. 0, -ENOENT (says nothing of it), -EBADMSG. */
int container_files_docker(const char *json, size_t len, struct strbuf *out);
int container_files_storage(const char *json, size_t len, const char *id, const char *runtime,
			    struct strbuf *out);
int container_files_task(const char *json, size_t len, const char *id, struct strbuf *out);
/* Name of a link in /var/log/containers: POD_NAMESPACE_CONTAINER-ID.log */
int container_files_log_name(const char *name, const char *id, struct strbuf *out);

#endif
