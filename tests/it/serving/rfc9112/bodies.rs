//! How a body ends: lengths, chunks and trailers.

use super::{Case, closed, refused, taken};

pub fn cases() -> Vec<Case> {
    let parts = [lengths(), codings(), chunks(), extensions(), trailers()];
    parts.into_iter().flatten().collect()
}

/// A request whose answer says how long its body was.
fn post(lines: &str, body: &str) -> String {
    format!("POST /count HTTP/1.1\r\nHost: a\r\n{lines}\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

/// Sections 6.2 and 6.3.
fn lengths() -> Vec<Case> {
    let zeros = format!("Content-Length: {}5\r\n", "0".repeat(5000));
    let digits = format!("Content-Length: {}\r\n", "9".repeat(5000));
    let mut cases = vec![
        taken("6.2", post("Content-Length: 5\r\n", "hello"), &[(200, "5")]),
        taken(
            "6.2",
            post("content-LENGTH:  5\t\r\n", "hello"),
            &[(200, "5")],
        ),
        taken("6.2", post("Content-Length: 0\r\n", ""), &[(200, "0")]),
        taken(
            "6.2",
            post("Content-Length: 005\r\n", "hello"),
            &[(200, "5")],
        ),
        taken("6.2", post(&zeros, "hello"), &[(200, "5")]),
        taken("6.3", post("", ""), &[(200, "0")]),
        // Any method may have a body.
        taken(
            "6.3",
            post("Content-Length: 5\r\n", "hello").replace("POST", "GET"),
            &[(200, "5")],
        ),
        closed(
            "6.3",
            "POST /count HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
            &[(200, "5")],
        ),
        closed("6.3", "POST /count HTTP/1.0\r\n\r\n", &[(200, "0")]),
        refused(
            "6.2",
            post("Content-Length: 18446744073709551615\r\n", ""),
            413,
        ),
        refused(
            "6.2",
            post("Content-Length: 18446744073709551616\r\n", ""),
            400,
        ),
        refused("6.2", post(&digits, ""), 400),
        refused(
            "6.2",
            post(
                "Content-Length: 99999999999\r\nExpect: 100-continue\r\n",
                "",
            ),
            413,
        ),
    ];
    let malformed = [
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: -0\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5e0\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5,5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5,\r\n",
        "Content-Length: \"5\"\r\n",
        "Content-Length: five\r\n",
        "Content-Length: \u{665}\r\n",
        "Content-Length:\r\n",
        "Content-Length: 5\u{b}\r\n",
        "Content-Length: 5\0\r\n",
        "Content-Length : 5\r\n",
        "Content-Length\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\n 6\r\n",
        "Content-Length:\r\n 5\r\n",
    ];
    cases.extend(malformed.map(|lines| refused("6.2", post(lines, "hello"), 400)));
    cases
}

/// Section 6.1.
fn codings() -> Vec<Case> {
    let body = "5\r\nhello\r\n0\r\n\r\n";
    let mut cases = vec![
        taken("6.1", chunked(body), &[(200, "5")]),
        taken(
            "6.1",
            post("transfer-encoding: CHUNKED \r\n", body),
            &[(200, "5")],
        ),
        // The client wants trailers; it is no coding of this body.
        taken(
            "9110 10.1.4",
            post("TE: trailers, gzip\r\nTransfer-Encoding: chunked\r\n", body),
            &[(200, "5")],
        ),
        taken(
            "9110 10.1.4",
            post("TE: chunked\r\nContent-Length: 5\r\n", "hello"),
            &[(200, "5")],
        ),
        refused(
            "6.1",
            post("Transfer-Encoding: gzip, chunked\r\n", body),
            501,
        ),
        refused(
            "6.1",
            "POST /count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        refused(
            "6.1",
            "POST /count HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
    ];
    let malformed = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip, chunked, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked,\r\n",
        "Transfer-Encoding: ,chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunkedx\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: 'chunked'\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: \u{b}chunked\r\n",
        "Transfer-Encoding: chunked\0\r\n",
        "Transfer-Encoding: chun\u{212a}ed\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n",
        "X: y\nTransfer-Encoding: chunked\r\n",
    ];
    cases.extend(malformed.map(|lines| refused("6.1", post(lines, body), 400)));
    cases
}

/// Section 7.1.
fn chunks() -> Vec<Case> {
    let many = format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(5000));
    let mut cases = vec![
        taken("7.1", chunked("0\r\n\r\n"), &[(200, "0")]),
        taken(
            "7.1",
            chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
            &[(200, "20")],
        ),
        taken(
            "7.1",
            chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"),
            &[(200, "5")],
        ),
        taken(
            "7.1",
            chunked("5\r\nhello\r\n0000000000000000\r\n\r\n"),
            &[(200, "5")],
        ),
        taken(
            "7.1",
            chunked("6\r\n0\r\n\r\n!\r\n0\r\n\r\n"),
            &[(200, "6")],
        ),
        taken("7.1", chunked(&many), &[(200, "5000")]),
        refused("7.1", chunked("ffffffffffffffff\r\n"), 413),
        refused("7.1", chunked("1000001\r\n"), 413),
        refused("7.1", chunked("1\r\nx\r\nffffffffffffffff\r\n"), 413),
    ];
    let malformed = [
        // 2^64 + 5, where it wraps around.
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\t\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5h\r\nhello\r\n0\r\n\r\n",
        "5,5\r\nhello\r\n0\r\n\r\n",
        "5.\r\nhello\r\n0\r\n\r\n",
        "\u{ff15}\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "\0\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello\r\n\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\nx\r\n\r\n",
    ];
    cases.extend(malformed.map(|body| refused("7.1", chunked(body), 400)));
    let zeros = format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(100_000));
    cases.push(refused("7.1", chunked(&zeros), 400));
    cases
}

