/* Network addresses without port: IPv4, IPv6 or none. */
#ifndef INETTOP_BASE_NETADDR_H
#define INETTOP_BASE_NETADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest text of an address (45 for a v4-mapped one) and its NUL. */
#define NETADDR_TEXT_MAX 46

struct netaddr {
	uint8_t family;	   /* AF_INET, AF_INET6, 0 = none */
	uint8_t bytes[16]; /* network order, IPv4 in the first four; the rest is 0 */
};

struct netprefix {
	struct netaddr addr;
	uint8_t bits; /* at most 32 or 128 */
};

enum addr_scope {
	SCOPE_ANY,
	SCOPE_LOOPBACK,
	SCOPE_LINK,
	SCOPE_PRIVATE,
	SCOPE_GLOBAL,
	SCOPE_MULTICAST,
};

/* An address from 4 (v4) or 16 (v6) bytes in network order. */
struct netaddr netaddr_v4(const void *bytes);
struct netaddr netaddr_v6(const void *bytes);

/* Numeric text as in RFC 5952 (the same as inet_ntop() writes), without brackets; "" for none.
 * Returns buf. */
const char *netaddr_format(const struct netaddr *addr, char buf[NETADDR_TEXT_MAX]);

/* Parses numeric text of len bytes: 10.0.0.1, ::1, [::1], fe80::1%eth0, [fe80::1%eth0].
 * A zone (the part after %, IPv6 only) is returned as a piece of text, length 0 if there is none;
 * with ret_zone NULL a zone is an error. -EINVAL if it is no address. */
int netaddr_parse(const char *text, size_t len, struct netaddr *ret_addr, const char **ret_zone,
		  size_t *ret_zone_len);

/* Parses ADDRESS or ADDRESS/BITS; as in ss an IPv4 address may leave out its last bytes ("10/8").
 * Bits of the address beyond the prefix are ignored. -EINVAL if it is no prefix. */
int netaddr_parse_prefix(const char *text, size_t len, struct netprefix *ret_prefix);

/* Whether addr lies in the prefix. An IPv4 prefix also holds v4-mapped IPv6 addresses, as in ss. */
bool netaddr_in_prefix(const struct netaddr *addr, const struct netprefix *prefix);

/* Three-way: none, then IPv4, then IPv6, each by bytes. */
int netaddr_compare(const struct netaddr *a, const struct netaddr *b);

/* Whether it is 0.0.0.0, ::, ::ffff:0.0.0.0 or none. */
bool netaddr_is_any(const struct netaddr *addr);

bool netaddr_is_v4_mapped(const struct netaddr *addr);

/* The IPv4 address inside a v4-mapped one, any other address as it is. */
struct netaddr netaddr_unmap(const struct netaddr *addr);

/* Scope; a v4-mapped address has that of its IPv4 address, none counts as any. Private: RFC 1918,
 * RFC 6598 (100.64/10), RFC 4193 (fc00::/7). Limited broadcast is link. */
enum addr_scope netaddr_scope(const struct netaddr *addr);

/* "any", "loopback", "link", "private", "global", "multicast". */
const char *scope_name(enum addr_scope scope);

#endif
