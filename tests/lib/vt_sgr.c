/*
 * libvterm knows no dim attribute: it drops SGR 2. It does keep an alternative font (SGR 11), which
 * no program we test uses. So on the way in, SGR 2 becomes 11, and what ends dim (22) also ends 11.
 * Only complete CSI ... m sequences are rewritten; one may be split over two reads.
 */
#include <string.h>

#include "lib/vt_internal.h"

static size_t copy_tokens(struct vt_buffer *to, const char *from, int count)
{
	size_t len = 0;

	while (count--) {
		len += strcspn(from + len, ";m");
		if (!count || from[len] != ';')
			break;
		len++;
	}
	vt_buffer_add(to, from, len);
	return len;
}

/* params: what stands between "ESC [" and "m", the "m" included. */
static void rewrite(struct vt_buffer *to, const char *params)
{
	while (*params != 'm') {
		if (!strncmp(params, "38;5", 4) || !strncmp(params, "48;5", 4))
			params += copy_tokens(to, params, 3);
		else if (!strncmp(params, "38;2", 4) || !strncmp(params, "48;2", 4))
			params += copy_tokens(to, params, 5);
		else if (strcspn(params, ";m") == 1 && *params == '2')
			params++, vt_buffer_add(to, "11", 2);
		else if (strcspn(params, ";m") == 2 && !strncmp(params, "22", 2))
			params += 2, vt_buffer_add(to, "22;10", 5);
		else
			params += copy_tokens(to, params, 1);
		if (*params == ';')
			vt_buffer_add(to, params++, 1);
	}
}

static void release(struct vt *vt)
{
	struct vt_sgr *s = &vt->sgr;
	struct vt_buffer b = {0};

	if (s->len > 2 && s->held[s->len - 1] == 'm' && s->len < sizeof(s->held)) {
		s->held[s->len] = '\0';
		vt_buffer_add(&b, s->held, 2);
		rewrite(&b, s->held + 2);
		vt_buffer_add(&b, "m", 1);
		vterm_input_write(vt->term, b.data, b.len);
		vt_buffer_clear(&b);
	} else {
		vterm_input_write(vt->term, s->held, s->len);
	}
	s->len = 0;
}

/* Does c go on with the sequence that is held? */
static bool belongs(const struct vt_sgr *s, char c)
{
	if (s->len == 1)
		return c == '[';
	return (c >= '0' && c <= '9') || c == ';' || c == ':' || c == 'm';
}

void vt_sgr_feed(struct vt *vt, const char *bytes, size_t len)
{
	struct vt_sgr *s = &vt->sgr;
	size_t plain = 0, i;

	for (i = 0; i < len; i++) {
		if (s->len && (!belongs(s, bytes[i]) || s->len == sizeof(s->held) - 1)) {
			release(vt);
			plain = i;
		}
		if (s->len || bytes[i] == '\033') {
			if (!s->len)
				vterm_input_write(vt->term, bytes + plain, i - plain);
			s->held[s->len++] = bytes[i];
			plain = i + 1;
			if (bytes[i] == 'm')
				release(vt);
		}
	}
	vterm_input_write(vt->term, bytes + plain, len - plain);
}
