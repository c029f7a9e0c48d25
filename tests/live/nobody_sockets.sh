#!/bin/bash
# As nobody: every socket, the owners of one's own, and for the rest the capability that would tell.
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command python3 setpriv ss
tap_netns

tap_tmpdir
install -m 755 "$INETTOP" "$tmp/inettop"
install -m 755 "$SOCKZOO" "$tmp/zoo"
netns=$(stat -Lc %i /proc/self/ns/net)
list() { "$tmp/inettop" --no-config --netns "$netns" "$@"; }

tap_zoo listen,port=1001 listen,addr=::1,port=1002 udp,port=1003 established,port=1004,n=2 \
	pending,port=1005,n=2 bound,port=1006 time-wait,port=1007 half-closed,port=1008 \
	reuseport,port=1009,n=3
cat >"$tmp/as-nobody" <<EOF
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$tmp/zoo" "\$@"
EOF
chmod 755 "$tmp/as-nobody"
root_ledger=$ledger
mkfifo "$tmp/hold"
"$tmp/as-nobody" listen,port=2001 udp,port=2002 established,port=2003 pending,port=2004,n=2 child,port=2005 \
	<"$tmp/hold" >"$tmp/own" &
own=$!
exec {hold}>"$tmp/hold"
tap_cleanup "kill $own; wait $own"
tap_wait 10 grep -qx ready "$tmp/own"

for source in auto proc; do
	list --json --pane sockets --source=$source >"$tmp/root.json"
	tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" --json --pane sockets --source=$source \
		>"$tmp/nobody.json" 2>"$tmp/stderr"
	tap_is "$?" 0 "--source=$source: a list"
	tap_is "$(cat "$tmp/stderr")" "" "--source=$source: and not a word on standard error"
	python3 - "$tmp" "$own" >"$tmp/verdict" <<'EOF'
import json, sys
tmp, own = sys.argv[1], int(sys.argv[2])
root, nobody = (json.load(open(f"{tmp}/{who}.json")) for who in ("root", "nobody"))
def key(r):
    return (r["proto"], r["inode"], r["local_addr"], r["local_port"], r["remote_addr"],
            r["remote_port"])
had, has = ({key(r): r for r in doc["sockets"]} for doc in (root, nobody))
for k in set(had) ^ set(has):
    print("only root" if k in had else "only nobody", k)
hidden = 0
for k in set(had) & set(has):
    was, row = had[k], has[k]
    for name in ("state", "uid", "user", "recvq", "sendq"):
        if was[name] != row[name]:
            print(name, was[name], row[name], k)
    mine = was["uid"] == 65534
    if not was["owners"]:
        if was["owner_status"] != row["owner_status"]:
            print("status", was["owner_status"], row["owner_status"], k)
    elif mine:
        if row["owners"] != was["owners"] or row["pid"] != own or row["owner_status"] != "known":
            print("own", row["owners"], k)
    else:
        hidden += 1
        if row["owner_status"] != "denied" or row["pid"] is not None:
            print("other", row["owner_status"], row["pid"], k)
        elif "CAP_SYS_PTRACE" not in (row["owner_detail"] or ""):
            print("no capability in", row["owner_detail"], k)
if nobody["hidden"]["owners"] != hidden:
    print("hidden", nobody["hidden"]["owners"], "of", hidden)
if len(had) < 20 or hidden < 8:
    print("too few", len(had), hidden)
EOF
	tap_is "$(cat "$tmp/verdict")" "" "--source=$source: all sockets, own owners, denied with the capability"
done

text=$(tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" -b -H -c owner,user,local_port :1001)
tap_like "$text" '\(denied\) +root +1001' "text: denied, and the user that the socket is of"
sentence=$(tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" -b -H -c owner_detail :1001)
tap_like "$sentence" 'CAP_' "text: the right that is missing"
tap_is "$(tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" -t :2001)" "$own" "-t: one's own"
tap_is "$(tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" -t :1001 2>"$tmp/stderr")" "" \
	"-t: no pid of somebody else"
tap_like "$(cat "$tmp/stderr")" 'without visible owner.*sudo' "-t: and says so"
tap_as_nobody "$tmp/inettop" --no-config --netns "$netns" --strict -q :1001
tap_is "$?" 4 "--strict: 4, the list is not all there is to know"
tap_like "$(tap_as_nobody "$tmp/inettop" --check)" 'owners +no +.*CAP_SYS_PTRACE' "--check names it as well"
tap_done
