#include "view/json_row.h"

#include <string.h>

#include "model/names.h"

/* Most sockets have no tcp_info, and the object is half of a row: written once, copied after. */
static void make_no_tcp(struct json_rows *jr)
{
	for (size_t i = 0; i < jr->n_fields; i++) {
		const struct field *field = &jr->fields[i];

		if (!strcmp(field->group, "tcp"))
			strbuf_addf(&jr->no_tcp, "%c\"%s\":null", field->opens ? '{' : ',',
				    field->member);
	}
	strbuf_addc(&jr->no_tcp, '}');
}

static bool lacks_tcp(const struct field *field, const struct row *row)
{
	const struct sock *sk = row->obj;

	return row->pane == PANE_SOCKETS && !strcmp(field->group, "tcp") &&
	       !(sk->r.have & REC_TCP && sk->r.tcp);
}

void json_rows_init(struct json_rows *jr, struct sink *sink, enum pane pane, const char *host,
		    const struct lookup *lookup)
{
	*jr = (struct json_rows){.pane = pane, .host = host, .lookup = lookup};
	jsonw_init(&jr->w, sink);
	strbuf_init(&jr->scratch, 0);
	strbuf_init(&jr->no_tcp, 0);
	jr->n_fields = field_list(pane, jr->fields);
	make_no_tcp(jr);
}

void json_rows_done(struct json_rows *jr)
{
	strbuf_done(&jr->scratch);
	strbuf_done(&jr->no_tcp);
}

void json_member_bytes(struct jsonw *w, const char *name, struct bytes bytes)
{
	if (bytes.ptr) {
		jsonw_text(w, name, bytes.ptr, bytes.len);
		return;
	}
	jsonw_key(w, name);
	jsonw_null(w);
}

static void member_text(struct jsonw *w, const char *name, const char *text)
{
	jsonw_text(w, name, text, strlen(text));
}

static void member_number(struct jsonw *w, const char *name, uint64_t number)
{
	jsonw_key(w, name);
	if (number)
		jsonw_u64(w, number);
	else
		jsonw_null(w);
}

static void write_notes(struct jsonw *w, const struct snapshot *snap)
{
	jsonw_key(w, "notes");
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < snap->n_notes; i++) {
		const struct note *note = &snap->notes[i];

		jsonw_begin_object(w);
		member_text(w, "code", names_note(note->code));
		json_member_bytes(w, "source", note->source);
		member_number(w, "netns", note->netns_inode);
		member_number(w, "errno", note->err > 0 ? (uint64_t)note->err : 0);
		json_member_bytes(w, "text", note->text);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void write_header(struct json_rows *jr, const struct snapshot *snap)
{
	struct jsonw *w = &jr->w;
	char buf[VALUE_TIME_MAX];

	member_text(w, "schema", JSON_SCHEMA);
	member_text(w, "generated", value_rfc3339(buf, (uint64_t)snap->wall_ms));
	member_text(w, "host", jr->host);
	member_text(w, "pane", pane_name(jr->pane));
	jsonw_key(w, "partial");
	jsonw_bool(w, snap->partial);
	jsonw_key(w, "hidden");
	jsonw_begin_object(w);
	jsonw_key(w, "owners");
	jsonw_u64(w, snap->counts.hidden_owners);
	jsonw_end_object(w);
	write_notes(w, snap);
}

void json_rows_begin(struct json_rows *jr, const struct snapshot *snap)
{
	jr->count = 0;
	jsonw_begin_object(&jr->w);
	write_header(jr, snap);
	jsonw_key(&jr->w, pane_name(jr->pane));
	jsonw_begin_array(&jr->w);
}

void json_rows_end(struct json_rows *jr)
{
	jsonw_end_array(&jr->w);
	jsonw_end_object(&jr->w);
	jsonw_end_line(&jr->w);
}

void json_rows_members(struct json_rows *jr, struct jsonw *w, const struct row *row)
{
	struct value v;

	for (size_t i = 0; i < jr->n_fields; i++) {
		const struct field *field = &jr->fields[i];

		if (field->opens) {
			jsonw_key(w, field->group);
			if (lacks_tcp(field, row)) {
				jsonw_raw(w, strbuf_str(&jr->no_tcp), jr->no_tcp.len);
				while (!jr->fields[i].closes)
					i++;
				continue;
			}
			jsonw_begin_object(w);
		}
		field_get(field, row, jr->lookup, &v);
		value_json(&v, field->member, w, &jr->scratch);
		if (field->closes)
			jsonw_end_object(w);
	}
}

static bool wanted(const struct json_rows *jr, const struct row *row)
{
	const struct row_head *head = row_head(row);

	return jr->with_gone || !head || !head->gone;
}

bool json_rows_add(struct json_rows *jr, const struct row *row)
{
	if (!wanted(jr, row))
		return false;
	jsonw_begin_object(&jr->w);
	json_rows_members(jr, &jr->w, row);
	jsonw_end_object(&jr->w);
	jr->count++;
	return true;
}

bool json_rows_line(struct json_rows *jr, const struct row *row)
{
	if (!wanted(jr, row))
		return false;
	jsonw_begin_object(&jr->w);
	member_text(&jr->w, "type", field_row_type(jr->pane));
	json_rows_members(jr, &jr->w, row);
	jsonw_end_object(&jr->w);
	jsonw_end_line(&jr->w);
	jr->count++;
	return true;
}

void json_rows_summary(struct json_rows *jr, const struct snapshot *snap)
{
	jsonw_begin_object(&jr->w);
	member_text(&jr->w, "type", "summary");
	write_header(jr, snap);
	jsonw_key(&jr->w, "rows");
	jsonw_u64(&jr->w, jr->count);
	jsonw_end_object(&jr->w);
	jsonw_end_line(&jr->w);
	jr->count = 0;
}
