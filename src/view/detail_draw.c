/* Moving on a page and drawing it. */
#include <string.h>

#include "base/text.h"
#include "view/detail.h"
#include "view/pen.h"

#define LABEL_WIDTH 18

static void clamp_top(struct page *page, int height)
{
	if (page->cursor < page->top)
		page->top = page->cursor;
	if (page->cursor >= page->top + (uint32_t)height)
		page->top = page->cursor - (uint32_t)height + 1;
}

static void move_to(struct app *app, struct page *page, int64_t to)
{
	int64_t n = (int64_t)page->lines.len;

	page->moved = true;
	page->cursor = (uint32_t)(to < 0 || !n ? 0 : to >= n ? n - 1 : to);
	clamp_top(page, view_height(app));
}

void page_move(struct app *app, int64_t by)
{
	struct page *page = page_top(app);

	move_to(app, page, (int64_t)page->cursor + by);
}

void page_end(struct app *app, int direction)
{
	struct page *page = page_top(app);

	move_to(app, page, direction < 0 ? 0 : (int64_t)page->lines.len);
}

#define SCROLL_STEP 8

static int label_width(const struct app *app)
{
	return app->cols < 60 ? 12 : LABEL_WIDTH;
}

/* Where the text of a line begins. */
static int text_x(const struct app *app, const struct page_line *line)
{
	return line->label && !line->heading ? label_width(app) + 1 : 2;
}

/* How far the longest line that is on screen can be scrolled. */
static int most_shift(const struct app *app, const struct page *page)
{
	int most = 0;

	for (int i = 0; i < view_height(app) && page->top + (uint32_t)i < page->lines.len; i++) {
		const struct page_line *line = &page->lines.data[page->top + (uint32_t)i];
		int width = (int)text_width(strbuf_str(&page->text) + line->start, line->len);

		if (text_x(app, line) + width - app->cols > most)
			most = text_x(app, line) + width - app->cols;
	}
	return most;
}

void page_scroll(struct app *app, int by)
{
	struct page *page = page_top(app);
	int most = most_shift(app, page), to = page->shift + by * SCROLL_STEP;

	if (by == 2 || to > most)
		to = most;
	page->shift = by == -2 || to < 0 ? 0 : to;
}

void page_section_step(struct app *app, int step)
{
	struct page *page = page_top(app);
	int64_t n = (int64_t)page->lines.len, at = page->cursor;

	for (int64_t tried = 0; tried < n; tried++) {
		at = (at + n + step) % n;
		if (!page->lines.data[at].heading)
			continue;
		move_to(app, page, at);
		page->top = page->cursor;
		return;
	}
}

/* Goes to the line of a descriptor. */
static void follow_fd(struct app *app, struct page *page, uint64_t fd)
{
	for (uint32_t i = 0; i < page->lines.len; i++)
		if (page->lines.data[i].fd == (int32_t)fd) {
			move_to(app, page, i);
			return;
		}
	app_say(app, ROLE_MUTED, "that descriptor is closed now");
}

void page_follow(struct app *app)
{
	static const uint8_t kinds[] = {
		[LINK_PORT] = PAGE_PORT,	   [LINK_SOCK] = PAGE_SOCK,
		[LINK_PROC] = PAGE_PROC,	   [LINK_NETNS] = PAGE_NETNS,
		[LINK_CONTAINER] = PAGE_CONTAINER, [LINK_WHY] = PAGE_WHY,
	};
	struct page *page = page_top(app);
	struct page_line line;
	struct row row;

	if (page->cursor >= page->lines.len)
		return;
	line = page->lines.data[page->cursor];
	if (line.link == LINK_FD) {
		follow_fd(app, page, line.id);
		return;
	}
	if (line.link == LINK_NONE) {
		app_say(app, ROLE_MUTED, "this fact names nothing to follow");
		return;
	}
	if (line.link != LINK_WHY && !detail_find(app, kinds[line.link], line.id, &row)) {
		app_say(app, ROLE_MUTED, "it is gone");
		return;
	}
	page_open(app, kinds[line.link], line.id);
}

static bool line_matches(const struct page *page, const struct page_line *line, const char *word)
{
	return search_hit(strbuf_str(&page->text) + line->start, line->len, word) ||
	       (line->label && search_hit(line->label, strlen(line->label), word));
}

