#include "view/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static const struct {
	const char *name;
	uint32_t code;
} named[] = {
	{"Up", KEYSYM_UP},
	{"Down", KEYSYM_DOWN},
	{"Left", KEYSYM_LEFT},
	{"Right", KEYSYM_RIGHT},
	{"PgUp", KEYSYM_PGUP},
	{"PgDn", KEYSYM_PGDN},
	{"Home", KEYSYM_HOME},
	{"End", KEYSYM_END},
	{"Enter", KEYSYM_ENTER},
	{"Esc", KEYSYM_ESC},
	{"Tab", KEYSYM_TAB},
	{"Shift-Tab", KEYSYM_BACKTAB},
	{"Backspace", KEYSYM_BACKSPACE},
	{"Delete", KEYSYM_DELETE},
	{"Insert", KEYSYM_INSERT},
	{"Space", ' '},
};

const char *keys_name(struct key key, char buf[KEYS_NAME_MAX])
{
	const char *ctrl = key.mods & KEYMOD_CTRL ? "Ctrl-" : "";
	const char *alt = key.mods & KEYMOD_ALT ? "Alt-" : "";
	char utf8[5] = "";

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (named[i].code == key.code) {
			snprintf(buf, KEYS_NAME_MAX, "%s%s%s", ctrl, alt, named[i].name);
			return buf;
		}
	if (key.code >= KEYSYM_F1 && key.code <= KEYSYM_F12) {
		snprintf(buf, KEYS_NAME_MAX, "%s%sF%u", ctrl, alt, key.code - KEYSYM_F1 + 1);
		return buf;
	}
	if (key.code < 0x20 || key.code == 0x7f || utf8_encode(key.code, utf8) == 0)
		snprintf(utf8, sizeof(utf8), "?");
	if (*ctrl && key.code >= 'a' && key.code <= 'z')
		utf8[0] = (char)(key.code - 'a' + 'A');
	snprintf(buf, KEYS_NAME_MAX, "%s%s%s", ctrl, alt, utf8);
	return buf;
}

static bool take_prefix(const char **name, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len <= n || strncasecmp(*name, prefix, n) != 0)
		return false;
	*name += n;
	*len -= n;
	return true;
}

static uint32_t parse_code(const char *name, size_t len)
{
	uint32_t cp;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (strlen(named[i].name) == len && !strncasecmp(named[i].name, name, len))
			return named[i].code;
	if (len == 2 && name[0] == 'F' && name[1] >= '1' && name[1] <= '9')
		return KEYSYM_F1 + (uint32_t)(name[1] - '1');
	if (len == 3 && name[0] == 'F' && name[1] == '1' && name[2] >= '0' && name[2] <= '2')
		return KEYSYM_F1 + 9 + (uint32_t)(name[2] - '0');
	return len && utf8_decode(name, len, &cp) == len ? cp : KEYSYM_NONE;
}

int keys_parse(const char *name, size_t len, struct key *ret_key)
{
	struct key key = {0};

	if (take_prefix(&name, &len, "Ctrl-"))
		key.mods |= KEYMOD_CTRL;
	if (take_prefix(&name, &len, "Alt-"))
		key.mods |= KEYMOD_ALT;
	key.code = parse_code(name, len);
	if (key.code == KEYSYM_NONE)
		return -EINVAL;
	if ((key.mods & KEYMOD_CTRL) && key.code >= 'A' && key.code <= 'Z')
		key.code += 'a' - 'A';
	*ret_key = key;
	return 0;
}

bool keys_next(const char **list, struct key *ret_key)
{
	const char *start = *list + strspn(*list, " ");
	size_t len = strcspn(start, " ");

	*list = start + len;
	return len > 0 && keys_parse(start, len, ret_key) == 0;
}

bool keys_equal(struct key a, struct key b)
{
	return a.code == b.code && a.mods == b.mods;
}
