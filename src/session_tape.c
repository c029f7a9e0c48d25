/*
 * Recording a run and playing it back: the journal of the store (model/journal.h) in a file, one
 * frame a tick. A replay feeds the same store, so every screen, filter and output is the same.
 */
#include "session_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/journal.h"

/* A pause longer than this was a suspended machine: it is not waited out. */
#define GAP_MAX_MS 3600000

static int write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Fewer bytes than asked for = the end of the file. */
static ssize_t read_all(int fd, void *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* ---- recording ---- */

static int start_recording(struct session *s, struct strbuf *ret_error)
{
	int err;

	if (s->cfg.readonly) {
		strbuf_adds(ret_error, "--readonly writes no recording");
		return -EPERM;
	}
	s->tape.fd =
		open(s->cfg.record, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = s->tape.fd < 0 ? -errno : write_all(s->tape.fd, JOURNAL_MAGIC, strlen(JOURNAL_MAGIC));
	if (err) {
		strbuf_addf(ret_error, "cannot record to %s: %s", s->cfg.record, strerror(-err));
		return err;
	}
	strbuf_init(&s->tape.journal, JOURNAL_FRAME_MAX);
	store_set_journal(s->store, &s->tape.journal);
	s->names.journal = &s->tape.journal;
	return 0;
}

static void stop_recording(struct session *s)
{
	store_set_journal(s->store, NULL);
	s->names.journal = NULL;
	strbuf_done(&s->tape.journal);
	close(s->tape.fd);
	s->tape.fd = -1;
}

void session_tape_flush(struct session *s)
{
	struct strbuf *journal = &s->tape.journal;
	uint8_t head[4];

	if (!s->names.journal || !journal->len)
		return;
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(journal->len >> 8 * i);
	s->tape.broken = journal->failed || write_all(s->tape.fd, head, sizeof(head)) ||
			 write_all(s->tape.fd, journal->data, journal->len);
	strbuf_reset(journal);
	if (s->tape.broken)
		stop_recording(s);
}

/* ---- replay ---- */

/* The next frame; none: ended, and broken if it was not the end of the file. */
static void next_frame(struct session_tape *t)
{
	uint8_t head[4];
	uint32_t len = 0;
	int64_t wall_ms;
	ssize_t n = read_all(t->fd, head, sizeof(head));

	t->has_frame = false;
	t->ended = true;
	t->broken = n && n != sizeof(head);
	if (n != sizeof(head))
		return;
	for (int i = 0; i < 4; i++)
		len |= (uint32_t)head[i] << 8 * i;
	strbuf_reset(&t->frame);
	t->broken = true;
	if (!len || len > JOURNAL_FRAME_MAX)
		return;
	while (t->frame.len < len) {
		char chunk[65536];
		size_t want =
			len - t->frame.len < sizeof(chunk) ? len - t->frame.len : sizeof(chunk);

		n = read_all(t->fd, chunk, want);
		if (n != (ssize_t)want)
			return;
		strbuf_add(&t->frame, chunk, want);
	}
	if (journal_clock(t->frame.data, t->frame.len, &t->frame_ms, &wall_ms))
		return;
	t->has_frame = true;
	t->ended = t->broken = false;
}

static int start_replay(struct session *s, struct strbuf *ret_error)
{
	char magic[sizeof(JOURNAL_MAGIC)] = "";

	s->tape.fd = open(s->cfg.replay, O_RDONLY | O_CLOEXEC);
	if (s->tape.fd < 0) {
		strbuf_addf(ret_error, "cannot replay %s: %s", s->cfg.replay, strerror(errno));
		return -errno;
	}
	strbuf_init(&s->tape.frame, JOURNAL_FRAME_MAX);
	if (read_all(s->tape.fd, magic, strlen(JOURNAL_MAGIC)) == (ssize_t)strlen(JOURNAL_MAGIC) &&
	    !strcmp(magic, JOURNAL_MAGIC))
		next_frame(&s->tape);
	if (!s->tape.has_frame) {
		strbuf_addf(ret_error, "%s is no recording of inettop", s->cfg.replay);
		return -EBADMSG;
	}
	return 0;
}

static void on_name(void *session, enum journal_name kind, uint64_t key, struct bytes text)
{
	struct session *s = session;
	char name[256];
	size_t len = text.len < sizeof(name) - 1 ? text.len : sizeof(name) - 1;

	memcpy(name, text.ptr, len);
	name[len] = '\0';
	if (kind == JOURNAL_USER)
		session_names_user(&s->names, (uint32_t)key, text);
	else if (kind == JOURNAL_CGROUP)
		session_names_cgroup(&s->names, key, text);
	else
		session_names_if(&s->names, (uint32_t)(key >> 32), (uint32_t)key, name);
}

int64_t session_tape_play(struct session *s, uint64_t *ret_needs)
{
	struct session_tape *t = &s->tape;
	double speed = s->cfg.speed > 0 ? s->cfg.speed : 1;
	int64_t played_ms = t->frame_ms, gap_ms;

	*ret_needs = 0;
	if (!t->has_frame)
		return -1;
	if (journal_apply(s->store, t->frame.data, t->frame.len, (int64_t)mono_ms() - played_ms,
			  on_name, s, ret_needs)) {
		t->has_frame = false;
		t->broken = true;
		return -1;
	}
	next_frame(t);
	if (!t->has_frame)
		return -1;
	gap_ms = t->frame_ms - played_ms;
	if (gap_ms < 0 || gap_ms > GAP_MAX_MS)
		gap_ms = 0;
	return (int64_t)((double)gap_ms / speed);
}

/* ---- both ---- */

int session_tape_open(struct session *s, struct strbuf *ret_error)
{
	if (s->cfg.replay)
		return start_replay(s, ret_error);
	return s->cfg.record ? start_recording(s, ret_error) : 0;
}

void session_tape_close(struct session *s)
{
	session_tape_flush(s);
	if (s->names.journal)
		stop_recording(s);
	strbuf_done(&s->tape.frame);
	if (s->tape.fd >= 0)
		close(s->tape.fd);
}