void page_search_count(const struct app *app, uint32_t *ret_at, uint32_t *ret_all)
{
	const struct page *page = page_top(app);
	const char *word = app->panes[app->pane].search;

	*ret_at = *ret_all = 0;
	for (uint32_t i = 0; i < page->lines.len; i++) {
		if (!line_matches(page, &page->lines.data[i], word))
			continue;
		++*ret_all;
		if (i == page->cursor)
			*ret_at = *ret_all;
	}
}

void page_search(struct app *app, int step)
{
	struct page *page = page_top(app);
	const char *word = app_view(app)->search;
	int64_t n = (int64_t)page->lines.len, at = page->cursor;
	uint32_t here, all;

	for (int64_t tried = 0; *word && tried < n; tried++) {
		if (tried || step)
			at = (at + (step < 0 ? n - 1 : 1)) % n;
		if (!line_matches(page, &page->lines.data[at], word))
			continue;
		move_to(app, page, at);
		page_search_count(app, &here, &all);
		app_say(app, ROLE_MUTED, "match %u/%u", here, all);
		return;
	}
	app_say(app, ROLE_WARNING, *word ? "not found" : "/ searches");
}

uint32_t page_cursor_at(struct app *app, int y)
{
	struct page *page = page_top(app);
	int64_t at = (int64_t)page->top + y;

	if (at >= (int64_t)page->lines.len)
		return SLOT_NONE;
	move_to(app, page, at);
	return page->cursor;
}

const char *page_section_name(const struct page *page)
{
	for (uint32_t i = page->cursor < page->lines.len ? page->cursor + 1 : 0; i-- > 0;)
		if (page->lines.data[i].heading)
			return page->lines.data[i].label;
	return "";
}

void page_crumbs(const struct app *app, struct strbuf *out)
{
	const char *arrow = app->settings.ascii ? " > " : " › ";

	strbuf_adds(out, pane_name(app->pane));
	for (size_t i = 0; i < app->n_pages; i++) {
		strbuf_adds(out, arrow);
		strbuf_add(out, strbuf_str(&app->pages[i]->name), app->pages[i]->name.len);
	}
	strbuf_adds(out, arrow);
	strbuf_adds(out, page_section_name(page_top(app)));
	if (page_top(app)->gone)
		strbuf_adds(out, " (gone)");
}

static void draw_crumbs(struct app *app, struct grid *g, int y)
{
	struct strbuf crumbs, cut;

	strbuf_init(&crumbs, 0);
	strbuf_init(&cut, 0);
	page_crumbs(app, &crumbs);
	text_fit_left(strbuf_str(&crumbs), crumbs.len, (size_t)g->cols, app_text_flags(app), &cut);
	grid_fill(g, y, 0, 1, g->cols, ROLE_TITLE);
	grid_put(g, y, 0, g->cols, ROLE_TITLE, strbuf_str(&cut), cut.len);
	strbuf_done(&crumbs);
	strbuf_done(&cut);
}

static void draw_line(struct app *app, struct grid *g, int y, const struct page *page,
		      const struct page_line *line)
{
	struct pen pen = {g, y, 2, g->cols};
	const char *text = strbuf_str(&page->text) + line->start;
	struct text_slice skip;
	struct strbuf cut;

	if (line->heading) {
		pen.x = 0;
		pen_puts(&pen, line->role, line->label);
		return;
	}
	if (line->label) {
		pen.end = label_width(app);
		pen_puts(&pen, ROLE_HEADER, line->label);
		pen.x = text_x(app, line);
		pen.end = g->cols;
	}
	if (pen.x >= pen.end)
		return;
	text_clip(text, line->len, (size_t)page->shift, &skip);
	strbuf_init(&cut, 0);
	text_fit(text + skip.len, line->len - skip.len, (size_t)(pen.end - pen.x),
		 app_text_flags(app), &cut);
	pen_put(&pen, line->role, strbuf_str(&cut), cut.len);
	strbuf_done(&cut);
}

void page_draw(struct app *app, struct grid *g, const struct layout *lay)
{
	struct page *page = page_top(app);

	draw_crumbs(app, g, lay->title_y);
	if (lay->table_rows <= 0)
		return;
	clamp_top(page, lay->table_rows);
	for (int i = 0; i < lay->table_rows; i++) {
		uint32_t at = page->top + (uint32_t)i;

		if (at >= page->lines.len)
			break;
		draw_line(app, g, lay->table_y + i, page, &page->lines.data[at]);
		if (at == page->cursor)
			grid_paint(g, lay->table_y + i, 0, g->cols, ROLE_SELECTED);
	}
	if (!page->lines.len)
		grid_puts(g, lay->table_y, 2, ROLE_MUTED, "it is gone; Esc goes back");
}
