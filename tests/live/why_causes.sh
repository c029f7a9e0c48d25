#!/bin/bash
# One live situation for each cause that this host can make: the verdict, the causes, and every
# prediction against what --probe really gets.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"
tap_netns "$@"
tap_need_command python3
tap_tmpdir

here=$top_srcdir/tests/live
cp "$INETTOP" "$tmp/inettop"
inettop=$tmp/inettop

# scene NAME ARGUMENT...: starts it; false (and $lacks) when this host cannot
scene() {
	scene_as python3 "$here/why_scene.py" "$@"
}

scene_as() {
	local out
	out=$(mktemp "$tmp/scene.XXXXXX")
	coproc SCENE { exec "$@" >"$out" 2>&1; }
	scene_pid=$SCENE_PID
	scene_in=${SCENE[1]}
	tap_wait 10 grep -qE '^(ready|lacks)' "$out"
	scene_child=$(sed -n 's/^child //p' "$out")
	lacks=$(grep -m1 '^lacks' "$out")
	grep -qx ready "$out"
}

# Ends what scene started, by pid: the child first, as nobody else reaps its number before.
end() {
	[ -z "$scene_child" ] || kill -KILL "$scene_child"
	exec {scene_in}>&-
	wait "$scene_pid"
} 2>/dev/null
tap_cleanup 'end'
scene_child= scene_in= scene_pid=

# check NAME VERDICT CODES WHY-ARGUMENT...
check() {
	local name=$1 verdict=$2 codes=$3 said
	shift 3
	said=$("${as[@]}" "$inettop" why --json --probe "$@" 2>&1 |
		python3 "$here/why_check.py" "$verdict" "$codes")
	tap_ok $? "$name" "$said"
}
as=(env)

# one NAME VERDICT CODES ENDPOINT SCENE...
one() {
	local name=$1 verdict=$2 codes=$3 endpoint=$4
	shift 4
	if scene "$@"; then
		check "$name" "$verdict" "$codes" "$endpoint"
	else
		tap_skip "$name" "${lacks:-cannot be made here}"
	fi
	end
}

check "nothing there" free "" 4000
one "a listener" busy listener 4001 listen 4001
one "the other protocol" free other-protocol udp:4002 listen 4002
one "a specific address under the wildcard" busy address-overlap 127.0.0.1:4003 listen 4003
one "the wildcard over a specific address" busy address-overlap,loopback-only 4004 \
	listen 4004 127.0.0.1
one "another specific address" free '!listener' 127.0.0.2:4004 listen 4004 127.0.0.1
one "dual stack against IPv4" busy dual-stack 127.0.0.1:4005 listen 4005 ::
one "IPv4 against dual stack" busy dual-stack '[::]:4006' listen 4006 0.0.0.0
one "bound, not listening" busy 'bound-not-listening,!listener' 4007 bound 4007
one "TIME_WAIT, the old server had SO_REUSEADDR" draining time-wait 4008 time-wait 4008 1
one "TIME_WAIT, it had not" draining time-wait 4009 time-wait 4009 0
one "an orphan with unsent data" busy orphan 4010 orphan 4010
one "a client's port" busy 'ephemeral-client,!listener' 4011 client 4011
one "accept queue full" busy queue-full,accept-queue,listener 4012 queue 4012
one "CLOSE_WAIT pile-up" busy close-wait-pileup,listener 4013 close-wait 4013
one "backlog at the limit" busy backlog-capped 4014 deep 4014
one "the more specific wins" busy more-specific-wins 4015 both 4015
one "a socket in a foreign namespace" busy foreign-netns-socket 4016 foreign 4016
one "registered with io_uring" busy in-flight 4017 uring 4017
one "a forwarder" busy 'forwarder,!listener' 4018 named 4018 pasta

# --- who holds it

scene inherited 4020
check "inherited by a child of a parent that is gone" busy inherited 4020
end

one "a reuseport group with an old member" busy reuseport-group 4021 group 4021

tap_zoo listen,port=4022
kill -STOP "$zoo_pid"
check "a stopped owner" busy stopped-owner,listener 4022
kill -CONT "$zoo_pid"
tap_zoo_end

cp "$SOCKZOO" "$tmp/oldzoo"
SOCKZOO=$tmp/oldzoo tap_zoo listen,port=4023
rm "$tmp/oldzoo"
check "a deleted executable" busy deleted-exe,listener 4023
tap_zoo_end

tap_zoo in-flight,port=4024
check "in flight by SCM_RIGHTS" busy 'in-flight,!listener' 4024
tap_zoo_end

