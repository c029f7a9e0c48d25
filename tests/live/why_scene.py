"""Situations on one port for why_causes.sh: makes one, prints "ready", holds it until its standard
input closes (or it is ended). Usage: why_scene.py NAME PORT [ARGUMENT...]"""
import ctypes
import os
import socket
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
kept = []


def tcp(port, addr="127.0.0.1", reuseaddr=False, reuseport=False, listen=5):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuseaddr))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(reuseport))
    s.bind((addr, port))
    if listen is not None:
        s.listen(listen)
    kept.append(s)
    return s


def connect(port, addr="127.0.0.1"):
    s = socket.create_connection((addr, port))
    kept.append(s)
    return s


def time_wait(port, reuseaddr):
    listener = tcp(port, reuseaddr=reuseaddr == "1")
    client = connect(port)
    server, _ = listener.accept()
    server.close()
    client.recv(1)
    client.close()
    listener.close()


def orphan(port):
    listener = tcp(port)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    kept.append(client)
    server, _ = listener.accept()
    server.setblocking(False)
    try:
        while True:
            server.send(b"x" * 65536)
    except BlockingIOError:
        pass
    server.close()
    listener.close()


def client(port):
    """Connects from the port without bind(): the kernel has no other to choose."""
    listener = tcp(0, listen=8)
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as f:
        f.write(f"{port} {port}")
    connect(listener.getsockname()[1])
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as f:
        f.write("32768 60999")


def queue(port):
    tcp(port, listen=1)
    for _ in range(2):
        connect(port)


def close_wait(port):
    listener = tcp(port, listen=64)
    for _ in range(20):
        c = connect(port)
        kept.append(listener.accept()[0])
        c.close()


def inherited(port):
    s = tcp(port)
    s.set_inheritable(True)
    child = subprocess.Popen(["sleep", "300"], close_fds=False, stdout=subprocess.DEVNULL)
    s.close()
    return child


def foreign(port):
    tcp(port)
    if libc.unshare(0x40000000):
        sys.exit("lacks unshare")


def named(port, comm):
    """A process of that name (the arguments are the shell's exec -a business)."""
    tcp(port, "0.0.0.0")
    libc.prctl(15, comm.encode(), 0, 0, 0)


def activation(port):
    """pid 1 of a pid namespace holds it and has given it to a child."""
    s = tcp(port)
    s.set_inheritable(True)
    env = dict(os.environ, LISTEN_FDS="1", LISTEN_PID="2")
    return subprocess.Popen(["sleep", "300"], close_fds=False, env=env,
                            stdout=subprocess.DEVNULL)


def uring(port):
    """Registered with a ring, then closed."""
    params = ctypes.create_string_buffer(120)
    ring = libc.syscall(425, 4, params)
    if ring < 0:
        sys.exit("lacks io_uring")
    s = tcp(port)
    fds = (ctypes.c_int * 1)(s.fileno())
    if libc.syscall(427, ring, 2, fds, 1) < 0:
        sys.exit("lacks io_uring registration")
    s.close()


def bpf(cmd, attr):
    return libc.syscall(321, cmd, attr, len(attr))


def deny_bind(cgroup):
    """A cgroup that refuses every bind(); who writes its pid to cgroup.procs is bound by it."""
    insns = struct.pack("<BBhi", 0xb7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code, licence = ctypes.create_string_buffer(insns), ctypes.create_string_buffer(b"GPL")
    attr = ctypes.create_string_buffer(128)
    # prog_type CGROUP_SOCK_ADDR 18, expected_attach_type CGROUP_INET4_BIND 8
    struct.pack_into("<IIQQ", attr, 0, 18, 2, ctypes.addressof(code), ctypes.addressof(licence))
    struct.pack_into("<I", attr, 68, 8)
    prog = bpf(5, attr)
    if prog < 0:
        sys.exit("lacks BPF")
    attr = ctypes.create_string_buffer(128)
    struct.pack_into("<IIII", attr, 0, os.open(cgroup, os.O_RDONLY), prog, 8, 0)
    if bpf(8, attr) < 0:
        sys.exit("lacks cgroup programs")


def group(port):
    """Two members here, one in an older process, which ends with this one's pipe."""
    old = subprocess.Popen([sys.executable, __file__, "reuseport", str(port)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    old.stdout.readline()
    tcp(port, "0.0.0.0", reuseport=True)
    tcp(port, "0.0.0.0", reuseport=True)
    return old


def both(port):
    tcp(port, "0.0.0.0", reuseport=True)
    tcp(port, "127.0.0.1", reuseport=True)


def main():
    name, arguments = sys.argv[1], sys.argv[2:]
    scenes = {
        "listen": lambda port, addr="0.0.0.0": tcp(int(port), addr),
        "reuseport": lambda port: tcp(int(port), "0.0.0.0", reuseport=True),
        "group": lambda port: group(int(port)),
        "deep": lambda port: tcp(int(port), listen=100000),
        "both": lambda port: both(int(port)),
        "time-wait": lambda port, reuse: time_wait(int(port), reuse),
        "orphan": lambda port: orphan(int(port)),
        "bound": lambda port: tcp(int(port), listen=None),
        "client": lambda port: client(int(port)),
        "queue": lambda port: queue(int(port)),
        "close-wait": lambda port: close_wait(int(port)),
        "inherited": lambda port: inherited(int(port)),
        "foreign": lambda port: foreign(int(port)),
        "named": lambda port, comm, *rest: named(int(port), comm),
        "activation": lambda port: activation(int(port)),
        "uring": lambda port: uring(int(port)),
        "deny-bind": deny_bind,
    }
    child = scenes[name](*arguments)
    if isinstance(child, subprocess.Popen):
        print("child", child.pid, flush=True)
    print("ready", flush=True)
    if name == "inherited":
        os._exit(0)
    sys.stdin.read()
    if isinstance(child, subprocess.Popen):
        child.kill()


main()
