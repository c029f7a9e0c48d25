#!/bin/bash
# nginx, redis, postgresql and sshd as the distribution ships them: every endpoint and every owner as
# ss has it, and the process that a person would name.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/servers.sh"
tap_need_command ss python3 ps
tap_netns

tap_tmpdir
oracle() { python3 "$top_srcdir/tests/lib/oracle.py" "$@"; }
netns=$(stat -Lc %i /proc/self/ns/net)
list() { "$INETTOP" --no-config --netns "$netns" "$@"; }
running=0
server() {	# server NAME PORT
	if "server_$1" "$2"; then
		running=$((running + 1))
	else
		tap_skip "$1" "$server_lacks"
		return 1
	fi
}
primary() {	# primary PORT: pid and name of the first endpoint there
	list -b -H --pane ports -c pid,comm,user "sport = :$1 && src 127.0.0.1" | awk '{ print $1, $2, $3 }'
}

if server nginx 8080; then
	tap_is "$(primary 8080)" "$nginx_pid nginx root" "nginx: the master, not one of its workers"
	tap_is "$(list -b -H -c reuseport_group "sport = :8081" | tr -d ' ')" 2 \
		"nginx: one socket for each worker, in one endpoint"
fi
server redis 6379 && tap_is "$(primary 6379)" "$redis_pid redis-server root" "redis-server"
if server postgres 5432; then
	tap_is "$(primary 5432)" "$postgres_pid postgres postgres" "postgresql: the postmaster, and its user"
fi
server sshd 2222 && tap_is "$(primary 2222)" "$sshd_pid sshd root" "sshd"
[ $running -gt 0 ] || tap_skip_all "none of the servers is installed"

# a client at each, so that there are connections, accepted and being served
for port in 8080 6379 5432 2222; do
	server_listens $port || continue
	exec {client}<>"/dev/tcp/127.0.0.1/$port" || tap_fail "a client at $port"
done
tap_run "every socket and every owner as ss" oracle sockets
tap_run "every endpoint as ss: queues, owners, inodes, uid" oracle ports
tap_run "the same from /proc/net text" oracle source
tap_is "$(list -t :8080,6379,5432,2222 | sort -n | xargs)" \
	"$(printf '%s\n' ${nginx_pid:-} ${redis_pid:-} ${postgres_pid:-} ${sshd_pid:-} | sort -n | xargs)" \
	"-t prints the pids that kill wants"
tap_done
