#!/bin/bash
# Containers of a real dockerd: names, images, published ports joined both ways, with and without its
# socket, with and without the userland proxy.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/dockerd.sh"

# A network and a PID namespace of the test's own: dockerd's bridge touches no other, PID 1 is the
# script, so its namespace counts as the host's.
if [ -z "${TAP_IN_NETNS:-}" ]; then
	tap_need_netns
	tap_need_command dockerd docker busybox python3
	export TAP_IN_NETNS=1
	exec unshare --net --pid --fork --kill-child --mount-proc -- \
		bash -c 'ip link set lo up && exec bash "$@"' bash "$0" "$@"
fi

image=inettop-test:1

# json PANE [OPTION]...: the rows to $tmp/PANE.json
json() {
	local pane=$1
	shift
	"$INETTOP" --no-bpf --json --pane "$pane" "$@" >"$tmp/$pane.json" 2>"$tmp/stderr" || :
}

# pick PANE PYTHON: an expression over `rows`, printed
pick() {
	python3 - "$tmp/$1.json" "$1" "$2" <<-'PY'
		import json, sys
		path, pane, expression = sys.argv[1:]
		document = json.load(open(path))
		rows = document[pane]

		def port(n, proto="tcp"):
		    found = [r for r in rows if r["local_port"] == n and r["proto"] == proto]
		    return found[0] if len(found) == 1 else {"no such row": len(found)}

		def pubs(row):
		    return " ".join(sorted("%s:%s->%s/%s" % (p["host_addr"], p["host_port"],
		        p["container_port"], p["proto"]) for p in row["published"] or []))

		try:
		    print(eval(expression))
		except Exception as e:
		    print(repr(e), json.dumps(rows)[:2000])
	PY
}

serve() {	# serve NAME OPTION...: listens on TCP 80 and UDP 53
	local name=$1
	shift
	docker_ run -d --name "$name" "$@" "$image" /bin/sh -c \
		'/bin/busybox nc -lu -p 53 & exec /bin/busybox httpd -f -p 80' >/dev/null
}

listens() {	# in the namespace of the container
	"$INETTOP" --no-bpf --no-runtime -b "tcp:$1" | grep -q httpd
}

dockerd_start
export DOCKER_HOST=unix://$docker_sock
dockerd_image $image || tap_skip_all "no image could be imported"
serve web_1 --label com.docker.compose.project=shop -p 127.0.0.1:18080:80 -p 127.0.0.1:15353:53/udp || {
	tap_note "$(tail -3 "$tmp/dockerd.log")"
	tap_skip_all "a container cannot run here"
}
tap_wait 10 listens 80

json ports
tap_is "$(pick ports 'port(18080)["comm"]')" "docker-proxy" "the host's end belongs to docker-proxy"
tap_is "$(pick ports 'pubs(port(18080))')" "127.0.0.1:18080->80/tcp" "and says where it leads"
tap_is "$(pick ports 'port(15353, "udp")["comm"], pubs(port(15353, "udp"))')" \
	"('docker-proxy', '127.0.0.1:15353->53/udp')" "a published UDP port too"
tap_is "$(pick ports 'port(80)["netns_name"], port(80)["container"]["name"], pubs(port(80))')" \
	"('web_1', 'web_1', '127.0.0.1:18080->80/tcp')" "the container's end says how it is published"

json containers
tap_is "$(pick containers '[(r["name"], r["image"], r["runtime"], pubs(r), r["netns_name"]) for r in rows]')" \
	"[('web_1', '$image', 'docker', '127.0.0.1:15353->53/udp 127.0.0.1:18080->80/tcp', 'web_1')]" \
	"the Containers pane: name, image, runtime, ports, namespace"

json namespaces
tap_is "$(pick namespaces '[(r["kind"], any(a.startswith("172.") for a in r["addresses"])) for r in rows if r["netns_name"] == "web_1"]')" \
	"[('container', True)]" "the Namespaces pane: the container's, with its address"

# without the socket: docker-proxy's command line, joined by who has the address
json ports --no-runtime
id=$(docker_ ps -q --no-trunc)
tap_is "$(pick ports 'pubs(port(18080)), port(80)["container"]["id"]')" \
	"('127.0.0.1:18080->80/tcp', '$id')" "--no-runtime: ports from docker-proxy, the id from the cgroup"

# as somebody without rights only the command line is left
chmod 755 "$tmp"
tap_as_nobody "$INETTOP" --json >"$tmp/ports.json" 2>/dev/null
tap_is "$(pick ports 'port(18080)["published"][0]["container_port"]')" "80" \
	"as nobody: docker-proxy's command line tells the target"

docker_ run -d --name hostnet --network host "$image" /bin/busybox httpd -f -p 18081 >/dev/null
tap_wait 10 listens 18081
json ports
tap_is "$(pick ports 'port(18081)["container"]["name"], port(18081)["netns_name"]')" \
	"('hostnet', 'host')" "a container in the host's network keeps its name"

docker_ restart -t 0 web_1 >/dev/null
tap_wait 10 listens 80
json ports
tap_is "$(pick ports 'port(80)["container"]["name"], pubs(port(18080))')" \
	"('web_1', '127.0.0.1:18080->80/tcp')" "restarted: the same container on the same port"

docker_ rm -f web_1 hostnet >/dev/null
json containers
tap_is "$(pick containers 'len(rows)')" "0" "removed containers are gone"

dockerd_stop
dockerd_start --userland-proxy=false
serve web_2 -p 127.0.0.1:18082:80
tap_wait 10 listens 80
json ports
tap_is "$(pick ports 'pubs(port(18082)), port(80)["container"]["name"]')" \
	"('127.0.0.1:18082->80/tcp', 'web_2')" "without userland proxy the runtime tells the port"
tap_note "held by $(pick ports 'port(18082)["comm"], port(18082)["owner_status"]')"
dockerd_stop
tap_done
