//! What servers send that is not quite right, and is understood all the same.

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Whole and in single bytes, it is a body of `hello`; whether its connection is kept.
fn kept(text: &str) -> bool {
    let whole = decode(Method::Get, [text.as_bytes()], false);
    let shown = text.escape_debug();
    assert_eq!(whole.error, None, "{shown}");
    assert!(whole.ended, "{shown}");
    assert_eq!(whole.body, b"hello", "{shown}");
    assert_eq!(whole.rest, b"", "{shown}");
    assert_eq!(
        decode(Method::Get, text.as_bytes().chunks(1), false),
        whole,
        "{shown}"
    );
    whole.keeps_alive
}

#[test]
fn lines_may_end_with_lf_alone_and_an_empty_one_may_come_first() {
    for text in [
        "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello".to_owned(),
        format!("\r\n{HEAD}Content-Length: 5\r\n\r\nhello"),
        format!("\n{HEAD}Content-Length: 5\r\n\r\nhello"),
        "HTTP/1.1 103 Early Hints\n\n\r\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello".to_owned(),
        format!("{CHUNKED}5\nhello\n0\n\n"),
        format!("{CHUNKED}5\nhello\r\n0\r\nA: b\n\n"),
    ] {
        assert!(kept(&text), "{text:?}");
    }
    let twice = format!("\r\n\r\n{HEAD}Content-Length: 5\r\n\r\nhello");
    assert_eq!(
        get(twice.as_bytes()).error,
        Some(ErrorCode::HttpProtocolError)
    );
}

#[test]
fn a_line_that_continues_another_is_joined_by_a_space() {
    let text = format!("{HEAD}A: one\r\n \t two\r\n\tthree\r\nContent-Length: 5\r\n\r\nhello");
    assert!(kept(&text));
    let head = get(text.as_bytes()).head.expect("a head");
    assert_eq!(head.fields.get("a").collect::<Vec<_>>(), [b"one two three"]);
    let text = format!("{CHUNKED}5\r\nhello\r\n0\r\nA: one\n two\r\n\r\n");
    assert!(kept(&text));
    let trailers = get(text.as_bytes()).trailers.expect("trailers");
    assert_eq!(trailers.get("a").collect::<Vec<_>>(), [b"one two"]);
}

#[test]
fn spaces_may_stand_in_the_lines_of_chunks() {
    for chunks in [
        "5  \r\nhello\r\n0 \r\n\r\n",
        "5 ; a=b\r\nhello\r\n0\t;c\r\n\r\n",
        "5;a = b\r\nhello\r\n0\r\n\r\n",
    ] {
        assert!(kept(&format!("{CHUNKED}{chunks}")), "{chunks:?}");
    }
}

#[test]
fn a_connection_is_not_kept_where_two_readers_could_disagree() {
    for lines in [
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5, 5\r\n\r\nhello",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        assert!(!kept(&format!("{HEAD}{lines}")), "{lines:?}");
    }
}

#[test]
fn no_field_gives_a_body_to_what_has_none() {
    let fields = [
        ("Transfer-Encoding: gzip, chunked\r\n", true),
        ("Content-Length: 7\r\n", true),
        ("Content-Length: x\r\n", true),
        ("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", false),
        ("Content-Length: 7\r\nContent-Length: 7\r\n", false),
    ];
    for (method, status) in [(Method::Head, 200), (Method::Get, 304), (Method::Get, 204)] {
        for (fields, keeps) in fields {
            let text = format!("HTTP/1.1 {status} X\r\n{fields}\r\n");
            let said = decode(method.clone(), [text.as_bytes()], false);
            assert_eq!((said.error, said.ended), (None, true), "{status} {fields}");
            assert_eq!(said.keeps_alive, keeps, "{status} {fields}");
        }
    }
}

#[test]
fn a_hundred_informational_answers_may_come_first() {
    let hints = |count| "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count);
    let last = format!("{HEAD}Content-Length: 5\r\n\r\nhello");
    assert!(kept(&format!("{}{last}", hints(100))));
    let beyond = format!("{}{last}", hints(101));
    assert_eq!(
        get(beyond.as_bytes()).error,
        Some(ErrorCode::HttpProtocolError)
    );
}

/// What a peer asks is not read so.
#[test]
fn requests_are_read_strictly() {
    for block in [
        &b"GET / HTTP/1.1\n\n"[..],
        b"GET / HTTP/1.1\r\nA: b\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    ] {
        let scanned = Scanner::default().scan(block, FieldLimits::DEFAULT);
        assert_eq!(scanned, Err(Malformed::Syntax), "{block:?}");
    }
    for lines in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let block = format!("POST / HTTP/1.1\r\n{lines}\r\n");
        let head = RequestHead::parse(block.as_bytes(), FieldLimits::DEFAULT).expect("a head");
        assert_eq!(head.framing(), Err(Malformed::Syntax), "{lines:?}");
    }
    for chunk in [&b"5 \r\nhello\r\n"[..], b"5\nhello\r\n"] {
        let mut input = Buffer::default();
        input.extend(chunk);
        let mut decoder = BodyDecoder::new(Framing::Chunked, FieldLimits::DEFAULT);
        assert_eq!(
            decoder.next(&mut input),
            Err(Malformed::Syntax),
            "{chunk:?}"
        );
    }
}
