"""PyPI's h11, which raises where a peer breaks the protocol, reads what the server writes:
h11_client.py ADDRESS library|serve|run

The library's server has early hints; the others serve the guest `http-server`, which has every form of a response."""

import socket
import sys

import h11

host, port = sys.argv[1].rsplit(":", 1)
is_library = sys.argv[2] == "library"
failures = 0


def check(what, expected, actual):
    global failures
    right = expected == actual
    failures += not right
    print("ok     " if right else "FAILED ", what, "" if right else f"expected {expected!r}, found {actual!r}")


class Client:
    def __init__(self):
        self.stream = socket.create_connection((host, port), timeout=20)
        self.connection = h11.Connection(our_role=h11.CLIENT)

    def event(self):
        event = self.connection.next_event()
        while event is h11.NEED_DATA:
            self.connection.receive_data(self.stream.recv(65536))
            event = self.connection.next_event()
        return event

    def send(self, request, change=lambda head: head):
        self.stream.sendall(change(self.connection.send(request)))

    def finish(self, pieces=(), trailers=()):
        for piece in pieces:
            self.stream.sendall(self.connection.send(h11.Data(data=piece)))
        self.stream.sendall(self.connection.send(h11.EndOfMessage(headers=list(trailers))))

    def answer(self):
        """The informational statuses, the head, the body and the trailers."""
        informational, response, data = [], None, b""
        while True:
            event = self.event()
            if isinstance(event, h11.InformationalResponse):
                informational.append(event.status_code)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                data += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return informational, response, data, list(event.headers)
            else:
                raise AssertionError(f"unexpected {event}")

    def ask(self, method, target, headers=(), pieces=(), trailers=(), **others):
        self.send(request(method, target, *headers), **others)
        self.finish(pieces, trailers)
        return self.answer()


def request(method, target, *headers):
    return h11.Request(method=method, target=target, headers=[("Host", "a"), *headers])


def framing(response):
    """How the head says that the body ends."""
    fields = dict(response.headers)
    length = fields.get(b"content-length")
    return "chunked" if b"transfer-encoding" in fields else None if length is None else int(length)


chunked = [("Transfer-Encoding", "chunked")]
# Method, target, fields, pieces, trailers; status, framing, body. The last two may be anything.
ANY = object()
exchanges = [
    ("GET", "/hello", [], [], [], 200, 6, b"hello\n"),
    ("POST", "/echo", [("Content-Length", "6")], [b"abc", b"def"], [], 200, "chunked", b"abcdef"),
    ("PUT", "/echo", chunked, [b"abc"] * 1000, [], 200, "chunked", b"abc" * 1000),
    ("PUT", "/echo", chunked, [b"x"], [("T", "v")], 200, "chunked", b"x"),
    ("HEAD", "/hello", [], [], [], 200, 6, b""),
    ("GET", "/missing", [], [], [], 404, 0 if is_library else 23, b"" if is_library else b"there is no such thing\n"),
]
if is_library:
    exchanges += [("GET", "/hint", [], [], [], 200, 6, b"hello\n")]
else:
    exchanges += [
        ("GET", "/bytes/300000", [], [], [], 200, "chunked", ANY),
        ("HEAD", "/bytes/300000", [], [], [], 200, None, b""),
        ("GET", "/slowly/3", [], [], [], 200, "chunked", b"0\n1\n2\n"),
        ("GET", "/length/5", [], [], [], 200, 5, b"12345"),
        ("HEAD", "/length/5", [], [], [], 200, 5, b""),
        ("GET", "/empty/", [], [], [], 200, 0, b""),
        ("GET", "/empty/0", [], [], [], 200, 0, b""),
        ("GET", "/fields", [], [], [], 200, ANY, b""),
        ("GET", "/status/201", [], [], [], 201, 0, b""),
        ("GET", "/status/204", [], [], [], 204, None, b""),
        ("GET", "/status/205", [], [], [], 205, 0, b""),
        ("GET", "/status/304", [], [], [], 304, None, b""),
        ("HEAD", "/status/304", [], [], [], 304, None, b""),
        ("GET", "/status/404", [], [], [], 404, 0, b""),
        ("GET", "/status/599", [], [], [], 599, 0, b""),
        # What the guest gives as a response is none.
        ("GET", "/status/100", [], [], [], 500, ANY, ANY),
        ("GET", "/empty/5", [], [], [], 500, ANY, ANY),
        ("GET", "/never", [], [], [], 500, ANY, ANY),
        ("GET", "/trap", [], [], [], 500, ANY, ANY),
        ("GET", "/error/connection-refused", [], [], [], 502, ANY, ANY),
        ("GET", "/error/HTTP-request-denied", [], [], [], 403, ANY, ANY),
        ("GET", "/wait/60000", [], [], [], 504, ANY, ANY),
        ("GET", "/spin", [], [], [], 504, ANY, ANY),
    ]

