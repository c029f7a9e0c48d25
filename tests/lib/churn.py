"""What a running inettop tells of sockets that come and go, against sockzoo's ledger.

  churn.py events LEDGER EVENTS   events: the lines of --watch --jsonl
  churn.py rows LEDGER ROWS       rows: the documents of -n N --json --pane sockets, one in a line
"""
import datetime
import json
import sys
import time

SLACK = 2000  # microseconds: the time of a list is told in milliseconds


def wall_offset_us():
    return time.time_ns() // 1000 - time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def lives(path):
    """(socket, holder) -> [opened, closed or None, port, pid, fd, kind, inode]; microseconds."""
    out = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if len(words) != 15 or words[0] not in ("open", "close"):
                continue
            key = words[10], words[11], words[13]
            if words[0] == "open":
                out[key] = [int(words[1]), None, int(words[5]), int(words[11]), int(words[13]),
                            words[14], int(words[9])]
            elif key in out:
                out[key][1] = int(words[1])
    return out


def check_events(ledger_path, events_path):
    out = []
    ledger = lives(ledger_path)
    seen = {}
    with open(events_path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["event"] in ("listen", "bind", "close", "handover"):
                seen.setdefault(event["local_port"], []).append(event)
    churned = [life for life in ledger.values() if life[5] == "churn"]
    stable = {life[2] for life in ledger.values() if life[5] != "churn"}
    for port in stable & set(seen):
        if [event["event"] for event in seen[port]] not in (["listen"], ["bind"]):
            out.append(f"the stable port {port}: {[e['event'] for e in seen[port]]}")
    for life in churned:
        found = seen.pop(life[2], [])
        kinds = [event["event"] for event in found]
        if kinds != ["listen", "close"]:
            out.append(f"port {life[2]}, open {(life[1] - life[0]) / 1000:.1f} ms: {kinds}")
        for event in found:
            if event["pid"] not in (None, life[3]):
                out.append(f"port {life[2]} of {life[3]}: {event}")
            if event["event"] == "listen" and event["pid"] is None:
                out.append(f"port {life[2]}: nobody is named")
    for port in set(seen) - stable:
        out.append(f"a port that never was: {port}: {seen[port][:2]}")
    return len(churned), out


def check_row(row, holders, since, until):
    """What is wrong with the row of a socket that these hold or held."""
    opened, closed = holders[0][0], holders[0][1]
    all_the_time = opened <= since and (closed is None or closed >= until)
    if closed is not None and closed < since - SLACK:
        return "long closed"
    owners = {(o["pid"], o["fd"]) for o in row["owners"]}
    real = {(life[3], life[4]) for life in holders}
    if all_the_time and owners != real or owners - real:
        return "wrong owners"
    if not owners and row["owner_status"] not in ("unresolved", "denied"):
        return "wrong reason for having no owner"
    return None


def check_rows(ledger_path, rows_path):
    out = []
    by_inode = {}
    for life in lives(ledger_path).values():
        by_inode.setdefault(life[6], []).append(life)
    offset = wall_offset_us()
    with open(rows_path, encoding="utf-8") as lines:
        docs = [json.loads(line) for line in lines]
    times = []
    for doc in docs:
        made = datetime.datetime.fromisoformat(doc["generated"].replace("Z", "+00:00"))
        times.append(int(made.timestamp() * 1000000) - offset)
    times.append(1 << 62)
    # "generated" is when a list was begun: its sockets were read between that and the next one
    for doc, since, until in zip(docs, times, times[1:]):
        found = {}
        for row in doc["sockets"]:
            if not row["inode"]:
                continue
            if row["inode"] in found:
                out.append(f"twice: {row['local_port']}")
            found[row["inode"]] = row
            if row["mark"] == "gone":
                out.append(f"gone, and still told: {row['local_port']}")
            wrong = "invented"
            if row["inode"] in by_inode:
                wrong = check_row(row, by_inode[row["inode"]], since, until)
            if wrong:
                out.append(f"{wrong}: {row['local_port']} {row['owner_status']} {row['owners']}: "
                           f"{by_inode.get(row['inode'])} from {since} to {until}")
        for inode, holders in by_inode.items():
            opened, closed = holders[0][0], holders[0][1]
            if inode and inode not in found and opened <= since and (closed is None or closed >= until):
                out.append(f"missed {holders[0]} from {since} to {until}")
    return len(docs), out


if __name__ == "__main__":
    total, wrong = {"events": check_events, "rows": check_rows}[sys.argv[1]](*sys.argv[2:])
    print("\n".join(wrong[:30]))
    print(f"{total} checked, {len(wrong)} wrong")
    sys.exit(1 if wrong or not total else 0)
