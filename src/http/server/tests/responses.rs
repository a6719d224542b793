//! What is written, read by the client's half.

use super::*;
use crate::http::error::ErrorCode;
use crate::http::method::Method;
use crate::http::tests::{Said as Read, decode as read};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const HTTP_1_1: ResponseRules = ResponseRules {
    is_head: false,
    minor: 1,
    keep: true,
};
const HTTP_1_0: ResponseRules = ResponseRules {
    minor: 0,
    ..HTTP_1_1
};
const HEAD: ResponseRules = ResponseRules {
    is_head: true,
    ..HTTP_1_1
};

fn fields(list: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in list {
        fields.append(name, value.as_bytes()).expect("valid");
    }
    fields
}

/// The lines of a head, its first one included.
fn lines(
    status: u16,
    list: &[(&str, &str)],
    length: BodyLength,
    rules: ResponseRules,
) -> Vec<String> {
    let mut out = Vec::new();
    ResponseEncoder::start(status, &fields(list), length, rules, DATE, &mut out).expect("valid");
    let text = String::from_utf8(out).expect("ASCII");
    let head = text.strip_suffix("\r\n\r\n").expect("an empty line");
    head.split("\r\n").map(str::to_owned).collect()
}

/// A response as the client reads it.
fn answered(
    body: &[&[u8]],
    length: BodyLength,
    trailers: Option<&Fields>,
    rules: ResponseRules,
) -> (Read, ResponseEncoder) {
    let mut out = Vec::new();
    let mut encoder =
        ResponseEncoder::start(200, &Fields::new(), length, rules, DATE, &mut out).expect("valid");
    for bytes in body {
        encoder.data(bytes, &mut out).expect("declared");
    }
    encoder.end(trailers, &mut out).expect("declared");
    (read(Method::Get, [&out[..]], true), encoder)
}

#[test]
fn heads() {
    let date = format!("Date: {DATE}");
    let json = [("Content-Type", "application/json")];
    let known = lines(200, &json, BodyLength::Known(2), HTTP_1_1);
    let expected = [
        "HTTP/1.1 200 OK",
        &date,
        "Content-Length: 2",
        "Content-Type: application/json",
    ];
    assert_eq!(known, expected);
    let unknown = lines(200, &[], BodyLength::Unknown, HTTP_1_1);
    assert_eq!(
        unknown,
        ["HTTP/1.1 200 OK", &date, "Transfer-Encoding: chunked"]
    );
    let none = lines(404, &[], BodyLength::None, HTTP_1_1);
    assert_eq!(none, ["HTTP/1.1 404 Not Found", &date, "Content-Length: 0"]);
    let declared = lines(
        299,
        &[("content-LENGTH", "7")],
        BodyLength::Unknown,
        HTTP_1_1,
    );
    assert_eq!(declared, ["HTTP/1.1 299 ", &date, "Content-Length: 7"]);
}

#[test]
fn the_handlers_date_counts() {
    let own = lines(200, &[("date", "x")], BodyLength::None, HTTP_1_1);
    assert_eq!(own, ["HTTP/1.1 200 OK", "Content-Length: 0", "date: x"]);
}

