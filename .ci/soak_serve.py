"""The client of `soak-serve`: starts the server, loads it, and compares what it has before and after."""

import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

GUEST = "tests/guests/components/http-server.wasm"
CLIENTS = 8
# Descriptors and memory that may be more at the end than behind the first thousand requests.
DESCRIPTORS, KIB = 8, 16384
REQUEST = b"GET /%s HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n"


def fail(text):
    sys.exit(f"soak-serve: {text}")


class Server:
    def __init__(self, program, idle, threads=1):
        self.process = subprocess.Popen(
            [program, "serve", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0",
             "--threads", str(threads), "--max-connections", str(idle + 64), GUEST],
            stderr=subprocess.PIPE, text=True)
        self.address = self.line("listening on http://")
        self.admin = self.line("probes and metrics on http://")
        # What guests and failures log is read, so that nothing waits for it.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def line(self, start):
        line = self.process.stderr.readline()
        if not line.startswith(start):
            fail(f"the server says {line!r}")
        host, port = line[len(start):].strip().rsplit(":", 1)
        return host, int(port)

    def metrics(self):
        text = ask(self.admin, b"metrics").decode()
        found = re.findall(r"^(\w+)(?:\{[^}]*\})? (\d+(?:\.\d+)?)$", text, re.M)
        sums = {}
        for name, value in found:
            sums[name] = sums.get(name, 0) + float(value)
        return sums

    def figures(self):
        pid = self.process.pid
        status = open(f"/proc/{pid}/status").read()
        metrics = self.metrics()
        return {
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "KiB": int(re.search(r"VmRSS:\s+(\d+)", status).group(1)),
            "calls": int(metrics.get("wippy_calls", 0)),
            "requests": int(metrics["wippy_http_requests_total"]),
            "answered": int(metrics["wippy_http_answered_total"]),
            "cut": int(metrics["wippy_http_cut_total"]),
            "open": int(metrics["wippy_http_connections"]),
        }

    def settled(self):
        """The figures once all connections and calls have ended."""
        until = time.monotonic() + 60
        while True:
            now = self.figures()
            if now["open"] == 0 and now["calls"] == 0:
                return now
            if time.monotonic() > until:
                fail(f"it does not settle: {now}")
            time.sleep(0.1)


def ask(address, path):
    with socket.create_connection(address) as client:
        client.sendall(REQUEST % path)
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received


def is_whole(received):
    """Whether it is the answer to `hello`: a guest that has not finished its body with the head answers in chunks."""
    return received.endswith((b"\r\n\r\nhello\n", b"\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"))


def abort(address, number):
    """Sends a request and resets the connection: at once, or within the response."""
    client = socket.create_connection(address)
    client.sendall(REQUEST % (b"bytes/10000000" if number % 4 == 1 else b"hello"))
    if number % 4 == 1:
        client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def load(address, count):
    """So many requests, every second one aborted. Gives how many had no whole answer that should have."""
    wrong = [0] * CLIENTS

    def work(mine):
        for number in range(mine, count, CLIENTS):
            try:
                if number // CLIENTS % 2:
                    abort(address, number // CLIENTS)
                elif not is_whole(ask(address, b"hello")):
                    wrong[mine] += 1
            except OSError as error:
                print(error, file=sys.stderr)
                wrong[mine] += 1

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(wrong)


def signal_under_load(program, threads, count):
    """SIGTERM once so many requests were answered, while clients go on: those whose connection was complete, and that were
    written, before it are answered. Gives how many were not."""
    server = Server(program, 0, threads)
    signalled = threading.Event()
    answered, late, lost = [0] * CLIENTS, [0] * CLIENTS, [0] * CLIENTS

    def work(mine):
        while True:
            try:
                client = socket.create_connection(server.address)
            except OSError:
                return
            with client:
                received, before = b"", False
                try:
                    client.sendall(REQUEST % b"hello")
                    before = not signalled.is_set()
                    while piece := client.recv(65536):
                        received += piece
                except OSError:
                    pass
            if is_whole(received):
                answered[mine] += 1
            elif before:
                lost[mine] += 1
            else:
                late[mine] += 1
                return

    clients = [threading.Thread(target=work, args=(mine,)) for mine in range(CLIENTS)]
    try:
        for client in clients:
            client.start()
        while sum(answered) < count:
            time.sleep(0.001)
        signalled.set()
        server.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join()
        if server.process.wait(60) != 0:
            fail(f"it ended with {server.process.returncode}")
    finally:
        server.process.kill()
    print(f"a signal, {threads} threads: {sum(answered)} answered, {sum(lost)} from before it lost, "
          f"{sum(late)} behind it refused")
    return sum(lost)


def main():
    program, requests, idle = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < idle + 256:
        fail(f"{idle} connections need as many descriptors, and the limit is {hard}")
    server = Server(program, idle)
    try:
        wrong = load(server.address, min(requests, 1000))
        first = server.settled()
        print("at first    ", first)
        begun = time.monotonic()
        wrong += load(server.address, requests)
        last = server.settled()
        print(f"behind {requests}", last, f"{time.monotonic() - begun:.1f} s")
        begun = time.monotonic()
        waiting = [socket.create_connection(server.address) for _ in range(idle)]
        until = time.monotonic() + 60
        while (now := server.figures())["open"] < idle and time.monotonic() < until:
            time.sleep(0.1)
        print(f"{idle} wait", now, f"{time.monotonic() - begun:.1f} s")
        if now["open"] < idle or not is_whole(ask(server.address, b"hello")):
            wrong += 1
        for client in waiting:
            client.close()
        end = server.settled()
        print("at last     ", end)
        if wrong:
            fail(f"{wrong} requests were not answered as they should have been")
        for name, figures in (("the requests", last), ("the idle connections", end)):
            if figures["descriptors"] > first["descriptors"] + DESCRIPTORS:
                fail(f"descriptors are not flat behind {name}")
        if last["KiB"] > first["KiB"] + KIB:
            fail("memory is not flat behind the requests")
        if end["requests"] != end["answered"] + end["cut"]:
            fail("some requests have no end")
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(60) != 0:
            fail(f"it ended with {server.process.returncode}")
    finally:
        server.process.kill()
    print("flat")
    for threads in (1, 2):
        if signal_under_load(program, threads, min(requests, 5000)):
            fail("requests from before a signal were not answered")


main()
