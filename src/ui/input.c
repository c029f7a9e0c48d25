#include "ui/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define NCURSES_NOMACROS
#include <curses.h>

#define DOUBLE_CLICK_MS 400
#define PASTE_END_MS 1000     /* a paste that never ends ends after this silence */
#define CODE_PASTE_BEGIN 3000 /* above KEY_MAX and what ncurses numbers by itself */
#define CODE_PASTE_END 3001

static const struct {
	const char *sequence;
	int code;
} forgotten[] = {
	{"\033[A", KEY_UP},	 {"\033OA", KEY_UP},	  {"\033[B", KEY_DOWN},
	{"\033OB", KEY_DOWN},	 {"\033[C", KEY_RIGHT},	  {"\033OC", KEY_RIGHT},
	{"\033[D", KEY_LEFT},	 {"\033OD", KEY_LEFT},	  {"\033[H", KEY_HOME},
	{"\033OH", KEY_HOME},	 {"\033[1~", KEY_HOME},	  {"\033[7~", KEY_HOME},
	{"\033[F", KEY_END},	 {"\033OF", KEY_END},	  {"\033[4~", KEY_END},
	{"\033[8~", KEY_END},	 {"\033[5~", KEY_PPAGE},  {"\033[6~", KEY_NPAGE},
	{"\033[3~", KEY_DC},	 {"\033[2~", KEY_IC},	  {"\033[Z", KEY_BTAB},
	{"\033OM", KEY_ENTER},	 {"\033OP", KEY_F(1)},	  {"\033OQ", KEY_F(2)},
	{"\033OR", KEY_F(3)},	 {"\033OS", KEY_F(4)},	  {"\033[11~", KEY_F(1)},
	{"\033[12~", KEY_F(2)},	 {"\033[13~", KEY_F(3)},  {"\033[14~", KEY_F(4)},
	{"\033[15~", KEY_F(5)},	 {"\033[17~", KEY_F(6)},  {"\033[18~", KEY_F(7)},
	{"\033[19~", KEY_F(8)},	 {"\033[20~", KEY_F(9)},  {"\033[21~", KEY_F(10)},
	{"\033[23~", KEY_F(11)}, {"\033[24~", KEY_F(12)},
};

static const struct {
	int code;
	uint32_t key;
} codes[] = {
	{KEY_UP, KEYSYM_UP},	      {KEY_DOWN, KEYSYM_DOWN},
	{KEY_LEFT, KEYSYM_LEFT},      {KEY_RIGHT, KEYSYM_RIGHT},
	{KEY_SR, KEYSYM_UP},	      {KEY_SF, KEYSYM_DOWN},
	{KEY_SLEFT, KEYSYM_LEFT},     {KEY_SRIGHT, KEYSYM_RIGHT},
	{KEY_PPAGE, KEYSYM_PGUP},     {KEY_NPAGE, KEYSYM_PGDN},
	{KEY_SPREVIOUS, KEYSYM_PGUP}, {KEY_SNEXT, KEYSYM_PGDN},
	{KEY_A3, KEYSYM_PGUP},	      {KEY_C3, KEYSYM_PGDN},
	{KEY_HOME, KEYSYM_HOME},      {KEY_END, KEYSYM_END},
	{KEY_SHOME, KEYSYM_HOME},     {KEY_SEND, KEYSYM_END},
	{KEY_A1, KEYSYM_HOME},	      {KEY_C1, KEYSYM_END},
	{KEY_FIND, KEYSYM_HOME},      {KEY_SELECT, KEYSYM_END},
	{KEY_ENTER, KEYSYM_ENTER},    {KEY_BTAB, KEYSYM_BACKTAB},
	{KEY_STAB, KEYSYM_BACKTAB},   {KEY_BACKSPACE, KEYSYM_BACKSPACE},
	{KEY_DC, KEYSYM_DELETE},      {KEY_SDC, KEYSYM_DELETE},
	{KEY_IC, KEYSYM_INSERT},      {KEY_SIC, KEYSYM_INSERT},
};

static const struct {
	const char *name;
	uint32_t key;
} extended[] = {
	{"kUP", KEYSYM_UP},	{"kDN", KEYSYM_DOWN},	  {"kLFT", KEYSYM_LEFT},
	{"kRIT", KEYSYM_RIGHT}, {"kPRV", KEYSYM_PGUP},	  {"kNXT", KEYSYM_PGDN},
	{"kHOM", KEYSYM_HOME},	{"kEND", KEYSYM_END},	  {"kDC", KEYSYM_DELETE},
	{"kIC", KEYSYM_INSERT}, {"kcbt", KEYSYM_BACKTAB},
};

void input_init(struct input *in)
{
	size_t i;

	*in = (struct input){.click_ms = -1};
	strbuf_init(&in->paste, INPUT_PASTE_MAX);
	for (i = 0; i < sizeof(forgotten) / sizeof(forgotten[0]); i++)
		if (key_defined(forgotten[i].sequence) == 0)
			define_key(forgotten[i].sequence, forgotten[i].code);
	define_key("\033[200~", CODE_PASTE_BEGIN);
	define_key("\033[201~", CODE_PASTE_END);
}

void input_done(struct input *in)
{
	strbuf_done(&in->paste);
}

/* xterm's numbers: 1 + (1 Shift, 2 Alt, 4 Ctrl). */
static uint8_t modifiers(int number)
{
	uint8_t mods = 0;

	if ((number - 1) & 2)
		mods |= KEYMOD_ALT;
	if ((number - 1) & 4)
		mods |= KEYMOD_CTRL;
	return mods;
}

