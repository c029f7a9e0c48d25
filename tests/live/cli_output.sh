#!/bin/bash
# Output for machines and people when processes and sockets have hostile names: no control byte in
# text, valid JSON by its schema, raw bytes in NAME_b64, CSV equal to JSON.
. "${top_srcdir:?}/tests/lib/tap.sh"
"$INETTOP" -V >/dev/null || { tap_fail "the program runs"; tap_done; }
tap_netns
tap_tmpdir
tap_need_command python3
here=$$
inettop() { "$INETTOP" --no-config --netns "$here" "$@"; }

cat >"$tmp/hostile.py" <<'PY'
import ctypes, os, socket, sys, time
# Each child listens on a port of its own under a name of its own.
names = [b"\x1b]0;owned\x07", b"\x1b[2J\x9b31m", b"a\nb\rc\td", b"\xff\xfe\xc0\xaf", b"x\xe2\x80\xaey",
         b'"q",\\;', b"", b"\xe2\x80\x8bz\xc2\x85", "naïve☃".encode(), b"=cmd()|x"]
libc = ctypes.CDLL(None)
first, pids = int(sys.argv[1]), []
for i, name in enumerate(names):
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        libc.prctl(15, name, 0, 0, 0)
        s = socket.socket()
        s.bind(("127.0.0.1", first + i))
        s.listen(4)
        u = socket.socket(socket.AF_UNIX)
        u.bind(b"\0" + b"inettop-test-%d-" % i + name)
        u.listen(1)
        os.write(w, b"x")
        time.sleep(300)
        os._exit(0)
    pids.append(pid)
    os.read(r, 1)
print(*[n.hex() or "-" for n in names], flush=True)
print("ready", flush=True)
sys.stdin.read()
for pid in pids: os.kill(pid, 9)
PY
first=18451
exec 9> >(exec python3 "$tmp/hostile.py" $first >"$tmp/names")
tap_cleanup 'exec 9>&-'
tap_wait 20 grep -q ready "$tmp/names" || tap_skip_all "cannot start processes with odd names"
tap_zoo established udp udp-connected udplite time-wait unix-pair netlink packet child reuseport bound
zoo=$zoo_pid
comm_of() { inettop --json :"$1" | python3 -c 'import json,sys; print(repr(json.load(sys.stdin)["ports"][0]["comm"]))'; }

