#include "base/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped_head[12] = {[10] = 0xff, [11] = 0xff};

struct netaddr netaddr_v4(const void *bytes)
{
	struct netaddr addr = {.family = AF_INET};

	memcpy(addr.bytes, bytes, 4);
	return addr;
}

struct netaddr netaddr_v6(const void *bytes)
{
	struct netaddr addr = {.family = AF_INET6};

	memcpy(addr.bytes, bytes, 16);
	return addr;
}

static unsigned address_bits(uint8_t family)
{
	return family == AF_INET ? 32 : family == AF_INET6 ? 128 : 0;
}

/* Not inet_ntop(): a filter on addresses formats those of every row, and that one is printf(). */
static char *put_v4(char *at, const uint8_t *bytes)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned byte = bytes[i];

		if (i)
			*at++ = '.';
		if (byte >= 100)
			*at++ = (char)('0' + byte / 100);
		if (byte >= 10)
			*at++ = (char)('0' + byte / 10 % 10);
		*at++ = (char)('0' + byte % 10);
	}
	return at;
}

static char *put_group(char *at, unsigned group)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned shift = 16; shift; shift -= 4) {
		if (shift == 4 || group >> (shift - 4))
			*at++ = hex[group >> (shift - 4) & 15];
	}
	return at;
}

/* The first longest run of two or more zero groups (RFC 5952 section 4.2); length 0 if none. */
static unsigned zero_run(const unsigned groups[8], unsigned *ret_start)
{
	unsigned best = 1, start = 0;

	for (unsigned i = 0; i < 8; i++) {
		unsigned end = i;

		while (end < 8 && !groups[end])
			end++;
		if (end - i > best) {
			best = end - i;
			start = i;
		}
		i = end;
	}
	*ret_start = start;
	return best > 1 ? best : 0;
}

