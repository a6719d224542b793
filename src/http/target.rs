//! Where a request goes.

use std::net::{IpAddr, Ipv6Addr};

use super::error::ErrorCode;

/// A server by scheme, name and port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HttpOrigin {
    /// Over TLS.
    pub secure: bool,
    /// A name in lower case, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HttpOrigin {
    /// From an authority; its port is the scheme's where it names none.
    ///
    /// # Errors
    /// `HTTP-request-URI-invalid`, for user information too.
    pub fn parse(secure: bool, authority: &str) -> Result<HttpOrigin, ErrorCode> {
        let (host, port) = split(authority).ok_or(ErrorCode::HttpRequestUriInvalid)?;
        let port = match port {
            "" if secure => 443,
            "" => 80,
            port => port.parse().map_err(|_| ErrorCode::HttpRequestUriInvalid)?,
        };
        Ok(HttpOrigin {
            secure,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// The host as an IP address, if it is one; `None` for a name that has to be looked up.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// Whether it is an authority by its syntax: user information, a host, a port of any digits.
pub fn is_authority(text: &str) -> bool {
    let (user, rest) = text.rsplit_once('@').unwrap_or(("", text));
    user.bytes().all(|byte| byte == b':' || is_name_byte(byte)) && split(rest).is_some()
}

/// The host without brackets and the port, empty where there is none.
fn split(authority: &str) -> Option<(&str, &str)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, rest)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, rest) = authority.split_at(end);
            let plain = !host.is_empty() && host.bytes().all(is_name_byte);
            (plain.then_some(host)?, rest)
        }
    };
    let port = match rest {
        "" => "",
        rest => rest.strip_prefix(':')?,
    };
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some((host, port))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte)
}

/// Whether it may stand as a path with a query.
pub fn is_path(text: &str) -> bool {
    let begins = text.is_empty() || text == "*" || text.starts_with(['/', '?']);
    begins
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// Whether it may be a scheme's name.
pub fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        let cases = [
            ("Example.test", Some(("example.test", 80))),
            ("example.test:8080", Some(("example.test", 8080))),
            ("example.test:", Some(("example.test", 80))),
            ("127.0.0.1:1", Some(("127.0.0.1", 1))),
            ("[::1]:2", Some(("::1", 2))),
            ("[::1]", Some(("::1", 80))),
            ("a:99999", None),
            ("a:b", None),
            ("::1", None),
            ("[::1", None),
            ("[a]", None),
            ("", None),
            (":80", None),
            ("a b", None),
            ("a/b", None),
            ("a@b", None),
        ];
        for (text, expected) in cases {
            let parsed = HttpOrigin::parse(false, text).ok();
            let parsed = parsed.as_ref().map(|it| (it.host.as_str(), it.port));
            assert_eq!(parsed, expected, "{text}");
        }
        assert_eq!(HttpOrigin::parse(true, "a").map(|it| it.port), Ok(443));
        for good in ["a:99999", "user:pw@a:1", "[::1]:80"] {
            assert!(is_authority(good), "{good}");
        }
        for bad in ["", "a b", "a\r\n", "a@@", "@", "ä", "a:80:90"] {
            assert!(!is_authority(bad), "{bad}");
        }
    }

    #[test]
    fn paths_and_schemes() {
        for good in ["", "/", "/a?b=c&d", "?q", "*", "/%20\"{}"] {
            assert!(is_path(good), "{good}");
        }
        for bad in ["a", "/a b", "/a#b", "/\r\n", "/ä"] {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(is_scheme("ftp") && is_scheme("a+b-c.1"));
        assert!(!is_scheme("") && !is_scheme("1a") && !is_scheme("a b"));
    }
}
