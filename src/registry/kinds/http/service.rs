//! `http.service`: a server.

use std::time::Duration;

use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::duration;
use crate::registry::fields::Fields;
use crate::registry::kinds::wasi::{CaFile, file_within};
use crate::registry::tree::{Node, Spanned};

/// An `http.service` entry: a server. Its `lifecycle` is the entry's.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpService {
    /// `host:port`; an empty host is every address.
    pub addr: Spanned<String>,
    /// How long it waits.
    pub timeouts: HttpTimeouts,
    /// Its certificate, where it speaks TLS.
    pub tls: Option<HttpTls>,
    /// `network` as written.
    pub network: Option<Node>,
    /// Requests that wait while all instances are busy.
    pub waiting: HttpWaiting,
    /// The first field that is not known: it may be meant to protect the routes, which are not served then.
    pub unknown: Option<Spanned<String>>,
}

/// `timeouts` of an `http.service`. None: not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// For a whole request, its body included.
    pub read: Option<Duration>,
    /// For a whole response: its function is stopped then, and so is a client that takes nothing for so long.
    pub write: Option<Duration>,
    /// Between two requests of a connection.
    pub idle: Option<Duration>,
}

/// `tls` of an `http.service`: PEM files within filesystem entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTls {
    /// The certificates, the server's own first.
    pub cert: CaFile,
    /// The private key.
    pub key: CaFile,
}

/// `waiting` of an `http.service`: requests whose functions have no place free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpWaiting {
    /// How many requests wait at once.
    pub requests: u32,
    /// How long each of them waits.
    pub timeout: Duration,
}

impl Default for HttpWaiting {
    fn default() -> HttpWaiting {
        HttpWaiting {
            requests: 1024,
            timeout: Duration::from_secs(10),
        }
    }
}

impl HttpService {
    pub(crate) fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let addr = fields.required("addr", "addr is required", cx);
        if let Some(addr) = &addr
            && !is_address(&addr.value)
        {
            let message = format!("expected host:port, found {:?}", addr.value);
            cx.error(&addr.place, "addr", message);
        }
        let mut timeouts = HttpTimeouts::default();
        if let Some(mut section) = fields.section("timeouts", cx) {
            timeouts.read = timeout(&mut section, "read", cx);
            timeouts.write = timeout(&mut section, "write", cx);
            timeouts.idle = timeout(&mut section, "idle", cx);
            section.finish(cx);
        }
        let tls = fields.section("tls", cx);
        let tls = tls.and_then(|section| HttpTls::decode(section, cx));
        let network = fields.node("network", Shape::Any, cx).cloned();
        // Sizes of a message relay, which there is none of here.
        fields.accept("host", cx);
        let waiting = fields.section("waiting", cx);
        let waiting = waiting.map(|section| HttpWaiting::decode(section, cx));
        Some(Self {
            addr: addr?,
            timeouts,
            tls,
            network,
            waiting: waiting.unwrap_or_default(),
            unknown: None,
        })
    }
}

impl HttpTls {
    fn decode(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let cert = fields.required("cert", "tls.cert is required", cx);
        let cert = cert.and_then(|cert| file_within(&cert, &fields.path_of("cert"), cx));
        let key = fields.required("key", "tls.key is required", cx);
        let key = key.and_then(|key| file_within(&key, &fields.path_of("key"), cx));
        fields.finish_strictly(cx);
        Some(Self {
            cert: cert?,
            key: key?,
        })
    }
}

impl HttpWaiting {
    fn decode(mut fields: Fields<'_>, cx: &mut Context<'_>) -> Self {
        let default = HttpWaiting::default();
        let requests = fields.integer("requests", cx).and_then(|requests| {
            let value = u32::try_from(requests.value).ok();
            if value.is_none() {
                let message = format!("expected an integer from 0 to {}", u32::MAX);
                cx.error(&requests.place, &fields.path_of("requests"), message);
            }
            value
        });
        let timeout = duration::read(&mut fields, "timeout", cx);
        fields.finish(cx);
        Self {
            requests: requests.unwrap_or(default.requests),
            timeout: timeout.unwrap_or(default.timeout),
        }
    }
}

/// A time that is waited for; 0 is as if it were not written.
fn timeout(fields: &mut Fields<'_>, name: &'static str, cx: &mut Context<'_>) -> Option<Duration> {
    duration::read(fields, name, cx).filter(|timeout| !timeout.is_zero())
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.contains([':', '/', '[', ']']) && !host.contains(char::is_whitespace),
        };
        host && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in [":8080", "localhost:0", "127.0.0.1:80", "[::1]:443"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "8080",
            "a:b",
            "a:70000",
            "a:+1",
            "::1:80",
            "http://a:80",
            "a b:1",
            "[x]:1",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
