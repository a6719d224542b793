"""Python's http.client against the server: python_client.py ADDRESS CERTIFICATE TLS_ADDRESS"""

import http.client
import socket
import ssl
import sys

address, certificate, tls = sys.argv[1:4]
failures = 0


def check(what, expected, actual):
    global failures
    right = expected == actual
    failures += not right
    print("ok     " if right else "FAILED ", what, "" if right else f"expected {expected!r}, found {actual!r}")


def ask(connection, *arguments, **options):
    connection.request(*arguments, **options)
    response = connection.getresponse()
    return response, response.read()


connection = http.client.HTTPConnection(address, timeout=20)
for round in range(3):
    response, body = ask(connection, "POST", "/echo", body=f"{round}")
    check("a request of a kept connection", (200, f"{round}".encode()), (response.status, body))
check("a date", 29, len(response.getheader("date")))
body = b"x" * 1_000_000
_, echo = ask(connection, "POST", "/echo", body=body)
check("a body with a length", body, echo)
_, echo = ask(connection, "PUT", "/echo", body=iter([b"a" * 70_000] * 10), encode_chunked=True,
              headers={"Transfer-Encoding": "chunked"})
check("a body in chunks", b"a" * 700_000, echo)
response, body = ask(connection, "HEAD", "/hello")
check("HEAD has no body", (200, b""), (response.status, body))
response, body = ask(connection, "GET", "/missing")
check("no such thing", 404, response.status)
connection.close()

context = ssl.create_default_context(cafile=certificate)
secure = http.client.HTTPSConnection("localhost", int(tls.rsplit(":", 1)[1]), context=context, timeout=20)
_, body = ask(secure, "GET", "/hello")
check("TLS", b"hello\n", body)
secure.close()


def raw(*pieces):
    """The statuses of the answers to bytes, until the connection ends."""
    with socket.create_connection(address.rsplit(":", 1), timeout=20) as stream:
        try:
            for piece in pieces:
                stream.sendall(piece)
        except OSError:
            pass
        answers = b""
        try:
            while piece := stream.recv(65536):
                answers += piece
        except ConnectionResetError:
            pass
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


get = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
last = b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
post = b"POST /count HTTP/1.1\r\nHost: a\r\n"
check("five at once", [200] * 6, raw(get * 5 + last))
check("byte by byte", [200], raw(*[bytes([byte]) for byte in last]))
check("a later minor version", [200], raw(last.replace(b"1.1", b"1.5")))
for what, bytes_, statuses in [
    ("both lengths", post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get, [400]),
    ("two lengths", post + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + get, [400]),
    ("a chunk that is none", post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + get, [400]),
    ("chunked twice", post + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + get, [400]),
    ("a space before the colon", post + b"Content-Length : 4\r\n\r\nabcd" + get, [400]),
    ("a folded field", post + b"A: b\r\n c\r\n\r\n" + get, [400]),
    ("an LF alone", b"GET /hello HTTP/1.1\nHost: a\n\n" + get, [400]),
    ("no host", b"GET /hello HTTP/1.1\r\n\r\n" + get, [400]),
    ("two hosts", b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get, [400]),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
    ("a long line", b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", [414]),
    ("many fields", b"GET /hello HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 1000 + b"\r\n", [431]),
    ("a tunnel", b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", [501]),
    ("another expectation", post + b"Expect: x\r\n\r\n", [417]),
    ("a body that is too large", post + b"Content-Length: 999999999999\r\n\r\n", [413]),
]:
    check(what, statuses, raw(bytes_))
sys.exit(failures > 0)
