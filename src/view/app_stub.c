#include "view/app_internal.h"
void page_open(struct app *app, enum page_kind kind, uint64_t id)
{
	(void)app;
	(void)kind;
	(void)id;
}
void page_open_row(struct app *app, const struct row *row)
{
	(void)app;
	(void)row;
}
struct page *page_top(const struct app *app)
{
	(void)app;
	return NULL;
}
void page_close(struct app *app)
{
	(void)app;
}
void page_refresh(struct page *page, struct app *app)
{
	(void)page;
	(void)app;
}
void page_draw(struct app *app, struct grid *g, const struct layout *lay)
{
	(void)app;
	(void)g;
	(void)lay;
}
void page_needs(const struct page *page, struct needs *needs)
{
	(void)page;
	(void)needs;
}
bool page_row(const struct page *page, const struct app *app, struct row *r)
{
	(void)page;
	(void)app;
	(void)r;
	return false;
}
void page_move(struct app *app, int64_t by)
{
	(void)app;
	(void)by;
}
void page_end(struct app *app, int d)
{
	(void)app;
	(void)d;
}
void page_section_step(struct app *app, int s)
{
	(void)app;
	(void)s;
}
void page_follow(struct app *app)
{
	(void)app;
}
void page_search(struct app *app, int s)
{
	(void)app;
	(void)s;
}
void page_open_section(struct app *app, const struct row *row, const char *s)
{
	(void)app;
	(void)row;
	(void)s;
}
uint32_t page_cursor_at(struct app *app, int y)
{
	(void)app;
	(void)y;
	return SLOT_NONE;
}
struct dialog *dialog_top(const struct app *app)
{
	(void)app;
	return NULL;
}
void dialog_close(struct app *app)
{
	(void)app;
}
void dialog_key(struct app *app, struct key key)
{
	(void)app;
	(void)key;
}
void dialog_paste(struct app *app, struct bytes raw)
{
	(void)app;
	(void)raw;
}
void dialog_mouse(struct app *app, int x, int y, enum app_button b)
{
	(void)app;
	(void)x;
	(void)y;
	(void)b;
}
void dialog_tick(struct app *app)
{
	(void)app;
}
int64_t dialog_deadline(const struct app *app)
{
	(void)app;
	return -1;
}
void dialog_result(struct app *app, const struct app_result *r)
{
	(void)app;
	(void)r;
}
void dialog_draw(struct app *app, struct grid *g)
{
	(void)app;
	(void)g;
}
void dialog_help_open(struct app *app)
{
	(void)app;
}
void dialog_signal_open(struct app *app)
{
	(void)app;
}
void dialog_destroy_open(struct app *app)
{
	(void)app;
}
void dialog_columns_open(struct app *app)
{
	(void)app;
}
void dialog_settings_open(struct app *app)
{
	(void)app;
}
void dialog_sort_open(struct app *app)
{
	(void)app;
}
void dialog_user_open(struct app *app)
{
	(void)app;
}
void dialog_copy_open(struct app *app)
{
	(void)app;
}
void dialog_export_open(struct app *app)
{
	(void)app;
}
const struct proc *fact_proc(const struct row *row)
{
	(void)row;
	return NULL;
}
int app_export(struct app *app, enum app_format format, struct sink *out)
{
	(void)app;
	(void)format;
	(void)out;
	return 0;
}
