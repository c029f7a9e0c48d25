"""A listener on 127.0.0.1:7001; what becomes of it comes line by line: fork end pass drop dup close.

Each is answered by a line when it has happened.
"""
import os
import signal
import socket
import sys
import time

listener = socket.socket()
listener.bind(("127.0.0.1", 7001))
listener.listen(5)
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
holder = os.fork()
if not holder:
    listener.close()
    ours.close()
    signal.alarm(120)
    fds = []
    while True:
        message, got, _, _ = socket.recv_fds(theirs, 1, 1)
        if message == b"+":
            fds += got
        elif message == b"-" and fds:
            os.close(fds.pop())
        elif not message:
            os._exit(0)
        theirs.send(b".")
theirs.close()
signal.alarm(120)
child = 0
for order in sys.stdin:
    if order == "fork\n":
        child = os.fork()
        if not child:
            signal.alarm(120)
            ours.close()
            while True:
                time.sleep(100)
    elif order == "end\n":
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    elif order == "pass\n":
        socket.send_fds(ours, [b"+"], [listener.fileno()])
        ours.recv(1)
    elif order == "drop\n":
        ours.send(b"-")
        ours.recv(1)
    elif order == "dup\n":
        extra = os.dup(listener.fileno())
    elif order == "close\n":
        listener.close()
    print(order, end="", flush=True)