# ---- text
for args in "" "--pane sockets -A all" "--pane processes" "--pane namespaces" "-c local_port,comm,cmdline,exe,owner" "-c path,comm --pane sockets -A unix"; do
	for locale in C C.UTF-8; do
		LC_ALL=$locale inettop $args >"$tmp/text"
		bad=$(python3 - "$tmp/text" <<'PY'
import sys, unicodedata
data = open(sys.argv[1], "rb").read()
text = data.decode("utf-8", "strict")
print(sorted({hex(ord(c)) for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")}))
PY
		)
		tap_is "$bad" "[]" "no control character in text ($locale): ${args:-ports}"
	done
done
tap_like "$(inettop -H -c comm :$first)" '\\x1b\]0;owned\\x07' "an escape sequence is shown, not sent"
tap_is "$(inettop -H | wc -l)" "$(inettop --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["ports"]))')" \
	"one line per row, whatever the names"

# ---- JSON
for pane in ports sockets processes namespaces containers events; do
	inettop --json --pane $pane -A all -a >"$tmp/$pane.json"
	inettop --jsonl --pane $pane -A all -a >"$tmp/$pane.jsonl"
done
"$INETTOP" --no-config --netns "$here" --stats --watch --jsonl -n 2 -d 0.1 >"$tmp/watch.jsonl" 2>"$tmp/watch.err" &
watch=$!
tap_cleanup "kill $watch"
tap_wait 20 grep -q 'tick 2' "$tmp/watch.err"
tap_zoo listen,port=18490
tap_wait 20 grep -q '"listen"' "$tmp/watch.jsonl"
tap_zoo_end
wait $watch
tap_is "$?" 0 "--watch -n 2 ends after two events"
tap_is "$(wc -l <"$tmp/watch.jsonl")" 2 "--watch --jsonl writes a line per event"

cat >"$tmp/check.py" <<'PY'
import base64, json, os, sys
tmp, schemas, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
def strict(text):
    def pairs(p):
        assert len({k for k, _ in p}) == len(p), "a name comes twice"
        return dict(p)
    return json.loads(text, object_pairs_hook=pairs, parse_constant=lambda c: 1 / 0)
def say(ok, name): print(("ok " if ok else "not ok ") + name)
panes = ["ports", "sockets", "processes", "namespaces", "containers", "events"]
docs = {p: strict(open(f"{tmp}/{p}.json", "rb").read().decode("utf-8", "strict")) for p in panes}
lines = {p: [strict(l) for l in open(f"{tmp}/{p}.jsonl", "rb").read().decode("utf-8", "strict").splitlines()] for p in panes}
try:
    import jsonschema
    from jsonschema import Draft202012Validator
except ImportError:
    jsonschema = None
if jsonschema:
    load = lambda n: json.load(open(f"{schemas}/{n}.json"))
    store = {}
    for n in os.listdir(schemas):
        s = load(n[:-5]); store[n] = s; store[s.get("$id", n)] = s
    base = "file://" + os.path.abspath(schemas) + "/"
    def errors(name, value):
        s = load(name)
        resolver = jsonschema.RefResolver(base + name + ".json", s)
        return [f"{list(e.absolute_path)}: {e.message[:120]}" for e in Draft202012Validator(s, resolver=resolver).iter_errors(value)]
    for p in panes:
        e = errors("document", docs[p]); say(not e, f"the schema accepts the document of {p} {e[:2] if e else ''}")
        e = [x for l in lines[p] for x in errors("line", l)]; say(not e, f"the schema accepts the lines of {p} {e[:2] if e else ''}")
    e = [x for l in open(f"{tmp}/watch.jsonl") for x in errors("line", strict(l))]
    say(not e, f"the schema accepts the lines of --watch {e[:2] if e else ''}")
else:
    say(True, "the schema accepts documents # SKIP needs python3-jsonschema")
for p in panes:
    say(lines[p][-1]["type"] == "summary" and lines[p][-1]["rows"] == len(lines[p]) - 1, f"the summary counts the lines of {p}")
# NAME_b64 restores the raw bytes
names = open(f"{tmp}/names").readline().split()
rows = {r["local_port"]: r for r in docs["ports"]["ports"]}
for i, n in enumerate(names):
    raw = b"" if n == "-" else bytes.fromhex(n)
    r = rows[first + i]
    got = base64.b64decode(r["comm_b64"]) if "comm_b64" in r else r["comm"].encode()
    say(got == raw[:15], f"comm {raw!r} round-trips")
paths = [r for r in docs["sockets"]["sockets"] if (r["path"] or "").startswith("@inettop-test-")]
for r in paths:
    i = int(r["path"].split("-")[2])
    raw = b"@inettop-test-%d-" % i + (b"" if names[i] == "-" else bytes.fromhex(names[i]))
    got = base64.b64decode(r["path_b64"]) if "path_b64" in r else r["path"].encode()
    say(got == raw, f"unix path {raw!r} round-trips")
say(len(paths) == len(names), "every unix socket is listed")
PY
while read -r line; do
	case $line in
	"ok "*) tap_ok 0 "${line#ok }" ;;
	*) tap_ok 1 "${line#not ok }" ;;
	esac
done < <(python3 -W ignore "$tmp/check.py" "$tmp" "$top_srcdir/doc/schema" $first 2>&1)

# ---- CSV: stable facts of the same rows, JSON and CSV
cat >"$tmp/csvcheck.py" <<'PY'
import csv, datetime, json, sys, unicodedata
doc, table = json.load(open(sys.argv[1])), list(csv.reader(open(sys.argv[2], newline=""), strict=True))
rows = doc[doc["pane"]]
# What moves between two runs, or is measured.
moving = {"age_s", "age_max_s", "recvq", "sendq", "timer.expires_ms", "rx_rate", "tx_rate", "fds", "holders",
          "first_seen", "mark", "published", "owners", "addresses", "connections", "sockets", "listeners",
          "rx_bytes", "tx_bytes", "proc_state", "state", "conns", "inode", "cookie"}
def value(row, name):
    for part in name.split("."):
        row = row.get(part) if row is not None else None
    return row
def same(name, cell, want):
    if name == "proc_start" and cell and want: # made of clock ticks (10 ms) and two clocks
        return abs((datetime.datetime.fromisoformat(cell[:-1]) - datetime.datetime.fromisoformat(want[:-1])).total_seconds()) <= 0.01
    return cell == want
def plain(v):
    return "" if v is None else "true" if v is True else "false" if v is False else str(v)
def hidden(s):
    return "\\" in s or "\ufffd" in s or any(unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" for c in s)
head, body, bad = table[0], table[1:], []
key = [n for n in ("netns", "proto", "local_addr", "local_port", "remote_addr", "remote_port", "pid", "path", "inode") if n in head]
def json_key(r): return tuple(plain(value(r, n)) for n in key)
index = {}
for r in rows: index.setdefault(json_key(r), r)
compared = 0
for line in body:
    assert len(line) == len(head), "cells in a row"
    row = index.get(tuple(line[head.index(n)] for n in key))
    if not row: continue
    for name, cell in zip(head, line):
        want = plain(value(row, name))
        if name in moving or name.startswith("tcp.") or hidden(want): continue
        compared += 1
        if not same(name, cell, want): bad.append((name, cell, want))
print(bad[:3] if bad else "equal" if compared > 5 else "nothing to compare")
PY
for pane in ports sockets processes namespaces; do
	inettop --csv --pane $pane -A all >"$tmp/$pane.csv"
	inettop --json --pane $pane -A all >"$tmp/$pane.json"
	tap_is "$(python3 "$tmp/csvcheck.py" "$tmp/$pane.json" "$tmp/$pane.csv" 2>&1)" equal "CSV equals JSON: $pane"
	tap_is "$(LC_ALL=C grep -caP '[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]' "$tmp/$pane.csv")" 0 "no control byte in CSV: $pane"
done
tap_done
