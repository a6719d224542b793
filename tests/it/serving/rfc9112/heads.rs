//! Request lines and fields.

use super::{Case, closed, refused, taken};

/// What the guest says of a request for `/request`.
const PLAIN: &str = r#"Method::Get Some(Scheme::Http) Some("a") Some("/request")"#;

pub fn cases() -> Vec<Case> {
    let parts = [
        lines(),
        versions(),
        targets(),
        hosts(),
        fields(),
        connections(),
        bounds(),
    ];
    parts.into_iter().flatten().collect()
}

/// A GET with further lines.
fn with(lines: &str) -> String {
    format!("GET /request HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

/// A request with this first line.
fn first(line: &str) -> String {
    format!("{line}\r\nHost: a\r\n\r\n")
}

/// Section 2.2: how lines end, and what may stand before them. Section 3: the first line.
fn lines() -> Vec<Case> {
    let mut cases = vec![
        taken("2.1", with(""), &[(200, PLAIN)]),
        taken("2.2", ["\r\n", &with("")].concat(), &[(200, PLAIN)]),
        taken(
            "2.2",
            [&with(""), "\r\n", &with("")].concat(),
            &[(200, PLAIN), (200, PLAIN)],
        ),
        refused("2.2", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        refused("2.2", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        refused("2.2", "GET / HTTP/1.1\nHost: a\n\n", 400),
        refused("2.2", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        refused("2.2", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
        refused("2.2", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
        refused("2.2", "GET / HTTP/1.1\rHost: a\r\r", 400),
        refused("2.2", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        refused("2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        refused("2.2", "GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", 400),
        taken(
            "3",
            first("BREW /request HTTP/1.1"),
            &[(
                200,
                r#"Method::Other("BREW") Some(Scheme::Http) Some("a") Some("/request")"#,
            )],
        ),
        // Names of methods have a case.
        taken(
            "3.1",
            first("get /request HTTP/1.1"),
            &[(
                200,
                r#"Method::Other("get") Some(Scheme::Http) Some("a") Some("/request")"#,
            )],
        ),
    ];
    let malformed = [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET\u{b}/ HTTP/1.1",
        "GET / / HTTP/1.1",
        "G(T / HTTP/1.1",
        "G\0T / HTTP/1.1",
        "GET: / HTTP/1.1",
        "\u{feff}GET / HTTP/1.1",
        " / HTTP/1.1",
        "/ HTTP/1.1",
        "HTTP/1.1 200 OK",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
        "\0",
    ];
    cases.extend(malformed.map(|line| refused("3", first(line), 400)));
    cases
}

/// Section 2.3.
fn versions() -> Vec<Case> {
    let mut cases = vec![
        // RFC 9110, section 2.5: a later minor version is answered as the latest one that is known.
        taken("2.3", first("GET /request HTTP/1.2"), &[(200, PLAIN)]),
        taken("2.3", first("GET /request HTTP/1.9"), &[(200, PLAIN)]),
        refused("2.3", "GET / HTTP/1.2\r\n\r\n", 400),
        refused("2.3", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ];
    for line in [
        "GET / HTTP/2.0",
        "GET / HTTP/3.0",
        "GET / HTTP/0.9",
        "GET / HTTP/9.9",
    ] {
        cases.push(refused("2.3", first(line), 505));
    }
    // The first is a request of HTTP/0.9.
    let malformed = [
        "GET /",
        "GET / ",
        "GET / HTTP",
        "GET / HTTP/",
        "GET / HTTP/1",
        "GET / HTTP/1.",
        "GET / HTTP/.1",
        "GET / HTTP/11",
        "GET / HTTP/1.10",
        "GET / HTTP/01.1",
        "GET / HTTP/1.1x",
        "GET / HTTP/1,1",
        "GET / HTTP /1.1",
        "GET / http/1.1",
        "GET / HTTPS/1.1",
        "GET / ICAP/1.1",
    ];
    cases.extend(malformed.map(|line| refused("2.3", first(line), 400)));
    cases
}

/// Section 3.2: the four forms.
fn targets() -> Vec<Case> {
    let of = |authority: &'static str, line: &str| taken("3.2", first(line), &[(200, authority)]);
    let mut cases = vec![
        of(
            r#"Method::Get Some(Scheme::Http) Some("a") Some("/request/?a=%00&b=http://c/")"#,
            "GET /request/?a=%00&b=http://c/ HTTP/1.1",
        ),
        of(
            r#"Method::Get Some(Scheme::Http) Some("a") Some("//request")"#,
            "GET //request HTTP/1.1",
        ),
        // The authority of the target counts, and its scheme does not.
        of(
            r#"Method::Get Some(Scheme::Http) Some("b:1") Some("/request")"#,
            "GET http://b:1/request HTTP/1.1",
        ),
        of(
            r#"Method::Get Some(Scheme::Http) Some("b") Some("/request")"#,
            "GET HTTPS://b/request HTTP/1.1",
        ),
        of(
            r#"Method::Get Some(Scheme::Http) Some("[::1]") Some("/request")"#,
            "GET http://[::1]/request HTTP/1.1",
        ),
        of("hello", "GET http://b HTTP/1.1"),
        taken(
            "3.2.4",
            first("OPTIONS * HTTP/1.1"),
            &[(404, "there is no such thing")],
        ),
        taken(
            "3.2.4",
            first("OPTIONS http://b HTTP/1.1"),
            &[(404, "there is no such thing")],
        ),
        refused("3.2.3", first("CONNECT a:443 HTTP/1.1"), 501),
        refused("3.2.3", first("CONNECT [::1]:443 HTTP/1.1"), 501),
    ];
    let malformed = [
        "GET request HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
        "OPTIONS *?a HTTP/1.1",
        "GET /#fragment HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "GET /\u{e4} HTTP/1.1",
        "GET ?a HTTP/1.1",
        "GET a:443 HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET http:/a HTTP/1.1",
        "GET http:///a HTTP/1.1",
        "GET http://u:p@a/ HTTP/1.1",
        "GET http://a b/ HTTP/1.1",
        "GET http://a:b/ HTTP/1.1",
        "GET http://a:65536/ HTTP/1.1",
        "GET http://[::1/ HTTP/1.1",
        "GET http://a\\b/ HTTP/1.1",
        "GET ://a/ HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT http://a/ HTTP/1.1",
        "CONNECT a:b HTTP/1.1",
    ];
    cases.extend(malformed.map(|line| refused("3.2", first(line), 400)));
    cases
}

/// Section 3.2 and RFC 9110, section 7.2.
fn hosts() -> Vec<Case> {
    let get = |lines: &str| format!("GET /request HTTP/1.1\r\n{lines}\r\n");
    let said = |line: &str, says: &'static str| taken("3.2", get(line), &[(200, says)]);
    let mut cases = vec![
        said("HOST:a\r\n", PLAIN),
        said(
            "Host: a:8080\r\n",
            r#"Method::Get Some(Scheme::Http) Some("a:8080") Some("/request")"#,
        ),
        said(
            "Host: [::1]:80\r\n",
            r#"Method::Get Some(Scheme::Http) Some("[::1]:80") Some("/request")"#,
        ),
        said(
            "Host:\r\n",
            r#"Method::Get Some(Scheme::Http) None Some("/request")"#,
        ),
        closed(
            "3.2",
            "GET /request HTTP/1.0\r\n\r\n",
            &[(
                200,
                r#"Method::Get Some(Scheme::Http) None Some("/request")"#,
            )],
        ),
        refused("3.2", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        refused("3.2", "GET http://a/ HTTP/1.1\r\n\r\n", 400),
        refused("3.2", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ];
    let malformed = [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nhost: a\r\n",
        "Host : a\r\n",
        "Host: a, b\r\n",
        "Host: a b\r\n",
        "Host: u@a\r\n",
        "Host: a/b\r\n",
        "Host: a?b\r\n",
        "Host: a#b\r\n",
        "Host: a\\b\r\n",
        "Host: http://a\r\n",
        "Host: a:b\r\n",
        "Host: a:-1\r\n",
        "Host: a:65536\r\n",
        "Host: a:1:2\r\n",
        "Host: :80\r\n",
        "Host: [::1\r\n",
        "Host: [a]\r\n",
        "Host: ::1\r\n",
        "Host: \u{e4}\r\n",
        "Host: a\0\r\n",
    ];
    cases.extend(malformed.map(|lines| refused("3.2", get(lines), 400)));
    cases
}

/// Section 5.
fn fields() -> Vec<Case> {
    let mut cases = vec![
        taken(
            "5.1",
            with("X-Own: \t a  b \t\r\n"),
            &[(200, "X-Own: a  b")],
        ),
        taken("5.1", with("X-Own:\r\n"), &[(200, "X-Own: ")]),
        taken("5.1", with("X-Own:a:b\r\n"), &[(200, "X-Own: a:b")]),
        taken(
            "5.1",
            with("!#$%&'*+-.^_`|~09: a\r\n"),
            &[(200, "!#$%&'*+-.^_`|~09: a")],
        ),
        taken("5.1", with("X-Own: \u{e4}\r\n"), &[(200, "X-Own: \u{e4}")]),
    ];
    let malformed = [
        "A : b\r\n",
        "A\t: b\r\n",
        " A: b\r\n",
        "A: b\r\n folded\r\n",
        "A: b\r\n\tfolded\r\n",
        "A: b\r\n \r\n",
        "A\r\n",
        ": b\r\n",
        "A b: c\r\n",
        "A(: c\r\n",
        "\"A\": c\r\n",
        "\u{e4}: c\r\n",
        "A\0: b\r\n",
        "A: b\0\r\n",
        "A: b\u{1}\r\n",
        "A: b\u{b}c\r\n",
        "A: b\u{c}c\r\n",
        "A: b\u{1b}[2J\r\n",
        "A: b\u{7f}\r\n",
        "A: b\rc: d\r\n",
        "A: b\r\r\n",
        "A: b\nc: d\r\n",
    ];
    cases.extend(malformed.map(|lines| refused("5", with(lines), 400)));
    cases
}

/// Section 9: which connections go on. RFC 9110, sections 7.8 and 10.1.1: upgrades and expectations.
fn connections() -> Vec<Case> {
    let old = |lines: &str| format!("GET /hello HTTP/1.0\r\n{lines}\r\n");
    let put = |lines: &str| format!("PUT /count HTTP/1.1\r\nHost: a\r\n{lines}\r\nbody");
    let upgrade =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: x\r\n";
    vec![
        taken("9.3", with("Connection: keep-alive\r\n"), &[(200, PLAIN)]),
        taken("9.3", with("Connection: x, , y\r\n"), &[(200, PLAIN)]),
        taken("9.3.2", with("").repeat(3), &[(200, PLAIN); 3]),
        closed("9.6", with("Connection: close\r\n"), &[(200, PLAIN)]),
        closed("9.6", with("Connection: x, CLOSE\r\n"), &[(200, PLAIN)]),
        closed(
            "9.6",
            with("Connection: keep-alive\r\nConnection: close\r\n"),
            &[(200, PLAIN)],
        ),
        closed("9.3", old(""), &[(200, "hello")]),
        taken("9.3", old("Connection: keep-alive\r\n"), &[(200, "hello")]),
        closed(
            "9.3",
            old("Connection: keep-alive, close\r\n"),
            &[(200, "hello")],
        ),
        taken("9110 7.8", with(upgrade), &[(200, PLAIN)]),
        taken("9110 10.1.1", put("Content-Length: 4\r\n"), &[(200, "4")]),
        // HTTP/1.0 knows no expectations.
        closed(
            "9110 10.1.1",
            "PUT /count HTTP/1.0\r\nExpect: x\r\nContent-Length: 4\r\n\r\nbody",
            &[(200, "4")],
        ),
        refused(
            "9110 10.1.1",
            put("Expect: x\r\nContent-Length: 4\r\n"),
            417,
        ),
        refused(
            "9110 10.1.1",
            put("Expect: 100-continue, x\r\nContent-Length: 4\r\n"),
            417,
        ),
        refused("9110 10.1.1", put("Expect:\r\nContent-Length: 4\r\n"), 417),
    ]
}

/// Lines and fields without an end, and as long as they may be.
fn bounds() -> Vec<Case> {
    let line = |length: usize| {
        let path = "x".repeat(length - "GET /? HTTP/1.1\r\n".len());
        first(&format!("GET /?{path} HTTP/1.1"))
    };
    let fields = |count: usize| with(&"A: b\r\n".repeat(count));
    vec![
        taken("3", line(16 * 1024), &[(404, "there is no such thing")]),
        refused("3", line(16 * 1024 + 1), 414),
        refused("3", "G".repeat(100_000), 414),
        refused("3", format!("GET /{}", "x".repeat(100_000)), 414),
        refused(
            "3",
            format!(
                "GET http://{}/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "x".repeat(100_000)
            ),
            414,
        ),
        taken("5", fields(200), &[(200, PLAIN)]),
        refused("5", fields(256), 431),
        refused("5", fields(100_000), 431),
        refused("5", with(&format!("A: {}\r\n", "x".repeat(200_000))), 431),
        refused("5", with(&format!("{}: b\r\n", "x".repeat(200_000))), 431),
    ]
}
