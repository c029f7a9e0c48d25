/* Keys as the app gets them. Sequences and mouse go through the real program, see tests/e2e. */
#include "lib/unit.h"
#include "ui/input.h"

#define NCURSES_NOMACROS
#include <curses.h>

static void assert_key(int status, uint32_t value, uint32_t code, unsigned mods)
{
	struct key key = {0};

	assert_true(input_key(status, value, &key));
	assert_int_equal(key.code, code);
	assert_int_equal(key.mods, mods);
}

static void characters_are_themselves(void **state)
{
	(void)state;
	assert_key(OK, 'a', 'a', 0);
	assert_key(OK, 'Z', 'Z', 0);
	assert_key(OK, ' ', ' ', 0);
	assert_key(OK, 0x6f22, 0x6f22, 0);
}

static void control_characters_are_ctrl_keys(void **state)
{
	(void)state;
	assert_key(OK, 1, 'a', KEYMOD_CTRL);
	assert_key(OK, 3, 'c', KEYMOD_CTRL);
	assert_key(OK, 26, 'z', KEYMOD_CTRL);
	assert_key(OK, '\r', KEYSYM_ENTER, 0);
	assert_key(OK, '\n', KEYSYM_ENTER, 0);
	assert_key(OK, '\t', KEYSYM_TAB, 0);
	assert_key(OK, 0x1b, KEYSYM_ESC, 0);
	assert_key(OK, 0x7f, KEYSYM_BACKSPACE, 0);
	assert_key(OK, '\b', KEYSYM_BACKSPACE, 0);
}

static void other_controls_are_no_keys(void **state)
{
	struct key key;

	(void)state;
	assert_false(input_key(OK, 0, &key));
	assert_false(input_key(OK, 0x1f, &key));
	assert_false(input_key(OK, 0x9b, &key));
	assert_false(input_key(OK, 0x110000, &key));
	assert_false(input_key(KEY_CODE_YES, KEY_RESIZE, &key));
}

static void named_keys(void **state)
{
	(void)state;
	assert_key(KEY_CODE_YES, KEY_UP, KEYSYM_UP, 0);
	assert_key(KEY_CODE_YES, KEY_NPAGE, KEYSYM_PGDN, 0);
	assert_key(KEY_CODE_YES, KEY_BTAB, KEYSYM_BACKTAB, 0);
	assert_key(KEY_CODE_YES, KEY_FIND, KEYSYM_HOME, 0);
	assert_key(KEY_CODE_YES, KEY_SELECT, KEYSYM_END, 0);
	assert_key(KEY_CODE_YES, KEY_F(1), KEYSYM_F1, 0);
	assert_key(KEY_CODE_YES, KEY_F(12), KEYSYM_F12, 0);
}

static void modifiers_are_in_the_names_of_extended_keys(void **state)
{
	struct key key;

	(void)state;
	assert_true(input_extended_key("kUP5", &key));
	assert_int_equal(key.code, KEYSYM_UP);
	assert_int_equal(key.mods, KEYMOD_CTRL);
	assert_true(input_extended_key("kRIT3", &key));
	assert_int_equal(key.code, KEYSYM_RIGHT);
	assert_int_equal(key.mods, KEYMOD_ALT);
	assert_true(input_extended_key("kEND2", &key));
	assert_int_equal(key.code, KEYSYM_END);
	assert_int_equal(key.mods, 0);
	assert_true(input_extended_key("kDC8", &key));
	assert_int_equal(key.mods, KEYMOD_CTRL | KEYMOD_ALT);
	assert_false(input_extended_key("kUP9", &key));
	assert_false(input_extended_key("kUP55", &key));
	assert_false(input_extended_key("kxIN", &key));
	assert_false(input_extended_key(NULL, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_themselves),
		cmocka_unit_test(control_characters_are_ctrl_keys),
		cmocka_unit_test(other_controls_are_no_keys),
		cmocka_unit_test(named_keys),
		cmocka_unit_test(modifiers_are_in_the_names_of_extended_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