/// Section 7.1.1.
fn extensions() -> Vec<Case> {
    let mut cases = vec![
        taken(
            "7.1.1",
            chunked("5;a;b=c;d=\"e\"\r\nhello\r\n0;f\r\n\r\n"),
            &[(200, "5")],
        ),
        taken(
            "7.1.1",
            chunked("5; a = b\r\nhello\r\n0\r\n\r\n"),
            &[(200, "5")],
        ),
    ];
    let malformed = [
        "5 ;a\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5;a\n\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "5;a\u{7f}\r\nhello\r\n0\r\n\r\n",
    ];
    cases.extend(malformed.map(|body| refused("7.1.1", chunked(body), 400)));
    let long = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(100_000));
    cases.push(refused("7.1.1", chunked(&long), 400));
    let many = "1;aaaaaaaaaaaaaaaa\r\nx\r\n".repeat(2000);
    cases.push(refused("7.1.1", chunked(&many), 400));
    cases
}

/// Section 7.1.2.
fn trailers() -> Vec<Case> {
    let with = |lines: &str| chunked(&format!("5\r\nhello\r\n0\r\n{lines}\r\n"));
    let mut cases = vec![
        taken("7.1.2", with("X-Sum: 1\r\nX-Sum:\r\n"), &[(200, "5")]),
        // They change nothing about how the body ends.
        taken(
            "7.1.2",
            with("Content-Length: 100\r\nTransfer-Encoding: gzip\r\nHost: b\r\nConnection: x\r\n"),
            &[(200, "5")],
        ),
    ];
    let malformed = [
        " X: y\r\n",
        "X: y\r\n z\r\n",
        "X: y\r\n\tz\r\n",
        "X : y\r\n",
        "X\r\n",
        ": y\r\n",
        "X: y\nZ: z\r\n",
        "X: y\rZ: z\r\n",
        "X: \0\r\n",
        "X\u{e4}: y\r\n",
        "5\r\nhello\r\n0\r\n",
    ];
    cases.extend(malformed.map(|lines| refused("7.1.2", with(lines), 400)));
    cases.push(refused("7.1.2", with(&"X: y\r\n".repeat(100_000)), 431));
    cases.push(refused(
        "7.1.2",
        with(&format!("X: {}\r\n", "y".repeat(200_000))),
        431,
    ));
    cases
}
