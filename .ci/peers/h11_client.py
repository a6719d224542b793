"""PyPI's h11, which raises where a peer breaks the protocol, reads what the server writes: h11_client.py ADDRESS"""

import socket
import sys

import h11

host, port = sys.argv[1].rsplit(":", 1)
failures = 0


def check(what, expected, actual):
    global failures
    right = expected == actual
    failures += not right
    print("ok     " if right else "FAILED ", what, "" if right else f"expected {expected!r}, found {actual!r}")


def exchange(stream, connection, request, body=(), trailers=()):
    stream.sendall(connection.send(request))
    for piece in body:
        stream.sendall(connection.send(h11.Data(data=piece)))
    stream.sendall(connection.send(h11.EndOfMessage(headers=list(trailers))))
    informational, response, data, end = [], None, b"", None
    while end is None:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(stream.recv(65536))
        elif isinstance(event, h11.InformationalResponse):
            informational.append(event.status_code)
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            data += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            end = event
        else:
            raise AssertionError(f"unexpected {event}")
    return informational, response, data, end


def request(method, target, *headers):
    return h11.Request(method=method, target=target, headers=[("Host", "a"), *headers])


with socket.create_connection((host, port), timeout=20) as stream:
    connection = h11.Connection(our_role=h11.CLIENT)
    for method, target, headers, body, trailers, expected in [
        ("GET", "/a", [], [], [], b"GET /a\n"),
        ("POST", "/b", [("Content-Length", "6")], [b"abc", b"def"], [], b"POST /b\nabcdef"),
        ("PUT", "/c", [("Transfer-Encoding", "chunked")], [b"abc"] * 1000, [], b"PUT /c\n" + b"abc" * 1000),
        ("PUT", "/d", [("Transfer-Encoding", "chunked")], [b"x"], [("T", "v")], b"PUT /d\nx"),
        ("HEAD", "/e", [], [], [], b""),
        ("GET", "/missing", [], [], [], b""),
        ("GET", "/hint", [], [], [], b"GET /hint\n"),
        ("GET", "/last", [("Connection", "close")], [], [], b"GET /last\n"),
    ]:
        informational, response, data, end = exchange(
            stream, connection, request(method, target, *headers), body, trailers)
        check(f"{method} {target}", expected, data)
        check("  its early hints", [103] if target == "/hint" else [], informational)
        check("  its trailers", [(b"t", b"v")] if trailers else [], list(end.headers))
        if target == "/last":
            check("  it says that it closes", h11.MUST_CLOSE, connection.our_state)
        else:
            connection.start_next_cycle()
    connection.receive_data(stream.recv(65536))
    check("the end of the connection", True, isinstance(connection.next_event(), h11.ConnectionClosed))

with socket.create_connection((host, port), timeout=20) as stream:
    connection = h11.Connection(our_role=h11.CLIENT)
    # The answer to what is refused is one too.
    sent = connection.send(request("GET", "/a"))
    stream.sendall(sent.replace(b"Host", b"Host "))
    connection.send(h11.EndOfMessage())
    event = h11.NEED_DATA
    while event is h11.NEED_DATA:
        connection.receive_data(stream.recv(65536))
        event = connection.next_event()
    check("a refusal", 400, event.status_code)
    check("  it says that it closes", True, (b"connection", b"close") in list(event.headers))
sys.exit(failures > 0)
