//! What is refused, and by which name.

use super::*;

fn refused(bytes: &[u8]) -> Refusal {
    let said = decode(bytes);
    said.refusal
        .unwrap_or_else(|| panic!("accepted: {}", bytes.escape_ascii()))
}

/// A table of our own of what RFC 9112 leaves to be refused: each could mean one thing to a proxy before this
/// server and another to the server. Equal lengths may be taken for one or refused (RFC 9110, section 8.6): here they
/// are refused, because a client that sends two is not known, and a proxy that has added one is dangerous.
#[test]
fn shapes_that_two_readers_understand_differently() {
    let lines = [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "transfer-encoding: chunked\r\nCONTENT-LENGTH: 0\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: \r\n",
        "Content-Length: 5\u{b}\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        "Content-Length\t: 5\r\n",
        " Content-Length: 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding: \r\n",
        "A: b\r\n folded\r\n",
        "A: b\r\n\tfolded\r\n",
        "A: b\rc\r\n",
        "A: b\0c\r\n",
        "A: b\nB: c\r\n",
        "A: b\r\r\n",
        "A\r\n",
        ": b\r\n",
        "A b: c\r\n",
        "A(: c\r\n",
    ];
    for line in lines {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\nhello");
        assert_eq!(refused(text.as_bytes()), Refusal::Malformed, "{line:?}");
    }
    // A coding that HTTP/1.0 does not know.
    let old = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refused(old), Refusal::Malformed);
}

#[test]
fn hosts_that_are_none() {
    for lines in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nhost: b\r\n",
        "Host: a b\r\n",
        "Host: a, b\r\n\tx\r\n",
        "Host: user@a\r\n",
        "Host: a/b\r\n",
        "Host: http://a\r\n",
        "Host: a:b\r\n",
        "Host: a:99999\r\n",
        "Host: [::1\r\n",
        "Host: \u{e4}\r\n",
    ] {
        let text = format!("GET / HTTP/1.1\r\n{lines}\r\n");
        assert_eq!(refused(text.as_bytes()), Refusal::Malformed, "{lines:?}");
        // The target's authority does not heal it.
        let text = format!("GET http://a/ HTTP/1.1\r\n{lines}\r\n");
        assert_eq!(refused(text.as_bytes()), Refusal::Malformed, "{lines:?}");
    }
    let two = b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n";
    assert_eq!(refused(two), Refusal::Malformed);
    // One that is there and empty is allowed where the target has no authority.
    let empty = one(b"GET / HTTP/1.1\r\nHost:\r\n\r\n");
    assert_eq!(empty.head.target.authority, None);
}

#[test]
fn first_lines_that_are_none() {
    let malformed = [
        "GET /",
        "GET / ",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/\tHTTP/1.1",
        "GET / a HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/11",
        "GET / HTTP/1.10",
        "GET / HTTP/ 1.1",
        "GET / FTP/1.1",
        "GET /\u{e4} HTTP/1.1",
        "GET /#a HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET /a?b#c HTTP/1.1",
        "GET http://a/#b HTTP/1.1",
        "GET http://a#b HTTP/1.1",
        "GET /% HTTP/1.1",
        "GET /%4 HTTP/1.1",
        "GET /%4g?a HTTP/1.1",
        "GET /\"a HTTP/1.1",
        "GET /a<b> HTTP/1.1",
        "GET /a\\b HTTP/1.1",
        "GET /a|b HTTP/1.1",
        "GET /a^b HTTP/1.1",
        "GET /a`b HTTP/1.1",
        "GET /[a] HTTP/1.1",
        "GET /{a} HTTP/1.1",
        "GET /a?\u{e4} HTTP/1.1",
        "GET /a?\u{7f} HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET a HTTP/1.1",
        "GET * HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET http:///a HTTP/1.1",
        "GET http://u@a/ HTTP/1.1",
        "GET http://a:b/ HTTP/1.1",
        "GET a:80 HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT http://a/ HTTP/1.1",
        "G(T / HTTP/1.1",
        "",
        "\0",
        "\u{16}\u{3}\u{1}",
    ];
    for line in malformed {
        let text = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(refused(text.as_bytes()), Refusal::Malformed, "{line:?}");
    }
    for line in [
        "GET / HTTP/2.0",
        "PRI * HTTP/2.0",
        "GET / HTTP/3.1",
        "GET / HTTP/0.9",
    ] {
        let text = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(refused(text.as_bytes()), Refusal::Version, "{line:?}");
    }
    // The first wrong byte is enough: the hello of a client of TLS has no line's end.
    assert_eq!(decode(b"\x16").refusal, Some(Refusal::Malformed));
    // An LF alone, and more than one empty line before the first.
    assert_eq!(refused(b"GET / HTTP/1.1\nHost: a\n\n"), Refusal::Malformed);
    assert_eq!(refused(b"\nGET / HTTP/1.1\r\n"), Refusal::Malformed);
    assert_eq!(refused(b"\r\n\r\nGET / HTTP/1.1\r\n"), Refusal::Malformed);
}

