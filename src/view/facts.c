/* Small facts about rows that several parts of the screen need. */
#include "base/text.h"
#include "view/app_internal.h"

const struct proc *fact_proc(const struct row *row)
{
	switch (row->pane) {
	case PANE_PORTS:
		return snapshot_proc(row->snap, ((const struct port *)row->obj)->proc);
	case PANE_SOCKETS:
		return snapshot_proc(row->snap, ((const struct sock *)row->obj)->proc);
	case PANE_PROCESSES:
		return row->obj;
	case PANE_EVENTS:
		return snapshot_proc_by_pid(row->snap, ((const struct event *)row->obj)->pid);
	default:
		return NULL;
	}
}

void fact_add_clean(const struct app *app, struct bytes raw, struct strbuf *out)
{
	if (raw.ptr && raw.len)
		text_clean(raw.ptr, raw.len, app_text_flags(app), out);
	else
		strbuf_addc(out, '?');
}
