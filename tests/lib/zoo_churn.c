/* Listeners that come and go, each with the moment it was there for certain. */
#include "lib/zoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct short_lived {
	int fd;
	long long until; /* us */
	struct zoo_entry entry;
};

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void end_one(const struct zoo_spec *spec, struct short_lived *s)
{
	zoo_print("close", spec, &s->entry, (struct zoo_holder){getpid(), getpid(), s->fd});
	close(s->fd);
	s->fd = -1;
}

void zoo_open_churn(const struct zoo_spec *spec)
{
	int total = spec->count ? spec->count : 500, opened = 0, closed = 0;
	struct short_lived *ring = calloc((size_t)spec->live, sizeof(*ring));
	struct short_lived *s;
	struct zoo_spec one = *spec;

	if (!ring || !spec->live)
		zoo_die("churn: live must be at least 1");
	while (closed < total && !zoo_over(spec->gap)) {
		s = &ring[closed % spec->live];
		if (closed < opened && (now() >= s->until || opened - closed == spec->live)) {
			end_one(spec, s);
			closed++;
		}
		if (opened == total || opened - closed == spec->live)
			continue;
		s = &ring[opened % spec->live];
		s->fd = zoo_listener(&one, false);
		if (s->fd < 0)
			break;
		one.port += one.port != 0;
		s->entry = zoo_describe(s->fd);
		s->until = now() + spec->hold * 1000LL;
		zoo_print("open", spec, &s->entry, (struct zoo_holder){getpid(), getpid(), s->fd});
		opened++;
	}
	for (; closed < opened; closed++)
		end_one(spec, &ring[closed % spec->live]);
	free(ring);
	printf("churned %d\n", opened);
	fflush(stdout);
}
