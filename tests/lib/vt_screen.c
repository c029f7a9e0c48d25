/* What is on the screen, and questions about the bytes that made it. */
#include <string.h>

#include "lib/vt_internal.h"

int vt_rows(const struct vt *vt)
{
	return vt->rows;
}

int vt_cols(const struct vt *vt)
{
	return vt->cols;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | (c >> 18 & 7));
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static int color_of(const VTermColor *c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return VT_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(c))
		return c->indexed.idx;
	return VT_RGB | c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue;
}

struct vt_cell vt_cell(struct vt *vt, int row, int col)
{
	struct vt_cell cell = {.width = 1, .fg = VT_DEFAULT, .bg = VT_DEFAULT};
	VTermScreenCell c;
	size_t len = 0, i;

	if (!vterm_screen_get_cell(vt->screen, (VTermPos){.row = row, .col = col}, &c))
		return cell;
	if (c.chars[0] == UINT32_MAX) { /* right half of a wide character */
		cell.width = 0;
		return cell;
	}
	for (i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i]; i++)
		len += put_utf8(cell.text + len, c.chars[i]);
	if (!len)
		cell.text[0] = ' ';
	cell.width = c.width;
	cell.fg = color_of(&c.fg);
	cell.bg = color_of(&c.bg);
	cell.bold = c.attrs.bold;
	cell.dim = c.attrs.font == 1;
	cell.underline = c.attrs.underline != 0;
	cell.reverse = c.attrs.reverse;
	return cell;
}

uint32_t vt_rgb(struct vt *vt, int color, uint32_t otherwise)
{
	VTermColor c;

	if (color == VT_DEFAULT)
		return otherwise;
	if (color & VT_RGB)
		return (uint32_t)color & 0xffffff;
	vterm_color_indexed(&c, (uint8_t)color);
	vterm_screen_convert_color_to_rgb(vt->screen, &c);
	return (uint32_t)c.rgb.red << 16 | (uint32_t)c.rgb.green << 8 | c.rgb.blue;
}

static void add_row(struct vt *vt, struct vt_buffer *to, int row)
{
	size_t start = to->len;
	struct vt_cell cell;
	int col;

	for (col = 0; col < vt->cols; col++) {
		cell = vt_cell(vt, row, col);
		vt_buffer_add(to, cell.text, strlen(cell.text));
	}
	while (to->len > start && to->data[to->len - 1] == ' ')
		to->len--;
	vt_buffer_add(to, "", 0);
}

const char *vt_row(struct vt *vt, int row)
{
	vt->row.len = 0;
	add_row(vt, &vt->row, row);
	return vt->row.data;
}

const char *vt_screen(struct vt *vt)
{
	int row;

	vt->all.len = 0;
	for (row = 0; row < vt->rows; row++) {
		add_row(vt, &vt->all, row);
		vt_buffer_add(&vt->all, "\n", 1);
	}
	return vt->all.data;
}

/* Columns that the first len bytes of a row's text take. */
static int columns_of(struct vt *vt, int row, size_t len)
{
	size_t bytes = 0;
	int col = 0;

	while (bytes < len && col < vt->cols)
		bytes += strlen(vt_cell(vt, row, col++).text);
	while (col < vt->cols && !vt_cell(vt, row, col).width)
		col++;
	return col;
}

int vt_find(struct vt *vt, const char *text, int *ret_col)
{
	const char *line, *hit;
	int row;

	for (row = 0; row < vt->rows; row++) {
		line = vt_row(vt, row);
		hit = strstr(line, text);
		if (!hit)
			continue;
		if (ret_col)
			*ret_col = columns_of(vt, row, (size_t)(hit - line));
		return row;
	}
	return -1;
}

void vt_cursor(struct vt *vt, int *ret_row, int *ret_col, bool *ret_visible)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(vt->term), &pos);
	*ret_row = pos.row;
	*ret_col = pos.col;
	*ret_visible = vt->cursor_visible;
}

bool vt_alt_screen(const struct vt *vt)
{
	return vt->alt_screen;
}

size_t vt_bytes(const struct vt *vt)
{
	return vt->raw.len;
}

const char *vt_raw(const struct vt *vt, size_t *ret_len)
{
	*ret_len = vt->raw.len;
	return vt->raw.data ? vt->raw.data : "";
}

static const char *find_raw(const struct vt *vt, const char *from, const char *what)
{
	if (!from)
		return NULL;
	return memmem(from, vt->raw.len - (size_t)(from - vt->raw.data), what, strlen(what));
}

size_t vt_clears(const struct vt *vt)
{
	static const char *const erases[] = {"\033[2J", "\033[H\033[J", "\033[H\033[0J"};
	const char *at;
	size_t i, n = 0;

	for (i = 0; i < sizeof(erases) / sizeof(erases[0]); i++)
		for (at = vt->raw.data; (at = find_raw(vt, at, erases[i])); at++)
			n++;
	return n;
}

/* The last OSC 0 or OSC 2. libvterm tells titles too, but differently in each version. */
const char *vt_title(struct vt *vt)
{
	const char *at = vt->raw.data, *last = NULL, *end;

	while ((at = find_raw(vt, at, "\033]"))) {
		if ((at[2] == '0' || at[2] == '2') && at[3] == ';')
			last = at + 4;
		at += 2;
	}
	vt->title.len = 0;
	vt_buffer_add(&vt->title, "", 0);
	if (last) {
		end = last + strcspn(last, "\a\033");
		vt_buffer_add(&vt->title, last, (size_t)(end - last));
	}
	return vt->title.data;
}

struct expected {
	const char *text;
	int row;
};

static bool text_shown(struct vt *vt, void *arg)
{
	return strstr(vt_screen(vt), arg) != NULL;
}

static bool text_not_shown(struct vt *vt, void *arg)
{
	return !text_shown(vt, arg);
}

static bool row_shown(struct vt *vt, void *arg)
{
	const struct expected *e = arg;

	return strstr(vt_row(vt, e->row), e->text) != NULL;
}

static bool raw_received(struct vt *vt, void *arg)
{
	return find_raw(vt, vt->raw.data, arg) != NULL;
}

bool vt_wait_text(struct vt *vt, const char *text, int deadline)
{
	return vt_wait(vt, text_shown, (void *)(uintptr_t)text, deadline);
}

bool vt_wait_no_text(struct vt *vt, const char *text, int deadline)
{
	return vt_wait(vt, text_not_shown, (void *)(uintptr_t)text, deadline);
}

bool vt_wait_row(struct vt *vt, int row, const char *text, int deadline)
{
	struct expected e = {.text = text, .row = row};

	return vt_wait(vt, row_shown, &e, deadline);
}

bool vt_wait_raw(struct vt *vt, const char *bytes, int deadline)
{
	return vt_wait(vt, raw_received, (void *)(uintptr_t)bytes, deadline);
}

void vt_dump(struct vt *vt, FILE *out)
{
	int row, rows = vt->rows;

	fprintf(out, "# screen %dx%d%s, %zu bytes received\n", vt->cols, vt->rows,
		vt->exited ? ", program has ended" : "", vt->raw.len);
	while (rows && !*vt_row(vt, rows - 1))
		rows--;
	for (row = 0; row < rows; row++)
		fprintf(out, "# |%s\n", vt_row(vt, row));
}
