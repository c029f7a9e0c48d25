/* TCP connections over loopback, brought into a given state. */
#include "lib/zoo.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct zoo_holder nobody = {0, 0, -1};

struct connection {
	int listener, server, client;
};

/* A client connected to the listener (its address must be one of this host), or -1. */
static int connect_to(const struct zoo_spec *spec, int listener)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd;

	getsockname(listener, (struct sockaddr *)&address, &len);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, spec->protocol);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len)) {
		zoo_lacks(spec, "connect");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static bool make_connection(const struct zoo_spec *spec, struct connection *ret)
{
	ret->listener = zoo_listener(spec, false);
	if (ret->listener < 0)
		return false;
	ret->client = connect_to(spec, ret->listener);
	if (ret->client < 0)
		return false;
	ret->server = accept4(ret->listener, NULL, NULL, SOCK_CLOEXEC);
	if (ret->server < 0)
		zoo_lacks(spec, "accept");
	return ret->server >= 0;
}

void zoo_open_established(const struct zoo_spec *spec)
{
	int listener = zoo_listener(spec, false), client, server, i;

	if (listener < 0)
		return;
	zoo_print_fd(spec, listener);
	for (i = 0; i < (spec->count ? spec->count : 1); i++) {
		client = connect_to(spec, listener);
		if (client < 0)
			return;
		server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		zoo_print_fd(spec, client);
		zoo_print_fd(spec, server);
	}
}

void zoo_open_pending(const struct zoo_spec *spec)
{
	struct zoo_entry e, waiting;
	int listener = zoo_listener(spec, false), client, i;

	if (listener < 0)
		return;
	zoo_print_fd(spec, listener);
	for (i = 0; i < (spec->count ? spec->count : 1); i++) {
		client = connect_to(spec, listener);
		if (client < 0)
			return;
		zoo_print_fd(spec, client);
		e = zoo_describe(client);
		waiting = e;
		memcpy(waiting.addr, e.peer, sizeof(e.peer));
		memcpy(waiting.peer, e.addr, sizeof(e.addr));
		waiting.port = e.peer_port;
		waiting.peer_port = e.port;
		waiting.inode = waiting.cookie = 0;
		zoo_print("open", spec, &waiting, nobody);
	}
}

/* Loopback answers at once as a rule, but nothing promises it. */
static void wait_state(int fd, const char *state)
{
	int tries = 0;

	while (strcmp(zoo_describe(fd).state, state) && tries++ < 2000)
		zoo_over(1000);
}

void zoo_open_half_closed(const struct zoo_spec *spec)
{
	struct connection c;
	int first;

	if (!make_connection(spec, &c))
		return;
	close(c.listener);
	first = spec->client ? c.client : c.server;
	shutdown(first, SHUT_WR);
	wait_state(first, "fin-wait-2");
	zoo_print_fd(spec, c.client);
	zoo_print_fd(spec, c.server);
}

/* The first end closes and no descriptor is left; state says what it has become. */
static void close_first(const struct zoo_spec *spec, const char *state, bool close_second)
{
	struct connection c;
	struct zoo_entry e;
	int first, second;

	if (!make_connection(spec, &c))
		return;
	first = spec->client ? c.client : c.server;
	second = spec->client ? c.server : c.client;
	e = zoo_describe(first);
	close(c.listener);
	shutdown(first, SHUT_WR);
	wait_state(first, "fin-wait-2");
	if (close_second) {
		close(second);
		wait_state(first, "bound"); /* the socket is done with: TIME_WAIT has taken over */
	} else {
		zoo_print_fd(spec, second);
	}
	close(first);
	e.state = state;
	e.inode = 0;
	zoo_print("open", spec, &e, nobody);
}

void zoo_open_time_wait(const struct zoo_spec *spec)
{
	close_first(spec, "time-wait", true);
}

void zoo_open_orphan(const struct zoo_spec *spec)
{
	close_first(spec, "fin-wait-2", false);
}