bool input_extended_key(const char *name, struct key *ret_key)
{
	size_t len, i;

	for (i = 0; name && i < sizeof(extended) / sizeof(extended[0]); i++) {
		len = strlen(extended[i].name);
		if (strncmp(name, extended[i].name, len))
			continue;
		if (!name[len]) {
			*ret_key = (struct key){.code = extended[i].key};
			return true;
		}
		if (name[len] >= '2' && name[len] <= '8' && !name[len + 1]) {
			*ret_key = (struct key){.code = extended[i].key,
						.mods = modifiers(name[len] - '0')};
			return true;
		}
	}
	return false;
}

static bool named_key(uint32_t code, struct key *ret_key)
{
	size_t i;

	if (code >= (uint32_t)KEY_F(1) && code <= (uint32_t)KEY_F(12)) {
		*ret_key = (struct key){.code = KEYSYM_F1 + code - (uint32_t)KEY_F(1)};
		return true;
	}
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if ((uint32_t)codes[i].code == code) {
			*ret_key = (struct key){.code = codes[i].key};
			return true;
		}
	}
	return code > KEY_MAX && input_extended_key(keyname((int)code), ret_key);
}

static bool character_key(uint32_t ch, struct key *ret_key)
{
	struct key key = {.code = ch};

	if (ch == '\r' || ch == '\n')
		key.code = KEYSYM_ENTER;
	else if (ch == '\t')
		key.code = KEYSYM_TAB;
	else if (ch == '\b' || ch == 0x7f)
		key.code = KEYSYM_BACKSPACE;
	else if (ch == 0x1b)
		key.code = KEYSYM_ESC;
	else if (ch >= 1 && ch <= 26)
		key = (struct key){.code = 'a' + ch - 1, .mods = KEYMOD_CTRL};
	else if (ch < ' ' || (ch >= 0x80 && ch < 0xa0) || ch > 0x10ffff)
		return false;
	*ret_key = key;
	return true;
}

bool input_key(int status, uint32_t value, struct key *ret_key)
{
	return status == KEY_CODE_YES ? named_key(value, ret_key) : character_key(value, ret_key);
}

/* --- paste */

static int end_paste(struct input *in, struct app_event *ret_event)
{
	in->pasting = false;
	ret_event->kind = APP_PASTE;
	ret_event->paste =
		(struct bytes){.ptr = strbuf_str(&in->paste), .len = (uint32_t)in->paste.len};
	return 1;
}

static int paste_more(struct input *in, int status, uint32_t value, struct app_event *ret_event)
{
	char bytes[4];

	if (status == KEY_CODE_YES && value == CODE_PASTE_END)
		return end_paste(in, ret_event);
	if (status == OK)
		strbuf_add(&in->paste, bytes, utf8_encode(value, bytes));
	return 0;
}

static void begin_paste(struct input *in)
{
	strbuf_reset(&in->paste);
	in->pasting = true;
}

/* --- mouse */

static int take_mouse(struct input *in, int64_t now_ms, struct app_event *ret_event)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return 0;
	ret_event->kind = APP_MOUSE;
	ret_event->mouse.x = ev.x;
	ret_event->mouse.y = ev.y;
	if (ev.bstate & BUTTON4_PRESSED) {
		ret_event->mouse.button = APP_WHEEL_UP;
	} else if (ev.bstate & BUTTON5_PRESSED) {
		ret_event->mouse.button = APP_WHEEL_DOWN;
	} else if (!(ev.bstate & BUTTON1_PRESSED)) {
		return 0;
	} else if (in->click_ms >= 0 && now_ms - in->click_ms <= DOUBLE_CLICK_MS &&
		   in->click_x == ev.x && in->click_y == ev.y) {
		ret_event->mouse.button = APP_DOUBLE_CLICK;
		in->click_ms = -1;
	} else {
		ret_event->mouse.button = APP_CLICK;
		in->click_x = ev.x;
		in->click_y = ev.y;
		in->click_ms = now_ms;
	}
	return 1;
}

/* --- keys */

/* After Esc: what came in the same moment was typed with Alt. */
static struct key after_escape(void)
{
	struct key key;
	wint_t next = 0;
	int status = get_wch(&next);

	if (status == ERR || !input_key(status, (uint32_t)next, &key))
		return (struct key){.code = KEYSYM_ESC};
	if (key.code == KEYSYM_ESC)
		return key;
	key.mods |= KEYMOD_ALT;
	return key;
}

int input_next(struct input *in, int64_t now_ms, struct app_event *ret_event)
{
	wint_t value = 0;
	int status = get_wch(&value);

	if (status == ERR) {
		if (in->pasting && now_ms - in->paste_ms > PASTE_END_MS)
			return end_paste(in, ret_event);
		return -EAGAIN;
	}
	if (in->pasting) {
		in->paste_ms = now_ms;
		return paste_more(in, status, (uint32_t)value, ret_event);
	}
	if (status == KEY_CODE_YES && value == KEY_MOUSE)
		return take_mouse(in, now_ms, ret_event);
	if (status == KEY_CODE_YES && value == CODE_PASTE_BEGIN) {
		begin_paste(in);
		in->paste_ms = now_ms;
		return 0;
	}
	ret_event->kind = APP_KEY;
	if (!input_key(status, (uint32_t)value, &ret_event->key))
		return 0;
	if (ret_event->key.code == KEYSYM_ESC && status == OK)
		ret_event->key = after_escape();
	return 1;
}
