# shellcheck shell=bash
# A real dockerd of the test's own: own data and exec roots, pid file and socket below $tmp, bridge
# docker0 in the network namespace of the script (call tap_netns first). Source after tap.sh.
#
#   dockerd_start [OPTION]...   skips the script where dockerd cannot run; sets $docker_sock
#   dockerd_stop                ends it and what it started; also at exit
#   docker_ ARGS...             the docker client on that daemon
#   dockerd_image NAME          an image of busybox alone
# shellcheck disable=SC2154 # tmp is tap_tmpdir's

dockerd_pid=

docker_() { docker -H "unix://$docker_sock" "$@"; }

dockerd_answers() { docker_ version >/dev/null 2>&1; }

dockerd_start() {
	tap_need_root
	tap_need_command dockerd docker busybox
	[ -n "${tmp:-}" ] || tap_tmpdir
	docker_sock=$tmp/docker.sock
	[ -d "$tmp/exec" ] || tap_cleanup dockerd_stop
	dockerd --data-root "$tmp/data" --exec-root "$tmp/exec" --pidfile "$tmp/dockerd.pid" \
		-H "unix://$docker_sock" --iptables=false --ip6tables=false --storage-driver=vfs \
		"$@" >>"$tmp/dockerd.log" 2>&1 &
	dockerd_pid=$!
	tap_wait 20 dockerd_answers || {
		tap_note "$(tail -3 "$tmp/dockerd.log")"
		tap_skip_all "dockerd does not run here"
	}
}

dockerd_stop() {
	local pid
	[ -n "$dockerd_pid" ] || return 0
	for pid in $(docker_ ps -q 2>/dev/null); do
		docker_ rm -f "$pid" >/dev/null 2>&1
	done
	kill "$dockerd_pid" 2>/dev/null
	wait "$dockerd_pid" 2>/dev/null
	dockerd_pid=
	rm -f "$tmp/dockerd.pid"
	# what it bound below its roots would keep the directory
	awk -v top="$tmp/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r pid; do umount -l "$pid" 2>/dev/null; done
}

dockerd_image() {
	mkdir -p "$tmp/image/bin"
	cp "$(command -v busybox)" "$tmp/image/bin/"
	ln -sf busybox "$tmp/image/bin/sh"
	tar -C "$tmp/image" -c . | docker_ import - "$1" >/dev/null
}
