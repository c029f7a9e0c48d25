#include "model/names.h"

#include <errno.h>
#include <strings.h>
#include <string.h>

#include "model/snapshot.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const protos[] = {
	[PROTO_TCP] = "tcp",	     [PROTO_MPTCP] = "mptcp",	  [PROTO_UDP] = "udp",
	[PROTO_UDPLITE] = "udplite", [PROTO_RAW] = "raw",	  [PROTO_ICMP] = "icmp",
	[PROTO_SCTP] = "sctp",	     [PROTO_DCCP] = "dccp",	  [PROTO_UNIX] = "unix",
	[PROTO_PACKET] = "packet",   [PROTO_NETLINK] = "netlink", [PROTO_VSOCK] = "vsock",
};

static const char *const families[] = {
	[FAM_INET] = "inet",	 [FAM_INET6] = "inet6",	    [FAM_UNIX] = "unix",
	[FAM_PACKET] = "packet", [FAM_NETLINK] = "netlink", [FAM_VSOCK] = "vsock",
};

static const char *const states[] = {
	[STATE_ESTABLISHED] = "established",
	[STATE_SYN_SENT] = "syn-sent",
	[STATE_SYN_RECV] = "syn-recv",
	[STATE_FIN_WAIT_1] = "fin-wait-1",
	[STATE_FIN_WAIT_2] = "fin-wait-2",
	[STATE_TIME_WAIT] = "time-wait",
	[STATE_CLOSE] = "close",
	[STATE_CLOSE_WAIT] = "close-wait",
	[STATE_LAST_ACK] = "last-ack",
	[STATE_LISTEN] = "listen",
	[STATE_CLOSING] = "closing",
	[STATE_BOUND] = "bound",
	[STATE_UNCONN] = "unconn",
};

static const char *const timers[] = {
	[TIMER_NONE] = "off",		[TIMER_RETRANS] = "on",	   [TIMER_KEEPALIVE] = "keepalive",
	[TIMER_TIME_WAIT] = "timewait", [TIMER_PROBE] = "persist",
};

static const char *const owner_statuses[] = {
	[OWNER_PENDING] = "pending",	   [OWNER_KNOWN] = "known",
	[OWNER_TIME_WAIT] = "time-wait",   [OWNER_ACCEPT_QUEUE] = "accept-queue",
	[OWNER_ORPHAN] = "orphan",	   [OWNER_PUBLISHED] = "published",
	[OWNER_KERNEL] = "kernel",	   [OWNER_DENIED] = "denied",
	[OWNER_HIDDEN] = "hidden",	   [OWNER_IN_FLIGHT] = "in-flight",
	[OWNER_UNRESOLVED] = "unresolved",
};

static const char *const marks[] = {
	[MARK_NONE] = "",
	[MARK_NEW] = "new",
	[MARK_CHANGED] = "changed",
	[MARK_GONE] = "gone",
};

static const char *const events[] = {
	[EVENT_LISTEN] = "listen",
	[EVENT_BIND] = "bind",
	[EVENT_CLOSE] = "close",
	[EVENT_HANDOVER] = "handover",
	[EVENT_EXEC] = "exec",
	[EVENT_EXIT] = "exit",
	[EVENT_CONTAINER_START] = "container-start",
	[EVENT_CONTAINER_STOP] = "container-stop",
};

static const char *const netns_kinds[] = {
	[NETNS_HOST] = "host", [NETNS_NAMED] = "named",	    [NETNS_CONTAINER] = "container",
	[NETNS_POD] = "pod",   [NETNS_PROCESS] = "process", [NETNS_SOCKET] = "socket",
	[NETNS_FD] = "fd",     [NETNS_MOUNT] = "mount",
};

static const char *const notes[] = {
	[NOTE_DENIED] = "denied",	[NOTE_INTERRUPTED] = "interrupted",
	[NOTE_TRUNCATED] = "truncated", [NOTE_UNSUPPORTED] = "unsupported",
	[NOTE_FALLBACK] = "fallback",	[NOTE_JAMMED] = "jammed",
	[NOTE_STUCK] = "stuck",		[NOTE_LIMIT] = "limit",
};