# --- who may not be seen

as=(tap_as_nobody)
scene listen 4030
check "another user's process, as nobody" busy other-user 4030
end
check "a privileged port, as nobody" not-a-conflict privileged-port 81
as=(env)
check "a privileged port, for somebody else" not-a-conflict privileged-port -u 65534 82
scene listen 83
check "privileged and taken" not-a-conflict privileged-port,listener -u 65534 83
end
check "an address of another host" not-a-conflict address-not-local 192.0.2.1:4031
check "all of 127/8 is local" free "" 127.5.5.5:4031
check "link-local without its device" not-a-conflict address-not-local '[fe80::1]:4031'

as=(unshare --pid --fork --mount-proc)
scene listen 4032
check "held outside of our pid namespace" busy 'pid-namespace,!listener' 4032
end
as=(env)

if scene_as unshare --pid --fork --kill-child --mount-proc \
	python3 "$here/why_scene.py" activation 4033; then
	check "socket activation: init gave it to a child" busy systemd-socket 4033
else
	tap_skip "socket activation: init gave it to a child" "${lacks:-no pid namespaces}"
fi
scene_child=
end

# --- other namespaces, the kernel, the packet filter

if scene_as unshare --net python3 "$here/why_scene.py" listen 4040; then
	check "a listener in another namespace" free other-netns 4040
fi
end

name=inettop-why-$$
if ip netns add "$name" 2>/dev/null; then
	tap_cleanup "ip netns delete $name"
	ip netns exec "$name" ip link set lo up
	check "nothing in a named namespace" free '!listener' --netns "$name" 4043
	scene_as ip netns exec "$name" python3 "$here/why_scene.py" listen 4043
	check "a listener in a named namespace" busy listener --netns "$name" 4043
	check "the same port in our own" free other-netns 4043
	end
else
	tap_skip "a named namespace" "ip netns add is refused"
fi

proxy() {	# proxy PORT CONTAINER-IP
	scene_as bash -c 'exec -a docker-proxy python3 "$@"' - "$here/why_scene.py" named "$1" \
		docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port "$1" -container-ip "$2" \
		-container-port 80
}
proxy 4041 10.77.0.9
check "docker-proxy whose container is gone" busy 'stale-docker-proxy,!listener' 4041
end
ip addr add 10.77.0.2/24 dev lo
proxy 4042 10.77.0.2
check "docker-proxy" busy 'docker-proxy,!stale-docker-proxy,!listener' 4042
end

if ip link add vx0 type vxlan id 42 dstport 4789 dev lo 2>/dev/null && ip link set vx0 up; then
	check "a vxlan device of the kernel" busy 'kernel,!listener' udp:4789
	tap_like "$("$inettop" why udp:4789)" 'vxlan device vx0' "the device is named"
	ip link delete vx0
else
	tap_skip "a vxlan device of the kernel" "no vxlan here"
fi

if command -v iptables-nft >/dev/null &&
	iptables-nft -t nat -A PREROUTING -p tcp --dport 4050 -j REDIRECT --to-ports 4051 2>/dev/null; then
	check "redirected by the packet filter" free redirected 4050
	check "another port is not" free '!redirected' 4052
else
	tap_skip "redirected by the packet filter" "no iptables-nft here"
fi

# --- a policy

cgroup=$(awk '$9 == "cgroup2" || $8 == "cgroup2" || / - cgroup2 / {print $5; exit}' /proc/self/mountinfo)
if [ -n "$cgroup" ] && mkdir "$cgroup/inettop-why-$$" 2>/dev/null; then
	cgroup=$cgroup/inettop-why-$$
	tap_cleanup "rmdir '$cgroup'"
	if scene deny-bind "$cgroup"; then
		as=(bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup")
		check "a cgroup program refuses" not-a-conflict policy 127.0.0.1:4060
		as=(env)
	else
		tap_skip "a cgroup program refuses" "$lacks"
	fi
	end
else
	tap_skip "a cgroup program refuses" "no cgroup2 to write to"
fi

# --- the answer to a shell

"$inettop" why -q 4000
tap_is $? 1 "exit code: free"
scene listen 4061
"$inettop" why -q 4061
tap_is $? 0 "exit code: taken"
tap_as_nobody "$inettop" why --json 4061 >"$tmp/out"
tap_is $? 0 "exit code: taken by somebody who cannot be seen"
end
"$inettop" why nonsense 2>/dev/null
tap_is $? 2 "exit code: no endpoint"
tap_done
