#include "cli/stats.h"

#include <inttypes.h>

#include "cli/say.h"

static void add_ms(struct strbuf *out, uint64_t us)
{
	strbuf_addf(out, "%" PRIu64 ".%" PRIu64, us / 1000, us % 1000 / 100);
}

void stats_format(const struct tick_stats *stats, struct strbuf *out)
{
	static const char *const names[PHASE_COUNT] = {
		[PHASE_DUMP] = "dump",	       [PHASE_OWNERS] = "owners", [PHASE_PROCS] = "procs",
		[PHASE_SNAPSHOT] = "snapshot", [PHASE_VIEW] = "view",	  [PHASE_PAINT] = "paint",
	};

	strbuf_adds(out, "ms wall/cpu:");
	for (int i = 0; i < PHASE_COUNT; i++) {
		strbuf_addf(out, " %s ", names[i]);
		add_ms(out, stats->wall_us[i]);
		strbuf_addc(out, '/');
		add_ms(out, stats->cpu_us[i]);
	}
	strbuf_adds(out, " helpers ");
	add_ms(out, stats->helper_cpu_us);
	strbuf_addf(out,
		    "; sockets %" PRIu32 " rows %" PRIu32 " dumps %" PRIu32 " gated %" PRIu32
		    " fd-scans %" PRIu32 "; rss %" PRIu64 " KiB; source %s, owners %s",
		    stats->sockets, stats->rows, stats->dumps, stats->dumps_gated, stats->fd_scans,
		    stats->rss_kib, stats->source ? stats->source : "none",
		    stats->owner_source ? stats->owner_source : "none");
}

void stats_say(uint64_t epoch, const struct tick_stats *stats)
{
	struct strbuf line;

	strbuf_init(&line, 0);
	strbuf_addf(&line, "tick %" PRIu64 ": ", epoch);
	stats_format(stats, &line);
	say("%s", strbuf_str(&line));
	strbuf_done(&line);
}
