"""What ss says, and what inettop says, in the same words; for the live tests.

Facts: a dict for each socket, keyed by its cookie (or inode): proto, state, local, port, dev, peer,
peer_port, recvq, sendq, uid, inode, owners (a set of "pid/fd"), names (a set of comms).
"""
import json
import os
import re
import subprocess
import sys
import time

INETTOP = os.environ["INETTOP"]

STATES = {
    "ESTAB": "established",
    "SYN-SENT": "syn-sent",
    "SYN-RECV": "syn-recv",
    "FIN-WAIT-1": "fin-wait-1",
    "FIN-WAIT-2": "fin-wait-2",
    "TIME-WAIT": "time-wait",
    "UNCONN": "unconn",
    "CLOSE-WAIT": "close-wait",
    "LAST-ACK": "last-ack",
    "LISTEN": "listen",
    "CLOSING": "closing",
}

USER = re.compile(r'\("(.*?)",pid=(\d+)(?:,tid=\d+)?,fd=(\d+)\)')
TIMERS = {"on": "on", "keepalive": "keepalive", "timewait": "timewait", "persist": "persist"}


def own_netns():
    return str(os.stat("/proc/self/ns/net").st_ino)


def run(argv, ok=(0,), **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, **more)
    if done.returncode not in ok:
        raise RuntimeError(f"{argv}: exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def split_end(text):
    """ADDRESS[%DEV]:PORT of ss."""
    addr, port = text.rsplit(":", 1)
    addr, _, dev = addr.partition("%")
    addr = addr.strip("[]")
    return (None if addr == "*" else addr), (0 if port == "*" else int(port)), dev or None


def ss_line(line):
    words = line.split()
    proto, state, recvq, sendq, local, peer = words[:6]
    rest = " ".join(words[6:])

    def tag(name, form=r"[^ ]+"):
        found = re.search(r"(?:^| )" + name + ":(" + form + ")", rest)
        return found.group(1) if found else None

    local, port, dev = split_end(local)
    peer, peer_port, _ = split_end(peer)
    users = USER.findall(rest)
    fact = {
        "proto": proto,
        "state": STATES[state],
        "port": port,
        "dev": dev,
        "peer": peer if peer_port else None,
        "peer_port": peer_port,
        "recvq": int(recvq),
        "sendq": int(sendq),
        "uid": int(tag("uid", r"\d+") or 0),
        "inode": int(tag("ino", r"\d+") or 0),
        "timer": (tag("timer", r"\(\w+") or "(").strip("(") or None,
        "owners": frozenset(f"{pid}/{fd}" for _, pid, fd in users),
        "names": frozenset(name for name, _, _ in users),
    }
    v6only = tag("v6only", r"\d")
    # ss writes "*" for [::] that takes IPv4 too, and [::] for one that does not
    fact["v6only"] = None if v6only is None else v6only == "1"
    fact["local"] = "::" if local is None else local
    return int(tag("sk", r"[0-9a-f]+"), 16), fact


def ss_facts(*args):
    facts = {}
    text = run(["ss", "-H", "-O", "-n", "-a", "-p", "-e", "-o", *args]).decode(errors="replace")
    for line in text.splitlines():
        cookie, fact = ss_line(line)
        if cookie in facts:
            raise RuntimeError(f"ss says {cookie:x} twice")
        if fact["state"] == "time-wait" or (fact["proto"] == "tcp" and not fact["inode"]):
            fact["uid"] = None  # ss cannot tell 0 from none
        facts[cookie] = fact
    return facts


def inettop(*args, ok=(0, 1)):
    out = run([INETTOP, "--no-config", *args], ok=ok)
    return json.loads(out) if out else None


def row_fact(row):
    return {
        "proto": row["proto"],
        "state": row["state"],
        "local": row["local_addr"],
        "port": row["local_port"] or 0,
        "dev": row["ifname"],
        "peer": row["remote_addr"],
        "peer_port": row["remote_port"] or 0,
        "recvq": row["recvq"],
        "sendq": row["sendq"],
        "uid": row["uid"] if row["inode"] else None,
        "inode": row["inode"] or 0,
        "timer": row["timer"]["name"],
        "v6only": row["v6only"],
        "owners": frozenset(f'{o["pid"]}/{o["fd"]}' for o in row["owners"]),
        "names": frozenset(o["comm"] for o in row["owners"]),
    }


def rows(pane="sockets", *args):
    """Rows of this network namespace."""
    return inettop("--json", "--pane", pane, "--netns", own_netns(), *args)[pane]


def row_facts(found):
    """By cookie. An mptcp row stands for its tcp row, which ss shows: those by inode."""
    facts = {}
    for row in found:
        mptcp = row["proto"] == "mptcp"
        key = ("mptcp", row["inode"]) if mptcp else int(row["cookie"])
        if key in facts:
            raise RuntimeError(f"a row twice: {row}")
        facts[key] = row_fact(row)
    return facts


def fold(ss, mptcp_inodes):
    """ss's tcp rows that inettop shows as mptcp, under the key and the name it gives them."""
    facts = {}
    for cookie, fact in ss.items():
        if fact["inode"] and fact["inode"] in mptcp_inodes:
            facts["mptcp", fact["inode"]] = dict(fact, proto="mptcp")
        else:
            facts[cookie] = fact
    return facts


def tell(fact):
    return " ".join(f"{k}={v if not isinstance(v, frozenset) else sorted(v)}"
                    for k, v in fact.items())


def differences(wanted, got, ignore=()):
    """Lines of text, none when the facts are the same."""
    out = []
    for key in sorted(set(wanted) - set(got), key=str):
        out.append(f"missed {key}: {tell(wanted[key])}")
    for key in sorted(set(got) - set(wanted), key=str):
        out.append(f"invented {key}: {tell(got[key])}")
    for key in set(wanted) & set(got):
        for name, value in wanted[key].items():
            if name not in ignore and value != got[key][name]:
                out.append(f"{key} {name}: {value}, inettop {got[key][name]}: "
                           f"{tell(wanted[key])}")
    return out


def steady(measure, seconds=20):
    """(answer, differences) of measure() where ss said the same before and after, or None."""
    end = time.monotonic() + seconds
    while True:
        answer = measure()
        if answer is not None:
            return answer
        if time.monotonic() > end:
            raise RuntimeError("the sockets never held still")


def compare_sockets(more=()):
    """Every socket of tcp, udp in this namespace, with its owners: inettop against ss."""
    ss_args = ["-t", "-u"]

    def measure():
        before = ss_facts(*ss_args)
        found = [r for r in rows("sockets", *more) if r["proto"] in ("tcp", "mptcp", "udp")]
        if ss_facts(*ss_args) != before:
            return None
        mptcp = {r["inode"] for r in found if r["proto"] == "mptcp"}
        got = row_facts([r for r in found if r["state"] != "bound"])
        wanted = fold(before, mptcp)
        ignore = {"v6only"}
        out = differences(wanted, got, ignore)
        for key, fact in wanted.items():
            if key in got and fact["v6only"] is not None and got[key]["v6only"] != fact["v6only"]:
                out.append(f"{key}: v6only {got[key]['v6only']}: {tell(fact)}")
        return len(wanted), out

    return steady(measure)


def endpoint(fact):
    return fact["proto"], fact["dev"], fact["local"], fact["port"]


def ss_endpoints(facts):
    """ss's listeners, put together as the Ports pane does."""
    ends = {}
    for fact in facts.values():
        if fact["state"] not in ("listen", "unconn"):
            continue
        end = ends.setdefault(endpoint(fact), {"recvq": 0, "sendq": 0, "owners": set(),
                                               "inodes": set(), "uids": set()})
        end["recvq"] += fact["recvq"]
        end["sendq"] += fact["sendq"]
        end["owners"] |= fact["owners"]
        end["inodes"].add(fact["inode"])
        end["uids"].add(fact["uid"])
    return ends


def compare_ports(more=()):
    """Every endpoint: inettop's Ports pane against what ss's listeners add up to."""
    def measure():
        before = ss_facts("-t", "-u")
        found = rows("ports", *more)
        if ss_facts("-t", "-u") != before:
            return None
        mptcp = {i for r in found if r["proto"] == "mptcp" for i in r["sockets"]}
        wanted = ss_endpoints(fold(before, mptcp))
        out, got = [], {}
        for row in found:
            if row["proto"] not in ("tcp", "mptcp", "udp"):
                continue
            key = (row["proto"], row["ifname"], row["local_addr"], row["local_port"])
            if key in got:
                out.append(f"an endpoint twice: {key}")
            got[key] = row
        for key in set(wanted) ^ set(got):
            out.append(f"{'missed' if key in wanted else 'invented'}: {key}")
        for key in set(wanted) & set(got):
            end, row = wanted[key], got[key]
            owners = {f'{o["pid"]}/{o["fd"]}' for o in row["owners"]}
            if (end["recvq"], end["sendq"]) != (row["recvq"], row["sendq"]):
                out.append(f"{key} queues: ss {end['recvq']} {end['sendq']}, "
                           f"inettop {row['recvq']} {row['sendq']}")
            if end["owners"] != owners:
                out.append(f"{key} owners: ss {end['owners']}, inettop {owners}")
            if end["inodes"] != set(row["sockets"]):
                out.append(f"{key} inodes: ss {end['inodes']}, inettop {row['sockets']}")
            if row["uid"] not in end["uids"]:
                out.append(f"{key} uid: ss {end['uids']}, inettop {row['uid']}")
            if row["owners"] and row["pid"] not in {o["pid"] for o in row["owners"]}:
                out.append(f"{key} pid {row['pid']} is none of its owners")
        return len(wanted), out

    return steady(measure)


# ---- --source=proc against netlink

def text_facts(found):
    """What /proc/net/* tells of a socket, and what follows from its inode."""
    facts = {}
    for row in found:
        mptcp = row["proto"] == "mptcp"
        if row["state"] == "bound":
            continue
        key = row["inode"] or (row["proto"], row["local_addr"], row["local_port"],
                               row["remote_addr"], row["remote_port"])
        if key in facts:
            raise RuntimeError(f"a row twice: {row}")
        listens = row["state"] == "listen"
        facts[key] = {
            "proto": "tcp" if mptcp else row["proto"],
            "state": row["state"],
            "local": row["local_addr"],
            "port": row["local_port"],
            "peer": row["remote_addr"],
            "peer_port": row["remote_port"],
            "recvq": row["recvq"],
            "sendq": None if listens else row["sendq"],
            "uid": row["uid"] if row["inode"] else None,
            "user": row["user"] if row["inode"] else None,
            "timer": None if mptcp else row["timer"]["name"],
            "drops": row["drops"] if row["proto"] in ("udp", "udplite", "raw") else None,
            "service": row["service"],
            "scope": row["scope"],
            "owner_status": row["owner_status"],
            "owners": frozenset(f'{o["pid"]}/{o["fd"]}' for o in row["owners"]),
            "pid": row["pid"],
            "comm": row["comm"],
            "exe": row["exe"],
        }
    return facts


def compare_source(more=()):
    """--source=proc gives the rows and owners that netlink gives."""
    def measure():
        before = text_facts(rows("sockets", "--source=netlink", *more))
        got = text_facts(rows("sockets", "--source=proc", *more))
        if text_facts(rows("sockets", "--source=netlink", *more)) != before:
            return None
        # an mptcp connection is told by text with the inode of its socket: the same key
        out = differences(before, got)
        return len(before), out

    return steady(measure)


# ---- families that have no ports

def ss_words(*args):
    text = run(["ss", "-H", "-O", "-n", "-a", "-p", "-e", *args]).decode(errors="replace")
    for line in text.splitlines():
        users = frozenset(f"{pid}/{fd}" for _, pid, fd in USER.findall(line))
        yield line.split(), users, line


def not_ours(row):
    """inettop's own sockets, which ss cannot see."""
    return not any(o["comm"].startswith("inettop") for o in row["owners"])


def compare_unix(_more=()):
    """Unix sockets with name, state, queues, peer, owners and the process at the other end."""
    wanted, names = {}, {}
    for words, users, _ in ss_words("-x"):
        _, state, recvq, sendq, path, inode, _, peer = words[:8]
        wanted[int(inode)] = {"state": STATES[state], "recvq": int(recvq), "sendq": int(sendq),
                              "path": None if path == "*" else path, "peer": int(peer) or None,
                              "owners": users}
    found = [r for r in rows("sockets", "-A", "unix") if not_ours(r)]
    got = {}
    for row in found:
        got[row["inode"]] = {"state": row["state"], "recvq": row["recvq"], "sendq": row["sendq"],
                             "path": row["path"], "peer": row["peer"]["inode"],
                             "owners": frozenset(f'{o["pid"]}/{o["fd"]}' for o in row["owners"])}
    out = differences(wanted, got)
    # lsof +E: "... ->INO=N PID,comm,FDu"
    text = run(["lsof", "+E", "-n", "-P", "-U"], ok=(0, 1)).decode(errors="replace")
    for inode, pid in re.findall(r"->INO=(\d+) (\d+),", text):
        names.setdefault(int(inode), set()).add(int(pid))
    for row in found:
        there = names.get(row["peer"]["inode"])
        if there and row["peer"]["pid"] not in there:
            out.append(f"peer {row['peer']} of {row['inode']}: lsof {there}")
    return len(wanted), out


def compare_packet(_more=()):
    wanted = {}
    for words, users, line in ss_words("-0"):
        inode = int(re.search(r" ino:(\d+)", line).group(1))
        uid = re.search(r" uid:(\d+)", line)
        wanted[inode] = {"dev": words[4].split(":")[1].replace("*", "") or None, "owners": users,
                         "recvq": int(words[2]), "uid": int(uid.group(1)) if uid else 0}
    got = {}
    for row in rows("sockets", "-A", "packet"):
        got[row["inode"]] = {"dev": row["ifname"], "recvq": row["recvq"], "uid": row["uid"],
                             "owners": frozenset(f'{o["pid"]}/{o["fd"]}' for o in row["owners"])}
    return len(wanted), differences(wanted, got)


def compare_netlink(_more=()):
    """ss tells no inode: how many the kernel has, and each process by its port id. Programs that look
    on from outside (ss, any inettop) come and go."""
    def count(into, key):
        into[key] = into.get(key, 0) + 1

    def measure():
        wanted, got, out = {}, {}, []
        for row in rows("sockets", "-A", "netlink"):
            key = row["local_port"] or 0
            if not key and row["owner_status"] != "kernel":
                out.append(f"the kernel's, said to be {row['owner_status']}")
            if not key or row["pid"] == key and row["comm"] == "sockzoo":
                count(got, key)
        for words, _, _ in ss_words("-f", "netlink"):
            name = words[3].split(":", 1)[1]
            if int(name) == 0 or int(name) in got:
                count(wanted, int(name))
        if wanted != got:
            out.append(f"ss {wanted}, inettop {got}")
        return len(wanted), out

    return measure()


# ---- the ledger of sockzoo

def ledger(path):
    """Open lines that no close line followed, as dicts."""
    names = ("proto", "family", "local", "port", "peer", "peer_port", "state", "inode", "cookie",
             "pid", "tid", "fd", "kind")
    open_lines = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if not words or words[0] not in ("open", "close"):
                continue
            entry = dict(zip(names, words[2:]), time=int(words[1]), event=words[0])
            for name in ("port", "peer_port", "inode", "cookie", "pid", "tid", "fd"):
                entry[name] = int(entry[name])
            key = (entry["proto"], entry["cookie"] or id(entry), entry["pid"], entry["tid"],
                   entry["fd"])
            if words[0] == "open":
                open_lines[key] = entry
            else:
                open_lines.pop(key, None)
    return list(open_lines.values())


def compare_ledger(path, more=()):
    """What sockzoo opened and still holds: is it there, once, in that state, with that holder?"""
    found = rows("sockets", "-A", "all", *more)
    out, count = [], 0
    by_end, by_inode = {}, {}
    for row in found:
        key = (row["proto"], row["local_addr"], row["local_port"] or 0, row["remote_addr"],
               row["remote_port"] or 0)
        by_end.setdefault(key, []).append(row)
        if row["inode"]:
            by_inode.setdefault(row["inode"], []).append(row)
    for entry in ledger(path):
        peer = None if entry["peer"] == "-" else entry["peer"]
        key = (entry["proto"], entry["local"], entry["port"], peer, entry["peer_port"])
        there = by_inode.get(entry["inode"], []) if entry["inode"] else by_end.get(key, [])
        count += 1
        if len(there) != 1:
            out.append(f"{len(there)} rows for {entry}")
            continue
        row = there[0]
        if row["proto"] != entry["proto"] or row["state"] != entry["state"]:
            out.append(f"{row['proto']} {row['state']} for {entry}")
        if entry["fd"] >= 0:
            holders = {(o["pid"], o["tid"] or o["pid"], o["fd"]) for o in row["owners"]}
            if (entry["pid"], entry["tid"], entry["fd"]) not in holders:
                out.append(f"owners {holders} for {entry}")
    return count, out


def main(argv):
    what = {"sockets": compare_sockets, "ports": compare_ports, "source": compare_source,
            "unix": compare_unix, "packet": compare_packet, "netlink": compare_netlink,
            "ledger": compare_ledger}[argv[1]]
    count, out = what(argv[2], argv[3:]) if argv[1] == "ledger" else what(argv[2:])
    print("\n".join(out[:30]))
    print(f"{count} compared, {len(out)} differ")
    return 1 if out or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