static char *put_v6(char *at, const uint8_t *bytes)
{
	unsigned groups[8], start, run;
	bool dotted;

	for (unsigned i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	run = zero_run(groups, &start);
	dotted = start == 0 && (run == 6 || (run == 5 && groups[5] == 0xffff));
	for (unsigned i = 0; i < 8; i++) {
		if (run && i == start) {
			*at++ = ':';
			i += run - 1;
			if (i == 7)
				*at++ = ':';
			continue;
		}
		if (i)
			*at++ = ':';
		if (dotted && i == 6)
			return put_v4(at, bytes + 12);
		at = put_group(at, groups[i]);
	}
	return at;
}

const char *netaddr_format(const struct netaddr *addr, char buf[NETADDR_TEXT_MAX])
{
	char *end = buf;

	if (addr->family == AF_INET)
		end = put_v4(buf, addr->bytes);
	else if (addr->family == AF_INET6)
		end = put_v6(buf, addr->bytes);
	*end = '\0';
	return buf;
}

/* inet_pton() on a piece of text. */
static int parse_plain(const char *text, size_t len, struct netaddr *ret_addr)
{
	struct netaddr addr = {0};
	char copy[NETADDR_TEXT_MAX];

	if (!len || len >= sizeof(copy) || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	addr.family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr.family, copy, addr.bytes) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

int netaddr_parse(const char *text, size_t len, struct netaddr *ret_addr, const char **ret_zone,
		  size_t *ret_zone_len)
{
	bool bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
	const char *start = bracketed ? text + 1 : text;
	const char *end = bracketed ? text + len - 1 : text + len;
	const char *percent = memchr(start, '%', (size_t)(end - start));
	const char *stop = percent ? percent : end;
	struct netaddr addr;
	int r;

	r = parse_plain(start, (size_t)(stop - start), &addr);
	if (r < 0)
		return r;
	if ((bracketed || percent) && addr.family != AF_INET6)
		return -EINVAL;
	if (percent && (!ret_zone || percent + 1 == end))
		return -EINVAL;
	if (ret_zone) {
		*ret_zone = percent ? percent + 1 : end;
		*ret_zone_len = (size_t)(end - *ret_zone);
	}
	*ret_addr = addr;
	return 0;
}

/* A decimal number of at most `limit`, the whole text. */
static int parse_number(const char *text, size_t len, unsigned limit, unsigned *ret_value)
{
	unsigned value = 0;

	if (!len || len > 3)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (value > limit)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* One to four decimal bytes, the missing ones are 0. */
static int parse_short_v4(const char *text, size_t len, struct netaddr *ret_addr)
{
	struct netaddr addr = {.family = AF_INET};
	const char *end = text + len;

	for (unsigned i = 0; i < 4; i++) {
		const char *dot = memchr(text, '.', (size_t)(end - text));
		const char *stop = dot ? dot : end;
		unsigned byte;

		if (parse_number(text, (size_t)(stop - text), 255, &byte) < 0)
			return -EINVAL;
		addr.bytes[i] = (uint8_t)byte;
		if (!dot) {
			*ret_addr = addr;
			return 0;
		}
		text = dot + 1;
	}
	return -EINVAL;
}

int netaddr_parse_prefix(const char *text, size_t len, struct netprefix *ret_prefix)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	struct netaddr addr;
	unsigned bits;

	if (netaddr_parse(text, addr_len, &addr, NULL, NULL) < 0 &&
	    parse_short_v4(text, addr_len, &addr) < 0)
		return -EINVAL;
	bits = address_bits(addr.family);
	if (slash && parse_number(slash + 1, len - addr_len - 1, bits, &bits) < 0)
		return -EINVAL;
	*ret_prefix = (struct netprefix){.addr = addr, .bits = (uint8_t)bits};
	return 0;
}

bool netaddr_in_prefix(const struct netaddr *addr, const struct netprefix *prefix)
{
	struct netaddr plain = *addr;
	unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;

	if (prefix->addr.family == AF_INET)
		plain = netaddr_unmap(addr);
	if (plain.family != prefix->addr.family)
		return false;
	if (memcmp(plain.bytes, prefix->addr.bytes, whole) != 0)
		return false;
	return !rest || !((plain.bytes[whole] ^ prefix->addr.bytes[whole]) >> (8 - rest));
}

int netaddr_compare(const struct netaddr *a, const struct netaddr *b)
{
	unsigned bits_a = address_bits(a->family), bits_b = address_bits(b->family);

	if (bits_a != bits_b)
		return bits_a < bits_b ? -1 : 1;
	return memcmp(a->bytes, b->bytes, bits_a / 8);
}

bool netaddr_is_any(const struct netaddr *addr)
{
	return netaddr_scope(addr) == SCOPE_ANY;
}

bool netaddr_is_v4_mapped(const struct netaddr *addr)
{
	return addr->family == AF_INET6 &&
	       memcmp(addr->bytes, mapped_head, sizeof(mapped_head)) == 0;
}

struct netaddr netaddr_unmap(const struct netaddr *addr)
{
	return netaddr_is_v4_mapped(addr) ? netaddr_v4(addr->bytes + 12) : *addr;
}

static enum addr_scope scope_v4(const uint8_t *b)
{
	static const uint8_t any[4], broadcast[4] = {255, 255, 255, 255};

	if (memcmp(b, any, 4) == 0)
		return SCOPE_ANY;
	if (b[0] == 127)
		return SCOPE_LOOPBACK;
	if ((b[0] == 169 && b[1] == 254) || memcmp(b, broadcast, 4) == 0)
		return SCOPE_LINK;
	if (b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	    (b[0] == 100 && (b[1] & 0xc0) == 64))
		return SCOPE_PRIVATE;
	return (b[0] & 0xf0) == 224 ? SCOPE_MULTICAST : SCOPE_GLOBAL;
}

static enum addr_scope scope_v6(const uint8_t *b)
{
	static const uint8_t any[16], loopback[16] = {[15] = 1};

	if (memcmp(b, any, 16) == 0)
		return SCOPE_ANY;
	if (memcmp(b, loopback, 16) == 0)
		return SCOPE_LOOPBACK;
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return SCOPE_LINK;
	if ((b[0] & 0xfe) == 0xfc)
		return SCOPE_PRIVATE;
	return b[0] == 0xff ? SCOPE_MULTICAST : SCOPE_GLOBAL;
}

enum addr_scope netaddr_scope(const struct netaddr *addr)
{
	struct netaddr plain = netaddr_unmap(addr);

	if (plain.family == AF_INET)
		return scope_v4(plain.bytes);
	return plain.family == AF_INET6 ? scope_v6(plain.bytes) : SCOPE_ANY;
}

const char *scope_name(enum addr_scope scope)
{
	static const char *const names[] = {
		[SCOPE_ANY] = "any",	   [SCOPE_LOOPBACK] = "loopback",
		[SCOPE_LINK] = "link",	   [SCOPE_PRIVATE] = "private",
		[SCOPE_GLOBAL] = "global", [SCOPE_MULTICAST] = "multicast",
	};

	return names[scope];
}