#[test]
fn fields_of_the_connection_are_not_the_handlers() {
    let list = [
        ("Transfer-Encoding", "gzip"),
        ("Connection", "X-Hop, keep-alive"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=1"),
        ("Upgrade", "h2c"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Trailer", "sum"),
    ];
    let written = lines(200, &list, BodyLength::Known(0), HTTP_1_1);
    let expected = [
        "HTTP/1.1 200 OK",
        &format!("Date: {DATE}"),
        "Content-Length: 0",
        "Trailer: sum",
    ];
    assert_eq!(written, expected);
}

#[test]
fn the_connections_end_is_announced() {
    let says_close = |list: &[(&str, &str)], length, rules| {
        let mut out = Vec::new();
        let encoder = ResponseEncoder::start(200, &fields(list), length, rules, DATE, &mut out);
        let said = String::from_utf8(out).expect("ASCII");
        let closes = said.contains("Connection: close\r\n");
        assert_eq!(closes, !encoder.expect("valid").keeps_alive(), "{said}");
        closes
    };
    let over = ResponseRules {
        keep: false,
        ..HTTP_1_1
    };
    assert!(says_close(&[], BodyLength::None, over));
    assert!(says_close(
        &[("Connection", "close")],
        BodyLength::None,
        HTTP_1_1
    ));
    assert!(says_close(&[], BodyLength::Unknown, HTTP_1_0));
    assert!(!says_close(&[], BodyLength::Unknown, HTTP_1_1));
    assert!(!says_close(&[], BodyLength::Known(3), HTTP_1_0));
    let old = lines(200, &[], BodyLength::Known(3), HTTP_1_0);
    assert!(old.contains(&"Connection: keep-alive".to_owned()));
}

#[test]
fn responses_that_never_have_a_body() {
    let length = |line: &str| line.starts_with("Content-Length") || line.starts_with("Transfer");
    let said = |status, list: &[(&str, &str)], body, rules| -> Vec<String> {
        let all = lines(status, list, body, rules);
        all.into_iter().filter(|line| length(line)).collect()
    };
    let nothing: [&str; 0] = [];
    assert_eq!(
        said(
            204,
            &[("content-length", "9")],
            BodyLength::Unknown,
            HTTP_1_1
        ),
        nothing
    );
    assert_eq!(
        said(205, &[], BodyLength::Unknown, HTTP_1_1),
        ["Content-Length: 0"]
    );
    assert_eq!(said(304, &[], BodyLength::Unknown, HTTP_1_1), nothing);
    let declared = [("content-length", "9")];
    assert_eq!(
        said(304, &declared, BodyLength::None, HTTP_1_1),
        ["Content-Length: 9"]
    );
    // What a GET would say.
    assert_eq!(
        said(200, &declared, BodyLength::None, HEAD),
        ["Content-Length: 9"]
    );
    assert_eq!(
        said(200, &[], BodyLength::Known(4), HEAD),
        ["Content-Length: 4"]
    );
    assert_eq!(said(200, &[], BodyLength::None, HEAD), nothing);
    assert_eq!(
        said(200, &[], BodyLength::Unknown, HEAD),
        ["Transfer-Encoding: chunked"]
    );
    for (status, rules) in [
        (200, HEAD),
        (204, HTTP_1_1),
        (205, HTTP_1_1),
        (304, HTTP_1_1),
    ] {
        let mut out = Vec::new();
        let none = Fields::new();
        let unknown = BodyLength::Unknown;
        let mut encoder =
            ResponseEncoder::start(status, &none, unknown, rules, DATE, &mut out).expect("valid");
        assert!(!encoder.has_body() && encoder.keeps_alive());
        let before = out.len();
        assert!(encoder.data(b"x", &mut out).is_err());
        encoder.end(None, &mut out).expect("nothing to say");
        assert_eq!(out.len(), before);
    }
}

#[test]
fn bodies_are_read_as_they_were_written() {
    let sum = fields(&[("sum", "9"), ("content-length", "4")]);
    let (said, encoder) = answered(
        &[b"hel", b"", b"lo"],
        BodyLength::Unknown,
        Some(&sum),
        HTTP_1_1,
    );
    assert_eq!(said.body, b"hello");
    // Trailers frame nothing.
    assert_eq!(said.trailers, Some(fields(&[("sum", "9")])));
    assert!(said.keeps_alive && said.error.is_none() && !encoder.ends_with_connection());
    let (said, _) = answered(&[b"hello"], BodyLength::Known(5), None, HTTP_1_1);
    assert_eq!((said.body, said.keeps_alive), (b"hello".to_vec(), true));
    let (said, encoder) = answered(&[b"hel", b"lo"], BodyLength::Unknown, Some(&sum), HTTP_1_0);
    assert_eq!((said.body, said.keeps_alive), (b"hello".to_vec(), false));
    assert!(said.trailers.is_none() && encoder.ends_with_connection());
}

#[test]
fn a_response_that_is_none_writes_nothing() {
    let cases = [
        (99, vec![], BodyLength::None, BadResponse::Status(99)),
        (101, vec![], BodyLength::None, BadResponse::Status(101)),
        (1000, vec![], BodyLength::None, BadResponse::Status(1000)),
        (
            200,
            vec![("content-length", "x")],
            BodyLength::None,
            BadResponse::Length,
        ),
        (
            200,
            vec![("content-length", "1"), ("content-length", "1")],
            BodyLength::None,
            BadResponse::Length,
        ),
        (
            200,
            vec![("content-length", "1")],
            BodyLength::None,
            BadResponse::OtherLength(0),
        ),
        (
            200,
            vec![("content-length", "1")],
            BodyLength::Known(2),
            BadResponse::OtherLength(2),
        ),
    ];
    for (status, list, length, expected) in cases {
        let mut out = Vec::new();
        let started =
            ResponseEncoder::start(status, &fields(&list), length, HTTP_1_1, DATE, &mut out);
        assert_eq!(started.err(), Some(expected));
        assert!(out.is_empty());
    }
}

#[test]
fn a_body_is_held_to_its_length() {
    let mut out = Vec::new();
    let three = fields(&[("content-length", "3")]);
    let mut encoder =
        ResponseEncoder::start(200, &three, BodyLength::Unknown, HTTP_1_1, DATE, &mut out)
            .expect("valid");
    encoder.data(b"ab", &mut out).expect("declared");
    assert_eq!(
        encoder.data(b"cd", &mut out),
        Err(BadResponse::OtherLength(4))
    );
    assert_eq!(
        encoder.end(None, &mut out),
        Err(BadResponse::OtherLength(2))
    );
    let cut = read(Method::Get, [&out[..]], true);
    assert_eq!(cut.error, Some(ErrorCode::HttpResponseIncomplete));
}

#[test]
fn informational_responses_come_before_the_real_one() {
    let mut out = Vec::new();
    let link = fields(&[("Link", "</a>"), ("Content-Length", "4")]);
    write_informational(103, &link, &mut out).expect("valid");
    write_informational(100, &Fields::new(), &mut out).expect("valid");
    let expected = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    assert_eq!(out, expected);
    let none = Fields::new();
    ResponseEncoder::start(200, &none, BodyLength::None, HTTP_1_1, DATE, &mut out).expect("valid");
    let said = read(Method::Get, [&out[..]], false);
    assert_eq!((said.continues, said.ended), (1, true));
    for status in [99, 101, 200] {
        let written = write_informational(status, &Fields::new(), &mut out);
        assert_eq!(written, Err(BadResponse::Status(status)));
    }
}
