#!/bin/bash
# Holders that come and go on sockets that inettop knows already: reload and binary upgrade of nginx,
# fork, SCM_RIGHTS. Seen on the running screen, which looks at a process again only when SPEC 1 says.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/servers.sh"
. "$top_srcdir/tests/lib/screen.sh"
tap_need_command ss python3 ps
tap_netns
screen_need

tap_tmpdir
netns=$(stat -Lc %i /proc/self/ns/net)
seconds_to_see=10	# a tick or two; the rest is for a busy machine

# the owners of a listener as ss has them, as the screen writes them
owners() {
	ss -Hltnp "sport = :$1 and src 127.0.0.1" |
		sed -E 's/.*users:\(\((.*)\)\).*/\1/; s/\),\(/\n/g' |
		sed -nE 's/.*pid=([0-9]+),fd=([0-9]+).*/\1:\2/p' | sort -t: -k1,1n -k2,2n | xargs
}
# the same from the screen, whatever their order
shown() { screen_text | sed -nE "s/.* 127\.0\.0\.1 +$1 (.*)/\1/p" | tr ' ' '\n' | grep : | sort -t: -k1,1n -k2,2n | xargs; }
agree() { [ "$(shown "$1")" = "$2" ]; }
seen() {	# seen NAME PORT: the screen tells the owners that ss tells
	local wanted
	wanted=$(owners "$2")
	tap_wait $seconds_to_see agree "$2" "$wanted"
	tap_is "$(shown "$2")" "${wanted:-some owners}" "$1"
}

mkfifo "$tmp/orders"
python3 "$top_srcdir/tests/lib/mover.py" <"$tmp/orders" >"$tmp/done" &
mover=$!
exec {orders}>"$tmp/orders"
tap_cleanup "kill $mover; wait $mover"
given=0
order() {
	echo "$1" >&"$orders"
	given=$((given + 1))
	tap_wait 20 carried_out
}
carried_out() { [ "$(wc -l <"$tmp/done")" = $given ]; }
tap_wait 10 server_listens 7001 || tap_skip_all "the listener did not start"
with_nginx=yes
server_nginx 8080 || with_nginx=

screen_start 24 200 "$INETTOP" --no-config --netns "$netns" -d 0.5 -c local_addr,local_port,owners
screen_wait 10 ':[0-9]' || tap_fail "the screen shows owners" "$(screen_text)"
seen "the screen begins with the owners that there are" 7001
order fork
seen "a child that inherited the listener" 7001
order end
seen "the child has ended" 7001
order pass
seen "a process that got it by SCM_RIGHTS" 7001
order drop
seen "and closed it again" 7001
order dup
seen "a second descriptor in the same process" 7001
order pass
order close
seen "a descriptor closed, another passed on" 7001

if [ -n "$with_nginx" ]; then
	seen "nginx: master and workers" 8080
	old=$(owners 8080)
	server_nginx_config 8080 3 >"$tmp/nginx.conf"
	kill -HUP "$nginx_pid"
	new_workers() { [ "$(owners 8080)" != "$old" ] && [ "$(owners 8080 | wc -w)" = 4 ]; }
	tap_wait 10 new_workers || tap_fail "nginx did not reload" "$(cat "$tmp/nginx-error.log")"
	seen "nginx: the workers after a reload" 8080
	kill -USR2 "$nginx_pid"
	upgraded() { [ -s "$tmp/nginx.pid.oldbin" ] && [ -s "$tmp/nginx.pid" ] && [ "$(owners 8080 | wc -w)" = 8 ]; }
	tap_wait 10 upgraded || tap_fail "nginx did not upgrade" "$(cat "$tmp/nginx-error.log")"
	new=$(cat "$tmp/nginx.pid")
	seen "nginx: both binaries hold the listener" 8080
	kill -QUIT "$nginx_pid"
	tap_wait 10 server_ended "$nginx_pid"
	seen "nginx: the new binary alone" 8080
	tap_like " $(owners 8080) " " $new:" "nginx: the new master is among the owners"
else
	tap_skip "nginx reload and upgrade" "$server_lacks"
fi
screen_end
tap_done
