/* The ENDPOINT of `inettop why`: 8080, :8080, udp:53, 127.0.0.1:8080, tcp:[::]:8080. */
#ifndef INETTOP_CLI_ENDPOINT_H
#define INETTOP_CLI_ENDPOINT_H

#include "model/needs.h"

/*
 * Sets proto, any_addr, addr, scope_ifindex and port, leaves the rest alone. Ports may be names of
 * services; zones must be devices of this namespace. 0, or -EINVAL with a static text that says
 * what is wrong.
 */
int endpoint_parse(const char *text, struct why_want *want, const char **ret_error);

#endif
