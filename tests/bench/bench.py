#!/usr/bin/env python3
"""CPU time of inettop beside its peers, on hosts made for it (tests/bench/load.c).

    bench.py INETTOP LOAD [--quick] [--case NAME]... [--json FILE] [--svg FILE]

Each case runs in a network namespace of its own. The screen runs at 80x24 on a pseudo-terminal; what
it costs in a tick is the CPU time of its whole process tree (schedstat of every task) in a window of
one second. Peers run between rounds of ticks, in the same minute on the same host; theirs is the CPU
time of the child (wait4). Medians. Needs root. Prints a table; ratios are peer / inettop.
"""
import argparse, ctypes, fcntl, json, math, os, pty, select, statistics, struct, subprocess, sys
import termios, time

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)

CASES = {
    # name: (load, what it stands for, goals {variant: (steady, churn)})
    "2k": (["--procs", "200", "--fds", "45", "--pairs", "4", "--listeners", "1", "--udp", "1"],
           "200 processes, 2k sockets, 11k fds", {"no-bpf": (45, 8), "bpf": (45, 20)}),
    "101k": (["--procs", "1000", "--fds", "32", "--pairs", "50", "--listeners", "1"],
             "1000 processes, 101k sockets, 133k fds", {"no-bpf": (20, 12), "bpf": (40, 35)}),
    "fat": (["--procs", "50", "--fds", "9765", "--pairs", "115", "--listeners", "3", "--udp", "2"],
            "50 processes x 10000 fds, 11.7k sockets", {"no-bpf": (150, 1.4), "bpf": (150, 45)}),
}
NETNS_CASES = {"50ns": 50, "500ns": 500}
PEERS = [["ss", "-tuanpe"], ["ss", "-tuan"], ["netstat", "-tuanp"], ["lsof", "-nP", "-i"]]
VARIANTS = {"bpf": ["--pane", "sockets", "-a"], "no-bpf": ["--pane", "sockets", "-a", "--no-bpf"],
            "ports": ["--pane", "ports"]}


