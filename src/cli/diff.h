/*
 * --save-baseline and --diff: the endpoints of this host against those of a saved inettop/1
 * document. An endpoint is (netns_name, proto, ifname, address, port); its exe and user are
 * compared where both are known.
 */
#ifndef INETTOP_CLI_DIFF_H
#define INETTOP_CLI_DIFF_H

#include "cli/live.h"

/* Both return the exit code. */
int diff_save(struct live *live);
int diff_run(struct live *live);

/* Appends one line per difference between two documents (+ - ~), clean. Returns how many, or
 * -EINVAL with a reason when one is no document of the pane ports. */
int diff_documents(const char *old, size_t old_len, const char *new, size_t new_len,
		   struct strbuf *out, const char **ret_error);

#endif
