#include "kernel/users.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"

/* More different uids than this are not named. */
#define USERS_MAX 65536
#define NAME_MAX_LEN 255

struct user {
	struct users *owner;
	uint64_t ticket;
	struct bytes name;
	char text[];
};

struct users {
	struct helper *h;
	struct hash by_uid; /* -> struct user * */
	uint64_t generation;
};

struct users *users_new(struct helper *h)
{
	struct users *u = xcalloc(1, sizeof(*u));

	u->h = h;
	hash_init(&u->by_uid, (uint64_t)(uintptr_t)u);
	return u;
}

static struct user *pointer(uint64_t value)
{
	return (struct user *)(uintptr_t)value;
}

void users_free(struct users *u)
{
	uint64_t uid, value;
	size_t pos = 0;

	if (!u)
		return;
	while (hash_next(&u->by_uid, &pos, &uid, &value)) {
		if (pointer(value)->ticket)
			helper_cancel(u->h, pointer(value)->ticket);
		free(pointer(value));
	}
	hash_done(&u->by_uid);
	free(u);
}

static void answered(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
		     bool cut)
{
	struct user *user = ctx;

	(void)ticket;
	(void)cut;
	user->ticket = 0;
	if (status == 0 && len > 0 && len <= NAME_MAX_LEN) {
		memcpy(user->text, bytes, len);
		user->name = (struct bytes){user->text, (uint32_t)len};
	}
	user->owner->generation++;
}

struct bytes users_name(struct users *u, uint32_t uid)
{
	struct user *user;
	uint64_t value;

	if (hash_get(&u->by_uid, uid, &value))
		return pointer(value)->name;
	if (hash_count(&u->by_uid) >= USERS_MAX)
		return (struct bytes){0};
	user = xcalloc(1, sizeof(*user) + NAME_MAX_LEN);
	user->owner = u;
	hash_put(&u->by_uid, uid, (uint64_t)(uintptr_t)user);
	user->ticket = helper_submit(u->h, HELPER_USER, &uid, sizeof(uid), answered, user);
	return user->name;
}

uint64_t users_generation(const struct users *u)
{
	return u->generation;
}

int users_helper(const void *request, size_t len, struct helper_out *out, void **state)
{
	char buf[16384];
	struct passwd pw, *result;
	uint32_t uid;
	int r;

	(void)state;
	if (len != sizeof(uid))
		return -EINVAL;
	memcpy(&uid, request, sizeof(uid));
	r = getpwuid_r(uid, &pw, buf, sizeof(buf), &result);
	if (!result)
		return r ? -r : -ENOENT;
	helper_put(out, pw.pw_name, strlen(pw.pw_name));
	return 0;
}
