//! What is refused, and by which name.

use super::*;

fn refused(bytes: &[u8]) -> ErrorCode {
    let said = get(bytes);
    let text = String::from_utf8_lossy(bytes);
    said.error
        .unwrap_or_else(|| panic!("accepted: {}", text.escape_debug()))
}

#[test]
fn shapes_that_two_readers_understand_differently() {
    let lines = [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5,\r\n",
        "Content-Length: 5, x\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        " A: b\r\n",
        "A: b\rc\r\n",
        "A: b\0c\r\n",
        "A\r\n",
        ": b\r\n",
        "A b: c\r\n",
    ];
    for line in lines {
        let text = format!("HTTP/1.1 200 OK\r\n{line}\r\nhello");
        assert_eq!(
            refused(text.as_bytes()),
            ErrorCode::HttpProtocolError,
            "{line:?}"
        );
    }
    let old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refused(old), ErrorCode::HttpProtocolError);
}

#[test]
fn other_transfer_codings_are_named() {
    for coding in ["gzip", "gzip, chunked", "chunked, chunked", "xchunked"] {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n");
        assert_eq!(
            refused(text.as_bytes()),
            ErrorCode::HttpResponseTransferCoding(Some(coding.to_owned()))
        );
    }
}

#[test]
fn first_lines_that_are_none() {
    let lines = [
        "garbage",
        "HTTP/2 200 OK",
        "HTTP/1.2 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1  200 OK",
        "",
        "\0",
    ];
    for line in lines {
        let text = format!("{line}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(
            refused(text.as_bytes()),
            ErrorCode::HttpProtocolError,
            "{line}"
        );
    }
    // The first wrong byte is enough.
    let said = decode(Method::Get, [&b"S"[..]], false);
    assert_eq!(said.error, Some(ErrorCode::HttpProtocolError));
}

#[test]
fn chunks_that_are_none() {
    let chunks = [
        " 5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "-5\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "\r\n",
        ";a\r\n",
        "g\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "0\r\n A: b\r\n\r\n",
    ];
    for chunk in chunks {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert_eq!(
            refused(text.as_bytes()),
            ErrorCode::HttpProtocolError,
            "{chunk:?}"
        );
    }
}

#[test]
fn truncated_messages() {
    let whole = [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ];
    for bytes in whole {
        assert_eq!(get(bytes).error, None);
        assert_eq!(get(b"").error, Some(ErrorCode::ConnectionTerminated));
        for cut in 1..bytes.len() {
            let piece = bytes.get(..cut).expect("a part");
            assert_eq!(
                get(piece).error,
                Some(ErrorCode::HttpResponseIncomplete),
                "{cut}"
            );
        }
    }
}

#[test]
fn everything_without_end_has_a_bound() {
    let bytes = u32::try_from(FieldLimits::DEFAULT.bytes).ok();
    let too_long = ErrorCode::HttpResponseHeaderSectionSize(bytes);
    let mut bomb = b"HTTP/1.1 200 OK\r\n".to_vec();
    for n in 0..300 {
        bomb.extend_from_slice(format!("a{n}: b\r\n").as_bytes());
    }
    bomb.extend_from_slice(b"\r\n");
    assert_eq!(refused(&bomb), too_long);

    let mut long = b"HTTP/1.1 200 OK\r\nA: ".to_vec();
    long.resize(FieldLimits::DEFAULT.bytes + 1, b'x');
    assert_eq!(
        decode(Method::Get, [&long[..]], false).error,
        Some(too_long)
    );

    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut trailers = chunked.to_vec();
    trailers.extend_from_slice(b"0\r\nA: ");
    trailers.resize(trailers.len() + FieldLimits::DEFAULT.bytes, b'x');
    assert_eq!(
        decode(Method::Get, [&trailers[..]], false).error,
        Some(ErrorCode::HttpResponseTrailerSectionSize(bytes))
    );

    let mut extension = chunked.to_vec();
    extension.extend_from_slice(b"1;");
    extension.resize(extension.len() + 2000, b'x');
    assert_eq!(
        decode(Method::Get, [&extension[..]], false).error,
        Some(ErrorCode::HttpProtocolError)
    );

    let mut extensions = chunked.to_vec();
    for _ in 0..100 {
        extensions.extend_from_slice(b"1;");
        extensions.resize(extensions.len() + 500, b'x');
        extensions.extend_from_slice(b"\r\ny\r\n");
    }
    assert_eq!(refused(&extensions), ErrorCode::HttpProtocolError);

    let endless = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(1000);
    let said = decode(Method::Get, [&endless[..]], false);
    assert_eq!(said.error, Some(ErrorCode::HttpProtocolError));
}

#[test]
fn an_upgrade_that_nobody_asked_for() {
    assert_eq!(
        refused(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        ErrorCode::HttpUpgradeFailed
    );
}
