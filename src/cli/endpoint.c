#include "cli/endpoint.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/names.h"

/* A protocol and its separator in front; moves *text behind it. */
static void take_proto(const char **text, uint8_t *ret_proto)
{
	size_t len = strcspn(*text, ":@");

	if (!(*text)[len] || names_proto_find(*text, len, ret_proto))
		return;
	*text += len + 1;
}

static int parse_port(const char *text, uint8_t proto, uint16_t *ret, const char **ret_error)
{
	const struct servent *service;
	char *end;
	long n;

	*ret_error = "expected a port from 1 to 65535";
	if (isdigit((unsigned char)*text)) {
		n = strtol(text, &end, 10);
		*ret = (uint16_t)n;
		return *end || n < 1 || n > 65535 ? -EINVAL : 0;
	}
	service = *text ? getservbyname(text, proto == PROTO_UDP ? "udp" : "tcp") : NULL;
	if (!service)
		return -EINVAL;
	*ret = ntohs((uint16_t)service->s_port);
	return 0;
}

static int parse_zone(const char *zone, size_t len, uint32_t *ret_ifindex, const char **ret_error)
{
	char name[IF_NAMESIZE] = "";

	if (!len)
		return 0;
	*ret_error = "there is no such device";
	if (len >= sizeof(name))
		return -EINVAL;
	memcpy(name, zone, len);
	*ret_ifindex = if_nametoindex(name);
	return *ret_ifindex ? 0 : -EINVAL;
}

int endpoint_parse(const char *text, struct why_want *want, const char **ret_error)
{
	const char *colon, *zone;
	size_t len, zone_len;

	want->proto = PROTO_TCP;
	want->scope_ifindex = 0;
	take_proto(&text, &want->proto);
	if (want->proto >= PROTO_RAW && want->proto != PROTO_SCTP && want->proto != PROTO_DCCP) {
		*ret_error = "this protocol has no ports";
		return -EINVAL;
	}
	colon = strrchr(text, ':');
	len = colon ? (size_t)(colon - text) : 0;
	want->any_addr = !len || (len == 1 && *text == '*');
	if (!want->any_addr && *text != '[' && memchr(text, ':', len)) {
		*ret_error = "an IPv6 address is written in brackets, as [::1]:80";
		return -EINVAL;
	}
	if (!want->any_addr) {
		*ret_error = "expected an address before the port";
		if (netaddr_parse(text, len, &want->addr, &zone, &zone_len) ||
		    parse_zone(zone, zone_len, &want->scope_ifindex, ret_error))
			return -EINVAL;
	}
	return parse_port(colon ? colon + 1 : text, want->proto, &want->port, ret_error);
}
