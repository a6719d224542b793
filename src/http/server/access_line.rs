//! One line of the log of requests.

use std::fmt::Write as _;
use std::time::Duration;

use wippy_dispatcher::WallTime;

use super::http_date::CivilTime;

/// The longest text of a client's that a line has, in bytes; the rest is left out.
const TEXT_MAX: usize = 2048;

/// How requests are logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// The combined format of Apache and nginx; behind it the request's ID, how it ended, and the seconds that it
    /// took.
    Text,
    /// A JSON object a line.
    Json,
}

/// What a line is about.
#[derive(Debug)]
pub(super) struct AccessLine<'a> {
    /// When the request came.
    pub(super) time: WallTime,
    pub(super) took: Duration,
    /// The client's address, or `-`.
    pub(super) client: &'a str,
    /// The connection's other end.
    pub(super) peer: &'a str,
    /// The method, the target and the version; or what came in place of them.
    pub(super) request: &'a [u8],
    /// The same apart, where they are known.
    pub(super) parts: Option<(&'a str, &'a str, u8)>,
    pub(super) host: Option<&'a [u8]>,
    /// Of the response, if it has begun.
    pub(super) status: Option<u16>,
    /// Bytes of the response's body.
    pub(super) sent: u64,
    pub(super) referer: Option<&'a [u8]>,
    pub(super) agent: Option<&'a [u8]>,
    pub(super) id: Option<&'a str>,
    /// The trace, where the request belongs to one.
    pub(super) trace: Option<u128>,
    /// `answered`, `timeout`, why the response was cut, or why the request was refused.
    pub(super) end: &'a str,
}

impl AccessLine<'_> {
    /// Appends the line.
    pub(super) fn write(&self, format: LogFormat, out: &mut Vec<u8>) {
        let text = match format {
            LogFormat::Text => self.text(),
            LogFormat::Json => self.json(),
        };
        out.extend_from_slice(text.as_bytes());
    }

    fn text(&self) -> String {
        let mut line = format!(
            "{} - - [{}] \"",
            self.client,
            CivilTime::of(self.time).common()
        );
        escape_text(self.request, &mut line);
        let status = self.status.map_or("-".to_owned(), |it| it.to_string());
        let _ = write!(line, "\" {status} {} \"", self.sent);
        escape_text(self.referer.unwrap_or(b"-"), &mut line);
        line.push_str("\" \"");
        escape_text(self.agent.unwrap_or(b"-"), &mut line);
        let (id, took) = (self.id.unwrap_or("-"), self.took);
        let _ = writeln!(line, "\" {id} {} {}", self.end, seconds(took));
        line
    }

    fn json(&self) -> String {
        let mut line = format!("{{\"time\":\"{}\"", CivilTime::of(self.time).rfc3339());
        let mut text = |name: &str, value: Option<&[u8]>| {
            let _ = write!(line, ",\"{name}\":");
            match value {
                Some(value) => escape_json(value, &mut line),
                None => line.push_str("null"),
            }
        };
        text(
            "client",
            Some(self.client.as_bytes()).filter(|it| *it != b"-"),
        );
        text("peer", Some(self.peer.as_bytes()));
        match self.parts {
            Some((method, target, minor)) => {
                text("method", Some(method.as_bytes()));
                text("target", Some(target.as_bytes()));
                text("version", Some(format!("1.{minor}").as_bytes()));
            }
            None => text("request", Some(self.request)),
        }
        text("host", self.host);
        text("referer", self.referer);
        text("user_agent", self.agent);
        text("id", self.id.map(str::as_bytes));
        let trace = self.trace.map(|trace| format!("{trace:032x}"));
        text("trace", trace.as_deref().map(str::as_bytes));
        text("end", Some(self.end.as_bytes()));
        let status = self.status.map_or("null".to_owned(), |it| it.to_string());
        let (sent, took) = (self.sent, seconds(self.took));
        let _ = writeln!(
            line,
            ",\"status\":{status},\"bytes\":{sent},\"seconds\":{took}}}"
        );
        line
    }
}

/// Seconds to the microsecond.
fn seconds(duration: Duration) -> String {
    format!("{}.{:06}", duration.as_secs(), duration.subsec_micros())
}

fn bounded(bytes: &[u8]) -> (&[u8], &str) {
    match bytes.get(..TEXT_MAX) {
        Some(start) if bytes.len() > TEXT_MAX => (start, "..."),
        _ => (bytes, ""),
    }
}

/// What ends no quotes, no line and controls no terminal: everything else is `\xHH`.
fn escape_text(bytes: &[u8], out: &mut String) {
    let (bytes, more) = bounded(bytes);
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push_str(more);
}

/// A string of JSON. Bytes that are no UTF-8 are U+FFFD; control characters, those of Latin-1 and of text direction too,
/// are escaped.
fn escape_json(bytes: &[u8], out: &mut String) {
    let (bytes, more) = bounded(bytes);
    out.push('"');
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str(more);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(request: &'a [u8], agent: &'a [u8]) -> AccessLine<'a> {
        AccessLine {
            time: WallTime {
                seconds: 971_186_136,
                nanoseconds: 7_000_000,
            },
            took: Duration::from_micros(1_000_250),
            client: "192.0.2.1",
            peer: "10.0.0.1:9",
            request,
            parts: None,
            host: None,
            status: Some(200),
            sent: 2326,
            referer: None,
            agent: Some(agent),
            id: Some("id-1"),
            trace: Some(1),
            end: "answered",
        }
    }

    #[test]
    fn the_combined_format() {
        let line = line(b"GET /a?b HTTP/1.1", b"curl/8.0 \"x\"\n\x1b[31m\xff");
        assert_eq!(
            line.text(),
            "192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] \"GET /a?b HTTP/1.1\" 200 2326 \"-\" \
             \"curl/8.0 \\\"x\\\"\\x0a\\x1b[31m\\xff\" id-1 answered 1.000250\n"
        );
    }

    #[test]
    fn json_is_one_object_a_line_whatever_a_client_says() {
        let all: Vec<u8> = (0..=255).chain("\u{9b}31m\u{202e}é".bytes()).collect();
        let line = line(b"GET / HTTP/1.1", &all);
        let text = line.json();
        assert_eq!(text.matches('\n').count(), 1);
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["time"], "2000-10-10T13:55:36.007Z");
        assert_eq!(value["status"], 200);
        assert_eq!(value["seconds"], 1.000_25);
        assert_eq!(value["trace"], "00000000000000000000000000000001");
        let agent = value["user_agent"].as_str().expect("text");
        assert!(agent.ends_with("\u{9b}31m\u{202e}é"), "{agent:?}");
        assert_eq!(value["referer"], serde_json::Value::Null);
    }

    #[test]
    fn texts_have_a_bound() {
        let long = vec![0xff; 100_000];
        assert!(line(&long, &long).text().len() < 20_000);
        assert!(line(&long, &long).json().len() < 20_000);
    }
}
