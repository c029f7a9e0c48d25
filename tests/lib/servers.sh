# shellcheck shell=bash disable=SC2034,SC2154
# Real servers of the distribution for live tests, each with a configuration, data and ports of its
# own below $tmp. Source tap.sh first, call tap_netns and tap_tmpdir, then:
#
#   server_nginx PORT    server_redis PORT    server_postgres PORT    server_sshd PORT
#
# Each starts one on loopback (nginx, redis, sshd on ::1 too), waits until the port answers, sets
# $nginx_pid and so on and ends it at exit; 1 and a note in $server_lacks when it cannot be had here.

server_listens() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

server_start() {	# server_start PORT COMMAND...
	local port=$1
	shift
	"$@" >"$tmp/server-$port.log" 2>&1 </dev/null &
	pid=$!
	# politely, then for good: no server outlives the test
	tap_cleanup "kill $pid; tap_wait 5 server_ended $pid || kill -KILL $pid; wait $pid"
	tap_wait 20 server_listens "$port" && return 0
	server_lacks="did not start: $(tail -3 "$tmp/server-$port.log")"
	return 1
}

server_ended() { ! kill -0 "$1" || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]; }

server_command() {	# server_command NAME: its path in $server_path
	server_path=$(command -v "$1") && return 0
	server_lacks="$1 is not installed"
	return 1
}

server_nginx_config() {	# server_nginx_config PORT WORKERS
	cat <<EOF
worker_processes $2;
pid $tmp/nginx.pid;
error_log $tmp/nginx-error.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $tmp/nginx-body;
	proxy_temp_path $tmp/nginx-proxy;
	fastcgi_temp_path $tmp/nginx-fastcgi;
	uwsgi_temp_path $tmp/nginx-uwsgi;
	scgi_temp_path $tmp/nginx-scgi;
	server { listen 127.0.0.1:$1; listen [::1]:$1; root $tmp; }
	server { listen 127.0.0.1:$(($1 + 1)) reuseport; root $tmp; }
}
EOF
}

server_nginx() {
	server_command nginx || return 1
	server_nginx_config "$1" 2 >"$tmp/nginx.conf"
	# as a daemon, or it refuses to change its binary
	tap_cleanup "server_nginx_end"
	"$server_path" -e "$tmp/nginx-error.log" -c "$tmp/nginx.conf" >"$tmp/nginx.log" 2>&1 </dev/null
	if ! tap_wait 20 test -s "$tmp/nginx.pid" || ! tap_wait 20 server_listens "$1"; then
		server_lacks="nginx did not start: $(cat "$tmp/nginx.log")"
		return 1
	fi
	nginx_pid=$(cat "$tmp/nginx.pid")
}

# Every nginx that has its configuration below $tmp, of whatever generation.
server_nginx_end() {
	local file masters=
	for file in "$tmp"/nginx.pid*; do
		[ -s "$file" ] && masters+=" $(cat "$file")"
	done
	for pid in $masters; do
		kill "$pid"
		tap_wait 5 server_ended "$pid" || kill -KILL "$pid"
	done
}

server_redis() {
	server_command redis-server || return 1
	mkdir -p "$tmp/redis"
	server_start "$1" "$server_path" --port "$1" --bind 127.0.0.1 ::1 --dir "$tmp/redis" --save '' \
		--appendonly no --daemonize no --unixsocket "$tmp/redis/socket" || return 1
	redis_pid=$pid
}

server_postgres() {
	local bin as
	bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -1)
	if [ -z "$bin" ] || ! id postgres >/dev/null 2>&1; then
		server_lacks="postgresql is not installed"
		return 1
	fi
	as=(setpriv --reuid=postgres --regid=postgres --init-groups env -C /)
	mkdir -p "$tmp/postgres" && chown postgres "$tmp/postgres"
	if ! "${as[@]}" "$bin/initdb" -D "$tmp/postgres/data" -A trust -E UTF8 --no-locale --no-sync \
		>"$tmp/initdb.log" 2>&1 </dev/null; then
		server_lacks="initdb: $(tail -1 "$tmp/initdb.log")"
		return 1
	fi
	server_start "$1" "${as[@]}" "$bin/postgres" -D "$tmp/postgres/data" -F -p "$1" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories="$tmp/postgres" || return 1
	postgres_pid=$pid
}

server_sshd() {
	server_command sshd || return 1
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/host-key" || return 1
	if [ ! -d /run/sshd ]; then
		mkdir -m 755 /run/sshd && tap_cleanup "rmdir /run/sshd"
	fi
	server_start "$1" "$server_path" -D -f /dev/null -h "$tmp/host-key" -o "Port=$1" \
		-o ListenAddress=127.0.0.1 -o ListenAddress=::1 -o UsePAM=no -o PidFile=none || return 1
	sshd_pid=$pid
}
