#include "unit/view/churn.h"

uint32_t churn_next(struct churn *c)
{
	c->seed = c->seed * 1664525u + 1013904223u;
	return c->seed >> 8;
}

static void put_all(struct churn *c, uint32_t netns)
{
	struct dump_scope scope = {
		.netns = netns, .protos = PROTO_BIT(PROTO_TCP), .states = STATE_MASK_ALL};

	store_dump_begin(c->store, &scope);
	for (uint32_t i = 0; i < CHURN_SOCKS; i++) {
		uint8_t any[4] = {0};
		struct sock_rec rec = {.cookie = 1000 + i,
				       .inode = 5000 + i,
				       .local_port = 1000 + i,
				       .proto = PROTO_TCP,
				       .family = FAM_INET,
				       .state = STATE_LISTEN,
				       .recvq = c->recvq[i],
				       .sendq = 128,
				       .have = REC_QUEUES | REC_UID | REC_BACKLOG_MAX};

		rec.local = netaddr_v4(any);
		if (c->open[i])
			store_put(c->store, &rec);
	}
	store_dump_end(c->store, PROTO_BIT(PROTO_TCP), PROTO_BIT(PROTO_TCP));
}

static void own_all(struct churn *c)
{
	for (uint32_t i = 0; i < CHURN_SOCKS; i++) {
		uint32_t pid = c->pid[i] ? c->pid[i] : 100 + i;
		struct owner owner = {.pid = pid, .fd = 3};
		struct proc_rec rec = {.pid = pid,
				       .ppid = 1,
				       .start_ticks = 6900 + pid,
				       .have = PROC_HAVE_STAT | PROC_HAVE_UID,
				       .state = 'S',
				       .comm = {"server", 6}};

		if (!c->open[i])
			continue;
		store_owners_set(c->store, 5000 + i, &owner, 1, true);
		store_proc_put(c->store, &rec);
	}
}

void churn_event(struct churn *c, struct app_event e)
{
	e.mono_ms = e.wall_ms = c->now;
	app_handle(c->app, &e, &c->effects);
	while (app_work(c->app))
		;
}

void churn_tick(struct churn *c)
{
	struct netns_rec ns = {.cookie = 1, .inode = 4026531840u, .kind = NETNS_HOST, .own = true};
	const struct snapshot *before = c->snap;
	struct publish_args args = {0};
	struct needs needs;
	uint32_t netns;

	c->now += 1000;
	app_needs(c->app, &needs);
	store_pin(c->store, needs.pin);
	store_tick_begin(c->store, c->now, c->now);
	netns = store_netns_put(c->store, &ns);
	put_all(c, netns);
	own_all(c);
	c->snap = store_publish(c->store, &args);
	churn_event(c, (struct app_event){.kind = APP_SNAPSHOT, .snapshot = c->snap});
	if (before)
		snapshot_release(before);
}

void churn_press(struct churn *c, const char *keys)
{
	struct app_event e = {.kind = APP_KEY};

	while (keys_next(&keys, &e.key))
		churn_event(c, e);
}

void churn_open(struct churn *c, uint32_t seed, const struct settings *settings)
{
	struct app_event size = {.kind = APP_RESIZE};
	struct app_config cfg = {.settings = settings};

	memset(c, 0, sizeof(*c));
	c->seed = seed;
	c->store = store_new();
	c->app = app_new(&cfg);
	grid_init(&c->grid);
	size.size.rows = 24;
	size.size.cols = 80;
	churn_event(c, size);
	for (uint32_t i = 0; i < CHURN_SOCKS; i++)
		c->open[i] = i % 2 == 0;
	churn_tick(c);
}

void churn_close(struct churn *c)
{
	app_free(c->app);
	snapshot_release(c->snap);
	store_free(c->store);
	vec_done(&c->effects.list);
	grid_done(&c->grid);
}

int churn_selected_y(struct churn *c)
{
	app_render(c->app, &c->grid);
	for (int y = 0; y < c->grid.rows; y++)
		if (grid_at(&c->grid, y, 0)->role == ROLE_SELECTED)
			return y;
	return -1;
}

void churn_line(struct churn *c, int y, char *out, size_t size)
{
	size_t at = 0;

	for (int x = 0; x < c->grid.cols && at + GRID_CLUSTER_MAX < size; x++) {
		const struct cell *cell = grid_at(&c->grid, y, x);

		memcpy(out + at, cell->text, cell->len);
		at += cell->len;
	}
	out[at] = '\0';
}

bool churn_line_has_port(struct churn *c, int y, uint32_t port)
{
	char line[512], word[16];

	churn_line(c, y, line, sizeof(line));
	snprintf(word, sizeof(word), " %u ", port);
	return strstr(line, word) != NULL;
}