#[test]
fn what_is_not_implemented() {
    let cases = [
        "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ];
    for text in cases {
        assert_eq!(refused(text.as_bytes()), Refusal::NotImplemented, "{text}");
    }
}

#[test]
fn other_expectations() {
    for value in ["200-ok", "100-continue, x", "x\r\nExpect: 100-continue", ""] {
        let text = format!("PUT / HTTP/1.1\r\nHost: a\r\nExpect: {value}\r\n\r\n");
        assert_eq!(refused(text.as_bytes()), Refusal::Expectation, "{value}");
    }
}

#[test]
fn chunks_that_are_none() {
    let chunks = [
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "-5\r\n",
        "+5\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "\r\n",
        ";a\r\n",
        "g\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "5;a\nX: y\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "0\r\n A: b\r\n\r\n",
        "0\r\nA: b\nC: d\r\n\r\n",
        "0\r\nA\r\n\r\n",
    ];
    for chunk in chunks {
        let text =
            format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert_eq!(refused(text.as_bytes()), Refusal::Malformed, "{chunk:?}");
    }
}

#[test]
fn everything_without_end_has_a_bound() {
    let limits = RequestLimits::default();
    let mut line = b"GET /".to_vec();
    line.resize(limits.line, b'x');
    assert_eq!(decode(&line).refusal, Some(Refusal::LineTooLong));
    line.truncate(limits.line - b" HTTP/1.1\r\n".len());
    line.extend_from_slice(b" HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(one(&line).ended);

    let mut large = b"GET / HTTP/1.1\r\nHost: a\r\nA: ".to_vec();
    large.resize(limits.line + limits.fields.bytes + 1, b'x');
    assert_eq!(decode(&large).refusal, Some(Refusal::FieldsTooLarge));
    // A short line gives the fields no more room.
    large.truncate(limits.fields.bytes + 100);
    large.extend_from_slice(b"\r\n\r\n");
    assert_eq!(decode(&large).refusal, Some(Refusal::FieldsTooLarge));

    let mut many = b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec();
    for n in 0..300 {
        many.extend_from_slice(format!("a{n}: b\r\n").as_bytes());
    }
    many.extend_from_slice(b"\r\n");
    assert_eq!(refused(&many), Refusal::FieldsTooLarge);

    let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut trailers = chunked.to_vec();
    trailers.extend_from_slice(b"0\r\nA: ");
    trailers.resize(trailers.len() + limits.fields.bytes, b'x');
    assert_eq!(decode(&trailers).refusal, Some(Refusal::FieldsTooLarge));

    let mut extension = chunked.to_vec();
    extension.extend_from_slice(b"1;");
    extension.resize(extension.len() + 2000, b'x');
    assert_eq!(decode(&extension).refusal, Some(Refusal::Malformed));

    let mut extensions = chunked.to_vec();
    for _ in 0..100 {
        extensions.extend_from_slice(b"1;");
        extensions.resize(extensions.len() + 500, b'x');
        extensions.extend_from_slice(b"\r\ny\r\n");
    }
    assert_eq!(refused(&extensions), Refusal::Malformed);
}

#[test]
fn bodies_beyond_the_bound() {
    let limits = RequestLimits {
        body: 5,
        ..RequestLimits::default()
    };
    let post = |rest: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{rest}");
    let refusal = |rest: &str| decode_within(limits, [post(rest).as_bytes()]).refusal;
    assert_eq!(refusal("Content-Length: 5\r\n\r\nhello"), None);
    // Before anything of the body, and before the client is asked to send it.
    let expecting = "Expect: 100-continue\r\nContent-Length: 6\r\n\r\n";
    assert_eq!(refusal(expecting), Some(Refusal::BodyTooLarge));
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    assert_eq!(
        refusal(&format!("{chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")),
        None
    );
    for chunks in ["6\r\n", "3\r\nabc\r\n3\r\n", "ffffffffffffffff\r\n"] {
        let text = format!("{chunked}{chunks}");
        assert_eq!(refusal(&text), Some(Refusal::BodyTooLarge), "{chunks:?}");
    }
}

#[test]
fn every_refusal_has_its_status() {
    let statuses = [
        (Refusal::Malformed, 400),
        (Refusal::Late, 408),
        (Refusal::BodyTooLarge, 413),
        (Refusal::LineTooLong, 414),
        (Refusal::Expectation, 417),
        (Refusal::FieldsTooLarge, 431),
        (Refusal::NotImplemented, 501),
        (Refusal::Version, 505),
    ];
    for (refusal, status) in statuses {
        assert_eq!(refusal.status(), status, "{refusal}");
    }
}
