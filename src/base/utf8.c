#include "base/utf8.h"

static bool is_scalar(uint32_t cp)
{
	return cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
}

/* Length that the first byte announces and its payload bits; 0 if it cannot start a character. */
static size_t decode_lead(unsigned char lead, uint32_t *ret_bits)
{
	if (lead >= 0xc2 && lead <= 0xdf) {
		*ret_bits = lead & 0x1f;
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		*ret_bits = lead & 0x0f;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*ret_bits = lead & 0x07;
		return 4;
	}
	return 0;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *ret_cp)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	uint32_t cp;
	size_t need;

	if (!len)
		return 0;
	if (u[0] < 0x80) {
		*ret_cp = u[0];
		return 1;
	}
	need = decode_lead(u[0], &cp);
	if (!need || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (u[i] & 0x3f);
	}
	if (cp < smallest[need] || !is_scalar(cp))
		return 0;
	*ret_cp = cp;
	return need;
}

size_t utf8_encode(uint32_t cp, char ret_bytes[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (!is_scalar(cp))
		return 0;
	for (size_t i = len; i-- > 1; cp >>= 6)
		ret_bytes[i] = (char)(0x80 | (cp & 0x3f));
	ret_bytes[0] = (char)(lead[len] | cp);
	return len;
}

bool utf8_valid(const char *s, size_t len)
{
	uint32_t cp;

	for (size_t at = 0, used; at < len; at += used) {
		used = utf8_decode(s + at, len - at, &cp);
		if (!used)
			return false;
	}
	return true;
}