client = Client()
for method, target, headers, pieces, trailers, status, length, body in exchanges:
    what = f"{method} {target}"
    informational, response, data, end = client.ask(method, target, headers, pieces, trailers)
    check(what, status, response.status_code)
    check("  its early hints", [103] if target == "/hint" else [], informational)
    if length is not ANY and method != "HEAD":
        check("  its framing", length, framing(response))
    if body is not ANY:
        check("  its body", body, data)
    check("  its trailers", [(b"t", b"v")] if trailers else [], end)
    check("  a date", 1, [name for name, _ in response.headers].count(b"date"))
    # Behind what has failed the connection may end.
    if client.connection.their_state is h11.MUST_CLOSE or client.connection.our_state is h11.MUST_CLOSE:
        client = Client()
    else:
        client.connection.start_next_cycle()
if not is_library:
    _, response, data, end = client.ask("GET", "/trailers")
    check("trailers of the guest's own", True, len(end) > 0)
    client.connection.start_next_cycle()
_, response, data, _ = client.ask("GET", "/hello", [("Connection", "close")])
check("the last request", (200, b"hello\n"), (response.status_code, data))
check("  it says that it closes", h11.MUST_CLOSE, client.connection.our_state)
check("  the end of the connection", True, isinstance(client.event(), h11.ConnectionClosed))

# The client waits to be asked for its body.
client = Client()
client.send(request("PUT", "/count", ("Expect", "100-continue"), ("Content-Length", "3")))
check("100 Continue", 100, client.event().status_code)
client.finish([b"abc"])
_, response, data, _ = client.answer()
check("  what follows", (200, b"3\n"), (response.status_code, data))


def old(head):
    return head.replace(b"HTTP/1.1", b"HTTP/1.0")


# HTTP/1.0: without chunks, and the connection ends.
for target, expected in [("/hello", b"hello\n"), ("/echo", b"abc")]:
    client = Client()
    body = [b"abc"] if target == "/echo" else []
    headers = [("Content-Length", "3")] if body else []
    _, response, data, _ = client.ask("POST", target, headers, body, change=old)
    check(f"HTTP/1.0 {target}", (200, expected), (response.status_code, data))
    check("  its framing", False, framing(response) == "chunked")
    check("  its end", True, isinstance(client.event(), h11.ConnectionClosed))

# The answer to what is refused is one too, and the connection ends behind it.
many = b"".join(b"\r\nx%d: y" % number for number in range(300))
for what, status, change in [
    ("a space before the colon", 400, lambda head: head.replace(b"Host", b"Host ")),
    ("no host", 400, lambda head: head.replace(b"Host: a\r\n", b"")),
    ("a large body", 413, lambda head: head.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999999999\r\n\r\n")),
    ("a long line", 414, lambda head: head.replace(b"/hello", b"/" + b"x" * 100_000)),
    ("an expectation", 417, lambda head: head.replace(b"\r\n\r\n", b"\r\nExpect: x\r\n\r\n")),
    ("many fields", 431, lambda head: head.replace(b"\r\n\r\n", many + b"\r\n\r\n")),
    ("a tunnel", 501, lambda head: head.replace(b"GET /hello", b"CONNECT a:1")),
    ("a later version", 505, lambda head: head.replace(b"HTTP/1.1", b"HTTP/3.0")),
]:
    client = Client()
    _, response, _, _ = client.ask("GET", "/hello", change=change)
    check(what, status, response.status_code)
    check("  it says that it closes", True, (b"connection", b"close") in list(response.headers))
    check("  its end", True, isinstance(client.event(), h11.ConnectionClosed))

if sys.argv[2] == "run":
    # The service has 5 s for a request.
    client = Client()
    client.send(request("GET", "/hello"), change=lambda head: head[:-2])
    client.finish()
    _, response, _, _ = client.answer()
    check("a head that does not end", 408, response.status_code)


# A response that is cut is no whole one, whatever its framing.
for target in [] if is_library else ["/trap-later", "/unfinished", "/held", "/length/6", "/length/4"]:
    for change in [lambda head: head, old]:
        client = Client()
        try:
            client.ask("GET", target, change=change)
            found = "a whole response"
        except (h11.RemoteProtocolError, ConnectionResetError):
            found = "cut"
        # One that writes too much has the length that it has declared, or is cut.
        check(f"GET {target} is cut", "cut", found)
sys.exit(failures > 0)