def new_netns():
    if libc.unshare(CLONE_NEWNET):
        sys.exit("bench: needs root: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def run_cpu(argv):
    """CPU ms and peak KiB of one run, output thrown away."""
    with open(os.devnull, "w") as null:
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, null.fileno(), 1), (os.POSIX_SPAWN_DUP2, null.fileno(), 2)])
        _, _, usage = os.wait4(pid, 0)
    return (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss


class Load:
    def __init__(self, program, args):
        self.proc = subprocess.Popen([program] + args, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.proc.stdout.readline() != b"ready\n":
            sys.exit("bench: the load could not be made")

    def churn(self):
        self.proc.stdin.write(b"x")
        self.proc.stdin.flush()

    def end(self):
        self.proc.stdin.close()
        self.proc.wait()


class Screen:
    """inettop on a pseudo-terminal of 80x24."""

    def __init__(self, argv):
        self.bytes = 0
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.environ["TERM"] = "xterm-256color"
            os.execv(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def pump(self, seconds, until_output=False):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self.bytes += len(os.read(self.fd, 65536))
                except OSError:
                    return
                if until_output:
                    return

    def tree(self, pid):
        pids = [pid]
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    for child in children.read().split():
                        pids += self.tree(int(child))
            except OSError:
                pass
        return pids

    def cpu_ms(self):
        total = 0
        for pid in self.tree(self.pid):
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat") as stat:
                        total += int(stat.read().split()[0])
            except OSError:
                pass
        return total / 1e6

    def rss_kib(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(l.split()[1]) for l in status if l.startswith("VmRSS"))

    def tick_ms(self):
        before = self.cpu_ms()
        self.pump(1.0)
        return self.cpu_ms() - before

    def key_ms(self, key):
        start = time.monotonic()
        os.write(self.fd, key)
        self.pump(1.0, until_output=True)
        return (time.monotonic() - start) * 1000

    def end(self):
        os.write(self.fd, b"Q")
        self.pump(0.2)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def measure_screen(program, load, variant, rounds, peers, settle):
    # this namespace alone, as ss sees it: other loads of the host shall not count
    screen = Screen([program, "--no-config", "--netns", str(os.getpid())] + VARIANTS[variant])
    screen.pump(2.0)
    result = {"first_ms": screen.cpu_ms()}
    screen.pump(settle)
    for state in ("steady", "churn"):
        ticks = []
        for _ in range(rounds):
            screen.pump(1.0)
            before = screen.bytes
            for _ in range(5):
                if state == "churn":
                    load.churn()
                ticks.append(screen.tick_ms())
            if state == "steady":
                result["idle_bytes"] = (screen.bytes - before) / 5
            for argv, samples in peers.items():
                if len(samples) < rounds or argv[0] == "ss":
                    samples.append(run_cpu(list(argv))[0])
        result[state] = statistics.median(ticks)
    result["rss_kib"] = screen.rss_kib()
    if variant == "bpf":
        keys = sorted(screen.key_ms(b"\x1b[B" if i % 2 else b"\x1b[A") for i in range(300))
        result["key_p99_ms"] = keys[int(len(keys) * 0.99)]
    screen.end()
    return result


def measure_case(args, name):
    load_args, text, goals = CASES[name]
    new_netns()
    load = Load(args.load, load_args + ["--churn", "10"])
    peers = {tuple(argv): [] for argv in PEERS}
    rounds = 1 if args.quick else 3
    result = {"text": text, "screens": {}}
    for variant in VARIANTS:
        result["screens"][variant] = measure_screen(args.inettop, load, variant, rounds, peers,
                                                    2 if name == "2k" else 6)
    result["peers"] = {" ".join(a): statistics.median(s) for a, s in peers.items()}
    result["goals"] = goals
    one_shot = {"text": ["-b", "--pane", "sockets", "-a"], "json": ["--json", "--pane", "sockets", "-a"]}
    result["one_shot"] = {}
    for kind, argv in one_shot.items():
        runs = [run_cpu([args.inettop, "--no-config", "--netns", str(os.getpid())] + argv)
                for _ in range(rounds)]
        result["one_shot"][kind] = {"ms": statistics.median(r[0] for r in runs),
                                    "peak_kib": max(r[1] for r in runs)}
    load.end()
    return result


def measure_netns(args, name):
    n = NETNS_CASES[name]
    new_netns()
    loads = []
    for _ in range(n):
        loads.append(subprocess.Popen(["unshare", "-n", "sh", "-c",
                     f"ip link set lo up; exec {args.load} --pairs 3 --listeners 2 --udp 1"],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    for load in loads:
        load.stdout.readline()
    sample = loads if n <= 50 else loads[::20]
    peer = sum(run_cpu(["nsenter", "-t", str(l.pid), "-n", "ss", "-tuanpe"])[0] for l in sample)
    peer *= n / len(sample)
    result = {"text": f"{n} namespaces, {9 * n} sockets", "screens": {},
              "peers": {"nsenter + ss -tuanpe in each": peer}, "goals": {}, "one_shot": {}}
    for variant in ("bpf", "no-bpf"):
        screen = Screen([args.inettop, "--no-config"] + VARIANTS[variant])
        screen.pump(8.0)
        ticks = [screen.tick_ms() for _ in range(5 if args.quick else 15)]
        result["screens"][variant] = {"steady": statistics.median(ticks),
                                      "rss_kib": screen.rss_kib()}
        screen.end()
    for load in loads:
        load.stdin.close()
        load.wait()
    return result


def in_child(work, args, name):
    """Each case in a process of its own: the namespace and the load end with it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(work(args, name), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None


def rows_of(results):
    for name, result in results.items():
        peer_name, peer = next(iter(result["peers"].items()))
        for variant, screen in result["screens"].items():
            goals = result["goals"].get(variant, (None, None))
            for state, goal in (("steady", goals[0]), ("churn", goals[1])):
                if state in screen:
                    yield {"case": name, "screen": variant, "state": state, "ms": screen[state],
                           "peer": peer_name, "peer_ms": peer, "ratio": peer / screen[state],
                           "goal": goal}


def print_table(results):
    print(f"{'case':6} {'screen':7} {'state':7} {'CPU ms/tick':>11} {'peer ms':>9} {'ratio':>7} goal")
    for row in rows_of(results):
        goal = "" if row["goal"] is None else f"{row['goal']:g}x"
        print(f"{row['case']:6} {row['screen']:7} {row['state']:7} {row['ms']:11.2f} "
              f"{row['peer_ms']:9.1f} {row['ratio']:6.1f}x {goal}")
    for name, result in results.items():
        print(f"\n{name}: {result['text']}")
        for peer, ms in result["peers"].items():
            print(f"  {peer:30} {ms:9.1f} ms")
        for kind, shot in result["one_shot"].items():
            print(f"  inettop one-shot {kind:13} {shot['ms']:9.1f} ms, {shot['peak_kib']} KiB")
        for variant, screen in result["screens"].items():
            print(f"  screen {variant:8} " + ", ".join(f"{k} {v:.1f}" for k, v in screen.items()))


def write_svg(results, path):
    rows = [r for r in rows_of(results) if r["screen"] != "ports"]
    height, scale = 30 + 22 * len(rows), 380
    top = max(r["ratio"] for r in rows)
    with open(path, "w") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" '
                  f'font-family="monospace" font-size="13">\n<rect width="760" height="{height}" '
                  'fill="#fff"/>\n<text x="8" y="18">CPU time of the peer / of one inettop tick '
                  '(logarithmic; mark = goal)</text>\n')
        for i, row in enumerate(rows):
            y = 30 + 22 * i
            width = lambda ratio: scale * math.log2(1 + ratio) / math.log2(1 + top)
            out.write(f'<text x="8" y="{y + 14}">{row["case"]} {row["screen"]} {row["state"]}</text>'
                      f'<rect x="190" y="{y + 2}" width="{width(row["ratio"]):.0f}" height="15" '
                      f'fill="#3b7dd8"/><text x="{196 + width(row["ratio"]):.0f}" y="{y + 14}">'
                      f'{row["ratio"]:.0f}x</text>\n')
            if row["goal"]:
                x = 190 + width(row["goal"])
                out.write(f'<rect x="{x:.0f}" y="{y}" width="2" height="19" fill="#d33"/>\n')
        out.write("</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("inettop")
    parser.add_argument("load")
    parser.add_argument("--quick", action="store_true", help="one round instead of three")
    parser.add_argument("--case", action="append", choices=list(CASES) + list(NETNS_CASES))
    parser.add_argument("--json")
    parser.add_argument("--svg")
    args = parser.parse_args()
    results = {}
    for name in args.case or list(CASES) + list(NETNS_CASES):
        work = measure_case if name in CASES else measure_netns
        result = in_child(work, args, name)
        if result:
            results[name] = result
    print_table(results)
    if args.json:
        with open(args.json, "w") as out:
            json.dump(results, out, indent=1)
    if args.svg:
        write_svg(results, args.svg)


main()
