#!/bin/bash
# Namespaces as the program shows them: named, held by nothing but a descriptor, a mount or a socket, and
# a process whose socket is in another.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"

if [ -z "${TAP_IN_NETNS:-}" ]; then
	tap_need_netns
	tap_need_command python3 ip
	export TAP_IN_NETNS=1
	# mounts of the test end with it; /run/netns is its own
	exec unshare --net --mount --propagation private -- \
		bash -c 'ip link set lo up && exec bash "$@"' bash "$0" "$@"
fi
tap_tmpdir
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns || tap_skip_all "cannot mount"

json() {	# json PANE [OPTION]... : rows to $tmp/out.json
	local pane=$1
	shift
	"$INETTOP" --json --pane "$pane" "$@" >"$tmp/out.json" 2>"$tmp/stderr" || :
}

pick() {	# pick PANE EXPRESSION
	python3 -c 'import json, sys
rows = json.load(open(sys.argv[1]))[sys.argv[2]]
print(eval(sys.argv[3]))' "$tmp/out.json" "$1" "$2"
}

# What the holder does once it has a socket in the other namespace.
cat >"$tmp/hold.py" <<'PY'
import ctypes, os, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
how, port = sys.argv[1], int(sys.argv[2])
old = os.open("/proc/self/ns/net", os.O_RDONLY)
if how == "named":
    libc.setns(os.open("/run/netns/" + sys.argv[3], os.O_RDONLY), CLONE_NEWNET)
else:
    libc.unshare(CLONE_NEWNET)
keep = []
if how != "fd":
    s = socket.socket()
    s.bind(("0.0.0.0", port))
    s.listen(4)
    keep.append(s)
if how == "fd":
    keep.append(os.open("/proc/self/ns/net", os.O_RDONLY))
inode = os.stat("/proc/self/ns/net").st_ino
if how in ("socket", "fd"):
    libc.setns(old, CLONE_NEWNET)
os.close(old)
print(inode, flush=True)
sys.stdin.read()
PY

hold() {	# hold HOW PORT [NAME]: sets $inode
	local out
	out=$(mktemp "$tmp/hold.XXXXXX")
	tap_spawn bash -c 'exec python3 "$@" <"$0"' "$tmp/never" "$tmp/hold.py" "$@" >"$out"
	tap_wait 10 test -s "$out"
	inode=$(cat "$out")
}
mkfifo "$tmp/never"
exec {never}<>"$tmp/never"

# 20 named namespaces, a listener on the same port in each
for i in $(seq 20); do
	ip netns add "itn$i"
	hold named 7070 "itn$i"
done
json ports :7070
tap_is "$(pick ports 'len([r for r in rows if (r["netns_name"] or "").startswith("itn")])')" 20 \
	"20 namespaces with a listener on the same port: 20 rows"
tap_is "$(pick ports 'len({r["netns_cookie"] for r in rows}), {r["owner_status"] for r in rows}, {r["comm"] for r in rows}')" \
	"(20, {'known'}, {'python3'})" "each in its own namespace, each with its owner"
json namespaces
tap_is "$(pick namespaces '{(r["kind"], r["holders"], r["listeners"]) for r in rows if (r["netns_name"] or "").startswith("itn")}')" \
	"{('named', 1, 1)}" "the pane has their names, processes and listeners"

tap_is "$("$INETTOP" -t --netns itn7 :7070 | wc -l)" 1 "--netns NAME"
pid=$("$INETTOP" -t --netns itn7 :7070)
tap_is "$("$INETTOP" -t --netns "$pid" :7070)" "$pid" "--netns PID"
tap_is "$("$INETTOP" -t --netns "$(stat -L -c %i /run/netns/itn7)" :7070)" "$pid" "--netns INODE"
"$INETTOP" -q --netns nowhere :7070 2>"$tmp/stderr"
tap_like "$?:$(cat "$tmp/stderr")" '^[23]:.*nowhere' "--netns of nothing is an error that names it"
tap_is "$("$INETTOP" -t ns:itn7 :7070)" "$pid" "the filter ns:"

# held by a mount alone
ip netns add lonely
json namespaces
tap_is "$(pick namespaces '[(r["kind"], r["holders"]) for r in rows if r["netns_name"] == "lonely"]')" \
	"[('named', 0)]" "a namespace held only by its mount"

# held by a descriptor alone
hold fd 0
fd_inode=$inode
json namespaces
tap_is "$(pick namespaces "[(r['kind'], r['holders']) for r in rows if r['netns'] == $fd_inode]")" \
	"[('fd', 0)]" "a namespace held only by a descriptor"

# held by a socket alone, whose process is elsewhere
hold socket 7071
sock_inode=$inode
json ports :7071
if [ "$(pick ports 'len(rows)')" = 0 ]; then
	tap_skip "a namespace held only by a socket" "this kernel tells of it by BPF alone"
else
	tap_is "$(pick ports "[(r['netns'], r['comm'], r['proc_netns'] != r['netns']) for r in rows]")" \
		"[($sock_inode, 'python3', True)]" \
		"a listener in a namespace that only it holds, its process in another"
	json namespaces
	tap_is "$(pick namespaces "[(r['kind'], r['holders']) for r in rows if r['netns'] == $sock_inode]")" \
		"[('socket', 0)]" "a namespace held only by a socket"
fi

# without the kernel's own list a socket is asked where it was made
json ports --no-bpf :7071
tap_is "$(pick ports "[(r['netns'], r['comm']) for r in rows]")" "[($sock_inode, 'python3')]" \
	"--no-bpf: a namespace held only by a socket"
json namespaces --no-bpf
tap_is "$(pick namespaces "sorted((r['kind'], r['netns_name']) for r in rows if r['netns'] in ($sock_inode, $fd_inode))")" \
	"[('fd', 'python3'), ('socket', 'python3')]" "--no-bpf: named after who holds it"

json ports --source=proc :7070
tap_is "$(pick ports 'len(rows), {r["comm"] for r in rows}')" "(20, {'python3'})" \
	"the same from the text tables inside each"
tap_done