#define STATES_CLOSED (STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_UNCONN))
#define STATES_BUCKET (STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT))
#define STATES_CONNECTED                                                                           \
	(STATE_MASK_ALL & ~(STATES_CLOSED | STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_BOUND)))

/* What names_states() takes beyond the names above. */
static const struct {
	const char *name;
	uint32_t mask;
} state_words[] = {
	{"estab", STATE_BIT(STATE_ESTABLISHED)},
	{"syn-rcv", STATE_BIT(STATE_SYN_RECV)},
	{"new-syn-recv", STATE_BIT(STATE_SYN_RECV)},
	{"close", STATES_CLOSED},
	{"closed", STATES_CLOSED},
	{"unconnected", STATES_CLOSED},
	{"listening", STATE_BIT(STATE_LISTEN)},
	{"bound-inactive", STATE_BIT(STATE_BOUND)},
	{"all", STATE_MASK_ALL},
	{"connected", STATES_CONNECTED},
	{"synchronized", STATES_CONNECTED & ~STATE_BIT(STATE_SYN_SENT)},
	{"bucket", STATES_BUCKET},
	{"big", STATE_MASK_ALL & ~STATES_BUCKET},
};

static const char *name_of(const char *const *table, size_t count, unsigned int value)
{
	return value < count && table[value] ? table[value] : "?";
}

static bool same_word(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && !strncasecmp(word, text, len);
}

static int find(const char *const *table, size_t count, const char *text, size_t len,
		uint8_t *ret_value)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i] && table[i][0] && same_word(table[i], text, len)) {
			*ret_value = (uint8_t)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *names_proto(unsigned int proto)
{
	return name_of(protos, COUNT(protos), proto);
}

const char *names_family(unsigned int family)
{
	return name_of(families, COUNT(families), family);
}

const char *names_state(unsigned int state)
{
	return name_of(states, COUNT(states), state);
}

const char *names_timer(unsigned int timer)
{
	return name_of(timers, COUNT(timers), timer);
}

const char *names_owner_status(unsigned int status)
{
	return name_of(owner_statuses, COUNT(owner_statuses), status);
}

const char *names_mark(unsigned int mark)
{
	return name_of(marks, COUNT(marks), mark);
}

const char *names_event(unsigned int kind)
{
	return name_of(events, COUNT(events), kind);
}

const char *names_netns_kind(unsigned int kind)
{
	return name_of(netns_kinds, COUNT(netns_kinds), kind);
}

const char *names_note(unsigned int code)
{
	return name_of(notes, COUNT(notes), code);
}

int names_proto_find(const char *text, size_t len, uint8_t *ret_proto)
{
	return find(protos, COUNT(protos), text, len, ret_proto);
}

int names_family_find(const char *text, size_t len, uint8_t *ret_family)
{
	return find(families, COUNT(families), text, len, ret_family);
}

int names_state_find(const char *text, size_t len, uint8_t *ret_state)
{
	return find(states, COUNT(states), text, len, ret_state);
}

int names_owner_status_find(const char *text, size_t len, uint8_t *ret_status)
{
	return find(owner_statuses, COUNT(owner_statuses), text, len, ret_status);
}

int names_mark_find(const char *text, size_t len, uint8_t *ret_mark)
{
	return find(marks, COUNT(marks), text, len, ret_mark);
}

int names_event_find(const char *text, size_t len, uint8_t *ret_kind)
{
	return find(events, COUNT(events), text, len, ret_kind);
}

int names_netns_kind_find(const char *text, size_t len, uint8_t *ret_kind)
{
	return find(netns_kinds, COUNT(netns_kinds), text, len, ret_kind);
}

int names_states(const char *text, size_t len, uint32_t *ret_mask)
{
	uint8_t state;
	int ret;

	for (size_t i = 0; i < COUNT(state_words); i++) {
		if (same_word(state_words[i].name, text, len)) {
			*ret_mask = state_words[i].mask;
			return 0;
		}
	}
	ret = names_state_find(text, len, &state);
	if (ret)
		return ret;
	*ret_mask = STATE_BIT(state);
	return 0;
}
